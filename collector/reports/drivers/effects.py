"""What one candidate changed for those who did it, by moments of people alike who had not done it yet.

The impact page's method in a form that is quick enough for many candidates: fewer control moments, drawn mostly from
where the cases are, and chances of doing it later that are told by about where in the journey somebody is.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.event import CUSTOM
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64
from collector.reports.drivers.candidates import Candidate
from collector.reports.drivers.estimate import Cases, Finding, estimated
from collector.reports.drivers.lens import Lens, features_of, spread
from collector.reports.drivers.outcome import controls_outcome
from collector.reports.drivers.scene import Scene
from collector.reports.drivers.weights import Flat, odds_like
from collector.reports.impact.balancing import tilted
from collector.reports.impact.coded import Coded
from collector.reports.impact.drawn import first_of
from collector.reports.impact.engine import FLOORS
from collector.reports.impact.features import counted, possible
from collector.reports.impact.keysteps import family
from collector.reports.impact.levels import coded
from collector.reports.impact.lots import lots
from collector.reports.impact.matching import alike
from collector.reports.impact.moments import exposure_key

MOST_CONTROLS, LEAST_CONTROLS = 8_000, 2_500
CONTROLS_A_CASE = 5  # more would not make a difference of few cases much surer
MOST_CHANCE = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Cases as rows of the tape and places among the moments, and controls as such places with how many each stands
    for. exposed: everybody's first time as a row. chance: of a first time at a moment, by its cell.
    """

    lens: Lens
    exposed: Int64
    case_row: Int64
    case: Int64
    control: Int64
    base: Float64
    chance: Float64


def judge(journeys: Journeys, scene: Scene, candidate: Candidate) -> Finding:
    """The effect of the first time on those who did it."""
    sides = sides_of(scene, candidate)
    if sides is None:
        return Finding(candidate, "few")
    return _compared(scene, candidate, sides, _own_steps(journeys, scene, candidate))


def sides_of(scene: Scene, candidate: Candidate) -> Sides | None:
    """Who is compared with whom, the same at each call; None where too few did it."""
    lens = scene.touches if candidate.channel >= 0 else scene.actions
    exposed = first_of(scene.rows(candidate), scene.tape.person, scene.tape.people, scene.tape.none)
    case_row = _cases(scene, exposed, candidate)
    if len(case_row) < FLOORS["exposed"]:
        return None
    case = lens.below[exposure_key(scene.tape, case_row)]
    free = _free(scene, lens, exposed)
    cell = lens.corner.take(free)
    often = np.bincount(cell, weights=lens.standing.take(free), minlength=lens.cells)
    mine = np.bincount(lens.cell[case], minlength=lens.cells)
    count = np.bincount(cell, minlength=lens.cells)
    wanted = min(max(LEAST_CONTROLS, CONTROLS_A_CASE * len(case)), MOST_CONTROLS)
    lot = lots(lens.lot.take(free).view(np.int64), zlib.crc32(str(candidate.matcher).encode()))
    picked, times = spread(free, cell, count, mine, wanted, lot)
    done = mine / scene.sample.share(candidate)
    chance = np.minimum(done / np.maximum(done + often, 1e-9), MOST_CHANCE)
    return Sides(lens, exposed, case_row, case, lens.pool[picked], lens.standing[picked] * times, chance)


def _cases(scene: Scene, exposed: Int64, candidate: Candidate) -> Int64:
    tape, plan = scene.tape, scene.plan
    people = np.flatnonzero((exposed < tape.reached) & (scene.sample.lot < scene.sample.share(candidate)))
    row = exposed[people]
    time = tape.time[row]
    return row[(time >= plan.start) & (time < plan.end) & (time + plan.horizon <= plan.as_of)]


def _free(scene: Scene, lens: Lens, exposed: Int64) -> Int64:
    """Places in the pool of those who are not exposed yet, the moments of exposures themselves left out."""
    free = np.zeros(len(lens.pool) + 1, dtype=np.bool_)
    free[:-1] = lens.until <= exposed.take(lens.person)
    # The place of -1, not in the pool, is the last.
    free[lens.place[exposure_key(scene.tape, exposed[exposed < scene.tape.none])]] = False
    return np.flatnonzero(free)


def _own_steps(journeys: Journeys, scene: Scene, candidate: Candidate) -> list[int]:
    """The key steps to compare by: not those of the candidate's own family, like opening a chat of starting it."""
    own = {family(journeys.kinds[kind]) for kind in candidate.kinds if journeys.kinds[kind].type == CUSTOM} - {""}
    if not own:
        return list(range(len(scene.steps)))
    kin = np.zeros(len(scene.steps[0].kinds) if scene.steps else 1, dtype=np.bool_)
    kin[[number for number, kind in journeys.kinds.items() if family(kind) in own and number < len(kin)]] = True
    return [at for at, step in enumerate(scene.steps) if not (step.kinds & kin).any()]


def _compared(scene: Scene, candidate: Candidate, sides: Sides, steps: Sequence[int]) -> Finding:
    cases = len(sides.case)
    case, control = np.arange(cases), cases + np.arange(len(sides.control))
    coarse = features_of(sides.lens, cases, np.concatenate([sides.case, sides.control]), steps)
    counts = counted(coarse, case)
    kept = possible(coarse, counts)[control]
    control, base = control[kept], sides.base[kept]
    scale = np.zeros(cases + len(sides.control))
    scale[control] = base
    if len(control) < FLOORS["controls"]:
        return Finding(candidate, "unlike")
    table, _ = coded(coarse, counts, scale)
    case_x, x = table.of(case), table.of(control)
    flat = Flat(x)
    odds = odds_like(_means(case_x), flat, base)
    fits = alike(table.dot(odds.at), case, control, base)
    if not fits.all():
        case_x = case_x.of(np.flatnonzero(fits))
        if case_x.rows < max(FLOORS["exposed"], FLOORS["share"] * cases):
            return Finding(candidate, "unlike")
        odds = odds_like(_means(case_x), flat, base, odds)
    weight = tilted(base, x, odds.at, float(case_x.rows))
    controls = controls_outcome(scene, sides.lens, sides.control[kept], sides.exposed, sides.chance)
    return estimated(scene, candidate, Cases(sides.case_row, fits, case_x), (controls, x), weight)


def _means(x: Coded) -> Float64:
    return x.sums(np.ones(x.rows)) / max(x.rows, 1)
