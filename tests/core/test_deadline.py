"""A question's time: nothing where none is set, an end where it is over, a share that only grows."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.deadline import Cancelled, Deadline, TooLong, check, looking, progress, within


def test_without_a_deadline_nothing_ends_and_nobody_is_told() -> None:
    check()
    progress(0.5)


def test_a_question_ends_once_its_time_is_over_and_not_before() -> None:
    now = 0.0
    with within(Deadline(lambda: now, 60.0, 60.0)):
        now = 60.0
        check()
        now = 60.1
        with pytest.raises(TooLong, match="longer than 60 seconds") as raised:
            check()
    assert "fewer days" in raised.value.hint
    check()


def test_a_question_ends_when_somebody_stops_it() -> None:
    wanted = True
    with within(Deadline(lambda: 0.0, 1.0, 1.0, cancelled=lambda: not wanted)):
        check()
        wanted = False
        with pytest.raises(Cancelled):
            check()


def test_the_deadline_of_a_question_within_another_gives_way_to_the_outer_one() -> None:
    with within(Deadline(lambda: 2.0, 1.0, 1.0)):
        with within(Deadline(lambda: 2.0, 3.0, 3.0)):
            check()
        with pytest.raises(TooLong):
            check()


@given(st.lists(st.lists(st.floats(0, 1), min_size=1).map(sorted), max_size=8))
def test_the_share_only_grows_and_never_says_that_it_is_over(passes: list[list[float]]) -> None:
    told: list[float] = []
    with within(Deadline(lambda: 0.0, 1.0, 1.0, told=told.append)):
        for shares in passes:
            for share in shares:
                progress(share)
    assert told == sorted(told)
    assert all(0 <= share < 1 for share in told)


def test_each_pass_takes_a_part_of_what_is_left() -> None:
    told: list[float] = []
    with within(Deadline(lambda: 0.0, 1.0, 1.0, told=told.append)):
        for share in (0.5, 1.0, 0.5, 1.0):
            progress(share)
    assert told == pytest.approx([0.125, 0.25, 0.34375, 0.4375])


def test_a_loop_over_many_looks_at_the_time_now_and_then() -> None:
    looks = count()
    with within(Deadline(lambda: next(looks), 10**9, 60.0)):
        assert list(looking(range(2_001))) == list(range(2_001))
    assert next(looks) == 3
    with within(Deadline(lambda: 2.0, 1.0, 1.0)), pytest.raises(TooLong):
        next(looking(["anything"]))
