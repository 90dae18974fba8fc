"""Data quality: what became of every event, what was set aside and can be tried again, and what senders do wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.core.times import DAY, HOUR
from collector.counters import BUSY, DOOR_EVENTS, LIMITED, TRACKER_DROPPED, WRONG_CLOCK, Metric, totals
from collector.identity_warnings import identity_warnings
from collector.inbox.box import InboxFull
from collector.store.protocol import Outcome, Quarantined
from collector.web.door import the_door
from collector.web.format import ago, count, moment, percent
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext, ngettext
from collector.web.metrics import REFUSED
from collector.web.quality_words import aside_words, outcome_words, refused_words
from collector.web.replaying import replay, sample
from collector.web.words import value_words

blueprint = Blueprint("quality", __name__)
ENDS = ("stored", "flagged", "duplicate", "conflict", "quarantined", "no_room", "refused")
MONTH = 30 * DAY
_SHOWN = 50
_REASONS = 20
_SAMPLES = 3
_CUT = 300
_AT_ONCE = 1_000


@blueprint.get("/<site_name>/quality")
@of_site()
def page(access: SiteAccess) -> str:
    """The accounting, bots by reason, quarantine, what senders do wrong, and requests refused in the last hour."""
    rooms, site = access.rooms, access.site
    counts = rooms.ledger.counts(site.id)
    events = counts.get("events", 0)
    bots = [(name.partition(":")[2], number) for name, number in counts.items() if name.startswith("bot:")]
    bots.sort(key=lambda bot: -bot[1])
    last, now = rooms.ledger.last_event(site.id), rooms.clock()
    doors = _doors(access)
    return render_template(
        "site/quality.html",
        numbers=[
            (gettext("Events"), count(events)),
            (gettext("Browsers"), count(counts.get("visitors", 0))),
            (gettext("Known people"), count(counts.get("persons", 0))),
            (gettext("From bots"), count(sum(number for _, number in bots))),
            (gettext("In quarantine"), count(counts.get("quarantined", 0))),
            (gettext("Last event"), ago(last.received, now) if last else gettext("none yet")),
        ],
        account=_account(access, now),
        refusals=_refusals(doors[DOOR_EVENTS]),
        troubles=_troubles(doors),
        bots=[(value_words("bot", reason), count(number), percent(number / events)) for reason, number in bots],
        identity_warnings=identity_warnings(rooms.ledger, site.id, doors[DOOR_EVENTS]),
        aside=_aside(access),
        is_owner=access.is_owner,
        refused=[
            (moment(one.time, site.zone), one.code, one.origin)
            for one in rooms.refusals.recent(site.id, now - HOUR)[:_SHOWN]
        ],
    )


@blueprint.post("/<site_name>/quality/replay")
@of_site("owner")
def try_again(access: SiteAccess) -> Response:
    """Put what is set aside for a reason, and can be read by now, back into the inbox."""
    ledger = access.rooms.ledger
    rows = _rows(access)
    try:
        found = replay(the_door(), access.record, rows)
    except InboxFull:
        flash(gettext("There is no room for them just now. Try again later."))
        return _back(access)
    ledger.release(found.done)
    if found.done:
        number = count(found.events)
        flash(ngettext("One event was read this time.", "%(n)s events were read this time.", found.events, n=number))
    if found.left:
        number = count(found.left)
        flash(ngettext("One still cannot be read.", "%(n)s still cannot be read.", found.left, n=number))
    return _back(access)


@blueprint.post("/<site_name>/quality/drop")
@of_site("owner")
def drop(access: SiteAccess) -> Response:
    """Delete what is set aside for a reason, for good."""
    gone = access.rooms.ledger.release([row.id for row in _rows(access)])
    flash(ngettext("One was deleted.", "%(n)s were deleted.", gone, n=count(gone)))
    return _back(access)


def _rows(access: SiteAccess) -> Sequence[Quarantined]:
    """The oldest rows of the reason that the form names."""
    return access.rooms.ledger.quarantined(access.site.id, 0, _AT_ONCE, request.form.get("reason", ""))


def _back(access: SiteAccess) -> Response:
    return redirect(url_for("quality.page", site_name=access.site.name) + "#quarantine")


@dataclass(frozen=True, slots=True)
class Account:
    """The accounting of a site: lines of (words, today, last 30 days, in all), and what is not accounted for."""

    accepted: Sequence[str]
    lines: Sequence[tuple[str, Sequence[str]]]
    missing: int


def _account(access: SiteAccess, now: int) -> Account | None:
    """What became of the events that were accepted; None before the first."""
    site, ledger = access.site.id, access.rooms.ledger
    # Days of the counts are UTC's.
    spans = [_sums(ledger.outcomes(site, since)) for since in (now, now - MONTH, 0)]
    whole = spans[-1]
    if not whole:
        return None
    lines = [(outcome_words(end), [count(span[end]) for span in spans]) for end in ENDS if whole[end]]
    missing = whole["accepted"] - sum(whole[end] for end in ENDS)
    return Account([count(span["accepted"]) for span in spans], lines, missing)


def _sums(outcomes: Sequence[Outcome]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for one in outcomes:
        sums[one.reason if one.reason in ("conflict", "no_room") else one.outcome] += one.events
    return sums


def _doors(access: SiteAccess) -> Mapping[Metric, Counter[str]]:
    """What the doors counted for the site, by the other label where there is one."""
    site = str(access.site.id)
    found: dict[Metric, Counter[str]] = {}
    all_of_them = totals(access.rooms.settings.metrics, DOOR_EVENTS, TRACKER_DROPPED, WRONG_CLOCK, BUSY, LIMITED)
    for metric, values in all_of_them.items():
        found[metric] = Counter({"".join(rest): int(n) for (whose, *rest), n in values.items() if whose == site})
    return found


def _refusals(statuses: Counter[str]) -> list[tuple[str, str]]:
    """(reason, events) of what was refused one by one, the most frequent first."""
    refused = [(status, number) for status, number in statuses.most_common() if status.startswith(REFUSED)]
    return [(refused_words(status.removeprefix(REFUSED)), count(number)) for status, number in refused]


def _troubles(doors: Mapping[Metric, Counter[str]]) -> list[tuple[str, str]]:
    """(what senders do wrong, how often), without what never happened."""
    found = (
        (
            gettext("Events that trackers gave up: refused, too many at once, or no room in the browser"),
            TRACKER_DROPPED,
        ),
        (gettext("Requests of devices whose clock is more than a minute wrong (times are corrected)"), WRONG_CLOCK),
        (gettext("Events of visitors who do more in a minute than a person can"), BUSY),
        (gettext("Events sent back for a while, because there were too many in a minute"), LIMITED),
    )
    return [(words, count(doors[metric].total())) for words, metric in found if doors[metric].total()]


@dataclass(frozen=True, slots=True)
class Aside:
    """What is in quarantine for one reason, and the first of it as it came."""

    reason: str
    words: str
    events: str
    last: str
    samples: Sequence[str]


def _aside(access: SiteAccess) -> list[Aside]:
    ledger, site = access.rooms.ledger, access.site
    found = []
    for one in ledger.quarantine_reasons(site.id)[:_REASONS]:
        samples = [sample(row.raw, _CUT) for row in ledger.quarantined(site.id, 0, _SAMPLES, one.reason)]
        shown = count(one.events), moment(one.last, site.zone)
        found.append(Aside(one.reason, aside_words(one.reason), *shown, samples))
    return found
