"""One run of one world: its truth, and what the engine and the usual ways make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import process_time
from typing import TypeAlias
from zlib import crc32

import numpy as np

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64
from collector.reports.impact.checks import caution
from collector.reports.impact.doses import doses_of
from collector.reports.impact.engine import Answer, answer
from collector.reports.impact.estimate import Effect
from collector.reports.impact.plan import Plan
from collector.reports.impact.subgroups import groups_of
from tests.impact import seen, shop_told, told
from tests.impact.lives import LEFT, MONEY, RATE, Lives
from tests.impact.seen import SeenAds
from tests.impact.shop import Shop
from tests.impact.simulate import World, simulate
from tests.impact.usual import naive, plain_matching
from tests.impact.walk import lives_of

MEASURES = ("rate", "value")
NONE = float("nan")
AnyWorld: TypeAlias = World | Shop | SeenAds


@dataclass(frozen=True, slots=True)
class Truth:
    """The mean effect on the exposed who count, of the whole population, and the standard error it is known with."""

    effect: float
    error: float


@dataclass(frozen=True, slots=True)
class Sums:
    """Of gains: how many, their sum, and the sum of their squares; what parts of a population are added up by."""

    count: float
    sum: float
    squares: float

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.count + other.count, self.sum + other.sum, self.squares + other.squares)

    def truth(self) -> Truth:
        """What they come to."""
        mean = self.sum / self.count
        return Truth(mean, float(np.sqrt(max(self.squares / self.count - mean**2, 0.0) / self.count)))


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of one measure: the engine's estimate and interval (None where refused), and the usual ways'."""

    estimate: float | None
    low: float
    high: float
    naive: float = NONE
    plain: float = NONE


@dataclass(frozen=True, slots=True)
class Trial:
    """A run: exposures that count, why there was no answer ("" where there was), CPU seconds, and per measure.

    Measures are the rate, the value, the days `left` when the goal was reached, `day n` for the curve's points before
    the end (counted in fourteenths of the horizon), and groups by kind and name; those of groups may be missing.
    own: the mean effect on the very people of the run. warned: whether a check says to take the number with care.
    """

    exposed: int
    refused: str
    seconds: float
    told: dict[str, Told]
    own: dict[str, float]
    warned: bool = False


NOTHING = Told(None, 0.0, 0.0)


def seed(world: AnyWorld, *run: int) -> list[int]:
    """The seed of a run."""
    return [crc32(world.name.encode()), *run]


def live(world: AnyWorld, seeds: list[int], people: int = 0, expected: bool = False) -> Lives:
    """The lives of a world's people; for the truth (`expected`) without events, as sharply as the world can tell it."""
    if isinstance(world, SeenAds):
        return seen.lives_of(world, seeds, people)
    if isinstance(world, Shop):
        return lives_of(world, seeds, people, rows=not expected)
    return simulate(world, np.random.default_rng(seeds), people, expected)


def sums_of(world: AnyWorld, part: int, people: int) -> dict[str, Sums]:
    """What a part of the population adds to the truth of each measure."""
    return _gains(world, live(world, seed(world, 0, part), people, expected=True))


def _gains(world: AnyWorld, lives: Lives) -> dict[str, Sums]:
    gain = (lives.was - lives.would)[lives.counts]
    found = {measure: _sums(gain[:, column]) for measure, column in _columns(world)}
    for name, members in lives.groups.items():
        found[name] = _sums(gain[members[lives.counts], RATE])
    return {measure: sums for measure, sums in found.items() if sums.count}


def truth_of(world: AnyWorld, people: int, part: int = 0) -> dict[str, Truth]:
    """The population's effect, from so many people."""
    return {measure: sums.truth() for measure, sums in sums_of(world, part, people).items()}


def _columns(world: AnyWorld) -> Iterator[tuple[str, int]]:
    """The measures with a column of their own in what came of exposures."""
    yield "rate", RATE
    if world.money is not None:
        yield "value", MONEY
    yield "left", LEFT
    yield from ((f"day {at + 1}", at) for at in range(RATE))


def _sums(gain: Float64) -> Sums:
    return Sums(len(gain), float(gain.sum()), float(gain @ gain))


def tell(world: AnyWorld, lives: Lives) -> tuple[Journeys, Query, Plan]:
    """What the engine is given."""
    if isinstance(world, Shop):
        return shop_told.journeys(world, lives), *shop_told.asked(world)
    if isinstance(world, SeenAds):
        return seen.journeys(world, lives), *seen.asked(world)
    return told.journeys(world, lives.rows, len(lives.ever)), *told.question(world)


def try_once(world: AnyWorld, run: int, finer: bool = True) -> Trial:
    """A fresh sample of the world, told to everybody; groups and doses only where asked for (`finer`)."""
    lives = live(world, seed(world, run + 1))
    events, query, plan = tell(world, lives)
    begun = process_time()
    found = answer(events, query, plan)
    seconds = process_time() - begun
    said = {measure: _told(effect, at) for measure, effect, at in _effects(world, found)}
    if finer and not found.refused:
        said |= {name: _told(effect, 0) for name, effect in _groups(found)}
    for measure, outcome in {"rate": lives.ever.astype(np.float64), "value": lives.spent}.items():
        if measure == "rate" or world.money is not None:
            usual = naive(lives, outcome), plain_matching(lives, outcome)
            said[measure] = replace(said.get(measure, NOTHING), naive=usual[0], plain=usual[1])
    own = {measure: sums.sum / sums.count for measure, sums in _gains(world, lives).items()}
    return Trial(int(lives.counts.sum()), found.refused, seconds, said, own, bool(caution(found)))


def _effects(world: AnyWorld, found: Answer) -> Iterator[tuple[str, Effect, int]]:
    if found.refused or found.rate is None or found.left is None:
        return
    for measure, column in _columns(world):
        if measure == "value":
            if found.value is not None:
                yield measure, found.value, 0
        else:
            yield (measure, found.left, 0) if measure == "left" else (measure, found.rate, column)


def _groups(found: Answer) -> Iterator[tuple[str, Effect]]:
    yield from ((f"{one.kind}: {one.name}", one.effect) for told in groups_of(found) for one in told.groups)
    yield from ((f"Dose: {dose.name}", dose.effect) for dose in doses_of(found) if dose.effect is not None)


def _told(effect: Effect, at: int) -> Told:
    return Told(float(effect.difference[at]), float(effect.low[at]), float(effect.high[at]))
