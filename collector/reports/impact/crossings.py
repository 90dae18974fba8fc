"""Which two levels together are still unlike after balancing each: what drives both need not be a sum.

Balancing every feature by itself leaves out that, say, a cart matters more on a telephone. The shares of all pairs of
levels among exposed and weighted controls are known from the models' own sums; the pairs that stand farthest apart
become features of their own.
"""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.impact.coded import Coded, packed

MOST = 12
CASES_EACH = 20  # exposures for each pair that is added
LEAST = 10  # exposures that have both
APART = 2.5  # standard errors


def crossed(x: Coded, case: Int64, pool: Int64, weight: Float64) -> Coded:
    """The table with indicators of such pairs added to it.

    Args:
        x: the features of all moments. case, pool: exposures and controls among them. weight: of the controls.
    """
    pairs = _unlike(x.of(case), x.of(pool), weight / weight.sum())
    if not pairs:
        return x
    both = [(x.having(a, level_a) & x.having(b, level_b)).view(np.uint8) for a, level_a, b, level_b in pairs]
    return x.beside(packed(both, [2] * len(both), x.rows))


def _unlike(cases: Coded, controls: Coded, weight: Float64) -> list[tuple[int, int, int, int]]:
    """The pairs (feature, level, feature, level) that differ most, as long as there are exposures enough."""
    count = cases.rows
    have = np.rint(cases.gram(np.ones(count)))
    mine, theirs = have / count, controls.gram(weight)
    spread = np.sqrt(np.maximum(mine * (1 - mine), 1e-9) / count)
    apart = np.where(np.minimum(have, count - have) >= LEAST, np.abs(mine - theirs) / spread, 0.0)
    feature = np.repeat(np.arange(len(cases.levels)), [levels - 1 for levels in cases.levels])
    level = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(1, levels) for levels in cases.levels)])
    apart[feature[:, None] <= feature[None, :]] = 0.0
    found = []
    # Rounded, so that the order of equals does not hang on the last digit of a sum.
    for at in np.argsort(-np.round(apart, 9), axis=None, kind="stable")[: min(MOST, count // CASES_EACH)]:
        a, b = np.unravel_index(at, apart.shape)
        if apart[a, b] >= APART:
            found.append((int(feature[a]), int(level[a]), int(feature[b]), int(level[b])))
    return found
