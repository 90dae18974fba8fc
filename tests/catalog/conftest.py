"""A migrated catalog on each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collector.catalog.catalog import Catalog


@pytest.fixture
def catalog(ledger_url: str) -> Iterator[Catalog]:
    """An empty catalog."""
    opened = Catalog(ledger_url)
    opened.migrate()
    yield opened
    opened.close()
