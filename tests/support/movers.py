"""Worlds with many actions: keen people do all of them more often, and only those that are told to help do help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.event import Agent, Kind, Source
from collector.journeys.build import Raw, build_part
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64
from tests.support.worlds import Ledger, only

DAY = 86_400_000
START = 1_763_337_600_000
NOW = START + 70 * DAY
PAGES = ("/", "/blog", "/pricing", "/cart")
PRICING, CART = 2, 3
SOURCES = (Source(), Source("organic_search", "google"), Source("paid_search", "google"), Source("email", "news"))


@dataclass(frozen=True, slots=True)
class World:
    """`helps` is what each action adds to the goal's log odds from its first time on; base and slope are the log odds
    of doing an action after a page, and how much being further on raises them.
    """

    people: int = 1_500
    helps: tuple[float, ...] = (1.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    base: float = -4.6
    slope: float = 0.9
    goal: float = -4.9


def _odds(x: Float64) -> Float64:
    return np.asarray(1 / (1 + np.exp(-x)))


def tell(world: World, seed: int, parts: int = 1) -> Journeys:
    """One world, drawn by a seed, as journeys: events `event:act0` and so on, pages, and `event:purchase`."""
    rng = np.random.default_rng(seed)
    count, actions = world.people, len(world.helps)
    first = rng.integers(1, len(SOURCES), count)
    time = START + (rng.random(count) * 40 * DAY).astype(np.int64)
    seen = np.zeros((count, 3))  # pricing, cart, pages
    did = np.zeros((count, actions), dtype=np.bool_)
    rows: list[tuple[Int64, Int64, Int64, Int64]] = []  # person, time, kind, source

    def note(who: Int64, kind: Int64 | int, source: Int64 | int = -1) -> None:
        shape = np.zeros(len(who), dtype=np.int64)
        rows.append((who, time[who], shape + kind, shape + source))

    here = np.arange(count)
    for visit in range(4):
        inside = here
        for step in range(6):
            page = np.searchsorted((0.4, 0.65, 0.86), rng.random(len(inside)))
            seen[inside, 0] = np.maximum(seen[inside, 0], page == PRICING)
            seen[inside, 1] = np.maximum(seen[inside, 1], page == CART)
            seen[inside, 2] += 1
            note(inside, page, -1 if step else np.where(visit == 0, first[inside], 0))
            keen = seen[inside] @ np.array([0.8, 1.0, 0.12])
            for action in range(actions):
                time[inside] += rng.integers(1_000, 9_000, len(inside))
                hit = rng.random(len(inside)) < _odds(world.base + world.slope * keen)
                did[inside[hit], action] = True
                note(inside[hit], len(PAGES) + action)
            time[inside] += rng.integers(1_000, 60_000, len(inside))
            bought = rng.random(len(inside)) < _odds(world.goal + 0.9 * keen + did[inside] @ np.array(world.helps))
            note(inside[bought], len(PAGES) + actions)
            time[inside] += rng.integers(1_000, 60_000, len(inside))
            inside = inside[rng.random(len(inside)) < 0.65]
        here = here[rng.random(len(here)) < 0.45]
        time[here] += ((0.3 + rng.random(len(here)) * 4) * DAY).astype(np.int64)
    person, when, kind, source = (np.concatenate(column) for column in zip(*rows, strict=True))
    return _journeys(world, person, when, kind, source, parts)


def _journeys(world: World, person: Int64, time: Int64, kind: Int64, source: Int64, parts: int) -> Journeys:
    count = len(person)
    kinds = [Kind("page", path) for path in PAGES]
    kinds += [Kind("event", f"act{action}") for action in range(len(world.helps))] + [Kind("event", "purchase")]
    raw = Raw(
        code=person * 2 + 2,
        visitor=person + 1,
        time=time,
        id=np.arange(1, count + 1),
        kind=kind + 1,
        page=np.full(count, -1, dtype=np.int64),
        source=source,
        agent=np.ones(count, dtype=np.int64),
        bot=np.zeros(count, dtype=np.int64),
        value=np.full(count, np.nan),
        engaged=np.zeros(count, dtype=np.int64),
        engagement=np.zeros(count, dtype=np.bool_),
        campaign=np.zeros(count, dtype=np.bool_),
    )
    ledger = Ledger((), {f"v{n}": n + 1 for n in range(world.people)}, {}, {})
    return Journeys(
        parts=[build_part(only(raw, person % parts == at), len(kinds) + 1) for at in range(parts)],
        kinds=dict(enumerate(kinds, 1)),
        pages={},
        sources=dict(enumerate(SOURCES)),
        agents={1: Agent("desktop")},
        properties=ledger,
        people=ledger,
        as_of=NOW,
    )
