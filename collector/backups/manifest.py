"""What a backup says of itself: which engine, which schema, how many rows of what, and a hash of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from collector.core.errors import UserError

FORMAT = 1
MANIFEST = "manifest.json"
KEYS = "keys.json"
_BLOCK = 2**20
_HELP = "Take another backup file; this one was damaged or is none."


@dataclass(frozen=True, slots=True)
class Manifest:
    """The first file of a backup.

    Attributes:
        made: ms UTC.
        engine: sqlite or postgres.
        migrations: names of the applied ones, by their history table.
        rows: rows by table, counted in the same snapshot that was copied.
        files: SHA-256 by name inside the archive.
    """

    format: int
    made: int
    engine: str
    migrations: Mapping[str, list[str]]
    rows: Mapping[str, int]
    files: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1))


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`.

    Raises:
        UserError: it is damaged, or of a newer form than this version knows.
    """
    try:
        data = json.loads(path.read_text())
        found = Manifest(**data)
        usable = all(isinstance(part, dict) for part in (found.migrations, found.rows, found.files))
        usable &= all(isinstance(names, list) for names in found.migrations.values())
        usable &= isinstance(found.format, int) and isinstance(found.made, int)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UserError("This backup's list of contents cannot be read.", _HELP) from error
    if not usable or found.engine not in ("sqlite", "postgres"):
        raise UserError("This backup's list of contents cannot be read.", _HELP)
    if found.format > FORMAT:
        raise UserError("This backup was made by a newer Desireline.", "Install that version, or a later one, first.")
    return found


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise UserError where a file of the backup is missing, is not the one that was written, or never was of it."""
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    for name in (KEYS, *sorted(there)):
        if name not in manifest.files:
            raise UserError(f"This backup's list of contents does not name {name}.", _HELP)
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or file_hash(path) != digest:
            raise UserError(f"{name} in this backup is damaged or missing.", _HELP)
