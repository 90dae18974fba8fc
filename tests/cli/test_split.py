"""Audiences split by chance: the same on any day and everywhere, hashed for ad systems, and back as an experiment."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from collector.core.assignment import assign
from collector.core.event import IDENTIFY, PAGE, Event, Json
from collector.store.open import open_ledger
from tests.cli.desk import Desk

SPLIT = ("split", "--site", "shop", "--name", "rtg-holdout", "--share", "0.8")
MARCH = 1_772_323_200_000


def _known(number: int) -> Event:
    told: dict[str, Json] = {"email": f" Ann{number}@Shop.example "} if number < 60 else {}
    user, time = f"u{number}", MARCH + number
    return Event(str(uuid4()), IDENTIFY, f"v{number}", time, time, name=user, user=user, verified=True, props=told)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Sixty known people with an e-mail address, two without, a visitor whom nobody knows, and a robot."""
    made = Desk(tmp_path)
    made.ok("site", "add", "shop", "--origin", "https://shop.example")
    ledger = open_ledger(made.database)
    robot = Event(str(uuid4()), PAGE, "v-bot", MARCH, MARCH, bot="ua_list")
    people = [Event(str(uuid4()), PAGE, "v-x", MARCH, MARCH), *(_known(number) for number in range(62))]
    ledger.append(1, [robot, *people])
    ledger.close()
    return made


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_everybody_is_where_the_function_says(desk: Desk) -> None:
    found = table(desk.ok(*SPLIT))
    assert {row["person"] for row in found} == {"v-x", *(f"u{number}" for number in range(62))}
    assert all(row["arm"] == assign(row["person"], "rtg-holdout", 0.8) for row in found)
    assert desk.ok(*SPLIT) == desk.ok(*SPLIT)
    on = table(desk.ok(*SPLIT, "--arm", "on", "--where", "is:identified", "--parameters"))
    assert {row["person"] for row in on} == {row["person"] for row in found if row["arm"] == "on"} - {"v-x"}
    assert on[0]["parameters"] == "experiment=rtg-holdout&variant=on"


def test_an_ad_system_gets_hashes_and_no_name(desk: Desk) -> None:
    found = table(desk.ok(*SPLIT, "--hash", "email"))
    expected = {hashlib.sha256(f"ann{number}@shop.example".encode()).hexdigest() for number in range(60)}
    assert {row["sha256"] for row in found} == expected
    assert list(found[0]) == ["sha256", "arm"]
    lines = [json.loads(line) for line in desk.ok(*SPLIT, "--hash", "email", "--format", "jsonl").splitlines()]
    assert lines == found


def test_a_split_comes_back_as_an_experiment(desk: Desk) -> None:
    events = desk.folder / "split.jsonl"
    events.write_text(desk.ok(*SPLIT, "--where", "is:identified", "--format", "events"))
    desk.ok("import", str(events), "--site", "shop", "--yes")
    asked = ("--name", "rtg-holdout", "--goal", "event:buy", "--all-time", "--format", "json")
    answer = json.loads(desk.ok("report", "experiment", "--site", "shop", *asked))
    arms = next(block for block in answer["blocks"] if block["id"] == "arms")
    rows = [dict(zip(arms["columns"], row, strict=True)) for row in arms["rows"]]
    on = sum(assign(f"u{number}", "rtg-holdout", 0.8) == "on" for number in range(62))
    assert [(row["arm"], row["share"], row["open"]) for row in rows] == [("off", 0.2, 62 - on), ("on", 0.8, on)]


def test_importing_a_split_makes_nobody_active_and_begins_no_visit(desk: Desk) -> None:
    asked = ("overview", "live", "visitors", "lifecycle", "paths")

    until = datetime.now(UTC).date() + timedelta(days=1)
    days = ("--site", "shop", "--from", "2026-03-01", "--to", f"{until}", "--format", "json")

    def answers() -> list[object]:
        told = [desk.ok("report", one, *days) for one in asked]
        bots = desk.ok("report", "overview", *days, "--include-bots")
        return [json.loads(one)["blocks"] for one in (*told, bots)]

    before, events = answers(), desk.folder / "split.jsonl"
    written = desk.ok(*SPLIT, "--format", "events")
    stranger = {**json.loads(written.splitlines()[0]), "visitor": "never-here"}
    stranger.pop("user", None)
    events.write_text(written + json.dumps(stranger) + "\n")
    desk.ok("import", str(events), "--site", "shop", "--yes")
    assert answers() == before
    assert desk.ok(*SPLIT, "--format", "events").count("\n") == 63  # whom only a list knows is no audience
    in_it = "event:experiment_exposed[variant=on]"
    found = json.loads(desk.ok("report", "visitors", *days, "--where", in_it))
    on = sum(assign(who, "rtg-holdout", 0.8) == "on" for who in ("v-x", *(f"u{number}" for number in range(62))))
    total, listed = found["blocks"]
    assert total["rows"] == [[on]]
    assert {row[listed["columns"].index("sessions")] for row in listed["rows"]} == {1}


def test_a_split_that_cannot_be_is_refused(desk: Desk) -> None:
    assert "is not a share" in desk.fails("split", "--site", "shop", "--name", "x", "--share", "1.5")
    assert "needs a name" in desk.fails("split", "--site", "shop", "--name", " ", "--share", "0.5")
    assert "all its people" in desk.fails(*SPLIT, "--format", "events", "--arm", "on")
