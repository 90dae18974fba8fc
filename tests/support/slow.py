"""A report that takes as long as a test likes, and passes the choke point that all reports pass."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web import questions
from collector.web import reports as report_pages

ROWS = Param("rows", "int", T("Rows"), default="1", minimum=1, maximum=1_000_000)


@dataclass(eq=False)
class Slow:
    """The report `slow`: works until `go` is set."""

    go: threading.Event = field(default_factory=threading.Event)
    runs: int = 0
    running: int = 0
    most: int = 0
    fails: Exception | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def report(self) -> Report:
        """As the registry holds it."""
        return Report("slow", T("Slow"), T("Takes its time."), [ROWS], self._run, {})

    def _run(self, journeys: Journeys, query: Query) -> Result:
        with self._lock:
            self.runs += 1
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            while not self.go.is_set():
                for _ in journeys.each():
                    time.sleep(0.005)
            if self.fails is not None:
                raise self.fails
        finally:
            with self._lock:
                self.running -= 1
        number = query.values["rows"]
        rows: list[list[Cell]] = [[f"row {at}", at] for at in range(number if isinstance(number, int) else 0)]
        columns = [Column("name", T("Name")), Column("n", T("Number"), "count")]
        return Result(
            [Block("answer", "table", T("Rows"), columns, rows)], journeys.as_of, T("Ready: {n}.", n=self.runs)
        )

    def wait_running(self, number: int = 1) -> None:
        """Until so many of it are at work."""
        until = time.monotonic() + 10
        while self.running != number:
            assert time.monotonic() < until, f"{self.running} at work instead of {number}"
            time.sleep(0.005)


def put_in(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Have the pages know the slow report."""
    slow = Slow()
    known = MappingProxyType({**reports(), "slow": slow.report()})
    for module in (report_pages, questions):
        monkeypatch.setattr(module, "reports", lambda: known)
    return slow
