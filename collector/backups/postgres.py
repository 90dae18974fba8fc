"""The tables of a Postgres database as COPY text, all from one snapshot; read back into scratch tables and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from collector.backups.archive import Said, quiet
from collector.backups.sqlite import check_counts
from collector.core.errors import UserError

FOLDER = "ledger"
LAYOUT = f"{FOLDER}/layout.json"
_BLOCK = 2**20
Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns by table; by table with ids of its own, their column and the greatest ever given out."""

    columns: Mapping[str, list[str]]
    sequences: Mapping[str, tuple[str, int]]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection, its errors turned into a line."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            yield connection
    except psycopg.Error as error:
        raise UserError(f"The database cannot be used: {error}.", "Run desireline doctor.") from error


def tables_there(connection: Connection, known: frozenset[str]) -> list[str]:
    """Those of the tables `known` that the database has, by name: others may live in the same database."""
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1"
    return [name for (name,) in connection.execute(query) if name in known]


def _columns(connection: Connection, table: str) -> list[str]:
    query = (
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position"
    )
    return [name for (name,) in connection.execute(query, (table,))]


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def history(connection: Connection, tables: list[str]) -> dict[str, list[str]]:
    """Applied migrations by history table."""
    return {
        table: [name for (name,) in connection.execute(SQL("SELECT name FROM {} ORDER BY 1").format(Identifier(table)))]
        for table in tables
        if table.endswith("_migration")
    }


def copy_tables(
    url: str, folder: Path, known: frozenset[str], said: Said = quiet
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Write every table of ours to `folder`; (rows by table, applied migrations) of the same snapshot."""
    (folder / FOLDER).mkdir(mode=0o700)
    with connected(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        tables = tables_there(connection, known)
        columns = {table: _columns(connection, table) for table in tables}
        rows = {}
        for number, table in enumerate(tables):
            said("copy", number / len(tables))
            rows[table] = _count(connection, table)
            _copy_out(connection, table, columns[table], folder / FOLDER / f"{table}.copy")
        applied = history(connection, tables)
        layout = Layout(columns, _sequences(connection, columns))
    (folder / LAYOUT).write_text(json.dumps(asdict(layout)))
    return rows, applied


def _names(columns: list[str]) -> Any:
    return SQL(", ").join(map(Identifier, columns))


def _copy_out(connection: Connection, table: str, columns: list[str], target: Path) -> None:
    query = SQL("COPY {} ({}) TO STDOUT").format(Identifier(table), _names(columns))
    with open(target, "wb") as file, connection.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            file.write(block)


def _copy_in(connection: Connection, table: str, columns: list[str], source: Path) -> None:
    query = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), _names(columns))
    with open(source, "rb") as file, connection.cursor() as cursor, cursor.copy(query) as copy:
        while block := file.read(_BLOCK):
            copy.write(block)


def _sequences(connection: Connection, columns: Mapping[str, list[str]]) -> dict[str, tuple[str, int]]:
    found = {}
    for table, names in columns.items():
        for column in names:
            row = connection.execute("SELECT pg_get_serial_sequence(%s, %s)", (f'"{table}"', column)).fetchone()
            if row and row[0]:
                last = connection.execute(f"SELECT last_value FROM {row[0]}").fetchone()  # noqa: S608
                found[table] = (column, int(last[0]) if last else 0)
    return found


def read_layout(folder: Path) -> Layout:
    """The layout of a backup read into `folder`."""
    return Layout(**json.loads((folder / LAYOUT).read_text()))


def verify_tables(url: str, folder: Path, rows: Mapping[str, int], said: Said = quiet) -> None:
    """Restore every table into a temporary one of this connection, and count.

    Raises:
        UserError: a table does not come back whole.
    """
    found = {}
    with connected(url) as connection:
        for number, (table, columns) in enumerate(read_layout(folder).columns.items()):
            said("verify", number / len(rows))
            scratch = f"backup_{table}"[:63]
            connection.execute(
                SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(Identifier(scratch), Identifier(table))
            )
            _copy_in(connection, scratch, columns, folder / FOLDER / f"{table}.copy")
            found[table] = _count(connection, scratch)
            connection.execute(SQL("DROP TABLE {}").format(Identifier(scratch)))
        connection.rollback()
    check_counts(rows, found)


def fill_tables(url: str, folder: Path, rows: Mapping[str, int], known: frozenset[str], said: Said = quiet) -> None:
    """Put the rows of a backup into the tables that are there, instead of what they hold, in one transaction."""
    layout = read_layout(folder)
    columns = layout.columns
    with connected(url) as connection:
        there = tables_there(connection, known)
        missing = [table for table in columns if table not in there]
        if missing:
            raise UserError(
                f"The database has no table {missing[0]}.", "Restore with the version that made the backup."
            )
        connection.execute(SQL("TRUNCATE {}").format(_names(there)))
        for number, table in enumerate(_by_reference(connection, list(columns))):
            said("restore", number / len(columns))
            _copy_in(connection, table, columns[table], folder / FOLDER / f"{table}.copy")
        for table, (column, last) in layout.sequences.items():
            # Ids go on after the greatest ever given out, also where its row is gone: none is given out twice.
            connection.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", (f'"{table}"', column, max(last, 1))
            )
        check_counts(rows, {table: _count(connection, table) for table in columns})


def _by_reference(connection: Connection, tables: list[str]) -> list[str]:
    """The tables, those first that others refer to."""
    query = (
        "SELECT a.relname, b.relname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid "
        "JOIN pg_class b ON b.oid = c.confrelid "
        "WHERE c.contype = 'f' AND a.relnamespace = current_schema()::regnamespace"
    )
    needs = [(one, other) for one, other in connection.execute(query) if one != other]
    ordered: list[str] = []
    while len(ordered) < len(tables):
        free = [
            table
            for table in tables
            if table not in ordered
            and all(other in ordered for one, other in needs if one == table and other in tables)
        ]
        ordered += free or [table for table in tables if table not in ordered]
    return ordered
