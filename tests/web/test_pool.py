"""Threads for questions: kept for the next one, gone after a while, and less important than the way in."""

from __future__ import annotations

import os
import threading
import time

from collector.web import pool
from collector.web.pool import Pool


def done_by(work: Pool, number: int = 1) -> list[int]:
    """Native ids of the threads that do so many pieces of work at once."""
    together, ids = threading.Barrier(number + 1), []

    def piece() -> None:
        ids.append(threading.get_native_id())
        together.wait(10)

    for _ in range(number):
        work.start(piece)
    together.wait(10)
    return ids


def test_each_piece_of_work_has_a_thread_and_threads_are_used_again() -> None:
    work = Pool(lambda: None)
    first = done_by(work, 4)
    assert len(set(first)) == 4
    time.sleep(0.1)
    assert set(done_by(work, 4)) == set(first)


def test_a_thread_without_work_leaves_and_the_next_piece_gets_another() -> None:
    left = threading.Event()
    work = Pool(left.set, idle=0.05)
    (first,) = done_by(work)
    assert left.wait(10)
    left.clear()
    (second,) = done_by(work)
    assert second != first or left.wait(10)


def test_no_work_is_lost_where_threads_leave_all_the_time() -> None:
    work, count, lock = Pool(lambda: None, idle=0.0001), [], threading.Lock()

    def piece() -> None:
        with lock:
            count.append(1)

    for number in range(400):
        work.start(piece)
        if number % 3 == 0:
            time.sleep(0.0002)
    until = time.monotonic() + 10
    while len(count) < 400 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(count) == 400


def test_questions_give_way_to_what_takes_events_in() -> None:
    found: list[int] = []
    told = threading.Event()

    def look() -> None:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        told.set()

    Pool(lambda: None).start(look)
    assert told.wait(10)
    assert found == [min(19, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) + pool.NICE)]
