"""A funnel's comparisons in worlds in which nothing differs: those who went on are asked as those who did not are."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from collector.core.blocks import Block
from collector.core.event import Source
from collector.core.times import DAY, HOUR, MINUTE
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.ask import ask
from tests.support.funnels import START, answer, column
from tests.support.worlds import E, site, world

BUY = ("page:/", "event:buy")
DAYS = 30
NOW = START + DAYS * DAY
PEOPLE = 1_200
AD, POST = Source("email", "letter"), Source("social", "post")


def visits(seed: int, *, first: Source | None = None, young: int = 0) -> list[E]:
    """People who come on random days: a tenth of the visits ends with buying, whatever happens in them.

    Args:
        first: from where everybody's first visit comes.
        young: so many of them are new, came by a post within the last ten days, and come no more often than the others.
    """
    drawn = random.Random(seed)
    log = []
    for number in range(PEOPLE):
        since = DAYS - 10 if number < young else 0
        whole = sorted(drawn.uniform(since * DAY, DAYS * DAY) for _ in range(drawn.randint(1, 4 if since == 0 else 2)))
        for visit, begun in enumerate(whole):
            time = START + int(begun)
            source = POST if number < young and not visit else first if not visit else None
            acts = ["page:/", *(name for name in ("event:tip", "event:map") if drawn.random() < 0.3)]
            drawn.shuffle(acts)
            acts += ["event:buy"] * (drawn.random() < 0.1)
            log.append(E(f"v{number}", time, "page:/blog", source=source))
            log += [E(f"v{number}", time + at * MINUTE, what) for at, what in enumerate(acts, 1)]
    return log


def rows(block: Block) -> list[dict[str, object]]:
    names = [one.name for one in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def clear(row: dict[str, object]) -> bool:
    """Whether the row claims a difference."""
    return isinstance(row["p_value"], float) and row["p_value"] < 0.001


def listed(journeys: Journeys, link: Sequence[tuple[str, str]] | None) -> int:
    given: dict[str, list[str]] = {}
    for name, text in link or ():
        given.setdefault(name, []).append(text)
    return len(ask(funnel.REPORT, journeys, given, site(), NOW)[1].block("people").rows)


@pytest.mark.parametrize("window", ["1h", "3d"])
def test_what_has_nothing_to_do_with_going_on_is_no_finding_however_often_people_try(window: str) -> None:
    result = answer(world(visits(1)), BUY, NOW, at="1", window=window)
    told = rows(result.block("actions"))
    assert {row["action"] for row in told if row["when"] == "before"} >= {"event:tip", "event:map"}
    assert not [row for row in told if clear(row)]


def test_what_is_new_does_not_look_better_because_those_who_have_not_bought_still_may() -> None:
    result = answer(world(visits(2, young=200)), BUY, NOW, at="1", window="9d")
    told = {row["value"]: row for row in rows(result.block("differences")) if row["property"] == "source"}
    assert told["post"]["people"] < 40  # type: ignore[operator]
    assert float(str(told["post"]["went_on"])) < 0.35
    assert not clear(told["post"])


def test_who_buys_at_a_later_visit_counts_for_the_source_and_the_day_of_the_first() -> None:
    journeys = world(visits(3, first=AD))
    result = answer(journeys, BUY, NOW, by="source", window="3d")
    first = {row["value"]: row["people"] for row in rows(result.block("breakdown")) if row["step"] == 1}
    assert first == {"letter": PEOPLE}
    trend = rows(result.block("trend"))
    assert sum(int(str(row["people"])) for row in trend) == PEOPLE
    assert all(row["converted"] != row["people"] for row in trend if int(str(row["people"])) > 20)
    summary = rows(result.block("summary"))[0]
    apart = float(str(summary["matured_rate"])) - float(str(summary["rate"]))
    assert abs(apart) < 0.03, summary


def test_every_day_of_the_trend_opens_its_people() -> None:
    journeys = world(visits(4))
    block = answer(journeys, BUY, NOW, window="3d").block("trend")
    cells = block.draw["cell_links"]
    assert isinstance(cells, dict)
    for at in (0, 7, DAYS - 1):
        assert listed(journeys, block.links[at]) == column(block, "people")[at]
        assert listed(journeys, cells["converted"][at]) == column(block, "converted")[at]


def test_a_session_that_is_over_is_not_open_however_long_the_window() -> None:
    log = [E(f"v{n}", START + n * HOUR, "page:/") for n in range(10)]
    log += [E("late", START + 10 * HOUR, "page:/"), E("busy", START + 9 * HOUR, "page:/")]
    log += [E("busy", START + 9 * HOUR + at * 20 * MINUTE, "page:/help") for at in range(1, 4)]
    result = answer(world(log), BUY, START + 10 * HOUR + 20 * MINUTE, unit="session", window="14d")
    assert column(result.block("steps"), "open")[0] == 2
    assert rows(result.block("summary"))[0]["matured"] == 10
