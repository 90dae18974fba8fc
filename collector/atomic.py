"""Small files that whoever reads them sees whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def replace_text(path: Path, text: str, private: bool = False) -> None:
    """Put `text` in the place of the file at once. For one writer at a time.

    It is not forced to disk: for what may be older, or gone, after a power cut.

    Args:
        path: it is written with the suffix `.new` first, so none of its neighbours may differ by the suffix alone.
        private: for its owner's eyes only.
    """
    fresh = path.with_suffix(".new")
    _write(fresh, text, os.O_TRUNC, 0o600 if private else 0o666, durable=False)
    fresh.replace(path)


def create_text(path: Path, text: str, durable: bool = False) -> None:
    """Make the file, for its owner's eyes only, unless it is there: of several writers at once, one wins.

    Args:
        durable: whether its contents are on disk before it can be seen.
    """
    fresh = path.with_name(f"{secrets.token_hex(8)}.new")
    _write(fresh, text, os.O_EXCL, 0o600, durable)
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _write(path: Path, text: str, how: int, mode: int, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
