"""Opening, migrating, forking, and what happens when the database is away."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from collector.core.errors import UserError
from collector.store.ledger import SqlLedger
from collector.store.open import open_engine, open_ledger
from collector.store.protocol import Ledger, LedgerDown
from collector.store.sqlite import PRAGMAS, SqliteEngine
from tests.store.making import page
from tests.support.postgres import cluster


@pytest.mark.parametrize("url", ["mysql://x/y", "ledger.db", "", "sqlite://", "sqlite://ledger.db", "sqlite:///dir/"])
def test_other_addresses_are_refused_with_a_hint(url: str) -> None:
    with pytest.raises(UserError, match="sqlite:///"):
        open_ledger(url)


def test_a_folder_of_any_name_can_hold_the_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20?#é"
    ledger = open_ledger(f"sqlite://{folder}/x.db")
    ledger.migrate()
    ledger.close()
    assert (folder / "x.db").exists()


def test_migrating_again_changes_nothing(ledger: Ledger) -> None:
    ledger.append(1, [page(1)])
    ledger.migrate()
    assert ledger.counts(1)["events"] == 1


def test_several_processes_may_migrate_at_once(ledger_url: str) -> None:
    script = "import sys; from collector.store.open import open_ledger as o; o(sys.argv[1]).migrate()"
    started = [subprocess.Popen([sys.executable, "-c", script, ledger_url]) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    ledger = open_ledger(ledger_url)
    ledger.append(1, [page(1)])
    assert ledger.head(1) == 1
    ledger.close()


FORK = """
    import os, sys
    from collector.store.open import open_ledger
    from tests.store.making import page
    ledger = open_ledger(sys.argv[1])
    ledger.append(1, [page(1)])
    parents = ledger.engine.database.connection()
    child = os.fork()
    if not child:
        assert ledger.engine.database.connection() is not parents
        ledger.append(1, [page(2, "v_child", "/child")])
        assert ledger.counts(1)["events"] == 2
        ledger.close()
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    assert ledger.engine.database.connection() is parents and parents.execute("SELECT 1").fetchone() == (1,)
    ledger.append(1, [page(3), page(4, "v_child", "/child")])
    assert ledger.counts(1) == {"events": 4, "visitors": 2, "persons": 0, "quarantined": 0}
    assert len(ledger.pages(1)) == 2
