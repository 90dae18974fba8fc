"""A backup is whole, made while others write, and comes back exactly; a damaged or foreign file changes nothing."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collector.backups.make import Backup, make_backup
from collector.backups.restore import restore
from collector.catalog.catalog import Catalog
from collector.core.errors import UserError
from collector.inbox.box import Inbox
from collector.inbox.files import all_boxes, hold
from collector.settings import Settings, load_keys, read_settings
from collector.store.open import open_ledger
from tests.store.making import custom, identify, page

NOW = 1_763_750_000_000


def place(folder: Path, url: str = "") -> Settings:
    """The settings of an installation in `folder`, its disk floor out of the way."""
    made = read_settings({"DESIRELINE_DATA": str(folder), "DESIRELINE_DATABASE": url, "DESIRELINE_DISK_FLOOR": "0"})
    load_keys(made)
    return made


def fill(settings: Settings, events: int = 300) -> int:
    """A site with events and a linked person; its id."""
    ledger, catalog = open_ledger(settings.database), Catalog(settings.database)
    ledger.migrate()
    catalog.migrate()
    gone = catalog.add_site("gone", [], NOW).site
    site = catalog.add_site("shop", ["https://shop.example"], NOW).site
    assert gone.id < site.id
    rows = [page(number, f"v_{number % 7}", f"/p{number % 5}") for number in range(events)]
    odd = custom(events + 1, 'tab\t"quote" \\N \\. \r\n', props={"a": "\\x00 \\t", "n": [1, None, {"ü": "💥"}]})
    ledger.append(site.id, [*rows, odd, identify(events + 2, "user-1", "v_1", {"plan": "pro"})])
    ledger.close()
    catalog.close()
    return site.id


def told(settings: Settings, site: int) -> object:
    """Everything that the ledger and the catalog say of the site."""
    ledger, catalog = open_ledger(settings.database), Catalog(settings.database)
    found = (
        [(event, user) for event, user in ledger.export(site, 0, 10_000)],
        ledger.links(site),
        ledger.person(site, "user-1"),
        dict(ledger.counts(site)),
        catalog.site_by_name("shop"),
    )
    ledger.close()
    catalog.close()
    return found


@pytest.fixture
def urls(request: pytest.FixtureRequest, ledger_url: str) -> tuple[str, str]:
    """A database to back up and an empty one of the same kind; "" is a file in the data folder."""
    if ledger_url.startswith("sqlite"):
        return "", ""
    create: Callable[[str], str] = request.getfixturevalue("postgres_url")
    return ledger_url, create("restored")


def test_everything_comes_back_and_ids_go_on(tmp_path: Path, urls: tuple[str, str]) -> None:
    old = place(tmp_path / "old", urls[0])
    site = fill(old)
    made = make_backup(old, tmp_path / "kept", NOW)
    assert (made.events, made.path.stat().st_mode & 0o777) == (302, 0o600)
    new = replace(place(tmp_path / "new", urls[1]))
    (new.data / "keys.json").unlink()
    found = restore(new, made.path, NOW)
    assert (found.events, found.waiting, found.aside) == (302, 0, None)
    assert told(new, site) == told(old, site)
    assert load_keys(new) == load_keys(old)
    ledger, catalog = open_ledger(new.database), Catalog(new.database)
    ledger.migrate()
    catalog.migrate()
    assert ledger.append(site, [page(1, "v_1"), page(9_000, "v_1")]).stored == 1
    assert ledger.head(site) == 303
    assert catalog.add_site("next", [], NOW).site.id == site + 1
    ledger.close()
    catalog.close()


def test_a_backup_under_load_is_one_instant_and_holds_what_was_acknowledged_before(tmp_path: Path) -> None:
    settings = place(tmp_path / "data")
    site = fill(settings, 5_000)
    inbox = Inbox(settings.inbox, 2**20, 0)
    for number in range(20):
        inbox.put(f"record {number}".encode())
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        ledger = open_ledger(settings.database)
        while not stop.is_set():
            first = 10_000 + 50 * len(written)
            written.append(ledger.append(site, [page(first + more, "v_2") for more in range(50)]).stored)
        ledger.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 2:
            assert writer.is_alive(), "the other writer failed"
            stop.wait(0.01)
        before = 5_002 + 50 * len(written)
        made = make_backup(settings, tmp_path / "kept", NOW)
        after = 5_002 + 50 * (len(written) + 1)
    finally:
        stop.set()
        writer.join()
        inbox.close()
    assert before <= made.events <= after
    assert (made.events - 5_002) % 50 == 0, "half a transaction was copied"
    assert made.waiting == 20
    new = read_settings({"DESIRELINE_DATA": str(tmp_path / "new")})
    assert restore(new, made.path, NOW).waiting == 20
    assert len(all_boxes(new.inbox)) == 1


def test_an_installation_is_replaced_only_when_told_and_kept_aside(tmp_path: Path) -> None:
    settings = place(tmp_path / "data")
    site = fill(settings)
    before = told(settings, site)
    made = make_backup(settings, tmp_path / "kept", NOW)
    ledger = open_ledger(settings.database)
    ledger.append(site, [page(8_000)])
    ledger.close()
    with pytest.raises(UserError, match="there already"):
        restore(settings, made.path, NOW)
    found = restore(settings, made.path, NOW, replace=True)
    assert told(settings, site) == before
    assert found.aside is not None
    assert {"keys.json", "ledger.sqlite3"} <= {path.name for path in found.aside.iterdir()}


def test_a_running_collector_is_not_restored_under(tmp_path: Path) -> None:
    settings = place(tmp_path / "data")
    fill(settings)
    made = make_backup(settings, tmp_path / "kept", NOW)
    inbox = Inbox(settings.inbox, 2**20, 0)
    inbox.put(b"x")
    with pytest.raises(UserError, match="runs"):
        restore(settings, made.path, NOW, replace=True)
    inbox.close()
    lock = hold(settings.data / "loader.lock")
    with pytest.raises(UserError, match="runs"):
        restore(settings, made.path, NOW, replace=True)
    assert lock is not None


def damaged(made: Backup, folder: Path, how: Callable[[bytes], bytes]) -> Path:
    path = folder / "damaged.tar.gz"
    path.write_bytes(how(made.path.read_bytes()))
    return path


def flip(data: bytes) -> bytes:
    """The same archive with one byte of its contents changed."""
    plain = bytearray(gzip.decompress(data))
    at = plain.index(b"SQLite format 3") + 5_000
    plain[at] ^= 255
    return gzip.compress(bytes(plain), 1)


def climbing(_: bytes) -> bytes:
    """An archive that wants to write outside its folder."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        member = tarfile.TarInfo("../../evil")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    return made.getvalue()


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def contents(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def changed(name: str, part: object) -> Callable[[bytes], bytes]:
    """The same archive with another word in its list of contents."""

    def change(data: bytes) -> bytes:
        files = contents(data)
        files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | {name: part}).encode()
        return packed(files)

    return change


