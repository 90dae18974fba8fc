"""The usual ways to tell what something changed, to show how wrong they are: no care for time in either."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Bool, Float64
from tests.impact.lives import NEVER, Lives


def naive(lives: Lives, outcome: Float64) -> float:
    """The mean of all who were ever exposed less that of all who never were, as dashboards have it."""
    exposed, inside = lives.exposed_at != NEVER, lives.inside
    return float(outcome[inside & exposed].mean() - outcome[inside & ~exposed].mean())


def plain_matching(lives: Lives, outcome: Float64) -> float:
    """The same, among people alike in their first visit: exact strata, each as heavy as the exposed in it."""
    exposed = lives.exposed_at != NEVER
    size = int(lives.first_visit.max()) + 1
    exposed, others = lives.inside & exposed, lives.inside & ~exposed
    with_, without = _means(lives, outcome, exposed, size), _means(lives, outcome, others, size)
    heavy = np.bincount(lives.first_visit[exposed], minlength=size)
    both = np.isfinite(with_) & np.isfinite(without)
    return float(np.average((with_ - without)[both], weights=heavy[both])) if heavy[both].any() else float("nan")


def _means(lives: Lives, outcome: Float64, of: Bool, size: int) -> Float64:
    code = lives.first_visit[of]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(code, outcome[of], size) / np.bincount(code, minlength=size))
