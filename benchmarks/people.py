"""Who comes to the shop of the benchmarks and when: few often and many once, over five years, coming back ever less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.vocabulary import AGENTS, COUNTRIES, PLANS, RETARGETING, SOURCES
from collector.core.times import DAY, HOUR, MINUTE

ZONE = ZoneInfo("Europe/Berlin")
START = int(datetime(2021, 7, 1, tzinfo=ZONE).timestamp()) * 1_000
NOW = int(datetime(2026, 6, 30, 12, tzinfo=ZONE).timestamp()) * 1_000
DAYS = (NOW - START) // DAY + 1
VISITS_EACH = 3.0
_WEEK = (1.1, 1.12, 1.08, 1.02, 0.95, 0.66, 0.62)  # from Monday on
_HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 12, 13, 13, 12, 12, 13, 14, 14, 12, 8, 4)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Persons:
    """One entry a person: their visitor, a second one (0: none), whether known by a user id, and what never changes."""

    visitor: Ints
    known: Ints
    second: Ints
    agent: Ints
    country: Ints
    plan: Ints
    bot: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """One entry a visit, by (person, time): whose it is (from 0), when it begins, its source, how often before."""

    person: Ints
    begun: Ints
    source: Ints
    earlier: Ints


def falling(count: int, steepness: float = 1.0) -> NDArray[np.float64]:
    """Shares that fall from the first to the last, as a power of the rank."""
    weights = np.arange(1.0, count + 1.0) ** -steepness
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def persons(count: int, before: int, visitors: int, random: np.random.Generator) -> Persons:
    """A fifth has two visitors, three in ten are known by a user id, one in seventy is a bot.

    Args:
        before: how many persons there are before these. visitors: after which number second visitors begin.
    """
    luck = random.random(count)
    second = np.zeros(count, dtype=np.int64)
    double = luck < 0.2
    second[double] = visitors + 1 + np.arange(int(double.sum()))
    bot = np.where(random.random(count) < 0.014, random.choice([1, 2, 11, 13], count), 0)
    return Persons(
        visitor=before + 1 + np.arange(count),
        known=(luck < 0.3).astype(np.int64),
        second=second,
        agent=random.choice(len(AGENTS), count, p=falling(len(AGENTS), 0.7)) + 1,
        country=random.choice(len(COUNTRIES), count, p=falling(len(COUNTRIES), 1.1)),
        plan=random.choice(len(PLANS), count, p=falling(len(PLANS), 0.9)),
        bot=bot,
    )


def _days() -> NDArray[np.float64]:
    """Shares of those who come for the first time on each day: more every year and before Christmas, few on Sundays."""
    day = np.arange(DAYS)
    weekday = (day + 3) % 7  # the first day is a Thursday
    season = 1 + 0.35 * np.exp(-(((day + 181) % 365 - 340) ** 2) / 800.0)
    shares = np.exp(1.5 * day / DAYS) * np.array(_WEEK)[weekday] * season
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _hour_of_day(count: int, random: np.random.Generator) -> Ints:
    hours = np.array(_HOURS, dtype=np.float64)
    hour = random.choice(24, count, p=hours / hours.sum())
    drawn: Ints = hour * HOUR + random.integers(0, HOUR, count)
    return drawn


def visits(who: Persons, random: np.random.Generator) -> Visits:
    """All visits until now: each person's first, then others after gaps that grow."""
    count = len(who.known)
    eager = np.minimum(random.pareto(1.25, count), 400.0)
    more = random.poisson(eager * (VISITS_EACH * 1.25 - 1) / eager.mean())
    number = 1 + more
    person = np.repeat(np.arange(count), number)
    first = np.concatenate(([0], np.cumsum(number)[:-1]))
    place = np.arange(len(person)) - first[person]
    gap = random.lognormal(np.log(6.0), 1.5, len(person)) / (1 + eager[person]) ** 0.35 * (1 + 0.1 * place)
    gap[first] = random.choice(DAYS, count, p=_days()) + random.random(count) * 0.01
    total = np.cumsum(gap)
    day = (total - (total[first] - gap[first])[person]).astype(np.int64)
    # Some of those who would come at a weekend come two days later.
    day += np.where(((day + 3) % 7 >= 5) & (place > 0) & (random.random(len(day)) < 0.35), 2, 0)
    begun = START + day * DAY + _hour_of_day(len(day), random)
    kept = begun < NOW - 20 * MINUTE
    person, begun = person[kept], begun[kept]
    order = np.lexsort((begun, person))
    person, begun = person[order], begun[order]
    fresh = np.concatenate(([True], person[1:] != person[:-1]))
    earlier = np.arange(len(person)) - np.maximum.accumulate(np.where(fresh, np.arange(len(person)), 0))
    return Visits(person, begun, _sources(earlier, random), earlier)


def _sources(earlier: Ints, random: np.random.Generator) -> Ints:
    """Direct (-1) for three in ten first visits and half of the later ones; retargeting only finds who was here."""
    source = random.choice(len(SOURCES), len(earlier), p=falling(len(SOURCES), 0.8)) + 1
    again = np.isin(source, RETARGETING) & (earlier == 0)
    source[again] = 1
    return np.where(random.random(len(earlier)) < np.where(earlier == 0, 0.3, 0.5), -1, source)
