"""Many runs of a world in one row, and whether the row is within the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.impact.shop import Shop
from tests.impact.trial import AnyWorld, Trial, Truth

COVERAGE = 0.93, 0.97
MOST_ALARMS = 0.07
MOST_REFUSED = 0.05
LEAST_WARNED = 0.8
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """A share of runs, with its Wilson interval."""

    of: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.of:.1%} ({self.low:.0%}-{self.high:.0%})"


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of one world over its runs. Biases are mean errors; error: the estimates' standard deviation.

    width: mean width of the intervals. warned: the share of answers whose own checks are not all met.
    claims: intervals without zero: false alarms where nothing is true, else power.
    missed: the limits that were missed, in words.
    """

    world: str
    measure: str
    runs: int
    exposed: float
    truth: float
    truth_error: float
    mean: float
    bias: float
    error: float
    naive_bias: float
    plain_bias: float
    coverage: Share
    width: float
    claims: Share
    refused: float
    warned: float
    seconds: float
    missed: tuple[str, ...]


def wilson(hits: float, of: float, z: float = Z) -> Share:
    """A share with the interval of Wilson (1927), 95 % unless told."""
    if not of:
        return Share(float("nan"), 0.0, 1.0)
    share, extra = hits / of, z**2 / of
    middle = (share + extra / 2) / (1 + extra)
    reach = z / (1 + extra) * float(np.sqrt(share * (1 - share) / of + extra / (4 * of)))
    return Share(share, max(0.0, middle - reach), min(1.0, middle + reach))


def summarise(world: AnyWorld, measure: str, truth: Truth, trials: Sequence[Trial]) -> Row:
    """The row of one measure."""
    told = [trial.told[measure] for trial in trials]
    answered = [one for one in told if one.estimate is not None]
    estimate = np.array([one.estimate for one in answered], dtype=np.float64)
    low, high = (np.array(bounds) for bounds in ([one.low for one in answered], [one.high for one in answered]))
    mean = float(estimate.mean()) if len(answered) else float("nan")
    covered = wilson(int(np.count_nonzero((low <= truth.effect) & (truth.effect <= high))), len(answered))
    claims = wilson(int(np.count_nonzero((low > 0) | (high < 0))), len(answered))
    refused = 1 - len(answered) / len(trials)
    warned = sum(trial.warned for trial in trials) / max(len(answered), 1)
    return Row(
        world=world.name,
        measure=measure,
        runs=len(trials),
        exposed=float(np.median([trial.exposed for trial in trials])),
        truth=truth.effect,
        truth_error=truth.error,
        mean=mean,
        bias=mean - truth.effect,
        error=float(estimate.std()) if len(answered) else float("nan"),
        naive_bias=float(np.mean([one.naive for one in told])) - truth.effect,
        plain_bias=float(np.mean([one.plain for one in told])) - truth.effect,
        coverage=covered,
        width=float((high - low).mean()) if len(answered) else float("nan"),
        claims=claims,
        refused=refused,
        warned=warned,
        seconds=float(np.median([trial.seconds for trial in trials])),
        missed=_missed(world, covered, claims, refused, warned),
    )


def _missed(world: AnyWorld, coverage: Share, claims: Share, refused: float, warned: float) -> tuple[str, ...]:
    """The limits that are missed by more than the runs' own chance."""
    if world.refused:
        return ("not refused",) if refused < 1 - MOST_REFUSED else ()
    if refused > MOST_REFUSED:
        return ("refused",)
    if not world.holds:
        return ("looks right, so the world has lost its trap",) if coverage.high > COVERAGE[0] else ()
    if isinstance(world, Shop) and world.warned:
        return ("not warned",) if warned < LEAST_WARNED else ()
    missed = []
    if coverage.high < COVERAGE[0]:
        missed.append("coverage low")
    if coverage.low > COVERAGE[1]:
        missed.append("coverage high")
    if world.null and claims.low > MOST_ALARMS:
        missed.append("false alarms")
    return tuple(missed)
