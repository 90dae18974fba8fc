"""Fixtures that every suite may use: ledgers on SQLite and on a real Postgres."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from collector.store.open import open_ledger
from collector.store.protocol import Ledger
from tests.support.effort import THOROUGH, examples
from tests.support.postgres import Cluster, cluster
from tests.support.watch import SECONDS, Watch

# The same cases in every run, so that what fails here fails everywhere; a thorough run tries others each time.
settings.register_profile("effort", max_examples=examples(100), deadline=None, derandomize=not THOROUGH)
settings.load_profile("effort")

ROOT = Path(__file__).parents[1]
# The files that take more than some eight seconds, the longest first (`pytest --durations=0` tells).
LONGEST = (
    "tests/browser/test_every_page.py",
    "tests/e2e/test_story.py",
    "tests/test_wheel.py",
    "tests/faults/test_kill.py",
    "tests/browser/test_pages.py",
    "tests/tracker/test_delivery.py",
    "tests/faults/test_abuse.py",
    "tests/clients/test_segment.py",
    "tests/demo/test_looks.py",
    "tests/faults/test_disk.py",
    "tests/docs/test_server.py",
    "tests/web/test_hostile.py",
    "tests/browser/test_hostile.py",
    "tests/cli/test_honest_demo.py",
    "tests/cli/test_demo.py",
    "tests/faults/test_odd.py",
    "tests/tracker/test_identity_real.py",
    "tests/reports/test_impact.py",
    "tests/journeys/test_view.py",
    "tests/reports/test_funnel_oracle.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Let files run in the order in which they are collected, which is the one below; and none of them for ever."""
    longer = max(1, THOROUGH)
    if config.option.timeout is None:
        config.option.timeout = longer * float(config.getini("timeout"))
    config.pluginmanager.register(Watch(longer * SECONDS), "watch")
    for name in ("CI", "BUILD_NUMBER"):
        # Where one of these is set, pytest tells in full how two long values differ: hours for a thousand lines.
        os.environ.pop(name, None)
    if hasattr(config.option, "loadscopereorder"):
        # pytest-xdist would begin with the files of most tests: the few long ones would be alone at the end.
        config.option.loadscopereorder = False


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only tests are asked for that want the machine for themselves, pass the files by that have none."""
    is_test = collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    if is_test and config.option.markexpr == "alone" and b"mark.alone" not in collection_path.read_bytes():
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that several processes end at about the same time."""
    gone = [path for path in LONGEST if not (ROOT / path).is_file()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py: LONGEST names files that there are not: {', '.join(gone)}")
    place = {path: at for at, path in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(LONGEST)))


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
