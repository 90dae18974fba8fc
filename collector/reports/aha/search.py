"""The search: every kind of event, how often and how soon, chosen on one half of the people and told by the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from collector.core.deadline import check
from collector.core.event import IDENTIFY, PASSIVE
from collector.core.matcher import Matcher, parse_matcher
from collector.journeys.journeys import Journeys
from collector.journeys.merge import ranges
from collector.journeys.part import Float64, Int32, Int64
from collector.reports.aha.early import DAYS, MOST, UInt8, early
from collector.reports.aha.newcomers import Int8, Newcomers
from collector.reports.overview_tables import kind_matcher

TIMES = (1, 2, 3, 5, 8, 13)
LEAST = 30
"""People on either side, in either half, below whom nothing is said."""
MOST_KINDS = 2_000
# Where fewer than one in so many of all persons count, theirs are looked up alone.
SPARSE = 4
# For how often something was done, where that is counted: by the greatest of TIMES reached, then by state.
_PLACE = (np.searchsorted(TIMES, np.arange(MOST + 1), "right") * 5).astype(np.int32)


@dataclass(slots=True)
class Action:
    """One action: `counts[d, n, state]` people with `TIMES[n]` or more of it in the first `days[d]`, by state."""

    matcher: Matcher
    counts: Int64 = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Finding:
    """An action in its best form. The four numbers are of the half that the choice was not made on.

    did, did_reached: people with the action, and how many of them reached the outcome. others, others_reached: those
    without it. phi: the correlation of doing and reaching (Pearson's phi) there.
    """

    action: Action
    times: int
    day: int
    did: int
    did_reached: int
    others: int
    others_reached: int
    phi: float


def actions(journeys: Journeys, outcome: Matcher, start: Matcher) -> list[Action]:
    """What people can do here, but for the outcome and the start themselves: pages by path, the rest by name."""
    size = np.zeros(max(journeys.kinds, default=0) + 1, dtype=np.int64)
    for part in journeys.each():
        found = np.diff(part.kind_start)
        size[: len(found)] += found[: len(size)]
    by_matcher: dict[str, Action] = {}
    for number in np.argsort(-size, kind="stable")[:MOST_KINDS].tolist():
        kind = journeys.kinds.get(number)
        if kind is None or size[number] < LEAST or kind in PASSIVE or kind.type == IDENTIFY:
            continue
        if any(one.subject != "any" and one.fits_kind(kind) for one in (outcome, start)):
            continue
        text = kind_matcher(kind)
        if text is not None and text not in by_matcher:
            by_matcher[text] = Action(parse_matcher(text))
    return list(by_matcher.values())


def count(
    journeys: Journeys,
    people: Sequence[Newcomers],
    states: Sequence[Sequence[Int8]],
    found: Sequence[Action],
    days: Sequence[int],
) -> None:
    """Fill in `Action.counts` of every action. `states[part][day]` are those of `Newcomers.states`."""
    of_kind = np.full(max(journeys.kinds, default=0) + 1, -1, dtype=np.int64)
    for number, action in enumerate(found):
        of_kind[sorted(journeys.kind_ids(action.matcher))] = number
    bands, unknown = len(TIMES) + 1, 4
    total = np.zeros((len(days), len(found) + 1, bands, unknown + 1), dtype=np.int64)
    for one, state in zip(people, states, strict=True):
        check()
        did = _did(one, state, of_kind, days)
        # Those of no action, and of persons who do not count, are counted like the others and left out afterwards.
        place_of = np.where(did.action >= 0, did.action, len(found)).astype(np.int32) * np.int32(bands * (unknown + 1))
        for d in range(len(days)):
            place = np.where(state[d] >= 0, state[d], np.int8(unknown))[did.person].astype(np.int32)
            place += _PLACE[did.times[d]]
            place += place_of
            total[d] += np.bincount(place, minlength=total[d].size).reshape(total[d].shape)
    # So often or more often: from the most often on, added up.
    enough = np.cumsum(total[:, :, ::-1, :unknown], axis=2)[:, :, ::-1][:, :, 1:]
    for number, action in enumerate(found):
        action.counts = enough[:, number]


class _Did(NamedTuple):
    """One entry for each action, -1 for none, and person who did it: how often in each of the first days."""

    action: Int64
    person: Int64 | Int32
    times: Sequence[UInt8]


def _did(one: Newcomers, state: Sequence[Int8], of_kind: Int64, days: Sequence[int]) -> _Did:
    who = np.flatnonzero(np.maximum.reduce(list(state)) >= 0)
    if one.first and not one.include_bots and len(who) * SPARSE >= len(one.start):
        return _remembered(one, of_kind, days)
    return _looked_up(one, who, of_kind, days)


def _remembered(one: Newcomers, of_kind: Int64, days: Sequence[int]) -> _Did:
    """From what the part keeps of everybody, by kind: actions of several kinds are put together."""
    kept = early(one.part)
    lengths = np.diff(kept.edges)
    kinds = np.full(len(lengths), -1, dtype=np.int64)
    kinds[: len(of_kind)] = of_kind[: len(lengths)]
    action, person = np.repeat(kinds, lengths), kept.person
    times = [kept.times[DAYS.index(within)] for within in days]
    several = np.bincount(kinds[(kinds >= 0) & (lengths > 0)], minlength=1) > 1
    if not several.any():
        return _Did(action, person, times)
    joined = np.append(several, False)[action]
    size = np.int64(len(one.start))
    pairs, place = np.unique(action[joined] * size + person[joined], return_inverse=True)
    sums = [np.bincount(place, weights=one_[joined], minlength=len(pairs)) for one_ in times]
    return _Did(
        np.concatenate((action[~joined], pairs // size)),
        np.concatenate((person[~joined], pairs % size)),
        [np.append(old[~joined], np.minimum(new, MOST).astype(np.uint8)) for old, new in zip(times, sums, strict=True)],
    )


def _looked_up(one: Newcomers, who: Int64, of_kind: Int64, days: Sequence[int]) -> _Did:
    part = one.part
    # The first days of a person are neighbouring rows, so that the others need not be looked at.
    begin, *ends = (one.row_at(who, after) for after in (0, *(within + 1 for within in days)))
    last = np.maximum.reduce(ends)
    rows, owner = ranges(begin, last), np.repeat(np.arange(len(who), dtype=np.int32), last - begin)
    action = of_kind[part.kind[rows]]
    used = (action >= 0) & part.counted(one.include_bots, rows)
    rows, action, owner = rows[used], action[used], owner[used]
    # A stable sort of 16-bit numbers is a radix sort; persons stay ascending within an action.
    order = np.argsort(action.astype(np.uint16), kind="stable")
    rows, action, owner = rows[order], action[order], owner[order]
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = (action[1:] != action[:-1]) | (owner[1:] != owner[:-1])
    groups = np.flatnonzero(fresh)
    lengths = np.diff(np.append(groups, len(rows)))
    group = np.repeat(np.arange(len(groups)), lengths)
    often = []
    for end in ends:
        inside = np.ones(len(rows), dtype=np.bool_) if end is last else rows < end[owner]
        counted = lengths if inside.all() else np.bincount(group[inside], minlength=len(groups))
        often.append(np.minimum(counted, MOST).astype(np.uint8))
    return _Did(action[groups], who[owner[groups]], often)


def best(action: Action, everybody: Int64) -> Finding | None:
    """The action's best count and days by phi on the first half; None where too few did, or did not, anywhere.

    Args:
        everybody: people by day and state.
    """
    did = action.counts.astype(np.float64)
    rest = everybody[:, None, :] - did
    enough = np.ones(did.shape[:2], dtype=np.bool_)
    for half in (0, 2):
        enough &= did[:, :, half : half + 2].sum(axis=2) >= LEAST
        enough &= rest[:, :, half : half + 2].sum(axis=2) >= LEAST
    score = np.where(enough, np.abs(_phi(did[:, :, 0], did[:, :, 1], rest[:, :, 0], rest[:, :, 1])), -1.0)
    if not enough.any():
        return None
    # Of equally good ones the fewest days and times: the plainest rule.
    d, n = np.unravel_index(int(np.argmax(score)), score.shape)
    own, others = did[d, n], rest[d, n]
    phi = float(_phi(own[2], own[3], others[2], others[3]))
    told = [int(number) for number in (own[2] + own[3], own[3], others[2] + others[3], others[3])]
    return Finding(action, TIMES[n], int(d), told[0], told[1], told[2], told[3], phi)


def _phi(did_not: Float64, did_reached: Float64, rest_not: Float64, rest_reached: Float64) -> Float64:
    """Pearson's phi of a fourfold table; 0 where a margin is empty."""
    top = did_reached * rest_not - did_not * rest_reached
    margins = (did_not + did_reached) * (rest_not + rest_reached) * (did_not + rest_not) * (did_reached + rest_reached)
    found: Float64 = top / np.sqrt(np.where(margins > 0, margins, 1.0)) * (margins > 0)
    return found
