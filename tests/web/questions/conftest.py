"""The slow report before two worker processes, to which little is long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.slow import Slow, put_in
from tests.web.questions.world import World


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is long for a test: other processes hear of a question after 50 ms."""
    monkeypatch.setattr("collector.web.asking.LONG", 0.05)
    monkeypatch.setattr("collector.web.task.LONG", 0.05)
    monkeypatch.setattr("collector.journeys.answers.LONG", 50)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return put_in(monkeypatch)


@pytest.fixture
def world(tmp_path: Path, slow: Slow) -> Iterator[World]:
    made = World(tmp_path / "data", slow)
    yield made
    made.close()
