"""The lives of a world as journeys, the way the product would have recorded them."""

from __future__ import annotations

import numpy as np

from collector.core.event import Kind, Source
from collector.core.matcher import parse_matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.impact.plan import Plan
from tests.impact.lives import START, Rows
from tests.impact.memory import Columns, in_memory
from tests.impact.simulate import EXPOSURE, GOAL, HORIZON, PAGES, World
from tests.support.worlds import site

KINDS = (*(Kind("page", page) for page in PAGES), Kind("event", "chat_started"), Kind("event", "purchase"))
SOURCES = (
    Source(),
    Source("organic_search", "google"),
    Source("paid_search", "google", "cpc", campaign_mark=True),
    Source("email", "news", "email", campaign_mark=True),
    Source("retargeting", "meta", "retargeting", campaign_mark=True),
)
BOT_EVENTS = 60


def question(world: World) -> tuple[Query, Plan]:
    """What the engine is asked in a world."""
    exposure = parse_matcher("source:retargeting" if world.by_source else "event:chat_started")
    plan = Plan((exposure,), parse_matcher("event:purchase"), HORIZON, -(2**62), 2**62, world.as_of)
    return Query(site(), None, world.as_of), plan


def journeys(world: World, rows: Rows, people: int) -> Journeys:
    """Journeys in memory."""
    person, time, kind, source, device = (
        np.concatenate(column) for column in (rows.person, rows.time, rows.kind, rows.source, rows.device)
    )
    value = np.concatenate(rows.value)
    bot = np.zeros(len(person), dtype=np.int64)
    if world.bots:
        count = world.bots * BOT_EVENTS
        turn = np.arange(count)
        person = np.concatenate([person, people + turn // BOT_EVENTS])
        time = np.concatenate([time, START + turn * 1_000])
        kind = np.concatenate([kind, np.where(turn % 2 == 0, EXPOSURE, GOAL)])
        source, device = np.append(source, np.zeros(count, np.int64)), np.append(device, np.zeros(count, np.int64))
        value, bot = np.append(value, np.full(count, 9_999.0)), np.append(bot, np.ones(count, dtype=np.int64))
    visitor = person * 2 + 1 + (_turns(person, source) if world.two_devices else 0)
    code, engaged = _codes(world, person, visitor, kind), np.zeros(len(person), dtype=np.int64)
    of = Columns(code, visitor, time, kind, source, device, value, engaged, bot)
    return in_memory(of, KINDS, SOURCES, world.as_of)


def _codes(world: World, person: Int64, visitor: Int64, kind: Int64) -> Int64:
    """Odd for those who are known by a user id, whatever visitor they come as."""
    known = np.isin(person, person[kind == GOAL]) if world.by_goal else np.full(len(person), world.two_devices)
    return np.where(known, person * 2 + 3, visitor * 2)


def _turns(person: Int64, source: Int64) -> Int64:
    """0 and 1 in turn for the visits of each person, in the order of rows (a visit's first row has a source)."""
    order = np.argsort(person, kind="stable")
    visit = np.cumsum(source[order] >= 0)
    begin = np.searchsorted(person[order], person[order])
    turn = np.empty(len(person), dtype=np.int64)
    turn[order] = (visit - visit[begin]) % 2
    return turn
