"""A second, closer look at what would be called clear: have enough of those who did it anybody like them?

The ranking compares everything by the same steps of the journey. The impact page takes for each question those that
come before it and the goal, where people are, and what leads to it; by these most may be like nobody.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.drivers.candidates import Candidate
from collector.reports.drivers.effects import Sides, sides_of
from collector.reports.drivers.scene import Scene
from collector.reports.impact.engine import FLOORS
from collector.reports.impact.features import counted, features, possible
from collector.reports.impact.forerunners import without_forerunners
from collector.reports.impact.keysteps import key_steps
from collector.reports.impact.levels import coded
from collector.reports.impact.matching import alike, exposure_model
from collector.reports.impact.moments import exposure_key
from collector.reports.impact.places import places
from collector.reports.impact.plan import Plan
from collector.reports.impact.state import State, state_at
from collector.reports.impact.tape import Tape


def comparable(journeys: Journeys, scene: Scene, candidate: Candidate) -> bool:
    """Whether by the impact page's own features enough of the cases have anybody alike, and enough people are."""
    sides = sides_of(scene, candidate)
    if sides is None:
        return False
    plan = replace(scene.plan, exposures=(candidate.matcher,))
    tape = replace(scene.tape, exposed=sides.exposed)
    if not plan.at_start:
        tape = without_forerunners(journeys, plan, tape)
    at, base = sides.control, sides.base
    if len(tape.leads):
        moments = sides.lens.moments
        own = ~(tape.leads[moments.row[at]] & moments.after[at])
        at, base = at[own], base[own]
    cases = np.arange(len(sides.case))
    pick = np.concatenate([sides.lens.below[exposure_key(tape, sides.case_row)], at])
    coarse = features(_known(journeys, scene, plan, tape, sides, pick), cases, len(scene.stages), _latest(scene, sides))
    counts = counted(coarse, cases)
    kept = possible(coarse, counts)[len(cases) :]
    control, base = len(cases) + np.flatnonzero(kept), base[kept]
    if len(control) < FLOORS["controls"]:
        return False
    scale = np.zeros(len(pick))
    scale[control] = base
    table, odds = exposure_model(coded(coarse, counts, scale)[0], cases, control, base)
    fits = int(np.count_nonzero(alike(table.dot(odds), cases, control, base)))
    return fits >= max(FLOORS["exposed"], FLOORS["share"] * len(cases))


def _known(journeys: Journeys, scene: Scene, plan: Plan, tape: Tape, sides: Sides, pick: Int64) -> State:
    """What was known at these moments, those of the cases first."""
    moments, cases = sides.lens.moments, len(sides.case)
    moments = replace(
        moments,
        row=moments.row[pick],
        after=moments.after[pick],
        case=np.arange(cases),
        control=np.arange(len(pick)) >= cases,
    )
    known = state_at(tape, moments, plan, key_steps(journeys, plan, tape), scene.stages)
    return replace(known, places=places(journeys, tape, moments))


def _latest(scene: Scene, sides: Sides) -> int:
    return int(scene.tape.time[sides.exposed[sides.exposed < scene.tape.none]].max(initial=0))
