"""What an experiment shows: arms, their difference, uptake, how it settled, and whether it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Bool, Float64, Int64
from collector.reports.experiment import statistics
from collector.reports.experiment.arms import Arm, arm_of, pair, ratio, told_shares
from collector.reports.experiment.looks import FLOOR, Look, looks_of
from collector.reports.experiment.people import People, Plan
from collector.reports.experiment.statistics import Interval, Uptake

SAMPLE_RATIO = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """All that a page shows; `treated` and `control` are names of arms, None where there are not two."""

    plan: Plan
    people: People
    arms: tuple[Arm, ...]
    treated: str | None
    control: str | None
    rate: Interval | None
    value: Interval | None
    uptake: Uptake | None
    uptake_value: Uptake | None
    sample_ratio: float
    looks: tuple[Look, ...]
    reshared: bool
    top_value: float | None

    def arm(self, name: str | None) -> Arm:
        """The arm called so."""
        return next(arm for arm in self.arms if arm.name == name)

    @property
    def split_is_wrong(self) -> bool:
        """Whether the arms are not of the sizes that were planned."""
        return self.sample_ratio < SAMPLE_RATIO


def analyse(
    plan: Plan,
    people: People,
    days: Int64,
    treated: str | None = None,
    control: str | None = None,
    shares: dict[str, float] | None = None,
) -> Answer:
    """The answer.

    Args:
        days: ms UTC at which the site's days begin, ascending, the first at or before the first exposure.
        treated, control: arms to compare; without them "off" or the like, and the first other.
        shares: planned, by arm; without them those that exposures told.

    Raises:
        UserError: an arm that is not there.
    """
    told, since = told_shares(people)
    planned = shares if shares is not None else told
    arms = tuple(arm_of(people, at, name, planned.get(name)) for at, name in enumerate(people.arms))
    treated, control = pair(people.arms, treated, control)
    rate = value = uptake = uptake_value = top = None
    looks: tuple[Look, ...] = ()
    if treated is not None and control is not None:
        one, other = (_of(people, name) for name in (treated, control))
        if min(int(one.sum()), int(other.sum())) >= FLOOR:
            hit = people.reached
            rate = statistics.rates(int(hit[one].sum()), int(one.sum()), int(hit[other].sum()), int(other.sum()))
            if people.priced:
                value = statistics.means(people.value[one], people.value[other])
                whole = float(people.value[one | other].sum())
                top = float(people.value[one | other].max()) / whole if whole > 0 else None
            if plan.took is not None:
                uptake = _taken(people, hit.astype(np.float64), one, other)
                uptake_value = _taken(people, people.value, one, other) if people.priced else None
            looks = looks_of(people, one, other, days)
    return Answer(
        plan=plan,
        people=people,
        arms=arms,
        treated=treated,
        control=control,
        rate=rate,
        value=value,
        uptake=uptake,
        uptake_value=uptake_value,
        sample_ratio=ratio(people, planned, since if shares is None else -(2**62)),
        looks=looks,
        reshared=shares is None and since > -(2**62),
        top_value=top,
    )


def _of(people: People, name: str) -> Bool:
    mask: Bool = (people.arm == people.arms.index(name)) & people.mature
    return mask


def _taken(people: People, outcome: Float64, one: Bool, other: Bool) -> Uptake:
    took = people.took.astype(np.float64)
    return statistics.taken_up(outcome[one], took[one], outcome[other], took[other])
