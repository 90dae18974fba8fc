"""After an erasure: have every box rewritten once what it held is loaded, so that no byte of it stays in the files."""

from __future__ import annotations

from pathlib import Path

from collector.inbox.files import all_boxes


def ask_to_wipe(folder: Path) -> None:
    """Ask the workers of all boxes; each does it as soon as the ledger holds what is in its box now."""
    for files in all_boxes(folder):
        files.wipe.touch()


def still_to_wipe(folder: Path) -> int:
    """How many boxes have not done so yet."""
    return sum(files.wipe.exists() for files in all_boxes(folder))
