"""Bots: what was set aside as no visitor's, why, and how people overrule it (REQUIREMENTS F8, F10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog import check
from collector.catalog.values import Site
from collector.core.blocks import Block, Cell, Column
from collector.core.query import flags, parse_span
from collector.core.text import T
from collector.core.times import Span, day_of
from collector.core.whole import whole
from collector.ingest.preview import host_of, is_preview
from collector.journeys.journeys import Journeys
from collector.store.flags import QUARTER
from collector.web import draw
from collector.web.address import address, grouped, pairs_of
from collector.web.bare import is_set, written
from collector.web.bot_words import explanation
from collector.web.door import CollectSite
from collector.web.format import ago, count, percent, text
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext, ngettext
from collector.web.period import period
from collector.web.words import value_words

blueprint = Blueprint("bots", __name__)
# What a user agent's name can be overruled for: the lists that know it by that name.
BY_NAME = frozenset(("ua_list", "ai_agent"))
_EVER = 2**62
_AGENTS, _VISITORS, _PLACES = 50, 20, 20
_MOST_DAYS, _MOST_WEEKS = 92, 104


@blueprint.get("/<site_name>/bots")
@of_site()
def page(access: SiteAccess) -> str:
    """What was set aside in a range, by reason, user agent and visitor, over time."""
    rooms, site = access.rooms, access.site
    given = grouped(written(pairs_of(request.args), flags(())))
    now = rooms.clock()
    span = parse_span(given, site.zone, now)
    start, end = (span.start, span.end) if span else (-_EVER, _EVER)
    times = rooms.ledger.flagged_times(site.id, start, end)
    by_reason: Counter[str] = Counter()
    for reason, _, number in times:
        by_reason[reason] += number
    total = events_in(rooms.views.open(site.id), start, end)
    path = url_for("bots.page", site_name=site.name)
    flagged = by_reason.total()
    agents = rooms.ledger.flagged_agents(site.id, start, end, _AGENTS)
    return render_template(
        "site/bots.html",
        page=_Asked(path, given, span),
        numbers=[
            (gettext("Set aside"), count(flagged)),
            (gettext("Share of all events"), percent(flagged / total) if total else "–"),
            (gettext("All events"), count(total)),
        ],
        reasons=[
            (value_words("bot", reason), explanation(reason), count(number), percent(number / total) if total else "–")
            for reason, number in by_reason.most_common()
        ],
        trend=draw.view(_trend(times, span, access), site.zone, lambda _: "", lambda _: "", "", "", now),
        agents=[
            {
                "id": one.id,
                "text": one.text or gettext("(none named)"),
                "reason": value_words("bot", one.reason),
                "events": count(one.events),
                "visitors": count(one.visitors),
                "last": ago(one.last, now),
                "can": one.reason in BY_NAME and len(one.text) >= check.MIN_AGENT_PART,
            }
            for one in agents
        ],
        versions=", ".join(sorted({one.list_version for one in agents if one.list_version})),
        visitors=[
            {
                "key": one.key,
                "href": address(
                    url_for("reports.show", site_name=site.name, report_name="timeline"),
                    [("person", one.key), ("include-bots", "1"), ("all-time", "1")],
                ),
                "reason": value_words("bot", one.reason),
                "events": count(one.events),
                "last": ago(one.last, now),
            }
            for one in rooms.ledger.flagged_visitors(site.id, start, end, _VISITORS)
        ],
        places=[
            {
                "origin": one.origin,
                "name": one.origin or gettext("Files, and events without an address"),
                "events": count(one.events),
                "last": ago(one.last, now),
                "can": is_preview(host_of(one.origin)),
            }
            for one in rooms.ledger.flagged_places(site.id, start, end)[:_PLACES]
        ],
        own_places=own_places(access.record),
        trusted=access.record.options.trusted_agents,
        people=[(key, ago(since, now)) for key, since in rooms.ledger.trusted_visitors(site.id)],
        spam=access.record.options.spam_referrers,
    )


class _Asked:
    """The range as the period picker wants it."""

    def __init__(self, path: str, given: Mapping[str, Sequence[str]], span: Span | None) -> None:
        def last(name: str) -> str:
            return next((value for value in reversed(given.get(name, ())) if value.strip()), "")

        pairs = [(name, value) for name in ("period", "from", "to", "all-time") if (value := last(name))]
        self.path = path
        self.period = period(path, pairs, given, span)
        self.first_given, self.last_given = last("from"), last("to")
        self.rolling = last("period")
        self.all_time = is_set(given, "all-time")


def events_in(journeys: Journeys, start: int, end: int) -> int:
    """Events with start <= time < end, bots included, attention aside: what a share is of."""
    total = 0
    for part in journeys.each():
        inside = (part.time >= start) & (part.time < end) & part.alive[part.person]
        total += int(inside.sum())
    return total


def _trend(times: Sequence[tuple[str, int, int]], span: Span | None, access: SiteAccess) -> Block:
    """Flagged events by day, week or month of the site's time zone, whichever is not too many."""
    zone = access.site.zone
    days: Counter[tuple[str, str]] = Counter()
    for reason, quarter, number in times:
        days[day_of(quarter * QUARTER, zone).isoformat(), reason] += number
    if span is None and times:
        first, last = (day_of(quarter * QUARTER, zone) for quarter in (times[0][1], times[-1][1]))
        span = Span(first, last, zone)
    rows: list[list[Cell]] = []
    if span is not None and times:
        unit = "day" if span.days <= _MOST_DAYS else "week" if span.days <= 7 * _MOST_WEEKS else "month"
        starts = [day.isoformat() for day, _ in span.cuts(unit)]
        reasons = [reason for reason, _ in Counter(dict.fromkeys(reason for reason, _, _ in times)).items()]
        sums: Counter[tuple[str, str]] = Counter()
        for (day, reason), number in days.items():
            sums[max(begin for begin in starts if begin <= day), reason] += number
        words = {reason: value_words("bot", reason) for reason in reasons}
        rows = [[begin, words[reason], sums[begin, reason]] for begin in starts for reason in reasons]
    return Block(
        "trend",
        "series",
        T("Over time"),
        (
            Column("period", T("Period"), "date"),
            Column("reason", T("Reason")),
            Column("events", T("Events"), "count"),
        ),
        rows,
        draw={"x": "period", "y": "events", "group": "reason", "stack": True},
        empty=T("Nothing was set aside in these days."),
    )


