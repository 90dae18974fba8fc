"""Runs commands as a person would, in this process, on an installation of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from collector.cli import main


class Desk:
    """An installation in `folder`; `database` is a file in it unless another is named."""

    def __init__(self, folder: Path, database: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.database = database or f"sqlite://{folder}/ledger.sqlite3"

    def run(self, *words: str) -> Result:
        """The outcome of a command."""
        place = ["--data", str(self.folder), "--database", self.database]
        return CliRunner().invoke(main, [*words, *place], env={"DESIRELINE_DATA": None, "DESIRELINE_DATABASE": None})

    def ok(self, *words: str) -> str:
        """What a command that succeeds prints to stdout."""
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        # The bytes, because a CSV's line ends must stay as they are.
        return done.stdout_bytes.decode()

    def fails(self, *words: str) -> str:
        """The one line of a command that a person can mend."""
        done = self.run(*words)
        assert done.exit_code == 2, done.output
        assert done.stdout == ""
        return done.stderr

    def load(self, site: str, rows: Sequence[dict[str, Any]]) -> str:
        """Import these rows."""
        file = self.folder / "rows.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return self.ok("import", str(file), "--site", site)
