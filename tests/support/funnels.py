"""Funnels asked of small worlds, as the tests of their rules and of their blocks ask them."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Result
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.ask import ask
from tests.support.worlds import E, site

START = 1_700_006_400_000  # 15 November 2023, midnight UTC
NOW = START + 60 * DAY
Given = dict[str, Sequence[str]]


def answer(journeys: Journeys, steps: Sequence[str], now: int = NOW, zone: str = "UTC", **more: str) -> Result:
    given: Given = {"step": steps, "all-time": ["1"]}
    given |= {name.rstrip("_").replace("_", "-"): [text] for name, text in more.items()}
    if "from" in given or "to" in given:
        del given["all-time"]
    return ask(funnel.REPORT, journeys, given, site(zone=zone), now)[1]


def column(block: Block, name: str) -> list[object]:
    at = [one.name for one in block.columns].index(name)
    return [row[at] for row in block.rows]


def people(journeys: Journeys, steps: Sequence[str], now: int = NOW, **more: str) -> list[object]:
    return column(answer(journeys, steps, now, **more).block("steps"), "people")


def path(*pairs: tuple[str, int], visitor: str = "v") -> list[E]:
    return [E(visitor, START + time, what) for what, time in pairs]


AB = ("event:a", "event:b")
