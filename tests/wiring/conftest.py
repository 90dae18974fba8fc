"""A fresh collector for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wiring.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A collector of one shop, with its ledger."""
    made = Shop(tmp_path)
    yield made
    made.close()
