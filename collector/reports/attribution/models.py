"""The models: what each value is credited with, from the paths.

Rules give every touch of a conversion a part of it: first, last, last that was not direct, linear (the same to each),
position (40 % first, 40 % last, 20 % between) and decay (halves with every half-life before the conversion). Shapley
and Markov are computed from all paths together (see their functions). Each gives every conversion away exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.attribution.markov import markov
from collector.reports.attribution.paths import (
    Conversions,
    Paths,
    Runs,
    Weighed,
    by_value,
    first_touch,
    last_touch,
    sums,
)
from collector.reports.attribution.plan import Plan
from collector.reports.threads import each

MODELS = ("first", "last", "last_non_direct", "linear", "position", "decay", "markov", "shapley")
WHOLE = ("first", "last", "last_non_direct")


@dataclass(frozen=True, slots=True, eq=False)
class Credit:
    """What each value gets by one model: conversions, and what they were worth."""

    conversions: Float64
    revenue: Float64

    def __add__(self, other: Credit) -> Credit:
        return Credit(self.conversions + other.conversions, self.revenue + other.revenue)


def credit_of(paths: Paths, plan: Plan) -> Mapping[str, Credit]:
    """For each model the credit of every value; conversions without a touch are nobody's and left out here."""
    count = len(paths.values)
    nothing = Credit(np.zeros(count), np.zeros(count))
    of_pieces = each(partial(_credits, plan, count), paths.found)
    found = {name: sum((one[name] for one in of_pieces), nothing) for name in MODELS if name != "markov"}
    shares = markov(paths)
    some = found["linear"]
    found["markov"] = Credit(shares * some.conversions.sum(), shares * some.revenue.sum())
    return {name: found[name] for name in MODELS}


def _credits(plan: Plan, count: int, one: Conversions) -> Mapping[str, Credit]:
    """The credit of every value by each model but Markov, of one piece."""
    paths, sequences = one.weighed, one.sequences
    return {
        "first": _whole(sequences, first_touch(sequences.runs), count),
        "last": _whole(sequences, last_touch(sequences.runs), count),
        "last_non_direct": _whole(paths, last_told(one), count),
        "linear": _shared(sequences, _linear(sequences.runs), count),
        "position": _shared(sequences, _position(sequences.runs), count),
        "decay": _shared(paths, _decay(one, plan), count),
        "shapley": _shapley(sequences, count),
    }


def last_told(one: Conversions) -> Int64:
    """The last touch of each path that was not direct; the last where all were."""
    first, last = first_touch(one.runs), last_touch(one.runs)
    place = np.arange(len(one.direct))
    place[one.direct] = -1
    before = np.maximum.accumulate(place, out=place)[last]
    return np.where(before >= first, before, last)


# The one touch of each path with any that gets all.
PLACES: Mapping[str, Callable[[Conversions], Int64]] = {
    "first": lambda one: first_touch(one.runs),
    "last": lambda one: last_touch(one.runs),
    "last_non_direct": last_told,
}


def _whole(paths: Weighed, place: Int64, count: int) -> Credit:
    """All of each path to one touch, at `place` of each that has any."""
    some = paths.runs.length > 0
    code = paths.runs.code[place]
    revenue = np.zeros(count) if paths.worth is None else sums(code, paths.worth[some], count)
    return Credit(sums(code, paths.many[some], count), revenue)


def _shared(paths: Weighed, weight: Float64, count: int) -> Credit:
    """To each touch its part of each conversion."""
    revenue = np.zeros(count)
    if paths.worth is not None:
        revenue = sums(paths.runs.code, weight * np.repeat(paths.worth, paths.runs.length), count)
    return Credit(sums(paths.runs.code, weight * paths.many_of_touch, count), revenue)


def _linear(runs: Runs) -> Float64:
    return np.repeat(1.0 / np.maximum(runs.length, 1), runs.length)


def _position(runs: Runs) -> Float64:
    length = runs.length
    weight = np.repeat(0.2 / np.maximum(length - 2, 1), length)
    first, last, many = first_touch(runs), last_touch(runs), length[length > 0]
    weight[first] = np.where(many == 2, 0.5, 0.4)
    weight[last] = np.where(many == 1, 1.0, np.where(many == 2, 0.5, 0.4))
    return weight


def _decay(one: Conversions, plan: Plan) -> Float64:
    # Weighed by the time before the last touch and not before the conversion, which is the same once they sum to one,
    # and keeps the greatest at 1 however short the half-life is.
    weight = np.exp2(one.before / -plan.half_life)
    some = one.runs.length > 0
    if some.any():
        whole = np.add.reduceat(weight, first_touch(one.runs))
        weight /= np.repeat(whole, one.runs.length[some])
    return weight


def _shapley(paths: Weighed, count: int) -> Credit:
    """Each conversion divided equally among the different values of its path.

    That is the Shapley value (unordered) of the game in which a set of values is worth the conversions whose paths lie
    wholly within it: K. Zhao, S. H. Mahboobi, S. R. Bagheri 2018, arXiv:1804.05327, whose simplified formula is exact
    for any number of values, so that none need be put together.
    """
    worth = paths.worth
    revenue = np.zeros(count) if worth is None else by_value(paths.runs, worth, count, divided=True)
    return Credit(by_value(paths.runs, paths.many, count, divided=True), revenue)
