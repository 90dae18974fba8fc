"""One run of one world: its truth, and what the engine and the usual ways make of it."""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time
from zlib import crc32

import numpy as np

from collector.journeys.part import Float64
from collector.reports.impact.engine import answer
from collector.reports.impact.estimate import Effect
from tests.impact.simulate import World, simulate
from tests.impact.told import journeys, question
from tests.impact.usual import naive, plain_matching

MEASURES = ("rate", "value")


@dataclass(frozen=True, slots=True)
class Truth:
    """The mean effect on the exposed who count, of the whole population, and the standard error it is known with."""

    effect: float
    error: float


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of one measure: the engine's estimate and interval (None where refused), and the usual ways'."""

    estimate: float | None
    low: float
    high: float
    naive: float
    plain: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A run: exposures that count, why there was no answer ("" where there was), CPU seconds, and per measure."""

    exposed: int
    refused: str
    seconds: float
    told: dict[str, Told]


def seed(world: World, run: int) -> np.random.Generator:
    """The random numbers of a run; run -1 is the truth's."""
    return np.random.default_rng([crc32(world.name.encode()), run + 1])


def truth_of(world: World, people: int) -> dict[str, Truth]:
    """The population's effect, from so many people and the known hazards."""
    lives = simulate(world, seed(world, -1), people, expected=True)
    pairs = {"rate": lives.reached - lives.reached_without}
    if world.money:
        pairs["value"] = lives.paid - lives.paid_without
    return {measure: _mean(gain[lives.counts]) for measure, gain in pairs.items()}


def _mean(gain: Float64) -> Truth:
    return Truth(float(gain.mean()), float(gain.std() / np.sqrt(len(gain))))


def try_once(world: World, run: int) -> Trial:
    """A fresh sample of the world, told to everybody."""
    lives = simulate(world, seed(world, run))
    events = journeys(world, lives.rows, len(lives.ever))
    query, plan = question(world)
    begun = process_time()
    found = answer(events, query, plan)
    seconds = process_time() - begun
    outcomes = {"rate": lives.ever.astype(np.float64)} | ({"value": lives.spent} if world.money else {})
    effects = {"rate": found.rate, "value": found.value}
    told = {
        measure: _told(
            None if found.refused else effects[measure], naive(lives, outcome), plain_matching(lives, outcome)
        )
        for measure, outcome in outcomes.items()
    }
    return Trial(int(lives.counts.sum()), found.refused, seconds, told)


def _told(effect: Effect | None, plainly: float, matched: float) -> Told:
    if effect is None:
        return Told(None, 0.0, 0.0, plainly, matched)
    return Told(float(effect.difference[-1]), float(effect.low[-1]), float(effect.high[-1]), plainly, matched)
