"""An installation on each engine, with a site."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, ledger_url: str) -> Desk:
    """An empty installation on each engine."""
    return Desk(tmp_path / "data", ledger_url)


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """An installation with the site `shop`."""
    desk.ok("site", "add", "shop", "--origin", "https://shop.example")
    return desk
