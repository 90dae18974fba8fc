"""Who is compared with whom: exposures, control moments alike, and their weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.deadline import check
from collector.core.times import DAY
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.balancing import hazard, tilt, tilted
from collector.reports.impact.coded import Coded
from collector.reports.impact.crossings import crossed
from collector.reports.impact.features import counted, features, possible
from collector.reports.impact.levels import coded
from collector.reports.impact.lots import lots
from collector.reports.impact.moments import Moments, whose
from collector.reports.impact.outcome import Outcome, case_outcome, control_outcome
from collector.reports.impact.plan import Plan
from collector.reports.impact.state import State
from collector.reports.impact.tape import Tape

MOST_CONTROLS = 20_000
LOOKED_AT = 10_000  # moments drawn evenly, to learn where the exposed are
EVEN = 0.2  # of the controls are drawn evenly all the same, so that none can stand for very many
POINTS = 14
BEYOND = 0.995  # exposed above this share of the controls' odds, as weighted, have nobody like them
ENOUGH = 30  # exposures after the goal, for a model of when they come


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Exposures that found controls, and those controls with their weights.

    case, control: places among the moments. case_row: rows of the exposures. case_x, control_x: their features.
    base: how many control moments each stands for. odds: the coefficients of the model of exposure, which make them
    weights. x, chance: features of all moments, and the chance of being exposed there. used: the names of
    the features. days: those at which the curve is told.
    """

    case: Int64
    case_row: Int64
    control: Int64
    case_x: Coded
    control_x: Coded
    base: Float64
    odds: Float64
    weight: Float64
    cases: Outcome
    controls: Outcome
    x: Coded
    chance: Float64
    used: tuple[str, ...]
    days: Float64


def match(tape: Tape, plan: Plan, moments: Moments, state: State, stages: int) -> Matched | None:
    """Exposures and controls with their weights; None where nobody could be compared with.

    Args:
        state: of all moments. stages: how many stages the site has named.
    """
    coarse = features(state, moments.case, stages, moments.latest)
    counts = counted(coarse, moments.case)
    can_be = possible(coarse, counts)
    scale = np.where(moments.control & can_be, tape.scale[tape.person[moments.row]], 0.0)
    x, used = coded(coarse, counts, scale)
    every = np.flatnonzero(scale)
    if not len(every):
        return None
    check()
    pool, base, odds = _controls(x, moments.case, every, scale, lots(*whose(tape, moments, every)))
    x, odds = exposure_model(x, moments.case, pool, base, odds)
    score = x.dot(odds)
    fits = alike(score, moments.case, pool, base)
    case, case_row, pool_x = moments.case[fits], moments.case_row[fits], x.of(pool)
    check()
    chance = np.where(moments.fresh, hazard(score, scale, len(moments.case)), 0.0)
    if tape.value.any():
        chance += _late_chance(tape, moments, x)
    chance = np.where(can_be, chance, 0.0)
    check()
    edges = np.linspace(0, plan.horizon, POINTS + 1)[1:].astype(np.int64)
    case_x = x.of(case)
    if not fits.all():
        odds = tilt(_means(case_x), pool_x, base, odds)
    return Matched(
        case=case,
        case_row=case_row,
        control=pool,
        case_x=case_x,
        control_x=pool_x,
        base=base,
        odds=odds,
        weight=tilted(base, pool_x, odds, float(len(case))),
        cases=case_outcome(tape, plan, case_row, edges),
        controls=control_outcome(tape, plan, moments, pool, chance, edges),
        x=x,
        chance=chance,
        used=used,
        days=edges / DAY,
    )


def _controls(
    x: Coded, case: Int64, every: Int64, scale: Float64, lot: Float64
) -> tuple[Int64, Float64, Float64 | None]:
    """The control moments to use, how many each of them stands for, and coefficients to begin the model at.

    Of many, those are drawn by chance that are likely to weigh something: what is alike to nobody exposed tells little.
    """
    if len(every) <= MOST_CONTROLS:
        return every, scale[every], None
    some = _some(every, lot)
    odds = tilt(_means(x.of(case)), x.of(some), scale[some])
    score = x.dot(odds)[every]
    likely = scale[every] * np.exp(score - score.max())
    chance = (1 - EVEN) * likely / likely.sum() + EVEN * scale[every] / scale[every].sum()
    chance = np.minimum(chance * MOST_CONTROLS, 1.0)
    drawn = np.flatnonzero(lots(lot.view(np.int64)) < chance)
    return every[drawn], scale[every[drawn]] / chance[drawn], odds


def _some(every: Int64, lot: Float64) -> Int64:
    return every if len(every) <= LOOKED_AT else np.sort(every[np.argpartition(lot, LOOKED_AT)[:LOOKED_AT]])


def exposure_model(
    x: Coded, case: Int64, pool: Int64, base: Float64, start: Float64 | None = None
) -> tuple[Coded, Float64]:
    """The features with pairs of them where these need it, and the coefficients of the model of exposure.

    Args:
        x: the features of all moments. case, pool: exposures and controls among them. base: how many each of the
            controls stands for. start: coefficients to begin at.
    """
    pool_x = x.of(pool)
    odds = tilt(_means(x.of(case)), pool_x, base, start)
    wider = crossed(x, case, pool, tilted(base, pool_x, odds, 1.0))
    if wider is x:
        return x, odds
    begin = np.concatenate([odds, np.zeros(wider.width - len(odds))])
    return wider, tilt(_means(wider.of(case)), wider.of(pool), base, begin)


def _means(x: Coded) -> Float64:
    return x.sums(np.ones(x.rows)) / max(x.rows, 1)


def alike(score: Float64, case: Int64, pool: Int64, base: Float64) -> Bool:
    """Exposures whose odds do not lie beyond those of hardly any control."""
    weight = base * np.exp(score[pool] - score[pool].max())
    order = np.argsort(score[pool])
    mass = np.cumsum(weight[order]) / weight.sum()
    edge = score[pool][order[min(int(np.searchsorted(mass, BEYOND)), len(order) - 1)]]
    return np.asarray(score[case] <= edge)


def _late_chance(tape: Tape, moments: Moments, x: Coded) -> Float64:
    """The chance of being exposed after the goal: it counts for money, which goes on."""
    late = np.flatnonzero(~moments.fresh)
    scale, found = np.zeros(len(moments.row)), np.zeros(len(moments.row))
    scale[late] = tape.scale[tape.person[moments.row[late]]]
    scale[moments.late] = 0.0
    pool = late[scale[late] > 0]
    pool = _some(pool, lots(*whose(tape, moments, pool)))
    if not len(pool):
        return found
    score = np.zeros(len(late))
    if len(moments.late) >= ENOUGH:
        score = x.of(late).dot(tilt(_means(x.of(moments.late)), x.of(pool), scale[pool]))
    found[late] = hazard(score, scale[late], len(moments.late))
    return found
