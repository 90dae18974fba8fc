"""Plans of experiments: rates and traffic held to a plain count, parameters read, nothing promised of nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.times import DAY, HOUR
from collector.reports.experiment.power import people_needed, smallest_effect
from collector.reports.planner import REPORT
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
NOW = START + 40 * DAY
SITE = site({"Buy": "event:buy"})


def ask(events: Sequence[E], parts: int = 1, **arguments: str) -> Result:
    given = {"all_time": "1", "horizon": "7d", **arguments}
    return REPORT.run(world(events, None, NOW, parts), question(REPORT, NOW, SITE, **given))


def rows(result: Result, block: str) -> list[list[object]]:
    return [list(row) for row in result.block(block).rows]


LOG = [
    *(E(f"v{at}", START + at * DAY // 4, "page:/") for at in range(100)),
    *(E(f"v{at}", START + at * DAY // 4 + HOUR, "page:/prices") for at in range(0, 100, 2)),
    *(E(f"v{at}", START + at * DAY // 4 + 2 * HOUR, "event:buy") for at in range(0, 100, 10)),
    E("v1", START + 30 * DAY, "event:buy"),  # too late to count
    E("v99", NOW - DAY, "page:/"),  # no second entry
]


@pytest.mark.parametrize("parts", [1, 3])
def test_rate_and_traffic_are_the_sites_own(parts: int) -> None:
    result = ask(LOG, parts)
    assert rows(result, "base") == [[0.1]]
    assert rows(result, "traffic") == [[pytest.approx(100 / 40)]]
    asked = ask(LOG, parts, trigger="page:/prices", lift="50%")
    assert rows(asked, "base") == [[0.2]]
    plan = {row[0]: row for row in rows(asked, "plan")}
    people = people_needed(0.2, 0.1, 0.5)
    days = people / (50 / (40 - 1 / 24))
    assert plan[0.5] == [
        0.5,
        pytest.approx(0.1),
        pytest.approx(0.3),
        people,
        math.ceil(days),
        math.ceil(days + 7),
    ]
    assert "20.0%" in str(asked.headline)


def test_what_days_and_people_show() -> None:
    result = ask(LOG, base="5%", share="0.9", days="1000", size="70000")
    first, *others = rows(result, "reverse")
    assert first[:3] == [28_000, 70_000, smallest_effect(0.05, 70_000, 0.9)]
    assert [row[0] for row in others] == [7, 14, 28, 56, 91, 1_000]
    assert others[-1][1:3] == [2_500, smallest_effect(0.05, 2_500, 0.9)]


def test_a_change_in_points_may_be_a_fall() -> None:
    result = ask(LOG, points="-2%")
    plan = {round(float(str(row[0])), 3): row for row in rows(result, "plan")}
    assert plan[-0.2][3] == people_needed(0.1, -0.02, 0.5)


@pytest.mark.parametrize(
    "wrong",
    [{"share": "1.5"}, {"share": "0"}, {"lift": "much"}, {"base": "0"}, {"base": "50%", "lift": "300%"}, {"lift": "0"}],
)
def test_what_cannot_be_planned_is_said(wrong: dict[str, str]) -> None:
    with pytest.raises(UserError):
        ask(LOG, 1, **wrong)


def test_a_site_without_people_asks_for_a_rate_and_then_counts_people_only() -> None:
    empty = ask([])
    assert "cannot be told yet" in str(empty.headline)
    assert rows(empty, "plan") == []
    result = ask([], base="5%")
    assert "takes about" in str(result.headline)
    assert all(row[4] is None for row in rows(result, "plan"))