"""


def test_a_forked_child_opens_connections_of_its_own(ledger: Ledger, ledger_url: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(FORK), ledger_url], check=True, timeout=60)


@pytest.mark.postgres
def test_a_writer_of_which_nothing_is_heard_lets_go_of_the_lock(
    postgres_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.store.postgres.IDLE_MS", 300)
    url = postgres_url()
    still, other = SqlLedger(open_engine(url)), open_ledger(url)
    still.migrate()

    def stand_still() -> None:
        with still.engine.writing():
            assert other.append(1, [page(1)]).stored == 1  # waits for the lock until the server takes it away
            still.engine.row("SELECT 1")

    with pytest.raises(LedgerDown):
        stand_still()
    assert still.append(1, [page(2)]).stored == 1
    assert other.counts(1)["events"] == 2
    still.close()
    other.close()


@pytest.mark.postgres
def test_a_server_that_went_away_is_noticed_within_minutes(postgres_url: Callable[[], str]) -> None:
    engine = open_engine(postgres_url() + "?keepalives_idle=7")
    told = engine.database.connection().info.get_parameters()
    engine.close()
    assert {name: told[name] for name in ("keepalives_idle", "keepalives_count", "connect_timeout")} == {
        "keepalives_idle": "7",
        "keepalives_count": "4",
        "connect_timeout": "5",
    }


def test_threads_have_connections_of_their_own(ledger: Ledger) -> None:
    def work(lane: int) -> None:
        for number in range(5):
            ledger.append(1, [page(lane * 100 + number)])
        ledger.close()

    threads = [Thread(target=work, args=(lane,)) for lane in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.counts(1)["events"] == 20


def test_sqlite_is_opened_so_that_a_commit_outlives_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite://{tmp_path}/x.db")
    settings = {name: engine.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "secure_delete")}
    engine.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 2}


def test_a_full_disk_stores_nothing_and_is_over_when_there_is_room(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite://{tmp_path}/x.db")
    ledger.migrate()
    assert isinstance(ledger, SqlLedger)
    pages = ledger.engine.rows("PRAGMA page_count")[0][0]
    ledger.engine.rows(f"PRAGMA max_page_count = {pages + 2}")
    events = [page(number, f"v_{number}", f"/{number}") for number in range(500)]
    with pytest.raises(LedgerDown, match="full"):
        ledger.append(1, events)
    assert ledger.counts(1)["events"] == 0
    ledger.engine.rows("PRAGMA max_page_count = 1000000")
    assert ledger.append(1, events).stored == 500
    ledger.close()


def test_a_ledger_that_cannot_be_opened_is_down(tmp_path: Path) -> None:
    (tmp_path / "x.db").mkdir()
    with pytest.raises(LedgerDown):
        open_ledger(f"sqlite://{tmp_path}/x.db").head(1)


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_was_taken_away_is_down_and_takes_nothing(tmp_path: Path, how: str) -> None:
    """What is written to a file without a name is lost when it is closed: it must not be taken for stored."""
    path = tmp_path / "ledger.db"
    ledger = SqlLedger(open_engine(f"sqlite://{path}"))
    ledger.migrate()
    ledger.append(1, [page(1)])
    path.rename(tmp_path / "away.db")
    if how == "replaced":
        shutil.copy(tmp_path / "away.db", path)
    failures: list[str] = []

    def fail() -> None:
        try:
            ledger.append(1, [page(1)])
        except LedgerDown as error:
            failures.append(str(error))

    fail()
    elsewhere = Thread(target=fail)
    elsewhere.start()
    elsewhere.join()
    assert len(failures) == 2
    assert "start again" in failures[0]
    assert path.exists() == (how == "replaced")
    ledger.close()


def test_a_broken_file_is_down_rather_than_a_fault_of_its_events(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 1_000)
    with pytest.raises(LedgerDown):
        open_ledger(f"sqlite://{tmp_path}/x.db").append(1, [page(1)])


def test_an_event_that_no_engine_can_hold_is_a_fault_of_its_own(ledger: Ledger) -> None:
    with pytest.raises((OverflowError, psycopg.DataError)):
        ledger.append(1, [page(1), page(2, time=2**70)])
    assert ledger.append(1, [page(1)]).stored == 1


@pytest.mark.postgres
def test_a_value_too_large_for_an_index_is_a_fault_of_its_own(postgres_url: Callable[[], str]) -> None:
    """Postgres calls it an operational error, like a server that is down."""
    ledger = open_ledger(postgres_url())
    ledger.migrate()
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        ledger.append(1, [page(1, visitor="".join(map(chr, range(0x4E00, 0x4E00 + 5_000))))])
    assert ledger.append(1, [page(1)]).stored == 1
    ledger.close()


def test_a_write_transaction_inside_another_is_an_error_instead_of_a_deadlock(ledger: SqlLedger) -> None:
    with ledger.engine.writing(), pytest.raises(RuntimeError, match="inside"):
        ledger.append(1, [page(1)])
    assert ledger.append(1, [page(1)]).stored == 1


def test_a_sqlite_file_that_another_program_has_locked_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRAGMAS, "busy_timeout", 50)
    first, second = (open_engine(f"sqlite://{tmp_path}/x.db") for _ in range(2))
    assert isinstance(first, SqliteEngine)
    first.run("CREATE TABLE t (x)")
    first.run("BEGIN IMMEDIATE")
    with pytest.raises(LedgerDown, match="locked"), second.writing():
        pass
    first.run("COMMIT")
    with second.writing():
        second.run("INSERT INTO t VALUES (1)")
    first.close()
    second.close()


@pytest.mark.postgres
def test_a_cut_connection_is_replaced_without_an_error(postgres_url: Callable[[], str]) -> None:
    url = postgres_url()
    ledger = open_ledger(url)
    ledger.migrate()

    def cut() -> None:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    cut()
    assert ledger.head(1) == 0
    cut()
    assert ledger.append(1, [page(1)]).stored == 1
    ledger.close()


@pytest.mark.postgres
def test_a_stopped_server_is_down_and_nothing_is_lost_when_it_is_back() -> None:
    with cluster() as server:
        ledger = open_ledger(server.create())
        ledger.migrate()
        ledger.append(1, [page(1)])
        server.stop()
        for _ in range(2):
            with pytest.raises(LedgerDown):
                ledger.append(1, [page(2)])
            with pytest.raises(LedgerDown):
                ledger.head(1)
        server.start()
        ledger.append(1, [page(2)])
        assert ledger.counts(1)["events"] == 2
        ledger.close()
