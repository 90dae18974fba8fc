"""The models: what each value is credited with, from the paths.

Rules give every touch of a conversion a part of it: first, last, last that was not direct, linear (the same to each),
position (40 % first, 40 % last, 20 % between) and decay (halves with every half-life before the conversion). Shapley
and Markov are computed from all paths together (see their functions). Each gives every conversion away exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from collector.core.deadline import check
from collector.journeys.part import Float64, Int64
from collector.reports.attribution.markov import markov
from collector.reports.attribution.paths import Conversions, Paths, by_value, first_touch, last_touch
from collector.reports.attribution.plan import Plan

MODELS = ("first", "last", "last_non_direct", "linear", "position", "decay", "markov", "shapley")
WHOLE = ("first", "last", "last_non_direct")


@dataclass(frozen=True, slots=True, eq=False)
class Credit:
    """What each value gets by one model: conversions, and what they were worth."""

    conversions: Float64
    revenue: Float64


def credit_of(paths: Paths, plan: Plan) -> Mapping[str, Credit]:
    """For each model the credit of every value; conversions without a touch are nobody's and left out here."""
    found = {name: _whole(paths, place) for name, place in PLACES.items()}
    found |= {name: _shared(paths, plan, rule) for name, rule in _RULES.items()}
    found["shapley"] = _shapley(paths)
    shares = markov(paths)
    some = found["linear"]
    found["markov"] = Credit(shares * some.conversions.sum(), shares * some.revenue.sum())
    return {name: found[name] for name in MODELS}


def last_told(one: Conversions) -> Int64:
    """The last touch of each path that was not direct; the last where all were."""
    first, last = first_touch(one.runs), last_touch(one.runs)
    direct = np.flatnonzero(one.direct[last] & (last > first))
    others = np.flatnonzero(~one.direct)
    if len(others):
        before = others[np.maximum(np.searchsorted(others, last[direct]) - 1, 0)]
        known = (before >= first[direct]) & (before < last[direct])
        last[direct[known]] = before[known]
    return last


# The one touch of each path with any that gets all.
PLACES: Mapping[str, Callable[[Conversions], Int64]] = {
    "first": lambda one: first_touch(one.runs),
    "last": lambda one: last_touch(one.runs),
    "last_non_direct": last_told,
}


def _whole(paths: Paths, place: Callable[[Conversions], Int64]) -> Credit:
    """All of each path to one touch."""
    count = len(paths.values)
    conversions, revenue = np.zeros(count), np.zeros(count)
    for one in paths.found:
        some = one.runs.length > 0
        code = one.runs.code[place(one)]
        conversions += np.bincount(code, one.many[some], count)
        if one.worth_of_path is not None:
            revenue += np.bincount(code, one.worth_of_path[some], count)
    return Credit(conversions, revenue)


Rule = Callable[[Conversions, Plan], Float64]


def _shared(paths: Paths, plan: Plan, rule: Rule) -> Credit:
    """To each touch what the rule gives it of a conversion."""
    count = len(paths.values)
    conversions, revenue = np.zeros(count), np.zeros(count)
    for one in paths.found:
        check()
        weight = rule(one, plan)
        if one.worth_of_path is not None:
            worth = np.repeat(one.worth_of_path, one.runs.length)
            revenue += np.bincount(one.runs.code, weight * worth, count)
        weight *= one.many_of_touch
        conversions += np.bincount(one.runs.code, weight, count)
    return Credit(conversions, revenue)


def _linear(one: Conversions, plan: Plan) -> Float64:  # noqa: ARG001 - a rule
    length = one.runs.length
    return np.repeat(1.0 / np.maximum(length, 1), length)


def _position(one: Conversions, plan: Plan) -> Float64:  # noqa: ARG001 - a rule
    length = one.runs.length
    weight = np.repeat(0.2 / np.maximum(length - 2, 1), length)
    first, last, many = first_touch(one.runs), last_touch(one.runs), length[length > 0]
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


_RULES: Mapping[str, Rule] = {"linear": _linear, "position": _position, "decay": _decay}


def _shapley(paths: Paths) -> Credit:
    """Each conversion divided equally among the different values of its path.

    That is the Shapley value (unordered) of the game in which a set of values is worth the conversions whose paths lie
    wholly within it: K. Zhao, S. H. Mahboobi, S. R. Bagheri 2018, arXiv:1804.05327, whose simplified formula is exact
    for any number of values, so that none need be put together.
    """
    count = len(paths.values)
    conversions, revenue = np.zeros(count), np.zeros(count)
    for one in paths.found:
        check()
        conversions += by_value(one.runs, one.many, count, divided=True)
        if one.worth_of_path is not None:
            revenue += by_value(one.runs, one.worth_of_path, count, divided=True)
    return Credit(conversions, revenue)
