"""A second, closer look at what would be called clear: have enough of those who did it anybody like them?

The ranking compares everything by the same steps of the journey. The impact page takes for each question those that
come before it and the goal, and by these most of a page's people may be like nobody: whoever clicks to a page sees it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from collector.journeys.journeys import Journeys
from collector.reports.drivers.candidates import Candidate
from collector.reports.drivers.effects import Sides, sides_of
from collector.reports.drivers.scene import Scene
from collector.reports.impact.engine import FLOORS
from collector.reports.impact.features import counted, features, possible
from collector.reports.impact.keysteps import key_steps
from collector.reports.impact.levels import coded
from collector.reports.impact.matching import alike, exposure_model
from collector.reports.impact.state import State, state_at


def comparable(journeys: Journeys, scene: Scene, candidate: Candidate) -> bool:
    """Whether by the impact page's own features enough of the cases have anybody alike, and enough people are."""
    sides = sides_of(scene, candidate)
    if sides is None:
        return False
    cases = np.arange(len(sides.case))
    coarse = features(_known(journeys, scene, candidate, sides), cases, len(scene.stages), _latest(scene, sides))
    counts = counted(coarse, cases)
    kept = possible(coarse, counts)[len(cases) :]
    control, base = len(cases) + np.flatnonzero(kept), sides.base[kept]
    if len(control) < FLOORS["controls"]:
        return False
    scale = np.zeros(len(cases) + len(kept))
    scale[control] = base
    table, odds = exposure_model(coded(coarse, counts, scale)[0], cases, control, base)
    fits = int(np.count_nonzero(alike(table.dot(odds), cases, control, base)))
    return fits >= max(FLOORS["exposed"], FLOORS["share"] * len(cases))


def _known(journeys: Journeys, scene: Scene, candidate: Candidate, sides: Sides) -> State:
    """What was known at the moments of both sides, the cases first."""
    plan = replace(scene.plan, exposures=(candidate.matcher,))
    tape, moments = replace(scene.tape, exposed=sides.exposed), sides.lens.moments
    pick = np.concatenate([sides.case, sides.control])
    moments = replace(moments, row=moments.row[pick], after=moments.after[pick])
    return state_at(tape, moments, plan, key_steps(journeys, plan, tape), scene.stages)


def _latest(scene: Scene, sides: Sides) -> int:
    return int(scene.tape.time[sides.exposed[sides.exposed < scene.tape.none]].max(initial=0))
