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
    stay = np.cumsum(np.log1p(-chance)[lens.cell])
    owner = np.concatenate([won, whole])
    end = np.concatenate([lens.before[goal[won]], lens.through[last[whole]]])
    start = pick[owner]
    end = np.maximum(end, start)
    often = 1 / np.maximum(np.exp(stay[end] - stay[start]), LEAST_CHANCE)
    size = 1 + len(BESIDE)
    worth = np.zeros((len(owner), size))
    worth[: len(won), 0] = often[: len(won)]
    worth[:, STAYED] = often
    y = np.zeros((len(pick), size))
    y[owner] = worth
    delay = np.full(len(pick), np.inf)
    delay[won] = 0.0
    return Outcome(person, y, delay, np.asarray(met <= last, dtype=np.bool_), Spans(owner, start, end, worth))
