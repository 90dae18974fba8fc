"""What is remembered between questions: its bytes, their bound, and that nothing hangs on it."""

from __future__ import annotations

import ctypes
import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.measure import memory
from collector.core.errors import UserError
from collector.journeys.memo import BUDGET, PROCESS, ROW, Budget, Memo, allow, size_of
from collector.journeys.trim import give_back
from collector.reports.registry import reports
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

KIB = 2**10


def kib(many: int) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    return np.ones(many * KIB, dtype=np.int8)


def test_what_was_asked_before_is_not_computed_again() -> None:
    memo = Memo(Budget())
    first = memo.get("a", lambda: kib(1))
    assert memo.get("a", lambda: kib(2)) is first
    assert memo.get("b") is None
    assert "a" in memo
    assert "b" not in memo


def test_beyond_the_budget_that_is_forgotten_which_was_used_longest_ago_whoever_remembers_it() -> None:
    budget = Budget(10 * KIB)
    one, other = Memo(budget), Memo(budget)
    one["a"], other["b"], one["c"] = kib(3), kib(3), kib(3)
    one.get("a")
    other["d"] = kib(3)
    assert [key in memo for memo, key in ((one, "a"), (other, "b"), (one, "c"), (other, "d"))] == [1, 0, 1, 1]
    one["e"] = kib(3)
    assert ("c" in one, "a" in one, "d" in other, "e" in one) == (False, True, True, True)
    assert budget.used == 9 * KIB


def test_the_latest_answer_stays_even_where_it_is_too_great() -> None:
    budget = Budget(10 * KIB)
    one, other = Memo(budget), Memo(budget)
    one["small"], other["great"] = kib(1), kib(20)
    assert "small" not in one
    assert "great" in other
    one["small"] = kib(1)
    assert "great" not in other
    assert budget.used == KIB


def test_a_later_answer_takes_the_place_of_an_earlier_one() -> None:
    budget = Budget(10 * KIB)
    memo = Memo(budget)
    memo["a"] = kib(8)
    memo["a"] = kib(2)
    assert budget.used == 2 * KIB


def test_what_a_part_remembered_goes_with_it() -> None:
    budget = Budget(10 * KIB)
    gone, memo = Memo(budget), Memo(budget)
    gone["a"] = kib(9)
    del gone
    gc.collect()
    memo["b"] = kib(9)
    assert budget.used == 9 * KIB


@dataclass(frozen=True, slots=True)
class Kept:
    codes: object
    texts: list[str]


def test_bytes_are_those_of_whole_arrays_wherever_they_lie(tmp_path: Path) -> None:
    whole = kib(8)
    assert size_of(whole[:10]) == 8 * KIB, "a slice keeps the whole alive"
    assert 8 * KIB < size_of((whole, whole[1:], {"a": whole})) < 9 * KIB, "once"
    assert size_of(Kept(whole, ["x" * 100] * 1_000)) > 8 * KIB + 100_000
    assert size_of({at: whole.copy() for at in range(200)}) > 200 * 8 * KIB
    np.save(tmp_path / "mapped.npy", whole)
    assert size_of(np.load(tmp_path / "mapped.npy", mmap_mode="r").view(np.ndarray)) == 0, "the system's to forget"


@settings(max_examples=examples(200), deadline=None)
@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 12)), max_size=60),
)
def test_a_list_in_order_of_use_keeps_the_same(most: int, asked: list[tuple[int, int, int]]) -> None:
    budget = Budget(most * KIB)
    memos = [Memo(budget) for _ in range(3)]
    order: list[tuple[int, int, int]] = []
    for where, key, size in asked:
        memos[where].get(key, lambda size=size: kib(size))  # type: ignore[misc]
        before = next((one for one in order if one[:2] == (where, key)), (where, key, size))
        order = [one for one in order if one[:2] != (where, key)] + [before]
        while sum(size for *_, size in order) > most and len(order) > 1:
            order.pop(0)
        kept = {(at, key) for at, memo in enumerate(memos) for key in range(6) if key in memo}
        assert kept == {one[:2] for one in order}
        assert budget.used == KIB * sum(size for *_, size in order)


def test_threads_may_share_a_budget() -> None:
    budget = Budget(100 * KIB)
    memos = [Memo(budget) for _ in range(4)]

    def work(at: int) -> None:
        for turn in range(500):
            assert len(memos[turn % 4].get((at + turn) % 17, lambda: kib(20))) == 20 * KIB
            Memo(budget)["mine"] = kib(1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    gc.collect()
    assert budget.used == sum(memo.used for memo in memos) <= 100 * KIB


@pytest.mark.parametrize("name", [name for name in reports() if name not in ("timeline", "visitor")])
def test_no_report_needs_what_it_remembered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    day, report = 86_400_000, reports()[name]
    events = [
        E(f"v{n % 7}", n * 7_000_000 + 40 * day, what, props={"plan": n % 3})
        for n in range(120)
        for what in ("page:/", "page:/pricing", "event:add_to_cart", "event:purchase", "event:signup")[: 1 + n % 5]
    ]
    of = site({"Purchase": "event:purchase"})

    def answer() -> object:
        given = {key.replace("-", "_"): list(values) for key, values in report.example.items()}
        given |= {} if {"period", "from"} & set(given) else {"all_time": ["1"]}
        try:
            found = report.run(world(events, {"v1": "ann"}, parts=2), question(report, 60 * day, of, **given))
        except UserError as error:  # of a report that this little is not enough for
            return str(error)
        return [(block.id, block.rows, block.links) for block in found.blocks]

    expected = answer()
    monkeypatch.setattr(PROCESS, "most", 1)
    assert answer() == expected


def test_a_large_site_has_more_remembered_as_far_as_the_limit_allows() -> None:
    budget = Budget(most=100 * KIB, limit=1_000 * KIB)
    budget.serve(10)
    assert budget.most == 100 * KIB
    budget.serve(10 * KIB)
    assert budget.most == 10 * KIB * ROW
    budget.serve(5)  # a small site after a large one
    assert budget.most == 10 * KIB * ROW
    budget.serve(10**9)
    assert budget.most == 1_000 * KIB


def test_a_worker_remembers_what_is_said_or_what_is_its_part_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("most", "limit"):
        monkeypatch.setattr(PROCESS, name, getattr(PROCESS, name))
    allow(7_000, workers=2)
    PROCESS.serve(10**9)
    assert PROCESS.most == 7_000
    monkeypatch.setattr("collector.journeys.memo.room_for_memory", lambda workers: 2**30 // workers)
    allow(0, workers=2)
    assert PROCESS.most == BUDGET
    PROCESS.serve(10**9)
    assert PROCESS.most == 2**29
    allow(0, workers=8)
    assert PROCESS.most == 2**27


@pytest.mark.skipif(sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc alone")
def test_memory_that_is_free_is_given_back() -> None:
    held = [kib(100) for _ in range(600)]  # small enough not to be mapped each by itself
    last = kib(100)  # keeps the end of the heap from being given back at once
    full = memory()[0]
    del held
    give_back()
    assert full - memory()[0] > 40 * 2**20
    assert len(last) == 100 * KIB
