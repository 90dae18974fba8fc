"""What came of control moments, by the same rules as on the impact page."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.drivers.lens import Lens
from collector.reports.drivers.scene import Scene
from collector.reports.impact.outcome import BESIDE, LEAST_CHANCE, STAYED, Outcome, Spans


def controls_outcome(scene: Scene, lens: Lens, pick: Int64, exposed: Int64, chance: Float64) -> Outcome:
    """The goal within the horizon after control moments, as often as it stands for, and having stayed unexposed.

    Args:
        chance: of being exposed at a moment, by its cell.
    """
    tape, row = scene.tape, lens.moments.row[pick]
    person, last = tape.person[row], scene.last[row]
    goal, met = tape.reached[person], exposed[person]
    won = np.flatnonzero((goal <= last) & (goal < met))
    whole = np.flatnonzero((goal > last) & (met > last))
    risk = -np.log1p(-chance)
    owner = np.concatenate([won, whole])
    # The last moment before the goal's event, and the last one with the last event.
    end = lens.below[np.concatenate([2 * goal[won] + 1, 2 * last[whole] + 2])] - 1
    start = pick[owner]
    end = np.maximum(end, start)
    often = np.exp(np.minimum(_between(risk, lens, start, end), -np.log(LEAST_CHANCE)))
    size = 1 + len(BESIDE)
    worth = np.zeros((len(owner), size))
    worth[: len(won), 0] = often[: len(won)]
    worth[:, STAYED] = often
    y = np.zeros((len(pick), size))
    y[owner] = worth
    delay = np.full(len(pick), np.inf)
    delay[won] = 0.0
    return Outcome(person, y, delay, np.asarray(met <= last, dtype=np.bool_), Spans(owner, start, end, worth))


def _between(risk: Float64, lens: Lens, start: Int64, end: Int64) -> Float64:
    """The sum of what each moment's cell has over the moments after `start` up to `end`."""
    length = end - start
    owner = np.repeat(np.arange(len(length)), length)
    moment = np.arange(len(owner)) + np.repeat(start + 1 - (np.cumsum(length) - length), length)
    return np.bincount(owner, weights=risk[lens.cell[moment]], minlength=len(length)).astype(np.float64)
