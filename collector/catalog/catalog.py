"""The catalog as a whole."""

from __future__ import annotations

from pathlib import Path

from collector.catalog.access import ApiTokens
from collector.catalog.connections import Connections
from collector.catalog.dashboards import Dashboards
from collector.catalog.invitations import Invitations
from collector.catalog.mentions import Mentions
from collector.catalog.shares import Shares
from collector.catalog.sites import Sites
from collector.catalog.spend import Spending
from collector.catalog.tokens import Tokens
from collector.catalog.users import Users
from collector.store.open import open_engine

MIGRATIONS = Path(__file__).parent / "migrations"


class Catalog(Sites, Users, Tokens, Spending, ApiTokens, Shares, Invitations, Connections, Mentions, Dashboards):
    """Who owns what, in the ledger's database; call `migrate()` before the first use.

    Safe to share between threads and to carry over a fork.
    """

    def __init__(self, url: str) -> None:
        super().__init__(open_engine(url))

    def migrate(self) -> None:
        """Bring the schema up to date, under a lock."""
        self._engine.migrate(MIGRATIONS, "catalog_migration")

    def close(self) -> None:
        """Close this thread's connection."""
        self._engine.close()
