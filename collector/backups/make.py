"""Making a backup: the inbox first, then the database, packed, read back, counted, and only then named."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collector.atomic import replace_text
from collector.backups import postgres, sqlite
from collector.backups.archive import Said, pack, quiet, sync, unpack
from collector.backups.manifest import FORMAT, KEYS, MANIFEST, Manifest, check_files, file_hash, read_manifest
from collector.catalog.catalog import Catalog
from collector.core.errors import UserError
from collector.inbox.files import all_boxes
from collector.settings import Settings
from collector.store.open import open_ledger, sqlite_path

PREFIX = "desireline-"
SUFFIX = ".tar.gz"
# What the page of health and the metrics know of the last backup.
NOTE = "backup.json"
INBOX = "inbox"


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: its file, bytes, events in the ledger, records that waited in the inbox."""

    path: Path
    size: int
    events: int
    waiting: int


def our_tables(scratch: Path) -> frozenset[str]:
    """The names of all tables that this version makes, as its own migrations say."""
    path = scratch / "schema.sqlite3"
    ledger, catalog = open_ledger(f"sqlite://{path}"), Catalog(f"sqlite://{path}")
    ledger.migrate()
    catalog.migrate()
    ledger.close()
    catalog.close()
    with closing(sqlite3.connect(path)) as connection:
        return frozenset(sqlite.count_rows(connection))


def make_backup(settings: Settings, folder: Path, now: int, keep: int = 0, said: Said = quiet) -> Backup:
    """Make a backup in `folder` while the collector runs.

    Args:
        now: ms UTC; names the file.
        keep: how many backups stay in the folder, this one included; 0 keeps all.
        said: told of the progress.

    Raises:
        UserError: there is nothing to back up, no room, or the copy does not come back whole.
    """
    if not (settings.data / KEYS).is_file():
        raise UserError(f"{settings.data} holds no installation.", "Name its folder with --data.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_room(settings, folder)
        stamp = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%d-%H%M%S")
        target = folder / f"{PREFIX}{stamp}{SUFFIX}"
        with tempfile.TemporaryDirectory(prefix=".desireline-", dir=folder) as scratch:
            fresh = Path(scratch) / "backup.tar.gz"
            manifest, waiting = _write(settings, Path(scratch), fresh, now, said)
            _verify(settings, Path(scratch), fresh, said)
            fresh.rename(target)
        sync(folder)
    except OSError as error:
        raise UserError(
            f"The backup cannot be written: {error.strerror or error}.", "Choose another folder."
        ) from error
    _note(settings, target, now)
    _prune(folder, keep, target)
    return Backup(target, target.stat().st_size, manifest.rows.get("event", 0), waiting)


def _check_room(settings: Settings, folder: Path) -> None:
    """A copy, the packed file beside it, and the copy read back; the second takes the first one's place."""
    path = sqlite_path(settings.database)
    needed = 2 * path.stat().st_size if path and path.exists() else 0
    free = shutil.disk_usage(folder).free
    if free < needed + settings.disk_floor:
        raise UserError(
            f"{folder} has {free >> 20} MB free and the backup needs about {needed >> 20} MB for a while.",
            "Name a folder on a larger disk with --to.",
        )


def _write(settings: Settings, scratch: Path, target: Path, now: int, said: Said) -> tuple[Manifest, int]:
    stage = scratch / "stage"
    stage.mkdir(mode=0o700)
    # The inbox before the database: what is loaded in between is in both, and its ids make it one.
    waiting = _copy_boxes(settings.inbox, stage / INBOX)
    shutil.copyfile(settings.data / KEYS, stage / KEYS)
    path = sqlite_path(settings.database)
    if path is not None:
        rows, applied = sqlite.copy_database(path, stage / sqlite.FILE, said)
    else:
        rows, applied = postgres.copy_tables(settings.database, stage, our_tables(scratch), said)
    files = {str(one.relative_to(stage)): file_hash(one) for one in sorted(stage.rglob("*")) if one.is_file()}
    manifest = Manifest(FORMAT, now, "postgres" if path is None else "sqlite", applied, rows, files)
    manifest.write(stage / MANIFEST)
    pack(stage, target, said)
    shutil.rmtree(stage)
    return manifest, waiting


def _copy_boxes(inbox: Path, target: Path) -> int:
    """Copy every box as it is now; how many records they hold."""
    target.mkdir(mode=0o700)
    records = 0
    for files in all_boxes(inbox):
        if not files.records.exists():
            continue
        copied = target / files.records.name
        try:
            with (
                closing(sqlite3.connect(f"{files.records.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as old,
                closing(sqlite3.connect(copied)) as new,
            ):
                old.backup(new)
                records += int(new.execute("SELECT count(*) FROM record").fetchone()[0])
        except sqlite3.Error:
            copied.unlink(missing_ok=True)
            if files.records.exists():  # else it was loaded and removed meanwhile: the database has it
                raise UserError(
                    f"{files.records} cannot be read, and may hold events that are nowhere else.",
                    "Run desireline doctor.",
                ) from None
    return records


def _verify(settings: Settings, scratch: Path, packed: Path, said: Said) -> None:
    """Read the packed file back as a restore would, and count."""
    stage = scratch / "verify"
    stage.mkdir(mode=0o700)
    unpack(packed, stage, said)
    manifest = read_manifest(stage / MANIFEST)
    check_files(stage, manifest)
    said("verify", 0.0)
    if manifest.engine == "sqlite":
        sqlite.verify_database(stage / sqlite.FILE, manifest.rows)
    else:
        postgres.verify_tables(settings.database, stage, manifest.rows, said)


def _note(settings: Settings, target: Path, now: int) -> None:
    note = {"time": now, "path": str(target.absolute()), "bytes": target.stat().st_size}
    replace_text(settings.data / NOTE, json.dumps(note))


def _prune(folder: Path, keep: int, newest: Path) -> None:
    """Delete the oldest backups beyond `keep`; never the one just made."""
    old = sorted(path for path in folder.glob(f"{PREFIX}[0-9]*{SUFFIX}") if path != newest)
    for path in old[: max(0, len(old) + 1 - keep)] if keep else ():
        path.unlink()
