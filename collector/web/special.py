"""What the pages of some reports show beside their blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import url_for

from collector.core.blocks import Block
from collector.core.event import PASSIVE
from collector.core.matcher import parse_matcher
from collector.core.query import FILTERS
from collector.core.text import T
from collector.core.times import parse_duration
from collector.core.words import words
from collector.web import aha_view, funnel_view, impact_view, segments, stages, timeline_view
from collector.web import format as shown
from collector.web.address import address, replaced
from collector.web.guard import SiteAccess
from collector.web.install import collector_origin
from collector.web.language import gettext
from collector.web.report_page import ONLY, UNSEEN, ReportPage
from collector.web.saved import saved_address
from collector.web.suggestions import counted

# What most sites ask first, where it was seen there.
_USUAL = {"event:chat_started": T("Chat"), "source:retargeting": T("Retargeting")}
MOST_PRESETS = 8
LIVE_TOP = 6
SHORTER = ("7d", "1d")  # times for a goal


def extras(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    """Further values for the template of this report; none for most."""
    if page.name == "timeline":
        return _timeline(access, page)
    if page.name == "funnel":
        return _funnel(access, page)
    if page.name in ("impact", "chat", "retargeting"):
        return _impact(access, page)
    if page.name == "aha":
        return aha_view.extras(page)
    if page.name == "drivers":
        return _drivers(page)
    if page.name == "experiment":
        return _experiment(access, page)
    if page.name in ("segment", "segments"):
        return segments.extras(access, page)
    if page.name == "stages":
        return stages.extras(access)
    if page.name == "visitors":
        return {"as_segment": segments.as_segment(page)}
    if page.name in ("overview", "live"):
        return {"live_href": _live(access, page), "live_top": _live(access, page, top=True), "top": LIVE_TOP}
    return {}


def _live(access: SiteAccess, page: ReportPage, top: bool = False) -> str:
    """Where the people on the site now are, with this page's filters of people, whatever its days; the `top` few."""
    kept = [pair for pair in page.pairs if pair[0] in FILTERS]
    path = url_for("reports.show", site_name=access.site.name, report_name="live")
    return address(path, [*kept, (ONLY, "top")] if top else kept)


