"""What estimating the chances of a later exposure does to the answer.

The chances come from the model of exposure, and that from the same people. A control's outcome counts one over the
chance of having stayed unexposed, so that its derivative by a coefficient is the sum, over the moments between, of the
chance of exposure times that moment's features; and how much each person moved the coefficients is known from the
equations that they solve (the sandwich of Huber 1967). Without this the intervals are too wide: those who happened to
be exposed are missed among the controls, and the chances make up for just that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.impact.coded import Coded
from collector.reports.impact.outcome import Spans

RIDGE = 1e-4


def pull(
    spans: Spans,
    x: Coded,
    chance: Float64,
    weight: Float64,
    case_x: Coded,
    control_x: Coded,
    columns: Sequence[int],
) -> tuple[Float64, Float64]:
    """How much each case and each control moves the weighted sum of the controls' outcomes, a column an outcome.

    Args:
        spans: what counts more than once, and the moments in between.
        x: the features of all moments. chance: of exposure at each, by the model.
        weight: of the controls, summing to the number of cases. case_x, control_x: features of both.
        columns: those of the outcome it is worked out for; elsewhere it is 0, and the intervals are a little wider.
    """
    total, count, size = float(weight.sum()), case_x.rows, spans.worth.shape[1]
    mean = control_x.sums(weight) / total
    bend = control_x.gram(weight) / total - np.outer(mean, mean)
    bend[np.diag_indices_from(bend)] += RIDGE
    slope, level = _slopes(spans, x, chance, weight, mean, columns)
    moved = np.linalg.solve(bend, slope)
    sides = []
    for side, often in ((case_x, np.ones(count)), (control_x, -weight)):
        found = np.zeros((side.rows, size))
        for at, column, constant in zip(columns, moved.T, level, strict=True):
            found[:, at] = (side.dot(column) - mean @ column + constant) * often / count
        sides.append(found)
    return sides[0], sides[1]


def _slopes(
    spans: Spans, x: Coded, chance: Float64, weight: Float64, mean: Float64, columns: Sequence[int]
) -> tuple[Float64, Float64]:
    """The derivative of each outcome's weighted sum by the coefficients, and by the constant."""
    worth = spans.worth[:, columns] * weight[spans.owner][:, None]
    some, start, end = _covered(spans, len(chance))
    risk, here = chance[some], x.of(some)
    slopes, levels = [], []
    for column in worth.T:
        edge = np.bincount(start, weights=column, minlength=len(some) + 1)
        edge -= np.bincount(end, weights=column, minlength=len(some) + 1)
        held = np.cumsum(edge[:-1]) * risk
        whole = float(held.sum())
        slopes.append(here.sums(held) - whole * mean)
        levels.append(whole)
    return np.stack(slopes, axis=1), np.array(levels)


def _covered(spans: Spans, moments: int) -> tuple[Int64, Int64, Int64]:
    """The moments that lie in any of the spans, and among these the first of each span and the one after its last."""
    edge = np.bincount(spans.start + 1, minlength=moments + 1) - np.bincount(spans.end + 1, minlength=moments + 1)
    inside = np.cumsum(edge[:-1]) > 0
    place = np.concatenate([[0], np.cumsum(inside)])
    return np.flatnonzero(inside), place[spans.start + 1], place[spans.end + 1]
