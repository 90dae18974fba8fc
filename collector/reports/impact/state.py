"""What was known of somebody just before a moment, as counts; nothing of the moment's own event or later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from collector.core.source import CHANNELS
from collector.core.times import DAY, Span, day_of
from collector.journeys.part import Bool, Int32, Int64
from collector.reports.impact.away import NOTHING
from collector.reports.impact.coded import Codes
from collector.reports.impact.keysteps import KeyStep
from collector.reports.impact.moments import Moments
from collector.reports.impact.places import Place
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import NEW, Tape

PAID = tuple(CHANNELS.index(name) for name in ("paid_search", "paid_social", "display", "retargeting", "affiliate"))
CLOCK = 6  # parts of a day
WEEKEND = 5
HERE = 3  # so many key steps tell apart where somebody is


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One entry a moment.

    visits, pages, acts: visits begun, pages and rows so far. visit_pages, visit_age (ms): in this visit. age: ms since
    the person's first row; gap: ms between this visit and the one before, -1 without. engaged: ms of attention so far.
    ads: earlier visits by paid channels. channel: of this visit, or of the one before where the visit's own is the
    exposure; touch: of the first visit (NEW where this is it). where: 0 arriving, 1 after any row, 2 + n after the key
    step n. seen: per key step 1 where it was taken. stage: the furthest of the site's named stages, 0 for none.
    clock: part of the day, and whether a weekend. time: ms UTC. away: ms since the last row on the site, where ads are
    seen elsewhere; "this visit" is then the last one. places: the page and the last act, where they were looked for.
    """

    visits: Int32
    visit_pages: Int32
    pages: Int32
    acts: Int32
    visit_age: Int64
    age: Int64
    gap: Int64
    engaged: Int64
    ads: Int32
    channel: Codes
    touch: Codes
    device: Codes
    seen: Sequence[Codes]
    where: Codes
    stage: Codes
    clock: Codes
    time: Int64
    away: Int64
    places: Sequence[Place] = ()


def state_at(tape: Tape, moments: Moments, plan: Plan, steps: Sequence[KeyStep], stages: Sequence[KeyStep]) -> State:
    """The state at each moment.

    Args:
        steps: what commonly comes before the goal. stages: what leads into each of the site's named stages.
    """
    moment, row, after = moments.row, moments.row, moments.after
    if plan.elsewhere:
        row, after = tape.seat[moment], np.ones_like(after)
    person, first = tape.person[row], tape.first[row]
    begin = tape.begin[person]
    opens = tape.first == np.arange(tape.none)
    again = first > begin
    earlier = np.maximum(first - 1, 0)
    if plan.elsewhere:
        earlier = np.maximum(tape.seat[earlier], 0)
    channel = tape.channel[row]
    if plan.at_start:
        # The exposure is the channel of this visit, so that only the visit before may be compared.
        channel = np.where(again, tape.channel[earlier], NEW)
    where = after.astype(np.uint8)
    for at, step in enumerate(steps[:HERE], 2):
        where[after & step.kinds[tape.kind[row]]] = at
    return State(
        visits=_before(opens, row, begin).astype(np.int32) + opens[row],
        visit_pages=np.where(after, tape.seen[row], 0).astype(np.int32),
        pages=_before(tape.page, row, begin).astype(np.int32) + (after & tape.page[row]),
        acts=((_before(tape.kind != NOTHING, row, begin) if plan.elsewhere else row - begin) + after).astype(np.int32),
        visit_age=np.where(after, tape.time[row] - tape.time[first], 0),
        age=tape.time[moment] - tape.time[begin],
        gap=np.where(again, tape.time[first] - tape.time[earlier], -1),
        engaged=_before(tape.engaged, row, begin),
        ads=_before(opens & np.isin(tape.channel, PAID), first, begin).astype(np.int32),
        channel=channel.astype(np.uint8),
        touch=np.where(again, tape.channel[begin], NEW).astype(np.uint8),
        device=tape.device[row].astype(np.uint8),
        seen=[(step.first[person] < moment + moments.after).astype(np.uint8) for step in steps],
        where=where,
        stage=_stage(stages, person, moment + moments.after),
        clock=_clock(tape.time[moment], plan.zone),
        time=tape.time[moment],
        away=tape.time[moment] - tape.time[row],
    )


def _before(values: Int64 | Bool, row: Int64, begin: Int64) -> Int64:
    """The sum of a column over the person's rows before each row."""
    total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return np.asarray(total[row] - total[begin])


def _stage(stages: Sequence[KeyStep], person: Int64, until: Int64) -> Codes:
    found = np.zeros(len(person), dtype=np.uint8)
    for at, stage in enumerate(stages, 1):
        found[stage.first[person] < until] = at
    return found


def _clock(time: Int64, zone: ZoneInfo) -> Codes:
    """The part of the zone's day, weekends after the other days."""
    if not len(time):
        return np.zeros(0, dtype=np.uint8)
    first, last = day_of(int(time.min()), zone), day_of(int(time.max()), zone) + timedelta(days=1)
    starts = _starts(first, last, zone)
    # Days of 23 and 25 hours move a guess by days of 24 hours by one at most.
    day = np.clip((time - starts[0]) // DAY, 0, len(starts) - 1)
    day = np.minimum(day + (time >= np.append(starts[1:], starts[-1] + DAY)[day]), len(starts) - 1)
    day -= time < starts[day]
    part = np.minimum((time - starts[day]) // (DAY // CLOCK), CLOCK - 1)
    weekend = (day + first.weekday()) % 7 >= WEEKEND
    return np.asarray(part + CLOCK * weekend, dtype=np.uint8)


@lru_cache(maxsize=8)
def _starts(first: date, last: date, zone: ZoneInfo) -> Int64:
    """When each of these days begins, ms UTC; not to be changed, since the next question gets the same."""
    return np.array([start for _, start in Span(first, last, zone).cuts("day")], dtype=np.int64)
