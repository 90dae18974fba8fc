"""Fixtures that every suite may use: ledgers on SQLite and on a real Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from collector.store.open import open_ledger
from collector.store.protocol import Ledger
from tests.support.effort import examples
from tests.support.postgres import Cluster, cluster

settings.register_profile("effort", max_examples=examples(100), deadline=None)
settings.load_profile("effort")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One real Postgres server for the whole session, started at its first use."""
    with cluster() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Callable[[str], str]:
    """A function that makes a fresh, empty database and gives its address."""
    return postgres_cluster.create


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh, empty database of each engine."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/ledger.db"
    server: Cluster = request.getfixturevalue("postgres_cluster")
    return server.fresh()


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A migrated, empty ledger of each engine."""
    opened = open_ledger(ledger_url)
    opened.migrate()
    yield opened
    opened.close()
