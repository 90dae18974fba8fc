"""Kept answers: for how long they are good, who may see them after an erasure, and which process works on what."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.times import MINUTE, SECOND
from collector.journeys import answers as room
from collector.journeys.answers import ANSWER, RESULT, RUN, Answers, Kept, Running, sweep_answers
from collector.journeys.view import ViewStore
from tests.support.pages import Installation, installed, shop_events

KEY = "0" * 32
QUICK = Kept(RESULT, b"x" * 1_000, "gen-1", 1_000_000, 300)
SLOW = replace(QUICK, took=20 * SECOND)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Installation]:
    yield from installed(tmp_path / "data")


@pytest.fixture
def answers(shop: Installation) -> Answers:
    folder = shop.views.open(shop.site_id).derived
    assert folder is not None
    return Answers(folder)


@pytest.mark.parametrize(
    ("kept", "generation", "age", "good"),
    [
        (QUICK, "gen-1", 0, True),
        (QUICK, "gen-1", 18 * SECOND, True),
        (QUICK, "gen-1", 18 * SECOND + 1, False),
        (QUICK, "gen-2", 0, False),
        (QUICK, "gen-1", -1, False),
        (SLOW, "gen-1", 10 * MINUTE, True),
        (SLOW, "gen-1", 10 * MINUTE + 1, False),
        (SLOW, "gen-2", 90 * SECOND, True),
        (SLOW, "gen-2", 90 * SECOND + 1, False),
        (SLOW, "gen-2", -1, False),
        (replace(SLOW, kind="too long"), "gen-1", 15 * SECOND, True),
        (replace(SLOW, kind="too long"), "gen-1", 15 * SECOND + 1, False),
    ],
)
def test_an_answer_is_good_for_its_state_of_the_view_and_a_long_one_a_while_longer(
    kept: Kept, generation: str, age: int, good: bool
) -> None:
    assert kept.good(generation, kept.made + age) is good


def test_what_is_kept_is_read_again_while_it_is_good(answers: Answers) -> None:
    assert answers.read(KEY, "gen-1", QUICK.made) is None
    assert answers.keep(KEY, QUICK)
    assert answers.read(KEY, "gen-1", QUICK.made) == QUICK
    assert answers.read(KEY, "gen-2", QUICK.made) is None
    assert not answers.ready(KEY, QUICK.made)
    assert answers.keep(KEY, SLOW)
    assert answers.ready(KEY, SLOW.made + 1)


@given(st.integers(0, 200))
def test_a_torn_file_is_no_answer(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("site") / "answers-1"
    folder.mkdir()
    (folder.parent / "gen-1").mkdir()
    (folder.parent / "gen-1" / "meta.json").write_text(json.dumps({"erasure": 1}))
    (folder.parent / "CURRENT").write_text("gen-1")
    answers = Answers(folder)
    assert answers.keep(KEY, SLOW)
    path = folder / (KEY + ANSWER)
    whole = path.read_bytes()
    path.write_bytes(whole[: min(cut, len(whole) - 1)])
    assert answers.read(KEY, "gen-1", SLOW.made) is None


def test_an_erased_person_takes_the_answers_along_and_a_late_one_is_not_kept(
    shop: Installation, answers: Answers
) -> None:
    before = shop.views.open(shop.site_id)
    assert before.derived is not None
    assert answers.keep(KEY, SLOW)
    shop.ledger.forget(shop.site_id, [shop.ledger.person(shop.site_id, "v001")[1][0].id], shop.now)
    # Another process does the refresh, as the loader may.
    ViewStore(shop.settings.data, shop.ledger).refresh(shop.site_id)
    assert not before.derived.exists()
    assert not answers.keep(KEY, SLOW)
    assert not before.derived.exists()
    after = shop.views.open(shop.site_id).derived
    assert after is not None
    assert after != before.derived
    assert Answers(after).keep(KEY, SLOW)


def test_new_events_leave_the_folder_where_it_is(shop: Installation, answers: Answers) -> None:
    before = shop.views.open(shop.site_id)
    assert answers.keep(KEY, SLOW)
    shop.append(shop_events(shop.now, visitors=3, seed=2))
    after = shop.views.open(shop.site_id)
    assert after.generation != before.generation
    assert after.derived == before.derived
    assert answers.read(KEY, after.generation, SLOW.made) == SLOW


def test_answers_of_a_site_that_is_gone_are_not_kept(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "7" / "answers-1")
    assert not answers.keep(KEY, SLOW)
    assert not (tmp_path / "7").exists()
    with pytest.raises(OSError, match="answers-1"):
        answers.run(KEY)


def test_one_process_works_on_a_question_and_others_see_how_far_it_is(answers: Answers) -> None:
    assert answers.running(KEY) is None
    mine = answers.run(KEY)
    assert mine is not None
    assert answers.run(KEY) is None
    mine.tell(0.25, 12_345)
    assert answers.running(KEY) == (0.25, 12_345)
    mine.tell(0.5, 12_345)
    assert answers.running(KEY) == (0.5, 12_345)
    mine.close()
    assert answers.running(KEY) is None
    again = answers.run(KEY)
    assert again is not None
    again.close()


DIES = """
import os, signal, sys
from pathlib import Path
from collector.journeys.answers import Answers
assert Answers(Path(sys.argv[1])).run(sys.argv[2]) is not None
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_was_killed_leaves_nothing_that_looks_alive(answers: Answers) -> None:
    # Not a fork of this process: its other threads may hold locks, which nobody would give back in the child.
    done = subprocess.run([sys.executable, "-c", DIES, str(answers._folder), KEY], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (answers._folder / (KEY + RUN)).exists()  # the lock ended with the process, the file stays
    assert answers.running(KEY) is None
    mine = answers.run(KEY)
    assert mine is not None
    mine.close()


def test_how_far_it_is_matters_less_than_the_answer_where_the_disk_is_full(tmp_path: Path) -> None:
    folder = tmp_path / "removed"
    running = Running(folder / "a.run", os.open("/dev/full", os.O_RDWR))
    running.tell(0.5, 1)
    folder.touch()  # now the file in it cannot even be removed
    running.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(running._handle)


def test_a_wish_to_stop_is_seen_by_who_works_on_it_and_forgotten_by_the_next(answers: Answers) -> None:
    mine = answers.run(KEY)
    assert mine is not None
    assert not mine.stopped()
    answers.stop(KEY)
    assert mine.stopped()
    mine.close()
    now = time.time_ns() // 1_000_000
    assert answers.was_stopped(KEY, now)
    assert not answers.was_stopped(KEY, now + MINUTE)
    again = answers.run(KEY)
    assert again is not None
    assert not again.stopped()
    again.close()


def test_old_answers_go_and_so_do_the_oldest_of_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 250)
    now = 10_000 * MINUTE
    ages = {"a": 0, "b": 1 * MINUTE, "c": 2 * MINUTE, "d": 11 * MINUTE}
    for number, (name, age) in enumerate(ages.items()):
        folder = tmp_path / str(number % 2) / "answers-1"
        folder.mkdir(parents=True, exist_ok=True)
        for suffix in (ANSWER, RUN):
            path = folder / (name + suffix)
            path.write_bytes(b"x" * 100)
            os.utime(path, ns=((now - age) * 1_000_000,) * 2)
    sweep_answers(tmp_path, now)
    assert sorted(path.stem for path in tmp_path.glob(f"*/*/*{ANSWER}")) == ["a", "b"]
    assert sorted(path.stem for path in tmp_path.glob(f"*/*/*{RUN}")) == ["a", "b", "c", "d"]
