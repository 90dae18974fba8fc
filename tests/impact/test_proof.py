"""The proof's own reckoning: truths, limits, tables, and going on where it was left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.impact.kept import keep, kept
from tests.impact.lives import MONEY, RATE
from tests.impact.parts import parts
from tests.impact.proof import EVERY, Done, Task, do, main, prove, whole
from tests.impact.summary import summarise, wilson
from tests.impact.tables import COLUMNS, PARTS, TOLD, part_table, put, table
from tests.impact.trial import AnyWorld, Told, Trial, Truth, live, seed, sums_of, truth_of
from tests.impact.worlds import BY_NAME

TRUTHS = {"rate": Truth(0.0, 0.0), "left": Truth(0.0, 0.0), "day 1": Truth(0.0, 0.0), "Device: Mobile": Truth(0.0, 0.0)}
RIGHT, WRONG = Told(0.0, -1.0, 1.0, 0.0, 0.0), Told(3.0, 2.0, 4.0, 0.0, 0.0)


def made(hits: int, of: int = 200, *names: str) -> list[Trial]:
    """Trials of which so many held what they said."""
    told = [RIGHT if run < hits else WRONG for run in range(of)]
    return [Trial(100, "", 0.1, dict.fromkeys(names or TRUTHS, one), {}) for one in told]


def test_the_truth_from_hazards_is_that_of_the_lives_that_were_drawn() -> None:
    world = replace(BY_NAME["later"], people=30_000)
    truth, lives = truth_of(world, 30_000), live(world, seed(world, 1))
    for measure, column in (("rate", RATE), ("value", MONEY), ("day 4", 3)):
        gain = (lives.was - lives.would)[lives.counts, column]
        error = float(np.hypot(truth[measure].error, gain.std() / np.sqrt(len(gain))))
        assert abs(gain.mean() - truth[measure].effect) < 4 * error


def do_small(task: Task) -> Done:
    """As the proof does, with a truth from fewer people."""
    name, begin, end = task
    return sums_of(EVERY[name], begin, 2_000) if begin == end else do(task)


def test_the_parts_of_a_population_are_that_population() -> None:
    found = [sums_of(BY_NAME["middle"], part, 2_000) for part in range(3)]
    sums, truth = [one["rate"] for one in found], whole(found)["rate"]
    assert truth.effect == pytest.approx(sum(one.sum for one in sums) / sum(one.count for one in sums))
    assert truth.error < found[0]["rate"].truth().error


def test_the_interval_of_a_share_is_that_of_the_books() -> None:
    # Newcombe, Statistics in Medicine 1998, table I: 81 of 263 by the score method without correction.
    share = wilson(81, 263)
    assert (share.of, share.low, share.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5)


def test_limits_are_missed_by_wrong_answers_and_by_them_only() -> None:
    world = BY_NAME["none"]

    def missed(of: AnyWorld, hits: int) -> tuple[str, ...]:
        return summarise(of, "rate", TRUTHS["rate"], made(hits)).missed

    assert missed(world, 190) == ()
    assert missed(world, 170) == ("coverage low", "false alarms")
    assert missed(world, 200) == ("coverage high",)
    assert missed(replace(world, holds=False), 195) == ("looks right, so the world has lost its trap",)
    assert missed(replace(world, holds=False), 20) == ()
    assert missed(replace(world, refused=True), 190) == ("not refused",)


def test_parts_are_missed_as_a_whole_or_one_by_one() -> None:
    world = BY_NAME["weak"]
    by_kind = {part.kind: part for part in parts(world, TRUTHS, made(190))}
    assert list(by_kind) == ["days left", "curve", "groups"]
    assert [part.missed for part in by_kind.values()] == [()] * 3
    assert by_kind["days left"].coverage.of == 0.95
    (curve, *_) = (part for part in parts(world, TRUTHS, made(170)) if part.kind == "curve")
    assert curve.missed == ("coverage low", "coverage low: day 1")
    one_bad = [replace(one, told=one.told | {"day 1": WRONG}) for one in made(195)]
    told = parts(
        world, TRUTHS | {f"day {day}": TRUTHS["day 1"] for day in range(2, 30)}, [wider(one) for one in one_bad]
    )
    assert [part.missed for part in told if part.kind == "curve"] == [("coverage low: day 1",)]
    assert parts(replace(world, holds=False), TRUTHS, made(20)) == []


def wider(trial: Trial) -> Trial:
    """With more points of the curve."""
    return replace(trial, told=trial.told | {f"day {day}": trial.told["rate"] for day in range(2, 30)})


def test_a_group_that_few_runs_tell_is_left_out() -> None:
    few = [replace(one, told={"rate": RIGHT} | (one.told if run < 40 else {})) for run, one in enumerate(made(190))]
    assert parts(BY_NAME["weak"], TRUTHS, few) == []


def test_a_proof_goes_on_where_it_was_left_and_its_tables_are_square(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    done = {"rare": prove("rare", 2, lambda tasks: map(do_small, tasks))}
    keep(file, 2, done)
    again = kept(file, 2)
    assert str(again) == str(done)
    assert kept(file, 3) == {}
    for names, text in (
        (COLUMNS, table(again["rare"].rows, {"rare": False})),
        (PARTS, part_table(again["rare"].parts)),
    ):
        assert {line.count("|") - 1 for line in text.splitlines()} == {len(names)}
        assert len(text.splitlines()) > 2


def test_a_page_gets_new_tables_and_keeps_its_words() -> None:
    page = "Words.\n\n| world | old |\n| --- |\n| a |\n\nMore.\n\n* none: old\n* b: old\n\nLast.\n"
    told = put(page, {"| world | ": "| world | new |\n| c |", "* none: ": "* none: new"})
    assert told == "Words.\n\n| world | new |\n| c |\n\nMore.\n\n* none: new\n\nLast.\n"
    with pytest.raises(ValueError, match="no line begins"):
        put(page, {"| nothing": ""})


def test_the_docs_have_lines_for_the_proof_to_write() -> None:
    page = (Path(__file__).parents[2] / "docs" / "impact.md").read_text()
    columns = "| " + " | ".join(TOLD) + " |", "| " + " | ".join(PARTS) + " |"
    assert [page.count(f"\n{line}\n") for line in columns] == [1, 1]
    listed = {line.split(":")[0].removeprefix("* ") for line in page.splitlines() if line.startswith("* ")}
    assert set(EVERY) <= listed


def test_a_proof_that_has_no_time_says_what_it_did_not_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs", "1", "--world", "rare", "--processes", "1", "--minutes", "-1"]) == 1
    assert "not run: rare" in capsys.readouterr().out
