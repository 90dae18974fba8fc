"""One installation with data for all tests of pages that only read; a fresh one for those that write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.pages import Installation, installed
from tests.web.doors import Collector


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


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """A door of its own."""
    made = Collector(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A door with room for all that the tests of a module send."""
    made = Collector(tmp_path_factory.mktemp("roomy"), max_bytes=2**28)
    yield made
    made.close()
