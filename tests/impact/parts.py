"""Many runs of a world, and what the answer is made of: days left, the curve's points, groups and doses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Float64
from tests.impact.shop import Shop
from tests.impact.summary import COVERAGE, Share, wilson
from tests.impact.trial import MEASURES, AnyWorld, Trial, Truth

LEAST_TOLD = 0.5  # of the runs; a group told in few of them is told where it happens to be large
SURE = 3.3  # standard errors below the limit for one of very many cells
KINDS = {"left": "days left", "day": "curve", "Dose:": "doses"}


@dataclass(frozen=True, slots=True)
class Part:
    """What the parts of one kind came to: how many `cells` there are, the largest bias and whose it is, the mean
    coverage (with an interval that knows that the cells of a run go together), the lowest and whose it is.
    """

    world: str
    kind: str
    cells: int
    bias: float
    bias_of: str
    coverage: Share
    lowest: float
    lowest_of: str
    missed: tuple[str, ...]


def parts(world: AnyWorld, truths: Mapping[str, Truth], trials: Sequence[Trial]) -> list[Part]:
    """The parts of the answers, by kind; none where no answer can be right."""
    if world.refused or not world.holds or (isinstance(world, Shop) and world.warned):
        return []
    kinds: dict[str, list[str]] = {}
    for measure in truths:
        told = sum(_told(trial, measure) for trial in trials)
        if measure not in MEASURES and told >= LEAST_TOLD * len(trials):
            kinds.setdefault(KINDS.get(measure.split(" ")[0], "groups"), []).append(measure)
    return [_part(world, kind, {name: truths[name] for name in names}, trials) for kind, names in kinds.items()]


def _told(trial: Trial, measure: str) -> bool:
    return measure in trial.told and trial.told[measure].estimate is not None


def _part(world: AnyWorld, kind: str, truths: Mapping[str, Truth], trials: Sequence[Trial]) -> Part:
    names = list(truths)
    error, held = (np.full((len(trials), len(names)), np.nan) for _ in range(2))
    for run, trial in enumerate(trials):
        for at, name in enumerate(names):
            told = trial.told.get(name)
            if told is not None and told.estimate is not None:
                error[run, at] = told.estimate - truths[name].effect
                held[run, at] = told.low <= truths[name].effect <= told.high
    bias, share = np.nanmean(error, axis=0), np.nanmean(held, axis=0)
    worst, lowest = int(np.argmax(np.abs(bias))), int(np.argmin(share))
    coverage = _by_run(held)
    missed = []
    if coverage.high < COVERAGE[0]:
        missed.append("coverage low")
    if coverage.low > COVERAGE[1]:
        missed.append("coverage high")
    for at, name in enumerate(names):
        count = int(np.count_nonzero(~np.isnan(held[:, at])))
        if wilson(int(np.nansum(held[:, at])), count, SURE).high < COVERAGE[0]:
            missed.append(f"coverage low: {name}")
    return Part(
        world=world.name,
        kind=kind,
        cells=len(names),
        bias=float(bias[worst]),
        bias_of=names[worst],
        coverage=coverage,
        lowest=float(share[lowest]),
        lowest_of=names[lowest],
        missed=tuple(missed),
    )


def _by_run(held: Float64) -> Share:
    """The mean of a table's cells; its interval is that of as many runs as its cells, which go together, are worth."""
    count = np.count_nonzero(~np.isnan(held), axis=1)
    cells, runs = int(count.sum()), int(np.count_nonzero(count))
    mean = float(np.nansum(held)) / cells
    # A ratio's variance over runs (Cochran, Sampling Techniques 1977, 6.3), as they do not have as many cells each.
    rest = np.nansum(held, axis=1) - mean * count
    variance = float(np.sum(rest**2)) / cells**2
    worth = mean * (1 - mean) / variance if variance else 0.0
    return wilson(mean * max(runs, worth), max(runs, worth))
