"""The database: reachable, of this version, whole, not locked, and writing to disk when it says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import peewee

from collector.catalog import catalog
from collector.catalog.catalog import Catalog
from collector.core.errors import UserError
from collector.core.times import MINUTE, SECOND
from collector.doctor.finding import Case, Finding, age, bad, ok, size, warn
from collector.store import ledger
from collector.store.open import open_engine, sqlite_path
from collector.store.protocol import LedgerDown

_HISTORIES = (("ledger_migration", ledger.MIGRATIONS), ("catalog_migration", catalog.MIGRATIONS))
# Larger files are read through only when asked to: it takes minutes.
_QUICK = 2 * 2**30
_LONG_LOG = 512 * 2**20


def database(case: Case) -> Iterator[Finding]:
    """Whether it answers; sets `case.engine` and `case.catalog` where it does."""
    path = sqlite_path(case.settings.database)
    if path is not None and not path.exists():
        yield bad("database", f"{path} is not there.", "Restore it, or name the right one with --data or --database.")
        return
    try:
        engine = open_engine(case.settings.database)
        engine.row("SELECT 1 FROM event LIMIT 1")
    except UserError as error:
        yield bad("database", error.message, error.hint)
        return
    except (LedgerDown, peewee.DatabaseError) as error:
        text = " ".join(str(error).split())
        if "no such table" in text or ("does not exist" in text and "relation" in text):
            yield bad("database", "The database has no tables of ours.", "Start once: desireline serve makes them.")
        elif path is not None:
            yield bad("database", f"{path} cannot be read: {text}.", "Restore it from a backup; keep the damaged file.")
        else:
            yield bad(
                "database",
                f"The database server does not answer: {text}.",
                "Check that it runs, and the address, user and password in DESIRELINE_DATABASE.",
            )
        return
    case.engine, case.catalog = engine, Catalog(case.settings.database)
    yield from _versions(case)
    yield from _sqlite(case, path) if path is not None else _postgres(case)


def _versions(case: Case) -> Iterator[Finding]:
    if case.engine is None:
        return
    for table, folder in _HISTORIES:
        known = {path.stem for path in folder.glob("[0-9]*.py")}
        try:
            applied = {str(row[0]) for row in case.engine.rows(f"SELECT name FROM {table}")}  # noqa: S608 - ours
        except (LedgerDown, peewee.DatabaseError):
            applied = set()
        if applied - known:
            yield bad(
                "version",
                "The database was used by a newer Desireline than this one.",
                "pip install --upgrade desireline; an old version must not write to it.",
            )
        elif known - applied:
            yield warn(
                "version", "The database waits for an update of its tables.", "Restart: desireline serve does it."
            )


def _sqlite(case: Case, path: Path) -> Iterator[Finding]:
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size > _LONG_LOG:
        yield warn(
            "database",
            f"Its log has grown to {size(log.stat().st_size)}: something reads the database without an end.",
            "Restart the server, and end other programs that have the file open.",
        )
    try:
        with closing(sqlite3.connect(path, timeout=3, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            if case.deep or path.stat().st_size < _QUICK:
                told = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if told != "ok":
                    yield bad(
                        "database", f"{path} is damaged: {told}.", "Restore it from a backup; keep the damaged file."
                    )
                    return
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            yield bad(
                "database",
                "Another program holds a lock on the database; nothing can be loaded meanwhile.",
                f"End it (fuser {path} names it). Events wait in the inbox and are not lost.",
            )
        else:
            yield bad("database", f"{path} cannot be written: {error}.", "Check the disk and the file's owner.")
        return
    except sqlite3.DatabaseError as error:
        yield bad("database", f"{path} is damaged: {error}.", "Restore it from a backup; keep the damaged file.")
        return
    yield ok("database", f"SQLite, {size(path.stat().st_size)}, whole and writable.")


def _postgres(case: Case) -> Iterator[Finding]:
    if case.engine is None:
        return
    told = {
        name: str((case.engine.row(f"SHOW {name}") or ("",))[0])
        for name in ("server_version", "fsync", "synchronous_commit", "default_transaction_read_only")
    }
    if told["fsync"] != "on" or told["synchronous_commit"] == "off":
        yield warn(
            "database",
            "Postgres is set to lose what it confirmed when the power fails (fsync or synchronous_commit is off).",
            "Set both to on in postgresql.conf.",
        )
    if told["default_transaction_read_only"] == "on":
        yield bad("database", "The database can only be read.", "Give the address of the primary server.")
        return
    row = case.engine.row("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
    ahead = case.now - int(row[0]) if row else 0
    if abs(ahead) > 30 * SECOND:
        yield warn(
            "clock",
            f"The clocks of this machine and of the database differ by {age(abs(ahead))}.",
            "Run an NTP service.",
        )
    yield ok("database", f"Postgres {told['server_version'].split()[0]} answers.")


def clock(case: Case) -> Iterator[Finding]:
    """Whether events came later than now."""
    if case.engine is None:
        return
    row = case.engine.row(
        "SELECT max(received) FROM (SELECT received FROM event ORDER BY id DESC LIMIT 1000) AS latest"
    )
    latest = int(row[0]) if row and row[0] is not None else 0
    if latest > case.now + MINUTE:
        yield bad(
            "clock",
            f"The last event arrived {age(latest - case.now)} in the future: this machine's clock was set back.",
            "Run an NTP service (timedatectl set-ntp true); cookies and days are reckoned by this clock.",
        )
