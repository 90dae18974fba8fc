"""Worlds in which the true effect of an exposure is known, since the same people are told with and without it."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from collector.core.event import Agent, Kind, Source
from collector.journeys.build import Raw, build_part
from collector.journeys.journeys import Journeys
from tests.support.worlds import Ledger, only

DAY, MINUTE = 86_400_000, 60_000
START = 1_763_000_000_000
DAYS = 60
NOW = START + DAYS * DAY
KINDS = (
    Kind("page", "/"),
    Kind("page", "/blog/a"),
    Kind("page", "/pricing"),
    Kind("page", "/cart"),
    Kind("event", "chat_shown"),
    Kind("event", "chat_started"),
    Kind("event", "purchase"),
)
HOME, BLOG, PRICING, CART, SHOWN, CHAT, BUY = range(len(KINDS))
SOURCES = (Source(), Source("organic_search", "google"), Source("paid_search", "google"), Source("email", "news"))
AGENTS = (Agent("desktop"), Agent("mobile"))


@dataclass(frozen=True, slots=True)
class World:
    """What is true: `effect` is the chance that a first chat wins somebody who would leave without buying.

    chat_base, chat_slope: log odds of a chat after a page, and how much being further on raises them.
    buy_base, buy_slope: the same for buying at the end of a visit. again: chance of a further visit.
    """

    people: int = 1_500
    effect: float = 0.0
    chat_base: float = -5.2
    chat_slope: float = 0.9
    buy_base: float = -3.9
    buy_slope: float = 0.75
    again: float = 0.45


@dataclass(frozen=True, slots=True)
class Told:
    """The journeys, and the true difference within 14 days among those exposed."""

    journeys: Journeys
    truth: float
    exposed: int


def _odds(x: float) -> float:
    return 1 / (1 + exp(-x))


def tell(world: World, seed: int, parts: int = 1) -> Told:
    """One world, drawn by a seed."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, int, int, int, float]] = []  # person, time, kind, source, agent, value
    gains: list[float] = []
    for person in range(world.people):
        gain = _person(world, rng, person, rows)
        if gain is not None:
            gains.append(gain)
    return Told(_journeys(rows, parts), float(np.mean(gains)) if gains else 0.0, len(gains))


def _person(
    world: World, rng: np.random.Generator, person: int, rows: list[tuple[int, int, int, int, int, float]]
) -> float | None:
    source, agent = int(rng.integers(4)), int(rng.random() < 0.5)
    keen = (-0.3, 0.0, 0.4, 0.3)[source] + 0.2 * agent
    time = START + int(rng.random() * 40 * DAY)
    pages, pricing, cart = 0, False, False
    chat_at: int | None = None
    natural: int | None = None
    bought: int | None = None
    for visit in range(8):
        draw = rng.random(40)
        rows.append((person, time, SHOWN, source if visit == 0 else 0, agent, np.nan))
        for step in range(12):
            move = draw[step * 2]
            page = HOME if move < 0.3 else BLOG if move < 0.55 else PRICING if move < 0.8 else CART
            pages, pricing, cart = pages + 1, pricing or page == PRICING, cart or page == CART
            time += 1_000
            rows.append((person, time, page, -1, agent, np.nan))
            further = 0.8 * pricing + 1.0 * cart + 0.12 * min(pages, 8) + keen
            time += int(20_000 + rng.random() * 60_000)
            chance = _odds(world.chat_base + world.chat_slope * further)
            if chat_at is None and rng.random() < chance:
                chat_at = time
                rows.append((person, time, CHAT, -1, agent, np.nan))
                if rng.random() < world.effect and bought is None:
                    bought = time + 5 * MINUTE
                    rows.append((person, bought, BUY, -1, agent, 20.0))
            if draw[step * 2 + 1] < 0.35:
                break
        time += 6 * MINUTE
        further = 0.8 * pricing + 1.0 * cart + 0.12 * min(pages, 8) + keen
        if natural is None and rng.random() < _odds(world.buy_base + world.buy_slope * further):
            natural = time
            if bought is None:
                bought = time
                rows.append((person, time, BUY, -1, agent, 20.0))
        if rng.random() > world.again:
            break
        time += int((0.5 + rng.random() * 4) * DAY)
        if time > NOW:
            break
    if chat_at is None or (natural is not None and natural < chat_at):
        return None
    until = chat_at + 14 * DAY
    return float(bought is not None and bought <= until) - float(natural is not None and natural <= until)


def _journeys(rows: list[tuple[int, int, int, int, int, float]], parts: int) -> Journeys:
    table = np.array(rows, dtype=np.float64)
    person, time, kind, source, agent = (table[:, at].astype(np.int64) for at in range(5))
    count = len(rows)
    raw = Raw(
        code=person * 2 + 2,
        visitor=person + 1,
        time=time,
        id=np.arange(1, count + 1),
        kind=kind + 1,
        page=np.full(count, -1, dtype=np.int64),
        source=source,
        agent=agent + 1,
        bot=np.zeros(count, dtype=np.int64),
        value=table[:, 5],
        engaged=np.zeros(count, dtype=np.int64),
        engagement=np.zeros(count, dtype=np.bool_),
        campaign=np.zeros(count, dtype=np.bool_),
    )
    ledger = Ledger((), {f"v{n}": n + 1 for n in range(int(person.max()) + 1)}, {}, {})
    return Journeys(
        parts=[build_part(only(raw, person % parts == at), len(KINDS) + 1) for at in range(parts)],
        kinds=dict(enumerate(KINDS, 1)),
        pages={},
        sources=dict(enumerate(SOURCES)),
        agents=dict(enumerate(AGENTS, 1)),
        properties=ledger,
        people=ledger,
        as_of=NOW,
    )
