"""From a database URL to an engine and a ledger."""

from __future__ import annotations

from pathlib import Path

from collector.core.errors import UserError
from collector.store.engine import Engine
from collector.store.ledger import SqlLedger
from collector.store.postgres import PostgresEngine
from collector.store.protocol import Ledger
from collector.store.sqlite import SqliteEngine

_HELP = "Write sqlite:///absolute/path/to/file.db or postgresql://user:password@host/database."


def open_engine(url: str) -> Engine:
    """The engine behind `url`; nothing is opened before its first use.

    Raises:
        UserError: `url` names no database that is supported.
    """
    path = sqlite_path(url)
    if path is not None:
        if not path.is_absolute() or url.endswith("/"):
            raise UserError(f"{url!r} names no file.", _HELP)
        return SqliteEngine(path)
    scheme, _, _ = url.partition("://")
    if scheme in ("postgresql", "postgres"):
        return PostgresEngine("postgresql" + url[len(scheme) :])
    raise UserError(f"{scheme or url!r} is not a database that can be used.", _HELP)


def sqlite_path(url: str) -> Path | None:
    """The file of the database at `url`, None where a server holds it."""
    # Taken literally, not as a quoted URL: a folder's name may hold any character.
    scheme, _, path = url.partition("://")
    return Path(path) if scheme == "sqlite" else None


def open_ledger(url: str) -> Ledger:
    """The ledger in the database at `url`; call `migrate()` before its first use.

    Raises:
        UserError: `url` names no database that is supported.
    """
    return SqlLedger(open_engine(url))
