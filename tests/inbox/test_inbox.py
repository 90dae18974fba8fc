"""The inbox: on disk when it says so, grouped, bounded, and it recovers by itself."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.inbox.box import Inbox, InboxFull
from collector.inbox.drain import BoxReader, readers
from collector.inbox.files import BoxFiles, all_boxes, connect, hold, read_done, write_done
from collector.inbox.record import decode, encode


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    box = Inbox(tmp_path, disk_floor=0)
    yield box
    box.close()


def reader_of(inbox: Inbox) -> BoxReader:
    return BoxReader(inbox.files)


def test_a_record_is_readable_by_another_connection_once_put_returns(inbox: Inbox) -> None:
    inbox.put(b"one")
    inbox.put(b"two")
    reader = reader_of(inbox)
    assert reader.read(0, 10) == [(1, b"one"), (2, b"two")]
    assert reader.read(1, 10) == [(2, b"two")]
    assert reader.read(0, 1) == [(1, b"one")]
    reader.close()


def test_a_commit_is_forced_to_disk_and_a_reader_waits_for_none(inbox: Inbox) -> None:
    """A power cut is what `kill -9` cannot stand for: the system would still write what was handed to it."""
    connection = connect(inbox.files.records)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: an fsync at every commit
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_look_at_a_box_stops_at_so_many_bytes(inbox: Inbox) -> None:
    for _ in range(4):
        inbox.put(b"x" * 100)
    reader = reader_of(inbox)
    assert [seq for seq, _ in reader.read(0, 10, most=150)] == [1, 2]
    assert [seq for seq, _ in reader.read(2, 10, most=1)] == [3]
    assert [seq for seq, _ in reader.read(0, 10)] == [1, 2, 3, 4]
    reader.close()


def test_many_threads_are_committed_in_groups_and_nobody_s_record_is_missing(inbox: Inbox) -> None:
    commits: list[str] = []
    connection = inbox._connection
    assert connection is not None
    connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    def send(number: int) -> None:
        for turn in range(20):
            inbox.put(b"%d-%d" % (number, turn))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = reader_of(inbox)
    rows = reader.read(0, 1_000)
    reader.close()
    assert {body for _, body in rows} == {b"%d-%d" % (n, t) for n in range(24) for t in range(20)}
    assert [seq for seq, _ in rows] == list(range(1, 481))
    assert len(commits) < 400


def test_a_record_that_cannot_be_written_does_not_fail_its_neighbours(inbox: Inbox) -> None:
    """All three are queued behind one another, so that they share a group."""
    results: dict[str, object] = {}

    def send(name: str, body: object) -> None:
        try:
            inbox.put(body)  # type: ignore[arg-type]
            results[name] = "ok"
        except Exception as error:  # noqa: BLE001 - the outcome is what is tested
            results[name] = type(error).__name__

    poison = memoryview(b"x" * 4)[::2]  # has a length, but no form that SQLite takes
    threads = [threading.Thread(target=send, args=pair) for pair in (("a", b"a"), ("poison", poison), ("b", b"b"))]
    with sqlite3.connect(inbox.files.records, isolation_level=None) as blocker:
        blocker.execute("BEGIN IMMEDIATE")  # the writer waits, the group gathers
        for thread in threads:
            thread.start()
            time.sleep(0.05)
        blocker.execute("COMMIT")
    blocker.close()
    for thread in threads:
        thread.join()
    assert results["a"] == results["b"] == "ok"
    assert results["poison"] not in ("ok", "InboxFull")


def test_loaded_records_are_deleted_by_the_worker_and_seqs_are_never_used_again(inbox: Inbox) -> None:
    for number in range(5):
        inbox.put(b"%d" % number)
    reader = reader_of(inbox)
    reader.tell(5)
    until = time.monotonic() + 5
    while reader.read(0, 10) and time.monotonic() < until:
        time.sleep(0.02)
    assert reader.read(0, 10) == []
    assert inbox.pending_bytes == 0
    inbox.put(b"next")
    assert reader.read(0, 10) == [(6, b"next")]
    reader.close()


def test_past_its_bound_it_refuses_at_once_until_the_loader_has_caught_up(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, max_bytes=1_000, disk_floor=0)
    inbox.put(b"x" * 900)
    with pytest.raises(InboxFull) as caught:
        inbox.put(b"x" * 200)
    assert caught.value.reason == "behind"
    reader_of(inbox).tell(1)
    until = time.monotonic() + 5
    while inbox.pending_bytes and time.monotonic() < until:
        time.sleep(0.02)
    inbox.put(b"x" * 200)
    inbox.close()


def test_a_disk_below_its_floor_refuses(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, disk_floor=2**60)
    with pytest.raises(InboxFull) as caught:
        inbox.put(b"x")
    assert caught.value.reason == "disk"
    inbox.close()


def test_a_full_disk_refuses_loses_nothing_acknowledged_and_recovers_by_itself(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, disk_floor=0, max_pages=40)
    kept = []
    for number in range(1_000):
        body = b"%04d" % number + b"x" * 1_000
        try:
            inbox.put(body)
        except InboxFull:
            break
        kept.append(body)
    assert 0 < len(kept) < 1_000
    reader = reader_of(inbox)
    rows = reader.read(0, 1_000)
    assert [body for _, body in rows] == kept
    reader.tell(rows[-1][0])
    until = time.monotonic() + 5
    while True:
        try:
            inbox.put(b"again")
            break
        except InboxFull:
            assert time.monotonic() < until
            time.sleep(0.05)
    assert [body for _, body in reader.read(rows[-1][0], 10)] == [b"again"]
    reader.close()
    inbox.close()


def test_a_full_disk_is_not_filled_with_complaints(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    box = Inbox(tmp_path, disk_floor=0, max_pages=4)
    refused = 0
    for _ in range(40):
        try:
            box.put(b"x" * 2_000)
        except InboxFull:
            refused += 1
    assert refused > 10
    assert len(caplog.records) == 1
    box.close()


def test_a_box_is_taken_over_only_after_its_worker_is_gone_and_names_never_return(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, disk_floor=0)
    inbox.put(b"left")
    found = readers(tmp_path, {})
    reader = found[inbox.files.name]
    assert reader.take_over() is None
    inbox.close()
    orphan = reader.take_over()
    assert orphan is not None
    assert reader.take_over() is None
    assert orphan.read(0, 10) == [(1, b"left")]
    assert not orphan.empty_after(0)
    assert orphan.empty_after(1)
    orphan.remove()
    assert list(tmp_path.iterdir()) == []
    assert readers(tmp_path, found) == {}
    another = Inbox(tmp_path, disk_floor=0)
    assert another.files.name != inbox.files.name
    another.close()


@pytest.mark.parametrize("end", ["sqlite3", "lock"])
def test_a_box_whose_files_were_removed_acknowledges_nothing_more(inbox: Inbox, end: str) -> None:
    inbox.put(b"kept")
    next(inbox.files.folder.glob(f"box-*.{end}")).unlink()
    for _ in range(2):
        with pytest.raises(InboxFull):
            inbox.put(b"nobody would ever read this")
    assert inbox.gone


def test_a_closed_box_refuses(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, disk_floor=0)
    inbox.close()
    inbox.close()
    with pytest.raises(InboxFull):
        inbox.put(b"x")
    assert [files.name for files in all_boxes(tmp_path)] == [inbox.files.name]


def test_a_box_that_is_closed_while_the_disk_stands_still_stays_with_its_thread_until_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.inbox.box.WAIT", 0.2)
    inbox = Inbox(tmp_path, disk_floor=0)
    told: list[Exception | None] = []
    with closing(sqlite3.connect(inbox.files.records, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        inbox.put_later(b"in the middle of its commit", told.append)
        inbox.close()
        assert hold(inbox.files.lock) is None, "a loader would take it for an orphan"
        blocker.execute("COMMIT")
    inbox._thread.join(10)
    assert not inbox._thread.is_alive()
    assert told == [None]
    assert inbox._connection is not None
    inbox._connection.close()
    os.close(inbox._lock)


@settings(deadline=None)
@given(
    st.text(),
    st.integers(0, 2**53),
    st.none() | st.integers(0, 2**53),
    st.text(st.characters(exclude_categories=())),
    st.lists(st.sampled_from(["webdriver", "prefetch"])),
    st.lists(st.tuples(st.text(), st.text())),
)
def test_a_record_comes_back_as_it_was(
    visitor: str, received: int, sent: int | None, agent: str, hints: list[str], odd: list[tuple[str, str]]
) -> None:
    packed = encode(7, visitor, received, sent, "cookie", agent, hints, ['{"id":"a"}', '{"id":"b"}'], odd)
    record = decode(packed)
    assert (record.site, record.visitor, record.received, record.sent) == (7, visitor, received, sent)
    assert (record.mode, record.user_agent, record.hints) == ("cookie", agent, tuple(hints))
    assert record.events == [{"id": "a"}, {"id": "b"}]
    assert list(record.quarantined) == odd


def test_who_does_not_wait_is_told_once_it_is_on_disk(inbox: Inbox) -> None:
    told: list[tuple[Exception | None, int]] = []
    settled = threading.Event()
    inbox.settled = settled.set
    reader = reader_of(inbox)
    for _ in range(3):
        inbox.put_later(b"x", lambda error: told.append((error, len(reader_of(inbox).read(0, 10)))))
    assert settled.wait(5)
    inbox.put(b"the last")
    assert [error for error, _ in told] == [None] * 3
    assert all(on_disk >= 1 for _, on_disk in told)
    assert [seq for seq, _ in reader.read(0, 10)] == [1, 2, 3, 4]
    reader.close()


def test_who_does_not_wait_is_told_that_the_disk_refused(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, disk_floor=0, max_pages=8)
    errors: list[Exception | None] = []
    for _ in range(20):
        inbox.put_later(b"x" * 4_000, errors.append)
    inbox.close()
    assert len(errors) == 20
    refused = [error for error in errors if error is not None]
    assert 10 < len(refused) < 20
    assert all(isinstance(error, InboxFull) and error.reason == "disk" for error in refused)


@pytest.mark.parametrize("text", ["", "12", "12 1", "12 13", "x x", "00000000000000000012 000000000000000000"])
def test_half_a_mark_is_none(tmp_path: Path, text: str) -> None:
    files = BoxFiles(tmp_path, "a")
    files.done.write_text(text)
    assert read_done(files) == 0
    write_done(files, 9)
    write_done(files, 12)
    assert read_done(files) == 12
