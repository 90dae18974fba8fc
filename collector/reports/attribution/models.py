"""The models: what each value is credited with, from the paths.

Rules give every touch of a conversion a part of it: first, last, last that was not direct, linear (the same to each),
position (40 % first, 40 % last, 20 % between) and decay (halves with every half-life before the conversion). Shapley
and Markov are computed from all paths together (see their functions). Each gives every conversion away exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.attribution.markov import markov
from collector.reports.attribution.paths import Conversions, Paths, first_touch, last_touch
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
    found = {name: _by_rule(paths, plan, rule) for name, rule in _RULES.items()}
    shares = markov(paths)
    some = found["linear"]
    found["markov"] = Credit(shares * some.conversions.sum(), shares * some.revenue.sum())
    return {name: found[name] for name in MODELS}


Rule = Callable[[Conversions, Plan], Float64]


def _by_rule(paths: Paths, plan: Plan, rule: Rule) -> Credit:
    count = len(paths.values)
    conversions, revenue = np.zeros(count), np.zeros(count)
    for one in paths.found:
        weight = rule(one, plan)
        conversions += np.bincount(one.runs.code, weights=weight, minlength=count)
        if np.isnan(one.worth).all():
            continue
        worth = np.nan_to_num(one.worth)[one.runs.owner]
        revenue += np.bincount(one.runs.code, weights=weight * worth, minlength=count)
    return Credit(conversions, revenue)


def last_told(one: Conversions) -> Int64:
    """The last touch of each path that was not direct; the last where all were."""
    runs = one.runs
    # Of several writes to one place the last one stays: first every touch is written, then those that tell something.
    found = np.full(len(runs.length), -1, dtype=np.int64)
    place, owner = np.arange(len(runs.code)), runs.owner
    found[owner] = place
    told = ~one.direct
    found[owner[told]] = place[told]
    return found[found >= 0]


def _at(one: Conversions, places: Int64) -> Float64:
    weight = np.zeros(len(one.runs.code))
    weight[places] = 1.0
    return weight


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
    nearest = np.repeat(one.before[last_touch(one.runs)], one.runs.length[one.runs.length > 0])
    weight = np.exp2(-(one.before - nearest) / plan.half_life)
    whole = np.bincount(one.runs.owner, weights=weight, minlength=len(one.row))
    return np.asarray(weight / whole[one.runs.owner])


def _shapley(one: Conversions, plan: Plan) -> Float64:  # noqa: ARG001 - a rule
    """Each conversion divided equally among the different values of its path.

    That is the Shapley value (unordered) of the game in which a set of values is worth the conversions whose paths lie
    wholly within it: K. Zhao, S. H. Mahboobi, S. R. Bagheri 2018, arXiv:1804.05327, whose simplified formula is exact
    for any number of values, so that none need be put together.
    """
    fresh = one.runs.once_each
    different = np.bincount(one.runs.owner[fresh], minlength=len(one.row))
    weight = np.zeros(len(one.runs.code))
    weight[fresh] = 1.0 / different[one.runs.owner[fresh]]
    return weight


_RULES: Mapping[str, Rule] = {
    "first": lambda one, _: _at(one, first_touch(one.runs)),
    "last": lambda one, _: _at(one, last_touch(one.runs)),
    "last_non_direct": lambda one, _: _at(one, last_told(one)),
    "linear": _linear,
    "position": _position,
    "decay": _decay,
    "shapley": _shapley,
}
