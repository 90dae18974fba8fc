"""A SQLite database, copied as it was at one instant while others write, and counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from collector.backups.archive import Said, quiet
from collector.core.errors import UserError

FILE = "ledger.sqlite3"
_PAGES = 4_096


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    return [name for (name,) in connection.execute(query)]


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows by table."""
    return {
        table: int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608 - its own name
        for table in _tables(connection)
    }


def history(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Applied migrations by history table."""
    return {
        table: [name for (name,) in connection.execute(f'SELECT name FROM "{table}" ORDER BY name')]  # noqa: S608
        for table in _tables(connection)
        if table.endswith("_migration")
    }


def copy_database(source: Path, target: Path, said: Said = quiet) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Copy the database; (rows by table, applied migrations) of the very snapshot that was copied.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as old,
            closing(sqlite3.connect(target, isolation_level=None)) as new,
        ):
            # Within a read transaction the copy need not begin again whenever somebody writes.
            old.execute("PRAGMA busy_timeout = 15000")
            old.execute("BEGIN")
            rows, applied = count_rows(old), history(old)
            old.backup(new, pages=_PAGES, progress=lambda _, left, total: said("copy", 1 - left / max(total, 1)))
            old.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise UserError(f"{source} cannot be copied: {error}.", "Run desireline doctor.") from error
    return rows, applied


def verify_database(path: Path, rows: Mapping[str, int]) -> None:
    """Open a copy, have SQLite check all of it, and count.

    Raises:
        UserError: it is damaged, or has not the rows it should have.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            told = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            found = count_rows(connection)
    except sqlite3.Error as error:
        told, found = str(error), {}
    if told != "ok":
        raise UserError(f"The copy of the database is damaged: {told}.", "Run desireline doctor, then try again.")
    check_counts(rows, found)


def check_counts(wanted: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Raise UserError naming the first table whose rows are not all there."""
    for table, number in wanted.items():
        if found.get(table) != number:
            raise UserError(
                f"{table} should have {number} rows and has {found.get(table, 'none')}.", "Make another backup."
            )
