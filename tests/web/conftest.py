"""One installation with data for all tests of pages that only read; a fresh one for those that write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.pages import Installation, installed


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with data; tests must leave it as it is."""
    yield from installed(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    """An installation of its own without events."""
    yield from installed(tmp_path / "data", events=False)


@pytest.fixture
def owner(shop: Installation) -> FlaskClient:
    """A browser with the owner logged in."""
    return shop.client()