def _back(access: SiteAccess) -> Response:
    return redirect(url_for("bots.page", site_name=access.site.name))


def _changed(number: int) -> str:
    return ngettext("%(num)s stored event follows.", "%(num)s stored events follow.", number)


def _reclassify(access: SiteAccess, trusted: Sequence[str]) -> int:
    rooms = access.rooms
    rooms.catalog.update_site(access.site.id, trusted_agents=trusted)
    number = rooms.ledger.reclassify(access.site.id, trusted, rooms.clock())
    rooms.views.refresh(access.site.id)
    return number


@blueprint.post("/<site_name>/bots/trust")
@of_site("editor")
def trust(access: SiteAccess) -> Response:
    """Call a user agent, or a visitor, people's: from now on, and for what is stored."""
    rooms, site = access.rooms, access.site
    if agent := request.form.get("agent", ""):
        number = whole(agent)
        part = rooms.ledger.flagged_text(site.id, number) if number is not None else ""
        known = access.record.options.trusted_agents
        changed = _reclassify(access, [*known, *check.agent_parts([part])]) if part else 0
    else:
        changed = _overrule(access, request.form.get("visitor", ""), True)
    flash(gettext("These are people now.") + " " + _changed(changed))
    return _back(access)


@blueprint.post("/<site_name>/bots/untrust")
@of_site("editor")
def untrust(access: SiteAccess) -> Response:
    """Take back that a user agent or a visitor is people's; what was overruled is set aside again."""
    part = request.form.get("part", "")
    if part:
        kept = [one for one in access.record.options.trusted_agents if one != part]
        changed = _reclassify(access, kept)
    else:
        changed = _overrule(access, request.form.get("visitor", ""), False)
    flash(gettext("That is taken back.") + " " + _changed(changed))
    return _back(access)


def _overrule(access: SiteAccess, key: str, people: bool) -> int:
    rooms, trusted = access.rooms, access.record.options.trusted_agents
    number = rooms.ledger.trust_visitor(access.site.id, key, people, trusted, rooms.clock())
    if not people:
        # Of what was restored, some may come from places that the site has made its own since.
        number -= agree_on_places(access, access.record)
    rooms.views.refresh(access.site.id)
    return number


def own_places(record: Site) -> list[str]:
    """The origins of a site that would be set aside if it did not list them; none where it has no other."""
    found = [origin for origin in record.origins if is_preview(host_of(origin).removeprefix("*."))]
    return found if len(found) < len(record.origins) else []


def agree_on_places(access: SiteAccess, record: Site) -> int:
    """Have stored events of pages that were tried out follow the site's origins; how many changed."""
    rooms = access.rooms
    own = CollectSite(record.id, record.origins).allows
    changed = rooms.ledger.reclassify_places(record.id, own, rooms.clock())
    rooms.views.refresh(record.id)
    return changed


@blueprint.post("/<site_name>/bots/place")
@of_site("owner")
def place(access: SiteAccess) -> Response:
    """Make the origin of pages that were tried out one of the site's, or no longer; stored events follow."""
    origin, record = request.form.get("origin", ""), access.record
    others = [one for one in record.origins if one != origin]
    if "own" in request.form:
        if not is_preview(host_of(origin)):
            abort(400)
        others = [*record.origins, origin]
    elif origin not in own_places(record):
        abort(400)
    changed = agree_on_places(access, access.rooms.catalog.update_site(access.site.id, origins=others))
    said = gettext("The site lists this origin now.") if "own" in request.form else gettext("That is taken back.")
    flash(said + " " + _changed(changed))
    return _back(access)


@blueprint.post("/<site_name>/bots/spam")
@of_site("editor")
def spam(access: SiteAccess) -> Response:
    """Hosts whose referrers are made up, beside those that are known; for what comes from now on."""
    hosts = request.form.get("hosts", "").replace(",", " ").split()
    access.rooms.catalog.update_site(access.site.id, spam_referrers=hosts)
    flash(text(T("The list of spam referrers is saved.")))
    return _back(access)
