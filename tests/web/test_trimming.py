"""Memory is given back once nothing is asked any more."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from collector.core.blocks import Result
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.web.asking import Asker
from collector.web.task import Asked
from tests.support.worlds import E, site, world


def test_memory_is_given_back_when_the_last_question_is_answered_and_none_came_since(tmp_path: Path) -> None:
    given: list[int] = []
    entered, leave = threading.Event(), threading.Event()

    def slow(journeys: Journeys, query: Query) -> Result:
        entered.set()
        assert leave.wait(10)
        return Result([], 0, T("Done."))

    def quick(journeys: Journeys, query: Query) -> Result:
        return Result([], 0, T("Done."))

    def turn(who: str) -> AbstractContextManager[None]:
        return nullcontext()

    asker = Asker(10, 4, turn, tmp_path, lambda: 0)
    asker.idle, asker.give_back = 0.05, lambda: given.append(1)

    def ask(name: str, run: object) -> None:
        report = Report(name, T("One"), T("One."), (), run, {}, ranged=False)  # type: ignore[arg-type]
        asker.ask(Asked("me", report, world([E("u", 0, "page:/")]), {}, site(), 1), turn, page=False)

    other = threading.Thread(target=ask, args=("slow", slow))
    other.start()
    assert entered.wait(10)
    ask("quick", quick)
    time.sleep(0.2)
    assert not given, "somebody still asks"
    leave.set()
    other.join()
    until = time.monotonic() + 10
    while not given and time.monotonic() < until:
        time.sleep(0.01)
    assert given == [1]
