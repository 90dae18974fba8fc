"""Slow plain-Python answers: sessions and funnels of tiny journeys, by trying everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from collector.core.event import ENGAGEMENT, Source
from collector.core.matcher import Matcher
from collector.reports.funnel_plan import Plan
from tests.support.worlds import E

MINUTE = 60_000
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as the oracle sees it; `number` is its place in the log, `first` says that it opens a session."""

    number: int
    event: E
    session: int
    first: bool
    source: Source

    @property
    def time(self) -> int:
        return self.event.time

    def fits(self, matcher: Matcher) -> bool:
        if matcher.is_source:
            named = self.first and matcher.fits_source(self.source.channel, self.source.source)
        else:
            named = matcher.fits_kind(self.event.kind)
        props = self.event.props
        return named and all(c.test(props.get(c.key), c.key in props) for c in matcher.conditions)


def sessions(events: Sequence[E]) -> list[Seen]:
    """Every event but engagement with its session (SEMANTICS 2); sessions are numbered in order of appearance."""
    numbered = [(number, event) for number, event in enumerate(events) if event.kind.type != ENGAGEMENT]
    seen: list[Seen] = []
    count = 0
    for visitor in dict.fromkeys(event.visitor for _, event in numbered):
        begun = before = None
        own: Source | None = None
        for number, event in sorted(
            ((n, e) for n, e in numbered if e.visitor == visitor), key=lambda pair: (pair[1].time, pair[0])
        ):
            campaign = event.source is not None and event.source.campaign_mark and event.source != own
            fresh = begun is None or before is None or event.time - before > 30 * MINUTE
            if fresh or campaign or (begun is not None and event.time - begun >= 24 * HOUR):
                begun, own, fresh = event.time, event.source, True
                count += 1
            before = event.time
            seen.append(Seen(number, event, count, fresh, own or Source()))
    return sorted(seen, key=lambda one: (one.time, one.number))


@dataclass(frozen=True, slots=True)
class Answer:
    """One entrant: times of the steps it filled, and the times of the first and last attempt that nothing spoiled.

    Where all were (in any order), `begun` is the first one's.
    """

    times: tuple[int, ...]
    begun: int
    last: int | None


def funnel(units: Sequence[Sequence[Seen]], plan: Plan) -> list[Answer]:
    """The entrants' answers in the order of the units."""
    found = [_unit(sorted(unit, key=lambda one: one.time), plan) for unit in units]
    return [answer for answer in found if answer is not None]


def _unit(events: list[Seen], plan: Plan) -> Answer | None:
    best: tuple[int, ...] = ()
    spoiled: tuple[int, ...] = ()
    begun = last = None
    for start in sorted({one.time for one in events if plan.start <= one.time < plan.end}):
        within = [one for one in events if start <= one.time <= start + plan.window]
        times = _BY_ORDER[plan.order](within, plan, start)
        if not times:
            continue
        if _spoiled(within, plan, times):
            spoiled = spoiled or times[:1]
            continue
        begun, last = start if begun is None else begun, start
        if len(times) > len(best):
            best = times
    best = best or (spoiled if plan.order == "any" else ())
    return Answer(best, best[0] if begun is None else begun, last) if best else None


def _spoiled(within: Sequence[Seen], plan: Plan, times: tuple[int, ...]) -> bool:
    for exclusion in plan.exclude:
        if exclusion.after <= len(times):
            after = times[exclusion.after - 1]
            before = times[exclusion.before - 1] if exclusion.before <= len(times) else 2**62
            if any(after < one.time < before and one.fits(exclusion.matcher) for one in within):
                return True
    return False


def _better(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return min(one, other, key=lambda times: (-len(times), times))


def _ordered(within: Sequence[Seen], plan: Plan, start: int) -> tuple[int, ...]:
    """Every way to give each step an event of its own, not earlier than the step before."""

    def extend(step: int, now: int, used: frozenset[int]) -> tuple[int, ...]:
        best: tuple[int, ...] = ()
        if step == len(plan.steps):
            return best
        for one in within:
            at_start = step > 0 or one.time == start
            if at_start and one.time >= now and one.number not in used and one.fits(plan.steps[step]):
                best = _better((one.time, *extend(step + 1, one.time, used | {one.number})), best)
        return best

    return extend(0, start, frozenset())


def _orders(within: Sequence[Seen]) -> Iterator[list[Seen]]:
    """The events in every order that their times allow."""
    if not within:
        yield []
        return
    now = [one for one in within if one.time == within[0].time]
    for rest in _orders(within[len(now) :]):
        for order in permutations(now):
            yield [*order, *rest]


def _strict(within: Sequence[Seen], plan: Plan, start: int) -> tuple[int, ...]:
    best: tuple[int, ...] = ()
    for order in _orders(within):
        for at, one in enumerate(order):
            if one.time != start:
                break
            run = 0
            while run < len(plan.steps) and at + run < len(order) and order[at + run].fits(plan.steps[run]):
                run += 1
            best = _better(tuple(one.time for one in order[at : at + run]), best)
    return best


def _any(within: Sequence[Seen], plan: Plan, start: int) -> tuple[int, ...]:
    """The n-th time is the earliest by which n events have n different steps."""
    if not any(one.time == start and one.fits(step) for one in within for step in plan.steps):
        return ()
    times: list[int] = []
    for now in sorted({one.time for one in within}):
        most = _matched([one for one in within if one.time <= now], list(plan.steps))
        times += [now] * (most - len(times))
    return tuple(times)


def _matched(events: Sequence[Seen], steps: list[Matcher]) -> int:
    if not steps or not events:
        return 0
    one, rest = events[0], events[1:]
    best = _matched(rest, steps)
    for at, step in enumerate(steps):
        if one.fits(step):
            best = max(best, 1 + _matched(rest, steps[:at] + steps[at + 1 :]))
    return best


_BY_ORDER: dict[str, Callable[[Sequence[Seen], Plan, int], tuple[int, ...]]] = {
    "ordered": _ordered,
    "strict": _strict,
    "any": _any,
}
