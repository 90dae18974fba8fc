"""Putting a backup back: checked and counted before anything that is there is touched."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playhouse.migrations import Runner

from collector.backups import postgres, sqlite
from collector.backups.archive import Said, quiet, sync, unpack
from collector.backups.make import INBOX, our_tables
from collector.backups.manifest import KEYS, MANIFEST, Manifest, check_files, read_manifest
from collector.catalog import catalog
from collector.core.errors import UserError
from collector.inbox.files import BoxFiles, all_boxes, hold
from collector.settings import Settings
from collector.store import ledger
from collector.store.open import open_engine, sqlite_path

_FOLDERS = {"ledger_migration": ledger.MIGRATIONS, "catalog_migration": catalog.MIGRATIONS}


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: events in the ledger, records in the inbox, and where the old installation went (None: none)."""

    made: int
    events: int
    waiting: int
    aside: Path | None


def restore(settings: Settings, source: Path, now: int, replace: bool = False, said: Said = quiet) -> Restored:
    """Make the data folder and the database what they were when the backup was made.

    Args:
        now: ms UTC; names the folder that an old installation is moved to.
        replace: whether an installation that is there may be set aside (a Postgres database is overwritten).

    Raises:
        UserError: the backup is damaged or does not fit, the collector runs, or something is there already.
    """
    if not source.is_file():
        raise UserError(f"There is no file {source}.", "Name the file that desireline backup made.")
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _stop_others(settings)
    try:
        with tempfile.TemporaryDirectory(prefix=".desireline-", dir=settings.data) as scratch:
            stage = Path(scratch) / "stage"
            stage.mkdir(mode=0o700)
            unpack(source, stage, said)
            manifest = read_manifest(stage / MANIFEST)
            check_files(stage, manifest)
            _check_fits(settings, manifest)
            _check_free(settings, replace)
            if manifest.engine == "sqlite":
                said("verify", 0.0)
                sqlite.verify_database(stage / sqlite.FILE, manifest.rows)
            if manifest.engine == "postgres":
                # In one transaction, and before any file is moved: where it fails, everything is as it was.
                _old_schema(settings, manifest)
                postgres.fill_tables(settings.database, stage, manifest.rows, our_tables(Path(scratch)), said)
            aside = _set_aside(settings, now)
            _put_back(settings, stage)
        sync(settings.data)
    except OSError as error:
        raise UserError(f"The backup cannot be put back: {error.strerror or error}.") from error
    finally:
        os.close(lock)
    return Restored(manifest.made, manifest.rows.get("event", 0), _waiting(settings.inbox), aside)


def _stop_others(settings: Settings) -> int:
    """The loader's lock, so that nobody loads meanwhile. Raises UserError where the collector runs."""
    lock = hold(settings.data / "loader.lock")
    running = UserError("The collector runs on this data folder.", "Stop it first, then restore.")
    if lock is None:
        raise running
    for files in all_boxes(settings.inbox):
        with suppress(FileNotFoundError):
            held = hold(files.lock, create=False)
            if held is None:
                os.close(lock)
                raise running
            os.close(held)
    return lock


def _check_fits(settings: Settings, manifest: Manifest) -> None:
    """Whether this version and this kind of database can take the backup."""
    engine = "postgres" if sqlite_path(settings.database) is None else "sqlite"
    if engine != manifest.engine:
        raise UserError(
            f"This backup is of {manifest.engine} and the database is {engine}.",
            "Name one of the same kind with --database.",
        )
    for table, names in manifest.migrations.items():
        folder = _FOLDERS.get(table)
        known = {path.stem for path in folder.glob("[0-9]*.py")} if folder else set()
        if set(names) - known:
            raise UserError(
                "This backup was made by a newer Desireline.", "Install that version, or a later one, first."
            )


def _check_free(settings: Settings, replace: bool) -> None:
    """Raise UserError where an installation is there and may not be replaced."""
    path = sqlite_path(settings.database)
    there = (settings.data / KEYS).exists() or (path is not None and path.exists()) or bool(all_boxes(settings.inbox))
    if path is None and not there:
        engine = open_engine(settings.database)
        found = engine.row("SELECT to_regclass('event') IS NOT NULL AND EXISTS (SELECT 1 FROM pg_class)")
        filled = bool(found and found[0]) and engine.row("SELECT 1 FROM event LIMIT 1") is not None
        engine.close()
        there = filled
    if there and not replace:
        raise UserError(
            "An installation is there already.",
            "Restore into another --data folder, or add --replace: the old files are set aside, tables overwritten.",
        )


def _set_aside(settings: Settings, now: int) -> Path | None:
    """Move what is there into a folder of its own."""
    stamp = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%d-%H%M%S")
    aside = settings.data / f"before-restore-{stamp}"
    path = sqlite_path(settings.database)
    sides = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")] if path else []
    there = [one for one in (settings.data / KEYS, settings.inbox, *sides) if one.exists()]
    shutil.rmtree(settings.data / "journeys", ignore_errors=True)  # a cache of what was: made anew
    if not there or (there == [settings.inbox] and not any(settings.inbox.iterdir())):
        return None
    aside.mkdir(mode=0o700)
    for one in there:
        shutil.move(str(one), aside / one.name)
    return aside


def _put_back(settings: Settings, stage: Path) -> None:
    """Move the files of a checked backup to where they belong."""
    path = sqlite_path(settings.database)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(stage / sqlite.FILE), path)
        sync(path)
    settings.inbox.mkdir(mode=0o700, exist_ok=True)
    for box in sorted((stage / INBOX).glob("box-*.sqlite3")) if (stage / INBOX).is_dir() else ():
        files = BoxFiles(settings.inbox, box.stem.removeprefix("box-"))
        shutil.move(str(box), files.records)
        files.lock.touch(mode=0o600)
    # The keys last: a folder without them is none that anybody starts from by mistake.
    shutil.move(str(stage / KEYS), settings.data / KEYS)


def _old_schema(settings: Settings, manifest: Manifest) -> None:
    """Make the tables as they were then; whatever is newer is applied by the next start, to the rows as well."""
    engine = open_engine(settings.database)
    try:
        with engine.errors():
            for table, names in manifest.migrations.items():
                if names:
                    Runner(engine.database, str(_FOLDERS[table]), table_name=table).up(target=max(names))
                    applied = {row[0] for row in engine.rows(f"SELECT name FROM {table}")}  # noqa: S608 - ours
                    if applied != set(names):
                        raise UserError(
                            "The database has the tables of a newer Desireline than the backup.",
                            "Restore into an empty database.",
                        )
    finally:
        engine.close()


def _waiting(inbox: Path) -> int:
    total = 0
    for files in all_boxes(inbox):
        if files.records.exists():
            with closing(sqlite3.connect(files.records)) as connection:
                total += int(connection.execute("SELECT count(*) FROM record").fetchone()[0])
    return total
