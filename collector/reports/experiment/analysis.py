"""What an experiment shows: arms, their difference, uptake, how it settled, and whether it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.errors import UserError
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.experiment import statistics
from collector.reports.experiment.gather import People, Plan
from collector.reports.experiment.looks import FLOOR, Look, looks_of
from collector.reports.experiment.statistics import Interval, Uptake

CONTROLS = ("off", "control", "hold", "holdout", "hold-out")
SAMPLE_RATIO = 0.001


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's people whose time is over, and how many more are still open."""

    name: str
    people: int
    reached: int
    value: float
    took: int
    open: int
    both: int
    share: float | None


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
    told, since = _told_shares(people)
    planned = shares if shares is not None else told
    arms = tuple(_arm(people, at, name, planned.get(name)) for at, name in enumerate(people.arms))
    treated, control = _pair(people.arms, treated, control)
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
        sample_ratio=_ratio(people, planned, since if shares is None else -(2**62)),
        looks=looks,
        reshared=shares is None and since > -(2**62),
        top_value=top,
    )


def _of(people: People, name: str) -> Bool:
    mask: Bool = (people.arm == people.arms.index(name)) & people.mature
    return mask


def _arm(people: People, at: int, name: str, share: float | None) -> Arm:
    mine = people.arm == at
    done = mine & people.mature
    return Arm(
        name=name,
        people=int(done.sum()),
        reached=int(people.reached[done].sum()),
        value=float(people.value[done].sum()),
        took=int(people.took[done].sum()),
        open=int((mine & ~people.mature).sum()),
        both=int(people.both[done].sum()),
        share=share,
    )


def _pair(arms: tuple[str, ...], treated: str | None, control: str | None) -> tuple[str | None, str | None]:
    for name in (treated, control):
        if name is not None and arms and name not in arms:
            raise UserError(f"There is no arm {name!r}.", f"Known: {', '.join(arms)}.")
    if control is None:
        usual = [name for name in CONTROLS if name in arms and name != treated]
        left = [name for name in arms if name != treated]
        control = next(iter(usual or left), None)
    if treated is None:
        treated = next((name for name in ("on", *arms) if name in arms and name != control), None)
    if treated is not None and treated == control:
        raise UserError(f"{treated} is both arms.", "Choose two different arms.")
    return (treated, control) if len(arms) > 1 else (None, None)


def _taken(people: People, outcome: Float64, one: Bool, other: Bool) -> Uptake:
    took = people.took.astype(np.float64)
    return statistics.taken_up(outcome[one], took[one], outcome[other], took[other])


def _told_shares(people: People) -> tuple[dict[str, float], int]:
    """The share that each arm told last, and the last time at which any told another one."""
    shares: dict[str, float] = {}
    since = -(2**62)
    for at, name in enumerate(people.arms):
        mine = np.flatnonzero((people.arm == at) & ~np.isnan(people.share))
        if not len(mine):
            continue
        latest = mine[np.argmax(people.time[mine])]
        shares[name] = float(people.share[latest])
        before = mine[np.abs(people.share[mine] - shares[name]) > 1e-6]
        since = max(since, int(people.time[before].max()) if len(before) else since)
    return shares, since


def _ratio(people: People, shares: dict[str, float], since: int) -> float:
    """The sample-ratio test on all who were assigned, open ones too, since the shares were what they are."""
    if not set(people.arms) <= set(shares) or len(people.arms) < 2:
        return float("nan")
    # Whoever went back and forth is in the arm of the first exposure, like everywhere.
    counts = np.bincount(people.arm[people.time > since], minlength=len(people.arms))
    names = [*people.arms, *(name for name in shares if name not in people.arms)]
    sizes = [*counts.tolist(), *([0] * (len(names) - len(people.arms)))]
    return statistics.sample_ratio(sizes, [shares[name] for name in names])
