"""Questions of attribution by hand, for its tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from collector.core.blocks import Cell, Result
from collector.core.event import Source
from collector.core.query import Site
from collector.core.times import DAY
from collector.reports.attribution import REPORT
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000  # 2025-11-13
NOW = START + 60 * DAY
SITE = site({"Purchase": "event:buy"})
SEARCH = Source("paid_search", "google", "cpc", "brand", content="blue", campaign_mark=True)
MAIL = Source("email", "news", "email", "may", campaign_mark=True)
SOCIAL = Source("organic_social", "x")
KNOWN: Mapping[str, Source | None] = {"S": SEARCH, "M": MAIL, "O": SOCIAL, "D": None}


def visits(who: str, path: str, buy: float | None = None, step: int = DAY, begin: int = START) -> list[E]:
    """A visit a letter, one step apart, and a purchase a step after the last where it is worth something."""
    events = [E(who, begin + at * step, "page:/", source=KNOWN[letter]) for at, letter in enumerate(path)]
    if buy is not None:
        events.append(E(who, events[-1].time + 10 * 60_000, "event:buy", value=buy))
    return events


def ask(events: Sequence[E], of: Site = SITE, parts: int = 1, **arguments: str | Sequence[str]) -> Result:
    return REPORT.run(world(events, as_of=NOW, parts=parts), question(REPORT, NOW, of, **{"all_time": "1"} | arguments))


def column(result: Result, name: str, block: str = "models") -> dict[str, Cell]:
    found = result.block(block)
    at = [one.name for one in found.columns].index(name)
    return {str(row[0]): row[at] for row in found.rows}


def approx(**wanted: float) -> object:
    names = {"S": "paid_search", "M": "email", "O": "organic_social", "D": "direct"}
    return pytest.approx({names[letter]: number for letter, number in wanted.items()})
