"""Counts that survive their process: no count lost, none doubled, none in the way of a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from collector import counters
from collector.counters import COMMIT_SECONDS, DOOR_EVENTS, REQUESTS, Counters, Metric, families, totals

OK = ("1", "ok")


def test_counts_of_all_processes_are_summed(tmp_path: Path) -> None:
    one, two = Counters(tmp_path), Counters(tmp_path)
    one.add(DOOR_EVENTS, OK, 3)
    two.add(DOOR_EVENTS, OK, 4)
    two.add(DOOR_EVENTS, ("2", "refused:user_id"))
    found = totals(tmp_path, DOOR_EVENTS, REQUESTS)
    assert found == {DOOR_EVENTS: {OK: 7, ("2", "refused:user_id"): 1}, REQUESTS: {}}
    one.close()
    two.close()


def test_a_killed_process_loses_no_count_and_the_next_one_goes_on_with_its_file(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib; from collector.counters import *; c = Counters(pathlib.Path(sys.argv[1]))\n"
        "for _ in range(1000): c.add(DOOR_EVENTS, ('1', 'ok')); c.observe(COMMIT_SECONDS, 0.3)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == {OK: 1_000}
    after = Counters(tmp_path)
    after.add(DOOR_EVENTS, OK)
    after.observe(COMMIT_SECONDS, 0.3)
    assert len(list(tmp_path.iterdir())) == 2
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == {OK: 1_001}
    (spread,) = [family for family in families(tmp_path) if family.name == COMMIT_SECONDS.name]
    values = {(sample.name, sample.labels.get("le")): sample.value for sample in spread.samples}
    assert values["desireline_inbox_commit_seconds_bucket", "0.25"] == 0
    assert values["desireline_inbox_commit_seconds_bucket", "0.5"] == 1_001
    assert values["desireline_inbox_commit_seconds_count", None] == 1_001
    assert values["desireline_inbox_commit_seconds_sum", None] == pytest.approx(300.3)
    after.close()


def test_threads_do_not_lose_each_other_s_counts(tmp_path: Path) -> None:
    counts = Counters(tmp_path)

    def work() -> None:
        for _ in range(2_000):
            counts.add(DOOR_EVENTS, OK)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == counts.own(DOOR_EVENTS) == {OK: 8_000}
    counts.close()


def test_a_disk_without_room_leaves_counts_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    counts = Counters(tmp_path)
    counts.add(DOOR_EVENTS, OK, 2)
    assert counts.own(DOOR_EVENTS) == {OK: 2}
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == {}
    monkeypatch.undo()
    later = Counters(tmp_path)
    later.add(DOOR_EVENTS, OK)
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == {OK: 1}
    later.close()


def test_the_file_never_grows_whatever_labels_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "FILE_BYTES", 4_096)
    counts = Counters(tmp_path)
    for number in range(200):
        counts.add(DOOR_EVENTS, (str(number), "ok"))
    assert {path.stat().st_size for path in tmp_path.iterdir()} == {4_096}
    assert 10 < len(totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS]) < 200
    assert len(counts.own(DOOR_EVENTS)) == 200
    counts.close()


@pytest.mark.parametrize("junk", [b"", b"\0" * 100, b"\x40\0\0\0" + b"\xff" * 4_000, os.urandom(9_000)])
def test_a_torn_file_is_passed_over_and_replaced(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "counter_torn.db").write_bytes(junk.ljust(counters.FILE_BYTES, b"\xee") if junk else junk)
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == {}
    counts = Counters(tmp_path)
    counts.add(DOOR_EVENTS, OK)
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == {OK: 1}
    counts.close()


def test_after_closing_counts_still_count_in_memory(tmp_path: Path) -> None:
    counts = Counters(tmp_path)
    counts.add(DOOR_EVENTS, OK)
    counts.close()
    counts.add(DOOR_EVENTS, OK)
    counts.observe(Metric("late", "late", (), (1.0,)), 2.0)
    counts.close()
    assert counts.own(DOOR_EVENTS) == {OK: 2}
    assert totals(tmp_path, DOOR_EVENTS)[DOOR_EVENTS] == {OK: 1}