def listing_nothing(_: bytes) -> bytes:
    """An archive of nothing that says so: every file of its list is there."""
    told = {"format": 1, "made": 1, "engine": "sqlite", "migrations": {}, "rows": {}, "files": {}}
    return packed({"manifest.json": json.dumps(told).encode(), "keys.json": b"{}", "ledger.sqlite3": b""})


def with_another_file(data: bytes) -> bytes:
    return packed(contents(data) | {"inbox/box-0123456789abcdef.sqlite3": b""})


def without_keys(data: bytes) -> bytes:
    files = contents(data)
    del files["keys.json"]
    told = json.loads(files["manifest.json"])
    del told["files"]["keys.json"]
    return packed(files | {"manifest.json": json.dumps(told).encode()})


HOSTILE = (
    *(flip, climbing, listing_nothing, with_another_file, without_keys),
    *(changed("format", "1"), changed("made", "x"), changed("format", None), changed("migrations", {"event": 5})),
    lambda data: data[: len(data) // 2],
    lambda _: b"no archive",
    lambda _: packed({"manifest.json": b"[" * 100_000}),
)


@pytest.mark.parametrize("how", HOSTILE)
def test_a_damaged_or_hostile_file_changes_nothing(tmp_path: Path, how: Callable[[bytes], bytes]) -> None:
    settings = place(tmp_path / "data")
    site = fill(settings)
    made = make_backup(settings, tmp_path / "kept", NOW)
    before = told(settings, site)
    with pytest.raises(UserError):
        restore(settings, damaged(made, tmp_path, how), NOW, replace=True)
    assert told(settings, site) == before
    assert not (tmp_path / "evil").exists()
    assert not list(settings.data.glob("before-*"))


def test_a_damaged_database_is_never_called_a_backup(tmp_path: Path) -> None:
    settings = place(tmp_path / "data")
    fill(settings, 3_000)
    path = settings.data / "ledger.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 40_000):
        data[at] = 0xAB
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"damaged|cannot be copied"):
        make_backup(settings, tmp_path / "kept", NOW)
    assert list((tmp_path / "kept").iterdir()) == []
    assert not (settings.data / "backup.json").exists()


def test_old_backups_go_when_told_how_many_to_keep(tmp_path: Path) -> None:
    settings = place(tmp_path / "data")
    fill(settings, 10)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "other.tar.gz").write_text("not ours")
    for second in range(4):
        made = make_backup(settings, tmp_path / "kept", NOW + 1_000 * second, keep=2)
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert len(names) == 3
    assert names[1] == made.path.name
    assert names[2] == "other.tar.gz"
