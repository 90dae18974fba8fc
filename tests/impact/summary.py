"""Many runs of a world in one row, and whether the row is within the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.impact.simulate import World
from tests.impact.trial import Trial, Truth

COVERAGE = 0.93, 0.97
MOST_ALARMS = 0.07
MOST_REFUSED = 0.05
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

    width: mean width of the intervals. claims: intervals without zero: false alarms where nothing is true, else power.
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
    seconds: float
    missed: tuple[str, ...]


def wilson(hits: int, of: int) -> Share:
    """A share with the 95 % interval of Wilson (1927)."""
    if not of:
        return Share(float("nan"), 0.0, 1.0)
    share, extra = hits / of, Z**2 / of
    middle = (share + extra / 2) / (1 + extra)
    reach = Z / (1 + extra) * float(np.sqrt(share * (1 - share) / of + extra / (4 * of)))
    return Share(share, max(0.0, middle - reach), min(1.0, middle + reach))


def summarise(world: World, measure: str, truth: Truth, trials: Sequence[Trial]) -> Row:
    """The row of one measure."""
    told = [trial.told[measure] for trial in trials]
    answered = [one for one in told if one.estimate is not None]
    estimate = np.array([one.estimate for one in answered], dtype=np.float64)
    low, high = (np.array(bounds) for bounds in ([one.low for one in answered], [one.high for one in answered]))
    mean = float(estimate.mean()) if len(answered) else float("nan")
    covered = wilson(int(np.count_nonzero((low <= truth.effect) & (truth.effect <= high))), len(answered))
    claims = wilson(int(np.count_nonzero((low > 0) | (high < 0))), len(answered))
    refused = 1 - len(answered) / len(trials)
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
        seconds=float(np.median([trial.seconds for trial in trials])),
        missed=_missed(world, covered, claims, refused),
    )


def _missed(world: World, coverage: Share, claims: Share, refused: float) -> tuple[str, ...]:
    """The limits that are missed by more than the runs' own chance."""
    if world.refused:
        return ("not refused",) if refused < 1 - MOST_REFUSED else ()
    if refused > MOST_REFUSED:
        return ("refused",)
    if not world.holds:
        return ("looks right, so the world has lost its trap",) if coverage.high > COVERAGE[0] else ()
    missed = []
    if coverage.high < COVERAGE[0]:
        missed.append("coverage low")
    if coverage.low > COVERAGE[1]:
        missed.append("coverage high")
    if world.null and claims.low > MOST_ALARMS:
        missed.append("false alarms")
    return tuple(missed)
