"""The arms of an experiment: their people, which two are compared, and whether they are as large as planned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.errors import UserError
from collector.reports.experiment import statistics
from collector.reports.experiment.people import People

CONTROLS = ("off", "control", "hold", "holdout", "hold-out")


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


def arm_of(people: People, at: int, name: str, share: float | None) -> Arm:
    """The counts of one arm."""
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


def pair(arms: tuple[str, ...], treated: str | None, control: str | None) -> tuple[str | None, str | None]:
    """(the arm to judge, the one that goes without); (None, None) where there are not two.

    Raises:
        UserError: an arm that is not there.
    """
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


def told_shares(people: People) -> tuple[dict[str, float], int]:
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


def ratio(people: People, shares: dict[str, float], since: int) -> float:
    """The sample-ratio test on all who were assigned, open ones too, since the shares were what they are."""
    if not set(people.arms) <= set(shares) or len(people.arms) < 2:
        return float("nan")
    # Whoever went back and forth is in the arm of the first exposure, like everywhere.
    counts = np.bincount(people.arm[people.time > since], minlength=len(people.arms))
    names = [*people.arms, *(name for name in shares if name not in people.arms)]
    sizes = [*counts.tolist(), *([0] * (len(names) - len(people.arms)))]
    return statistics.sample_ratio(sizes, [shares[name] for name in names])
