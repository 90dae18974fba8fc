"""How long a funnel takes: bars that hold everybody once, and the people of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.blocks import Block, Result
from collector.core.errors import UserError
from collector.core.times import DAY, HOUR, MINUTE, SECOND
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.ask import ask
from collector.reports.funnel_times import edges
from tests.reports.test_funnel import LATE, STEPS, shop
from tests.support.funnels import AB, NOW, START, answer, column, path
from tests.support.worlds import site, world


def behind(journeys: Journeys, block: Block, row: int, now: int) -> Result:
    """The answer to the link of a row."""
    given: dict[str, list[str]] = {}
    for name, text in block.links[row] or ():
        given.setdefault(name, []).append(text)
    return ask(funnel.REPORT, journeys, given, site(), now)[1]


@given(st.lists(st.integers(0, 400 * DAY), min_size=1, max_size=60), st.integers(0, 100 * DAY))
def test_every_time_lies_in_exactly_one_bar_and_bars_are_few(times: list[int], more: int) -> None:
    taken = np.array(times) + more
    cuts = edges(taken)
    assert cuts == sorted(set(cuts))
    assert cuts[0] <= taken.min()
    assert taken.max() < cuts[-1]
    assert 2 <= len(cuts) <= 40


def test_times_far_apart_are_cut_at_lengths_that_people_say() -> None:
    taken = np.array([3 * SECOND, 4 * MINUTE, 50 * MINUTE, 3 * HOUR, 5 * DAY])
    cuts = edges(taken)
    assert {5 * SECOND, MINUTE, HOUR, DAY} <= set(cuts)
    assert (cuts[0], cuts[-1]) == (2 * SECOND, 7 * DAY)


def test_times_close_together_are_cut_into_equal_pieces() -> None:
    taken = np.arange(60 * MINUTE, 90 * MINUTE, MINUTE)
    cuts = edges(taken)
    assert len(cuts) > 4
    assert len(set(np.diff(cuts[1:-1]).tolist())) == 1


def test_one_time_for_all_is_one_bar() -> None:
    assert len(edges(np.full(5, HOUR))) == 2


@pytest.mark.parametrize(("between", "reached"), [("", 30), ("1-2", 72), ("2-3", 30)])
def test_bars_add_up_to_those_who_arrived_and_open_them(between: str, reached: int) -> None:
    journeys = shop()
    block = answer(journeys, STEPS, LATE, window="3d", between=between).block("times")
    assert sum(column(block, "people")) == reached  # type: ignore[arg-type]
    assert column(block, "arrived")[-1] == 1.0
    for row, number in enumerate(column(block, "people")):
        listed = behind(journeys, block, row, LATE).block("people")
        assert len(listed.rows) == number


def test_the_bars_hold_the_times_they_say() -> None:
    log = [one for n in range(10) for one in path(("event:a", 0), ("event:b", (n + 1) * MINUTE), visitor=f"v{n}")]
    block = answer(world(log), AB).block("times")
    for row in block.rows:
        low, high, number = row[:3]
        assert number == sum(low <= (n + 1) * 60 < high for n in range(10))  # type: ignore[operator]
    assert str(block.note) == "Half took up to 5.5 min, 90 % up to 9.1 min."


def test_a_time_to_come_is_said() -> None:
    log = [*path(("event:a", 0), ("event:b", HOUR)), *path(("event:a", DAY), visitor="w")]
    note = str(answer(world(log), AB, START + 2 * DAY).block("times").note)
    assert note.endswith("Some still have time, so that long ones may follow.")


def test_nobody_who_arrived_is_said_and_one_step_has_no_times() -> None:
    journeys = world(path(("event:a", 0)))
    assert answer(journeys, AB).block("times").rows == []
    assert "times" not in [block.id for block in answer(journeys, ["event:a"]).blocks]


@pytest.mark.parametrize("more", [{"between": "2-1"}, {"between": "1-3"}, {"between": "x"}])
def test_two_steps_that_are_not_are_refused(more: dict[str, str]) -> None:
    with pytest.raises(UserError):
        answer(world(path(("event:a", 0))), AB, NOW, "UTC", **more)


@pytest.mark.parametrize("text", ["x", "took:1-2", "took:1-2:a:b", "took:1-9:0:1", "took"])
def test_a_part_of_a_list_that_no_link_names_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        answer(world(path(("event:a", 0))), AB, NOW, "UTC", people="reached", at="2", subset=text)
