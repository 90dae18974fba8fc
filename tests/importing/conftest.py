"""An installation with a site, for files to be imported into as people would."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk


class Shop(Desk):
    """An installation whose one site is `shop`."""

    def file(self, name: str, content: str | bytes) -> Path:
        """A file of this content."""
        path = self.folder.parent / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def lines(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        """A file of JSON Lines."""
        return self.file(name, "".join(json.dumps(row) + "\n" for row in rows))

    def take(self, path: Path, *words: str) -> str:
        """Import a file; what is said, the result last."""
        done = self.run("import", str(path), "--site", "shop", *words)
        assert done.exit_code == 0, done.output
        return done.stderr + done.stdout

    def events(self) -> list[dict[str, Any]]:
        """What the ledger holds, in order of time."""
        rows = [json.loads(line) for line in self.ok("export", "events", "--site", "shop").splitlines()]
        return sorted(rows, key=lambda row: str(row["time"]))

    def told(self, *fields: str) -> list[tuple[Any, ...]]:
        """Some fields of every event, in order of time."""
        return [tuple(row[field] for field in fields) for row in self.events()]

    def counts(self) -> tuple[int, int, int]:
        """People, sessions and page views, as the overview says."""
        answer = json.loads(self.ok("report", "overview", "--site", "shop", "--all-time", "--format", "json"))
        first = {block["id"]: block["rows"][0][0] for block in answer["blocks"] if block["rows"]}
        return first["people"], first["sessions"], first["page_views"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An installation on SQLite with the site `shop`, in UTC."""
    made = Shop(tmp_path / "data")
    made.ok("site", "add", "shop", "--origin", "https://shop.example", "--timezone", "UTC")
    return made
