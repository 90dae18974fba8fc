"""An installation in which the doctor finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.backups.make import make_backup
from tests.store.making import page
from tests.support.pages import Installation, installed


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Installation]:
    """A healthy installation with a backup and an event of just now; nothing serves it yet."""
    for made in installed(tmp_path / "data", events=False):
        made.append([page(1, received=made.now, time=made.now)])
        make_backup(made.settings, tmp_path / "kept", made.now)
        yield made
