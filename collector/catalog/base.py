"""Tables of the catalog and the way queries reach the database."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import peewee

from collector.store.engine import Engine

SITE = peewee.Table("site")
ACCOUNT = peewee.Table("account")
MEMBERSHIP = peewee.Table("membership")
TOKEN = peewee.Table("token")
ATTEMPT = peewee.Table("attempt")
REPORT = peewee.Table("saved_report")
SEGMENT = peewee.Table("segment")

Record = Mapping[str, Any]


class Base:
    """What the parts of the catalog share: the engine of the ledger's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _all(self, query: Any) -> list[Record]:
        with self._engine.errors():
            if not self._engine.database.in_transaction():
                self._engine.ready()
            return list(query.dicts().execute(self._engine.database))

    def _first(self, query: Any) -> Record | None:
        found = self._all(query)
        return found[0] if found else None

    def _change(self, query: Any) -> int:
        """Run an update or a delete; the number of rows it touched."""
        with self._engine.errors():
            return int(query.execute(self._engine.database))

    def _add(self, table: peewee.Table, **cells: object) -> None:
        """Insert a row; peewee.IntegrityError where it breaks a rule of the table."""
        with self._engine.errors():
            table.insert(**cells).execute(self._engine.database)


def new_secret(prefix: str = "") -> str:
    """256 random bits as text."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a random secret. With 256 bits of randomness a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
