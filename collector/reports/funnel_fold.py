"""One unit's chain, event by event: exact also where events share an instant and fit several steps.

The vectorised chains of `funnel_chain` leave those units to this fold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from collector.reports.funnel_plan import Plan

# (time, row, bits): bit i says that the event fits step i; the exclusions' bits follow those of the steps.
Fit = tuple[int, int, int]
Moment = tuple[int, list[Fit]]
Filled = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain that counts: (time, row) of each step it reached.

    begun: those of the first event of the first clean attempt. last: the time of the last clean attempt.
    """

    filled: Filled
    begun: tuple[int, int]
    last: int | None


def fold(events: Sequence[Fit], plan: Plan) -> Chain | None:
    """The chain of one unit's events (in order of time), None where the unit is no entrant.

    Under `strict` all events must be given, else those with a bit suffice.
    """
    count = len(plan.steps)
    entry = 1 if plan.order != "any" else (1 << count) - 1
    moments = [(time, list(group)) for time, group in groupby(events, key=lambda event: event[0])]
    entries = [
        at
        for at, (time, group) in enumerate(moments)
        if plan.start <= time < plan.end and any(event[2] & entry for event in group)
    ]
    if plan.order == "ordered" and not plan.exclude:
        return _first_furthest(moments, entries, plan)
    best: Filled = []
    begun: Filled = []
    spoiled: Filled = []
    last: int | None = None
    for at in entries:
        time = moments[at][0]
        within = [moment for moment in moments[at:] if moment[0] <= time + plan.window]
        filled = _ATTEMPTS[plan.order](within, count)
        if _spoils(within, filled, plan):
            spoiled = spoiled or filled[:1]
            continue
        last = time
        begun = begun or filled[:1]
        if len(filled) > len(best):
            best = filled
    if not best and plan.order == "any":
        best = begun = spoiled
    return Chain(best, begun[0], last) if best else None


def _first_furthest(moments: Sequence[Moment], entries: Sequence[int], plan: Plan) -> Chain | None:
    """Steps in order without exclusions: no attempt gets further than the first one would with all time to go."""
    if not entries:
        return None
    count = len(plan.steps)
    most = len(_ordered(moments[entries[0] :], count))
    best: Filled = []
    begun: Filled = []
    for at in entries:
        until = moments[at][0] + plan.window
        filled = _ordered(moments[at:], count, until)
        begun = begun or filled[:1]
        if len(filled) > len(best):
            best = filled
        if len(best) == most:
            break
    return Chain(best, begun[0], moments[entries[-1]][0])


def _spoils(within: Sequence[Moment], filled: Filled, plan: Plan) -> bool:
    for number, exclusion in enumerate(plan.exclude):
        if exclusion.after > len(filled):
            continue
        bit = 1 << (len(plan.steps) + number)
        after = filled[exclusion.after - 1][0]
        before = filled[exclusion.before - 1][0] if exclusion.before <= len(filled) else None
        for time, group in within:
            if time > after and (before is None or time < before) and any(event[2] & bit for event in group):
                return True
    return False


def _ordered(moments: Sequence[Moment], count: int, until: int | None = None) -> Filled:
    filled: Filled = []
    for time, group in moments:
        if len(filled) == count or (until is not None and time > until):
            break
        wanted = 1 << len(filled)
        if any(event[2] & wanted for event in group):
            filled += _longest(group, len(filled), count)
    return filled


def _strict(within: Sequence[Moment], count: int) -> Filled:
    """The first moment may fill any number of steps, since its other events can have come before the chain."""
    best: Filled = []
    for used in range(len(_longest(within[0][1], 0, count)), 0, -1):
        filled = _longest(within[0][1], 0, used)
        for _, group in within[1:]:
            more = _longest(group, len(filled), count)
            filled += more
            if len(more) < len(group):
                break
        if len(filled) > len(best):
            best = filled
    return best


def _any(within: Sequence[Moment], count: int) -> Filled:
    """A step is filled whenever one more of the events so far can have a step of its own."""
    filled: Filled = []
    owner: dict[int, int] = {}
    seen: list[Fit] = []
    for time, group in within:
        for event in group:
            seen.append(event)
            if _place(len(seen) - 1, seen, count, owner, set()):
                filled.append((time, event[1]))
    return filled


def _place(at: int, seen: Sequence[Fit], count: int, owner: dict[int, int], tried: set[int]) -> bool:
    """Find a step for event `at`, moving other events to other steps (Kuhn's augmenting paths)."""
    for step in range(count):
        if seen[at][2] >> step & 1 and step not in tried:
            tried.add(step)
            if step not in owner or _place(owner[step], seen, count, owner, tried):
                owner[step] = at
                return True
    return False


def _longest(group: Sequence[Fit], done: int, count: int) -> Filled:
    """Events of one moment for as many steps after the first `done` as can each have an event of its own."""
    holder: dict[int, int] = {}

    def take(step: int, tried: set[int]) -> bool:
        for at, event in enumerate(group):
            if event[2] >> step & 1 and at not in tried:
                tried.add(at)
                if at not in holder or take(holder[at], tried):
                    holder[at] = step
                    return True
        return False

    step = done
    while step < count and take(step, set()):
        step += 1
    by_step = {step: at for at, step in holder.items()}
    return [(group[by_step[number]][0], group[by_step[number]][1]) for number in range(done, step)]


_ATTEMPTS: Mapping[str, Callable[[Sequence[Moment], int], Filled]] = {
    "ordered": _ordered,
    "strict": _strict,
    "any": _any,
}
