"""What was known of somebody just before a moment: the features that exposed and controls are made alike in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.called import CHANNEL_WORDS, DEVICE_WORDS
from collector.core.source import CHANNELS
from collector.core.text import T, Text
from collector.core.times import DAY, HOUR, MINUTE
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.keysteps import KeyStep
from collector.reports.impact.moments import Moments
from collector.reports.impact.tape import DEVICES, NEW, Tape

STAGE_STEPS = 3  # so many key steps are matched exactly; the others are balanced by the outcome model


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A coarse feature of every moment: codes below `levels`."""

    name: str
    codes: Int64
    levels: int


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """A feature as a number, for the balance table."""

    label: Text
    values: Float64


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Counts at every moment, of what came before it."""

    visits: Int64
    visit_pages: Int64
    pages: Int64
    acts: Int64
    visit_age: Int64
    age: Int64
    gap: Int64
    channel: Int64
    touch: Int64
    device: Int64
    seen: Sequence[Int64]
    where: Int64


def state_at(tape: Tape, moments: Moments, steps: Sequence[KeyStep], at_start: bool) -> State:
    """The state at each moment."""
    row, after = moments.row, moments.after
    person, first = tape.person[row], tape.first[row]
    begin = tape.begin[person]
    opens = np.arange(tape.none) == tape.first
    visits = np.cumsum(opens)
    pages = np.cumsum(tape.page)
    base = begin - 1
    before_person = np.where(base >= 0, pages[np.maximum(base, 0)], 0)
    # Arriving at a row, the row itself has not happened yet: only what is known of the visit's start counts.
    so_far = pages[row] - np.where(after, 0, tape.page[row]) - before_person
    visit_no = visits[row] - np.where(base >= 0, visits[np.maximum(base, 0)], 0)
    earlier = np.maximum(first - 1, 0)
    again = first > begin
    gap = np.where(again, tape.time[first] - tape.time[earlier], -1)
    channel = tape.channel[row]
    if at_start:
        # The exposure is the channel of this visit, so that only the visit before may be compared.
        channel = np.where(again, tape.channel[earlier], NEW)
    touch = np.where(again, tape.channel[begin], NEW)
    here = np.where(after, 1, 0)
    for at, step in enumerate(steps[:STAGE_STEPS], 2):
        here = np.where(after & step.kinds[tape.kind[row]], at, here)
    return State(
        visits=visit_no,
        visit_pages=np.where(after, _in_visit(tape)[row], 0),
        pages=so_far,
        acts=row - begin + after,
        visit_age=np.where(after, tape.time[row] - tape.time[first], 0),
        age=tape.time[row] - tape.time[begin],
        gap=gap,
        channel=channel,
        touch=touch,
        device=tape.device[row],
        seen=[(step.first[person] < row + after).astype(np.int64) for step in steps],
        where=here,
    )


def _in_visit(tape: Tape) -> Int64:
    """Page views of the row's session up to and with the row."""
    order = np.argsort(tape.session, kind="stable")
    total = np.cumsum(tape.page[order])
    session = tape.session[order]
    opens = np.ones(len(order), dtype=np.bool_)
    opens[1:] = session[1:] != session[:-1]
    base: Int64 = (total - tape.page[order])[np.flatnonzero(opens)]
    counted = np.empty(len(order), dtype=np.int64)
    counted[order] = total - base[np.cumsum(opens) - 1] if len(order) else total
    return counted


def _bins(values: Int64, *edges: int) -> tuple[Int64, int]:
    """Codes by upper edges: up to the first edge 0, and so on."""
    return np.searchsorted(np.array(edges), values, side="left").astype(np.int64), len(edges) + 1


def features(state: State) -> list[Feature]:
    """The coarse features, most telling first: strata are built in this order as far as the people suffice."""
    stage = np.zeros(len(state.where), dtype=np.int64)
    for seen in state.seen[:STAGE_STEPS]:
        stage = stage * 2 + seen
    steps = len(state.seen[:STAGE_STEPS])
    return [
        Feature("where", state.where, STAGE_STEPS + 2),
        Feature("stage", stage, 2**steps),
        Feature("visits", *_bins(state.visits, 1, 2, 3, 5)),
        Feature("visit_pages", *_bins(state.visit_pages, 0, 1, 2, 3, 5, 8)),
        Feature("channel", state.channel, NEW + 1),
        Feature("gap", *_bins(state.gap, -1, DAY, 3 * DAY, 7 * DAY)),
        Feature("pages", *_bins(state.pages, 0, 1, 2, 3, 4, 5, 7, 9, 12, 20)),
        Feature("touch", state.touch, NEW + 1),
        Feature("acts", *_bins(state.acts, 0, 1, 2, 3, 4, 6, 9, 14, 25)),
        Feature("device", state.device, len(DEVICES)),
        Feature("visit_age", *_bins(state.visit_age, 30_000, 2 * MINUTE, 6 * MINUTE)),
        Feature("age", *_bins(state.age, HOUR, DAY, 7 * DAY)),
        *(Feature(f"step_{at}", seen, 2) for at, seen in enumerate(state.seen) if at >= STAGE_STEPS),
    ]


def possible(found: Sequence[Feature], case: Int64) -> Bool:
    """Moments at which every feature has a value that some exposure had: elsewhere nobody is ever exposed."""
    fits = np.ones(len(found[0].codes), dtype=np.bool_)
    for feature in found:
        fits &= (np.bincount(feature.codes[case], minlength=feature.levels) > 0)[feature.codes]
    return fits


def compact(found: Sequence[Feature], case: Int64) -> list[Feature]:
    """The features with only the levels that exposures have, the commonest first; others count as the commonest."""
    kept = []
    for feature in found:
        counts = np.bincount(feature.codes[case], minlength=feature.levels)
        order = np.argsort(-counts, kind="stable")
        levels = int(np.count_nonzero(counts))
        place = np.zeros(feature.levels, dtype=np.int64)
        place[order[:levels]] = np.arange(levels)
        if levels > 1:
            kept.append(Feature(feature.name, place[feature.codes], levels))
    return kept


def measures(state: State, steps: Sequence[KeyStep], pick: Int64) -> list[Measure]:
    """The features of some moments as numbers, with names for people."""
    found = [
        Measure(T("Visits so far"), state.visits[pick].astype(np.float64)),
        Measure(T("Pages in this visit"), state.visit_pages[pick].astype(np.float64)),
        Measure(T("Pages so far"), state.pages[pick].astype(np.float64)),
        Measure(T("Events so far"), state.acts[pick].astype(np.float64)),
        Measure(T("Minutes in this visit"), state.visit_age[pick] / MINUTE),
        Measure(T("Days since first seen"), state.age[pick] / DAY),
        Measure(T("Days since the visit before"), np.maximum(state.gap[pick], 0) / DAY),
    ]
    for step, seen in zip(steps, state.seen, strict=True):
        found.append(Measure(step.label, seen[pick].astype(np.float64)))
    for code, name in enumerate(CHANNELS):
        share = (state.channel[pick] == code).astype(np.float64)
        if share.mean() > 0.01:
            found.append(Measure(T("Channel: {channel}", channel=CHANNEL_WORDS[name]), share))
    for code, device in enumerate(DEVICES):
        share = (state.device[pick] == code).astype(np.float64)
        if share.mean() > 0.01:
            found.append(Measure(T("Device: {device}", device=DEVICE_WORDS[device]), share))
    return found