def _impact(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    blocks = {block.id: block for block in page.answer.blocks} if page.answer else {}
    return {
        "effects": _effects(blocks),
        "kinds": impact_view.kinds(groups) if (groups := page.block("groups")) else [],
        "own": impact_view.rest(page.blocks),
        "dots": impact_view.dots(blocks["balance"]) if "balance" in blocks else None,
        "checked": impact_view.checks(blocks["checks"]) if "checks" in blocks else [],
        "ways_out": _ways_out(page) if "effect" in blocks and "used" in blocks else [],
        "presets": [] if page.answer else _presets(access, page),
        "goal": str(access.site.goals[0][1]) if access.site.goals else "",
        "goal_name": access.site.goals[0][0] if access.site.goals else "",
        "without_people": address(page.path, replaced(page.pairs, [], ["people"])),
        "people_of": {
            name: address(page.path, replaced(page.pairs, [("people", name)], UNSEEN))
            for name in ("exposed", "matched", "left_out")
        },
    }


def _effects(blocks: Mapping[str, Block]) -> list[impact_view.Effect]:
    """What it changed, and how much sooner; nothing where the answer was refused."""
    found = impact_view.effects(blocks["effect"]) if "effect" in blocks else []
    return [*found, *impact_view.sooner(blocks["time"])] if found and "time" in blocks else found


def _ways_out(page: ReportPage) -> list[dict[str, str]]:
    """Where to go on from a question that too few people answer: more days, or less time for the goal."""
    if page.block("incremental"):
        return []
    everything = replaced(page.pairs, [("all-time", "1")], ["from", "to", "period"])
    ways = [] if page.all_time else [(gettext("Over all time"), everything)]
    asked = page.query.values.get("horizon") if page.query else None
    ways += [
        (gettext("With %(time)s for the goal", time=shown.length(time)), replaced(page.pairs, [("horizon", time)]))
        for time in SHORTER
        if isinstance(asked, int) and parse_duration(time) < asked
    ]
    return [{"label": label, "href": address(page.path, pairs)} for label, pairs in ways]


def _drivers(page: ReportPage) -> Mapping[str, object]:
    """What is clear of the ranking, which stands first in it, and the rest."""
    view = page.block("drivers")
    clear = sum(cell.text != gettext("unclear") for cell in view.column("verdict")) if view else 0
    return {"clear": view.first(clear) if view else None, "unclear": view.beyond(clear) if view else None}


def _experiment(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    blocks = {block.id: block for block in page.answer.blocks} if page.answer else {}
    effect, checks = blocks.get("effect"), blocks.get("checks")
    kept = [pair for pair in page.pairs if pair[0] in ("goal", "horizon", *FILTERS)]
    path = url_for("reports.show", site_name=access.site.name, report_name="planner")
    return {
        "effects": impact_view.effects(effect) if effect else [],
        "checked": impact_view.checks(checks) if checks else [],
        "planner_href": address(path, kept),
        "beside_href": address(page.path, replaced(page.pairs, [("matched", "1")])),
        "origin": collector_origin(access),
        "key": access.record.write_key,
    }


def _presets(access: SiteAccess, page: ReportPage) -> list[dict[str, str]]:
    """Exposures to look at in one click: chat and retargeting, then the events that were seen most, goals aside."""
    if not access.site.goals:
        return []
    seen = [name for name, _ in counted(access.rooms.views.open(access.site.id))]
    usual = [(name, label) for name, label in _USUAL.items() if name in seen]
    passed = {str(goal) for _, goal in access.site.goals} | {f"event:{kind.name}" for kind in PASSIVE}
    events = [name for name in seen if name.startswith("event:") and not name.startswith("event:chat_")]
    events = [name for name in events if name not in passed][:MOST_PRESETS]
    named = [(name, shown.text(label)) for name, label in usual]
    named += [(name, shown.text(words(parse_matcher(name), access.site.goals))) for name in events]
    return [{"label": label, "href": address(page.path, [*page.pairs, ("exposure", name)])} for name, label in named]


def _funnel(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    kept = [one for one in access.rooms.catalog.saved_reports(access.site.id) if one.report == page.name]
    saved = [{"name": one.name, "href": saved_address(access.site.name, one.report, one.arguments)} for one in kept]
    view, groups, acts = page.block("steps"), page.block("breakdown"), page.block("actions")
    impact = url_for("reports.show", site_name=access.site.name, report_name="impact")
    carried = [pair for pair in page.pairs if pair[0] in ("period", "from", "to", "all-time", *FILTERS)]

    def changed(exposure: str, goal: str) -> str:
        return address(impact, [("exposure", exposure), ("goal", goal), *carried])

    return {
        "saved": saved,
        "funnel": funnel_view.steps(view) if view else [],
        "breakdown": funnel_view.breakdown(groups, page.answer) if groups and page.answer else None,
        "actions": funnel_view.actions(acts, page.answer, changed) if acts and page.answer else None,
    }


def _consent(access: SiteAccess, keys: Sequence[str]) -> str:
    """What the person said last about being counted; "" where nothing was asked."""
    told = access.rooms.ledger.consents_of(access.site.id, keys)
    if not told:
        return ""
    last = max(told, key=lambda one: (one.time, one.id))
    when = shown.moment(last.time, access.site.zone)
    known = {
        "granted": gettext("Granted on %(when)s", when=when),
        "denied": gettext("Refused on %(when)s", when=when),
    }
    words = known.get(last.state, last.state)
    return gettext("%(words)s (version %(version)s)", words=words, version=last.policy) if last.policy else words


def _timeline(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    if page.answer is None:
        return {"person_name": "", "visits": [], "profile": [], "linked": [], "consent": "", "earlier": "", "csv": ""}
    zone, result = access.site.zone, page.answer
    facts = timeline_view.profile(result, zone)
    events = page.block("events")
    later = [events.next] if events and events.next else []
    return {
        "person_name": facts[0].value if facts else page.last("person"),
        "visits": timeline_view.visits(result, zone),
        "profile": facts,
        "linked": (linked := timeline_view.linked(result, zone)),
        "consent": _consent(access, [one.key for one in linked]),
        "earlier": address(page.path, replaced(page.pairs, later)) if later else "",
        "newest_first": address(page.path, replaced(page.pairs, [("order", "newest")])),
        "oldest_first": address(page.path, replaced(page.pairs, [], ["order"])),
        "csv": events.csv if events else "",
    }
