"""The commands as people type them, on SQLite and on Postgres."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from collector.catalog.catalog import Catalog
from collector.cli import main
from collector.cli.main import COMMANDS
from collector.cli.place import now_ms
from tests.cli.desk import Desk

ROWS: list[dict[str, Any]] = [
    {"visitor": "ann", "t": "2026-01-05T10:00:00Z", "name": "signup", "props": {"plan": "pro"}},
    {"visitor": "ann", "t": 1767693600, "name": "purchase", "props": {"total": 20}},
    {"visitor": "bob", "t": 1767607200000, "name": "signup", "props": {}},
]


def test_a_site_is_added_with_its_tag_and_keys(desk: Desk) -> None:
    made = json.loads(
        desk.ok("site", "add", "shop", "--origin", "https://shop.example", "--timezone", "Europe/Berlin", "--json")
    )
    assert set(made) == {"name", "write_key", "secret_key", "tag"}
    assert made["tag"] == f'<script defer src="http://127.0.0.1:8000/t.js" data-site="{made["write_key"]}"></script>'
    listed = json.loads(desk.ok("site", "list", "--json"))
    assert [(site["name"], site["origins"], site["timezone"]) for site in listed] == [
        ("shop", ["https://shop.example"], "Europe/Berlin")
    ]
    assert made["secret_key"] not in desk.ok("site", "list")
    assert made["write_key"] in desk.ok("site", "list")


def test_what_a_person_got_wrong_is_one_line_and_ends_with_2(shop: Desk, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("who,when\n1,2\n")
    for words, message in (
        (("site", "add", "shop", "--origin", "https://a.example"), "There is a site 'shop' already"),
        (("site", "add", "other", "--origin", "nonsense"), "'nonsense' is not an origin"),
        (
            ("site", "add", "other", "--origin", "https://a.example", "--timezone", "Mars/Base"),
            "'Mars/Base' is not a time zone",
        ),
        (("export", "events", "--site", "nope"), "There is no site 'nope'. Known: shop."),
        (("import", str(file), "--site", "shop"), "No column says who. Columns here: who, when."),
        (("user", "add", "nobody"), "'nobody' is not an e-mail address"),
        (("user", "link", "a@b.example"), "There is no user 'a@b.example'"),
        (("link", "ghost", "ann", "--site", "shop"), "There is no visitor 'ghost'"),
        (("forget", "ghost", "--site", "shop", "--yes"), "There is nobody called 'ghost'"),
    ):
        said = shop.fails(*words)
        assert message in said
        assert said.startswith("Error: ")
        assert said.count("\n") == 1


def test_a_database_that_cannot_be_used_is_one_line_too(tmp_path: Path) -> None:
    for url in ("mysql://x", "sqlite:///", "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"):
        assert Desk(tmp_path, url).fails("site", "list").count("\n") == 1


def test_import_adds_what_is_new_and_says_what_it_read(shop: Desk) -> None:
    assert "3 rows read: 3 events added, 0 were there already, 0 refused." in shop.load("shop", ROWS)
    assert "3 rows read: 0 events added, 3 were there already, 0 refused." in shop.load("shop", ROWS)
    more = [*ROWS, ROWS[0]]
    assert "4 rows read: 1 event added, 3 were there already" in shop.load("shop", more)


def test_import_takes_the_columns_that_are_named(shop: Desk, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("kunde;wann;was;extra\nann;2026-01-05 10:00;kauf;1\n")
    shop.ok("import", str(file), "--site", "shop", "--visitor", "kunde", "--time", "wann", "--event", "was")
    row = json.loads(shop.ok("export", "events", "--site", "shop"))
    assert (row["visitor"], row["name"], row["properties"]) == ("ann", "kauf", {"extra": 1})


def test_naive_times_are_in_the_zone_of_the_site(desk: Desk, tmp_path: Path) -> None:
    desk.ok("site", "add", "shop", "--origin", "https://shop.example", "--timezone", "America/New_York")
    desk.load("shop", [{"visitor": "a", "t": "2026-01-05T10:00:00", "name": "x"}])
    assert json.loads(desk.ok("export", "events", "--site", "shop"))["time"] == "2026-01-05T15:00:00.000+00:00"


def test_bad_lines_are_told_by_number_and_kept_where_asked(shop: Desk, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join([json.dumps(ROWS[0]), "{broken", json.dumps({**ROWS[1], "visitor": "null"})]))
    kept = tmp_path / "refused.jsonl"
    done = shop.run("import", str(file), "--site", "shop", "--refused", str(kept))
    assert done.exit_code == 0
    assert "line 2: not JSON" in done.stderr
    assert "line 3: visitor 'null' does not name one visitor" in done.stderr
    assert "1 event added, 0 were there already, 2 refused" in done.stdout
    assert [json.loads(line)["line"] for line in kept.read_text().splitlines()] == [2, 3]


def test_a_file_of_nothing_but_bad_lines_ends_with_1(shop: Desk, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"visitor": "a", "t": "soon", "name": "x"}\n' * 30)
    done = shop.run("import", str(file), "--site", "shop")
    assert done.exit_code == 1
    assert "... and 10 more lines" in done.stderr


def test_people_are_linked_taken_apart_and_forgotten(shop: Desk) -> None:
    shop.load("shop", ROWS)
    shop.ok("link", "ann", "customer-1", "--site", "shop")
    people = [json.loads(line)["person"] for line in shop.ok("export", "people", "--site", "shop").splitlines()]
    assert sorted(people) == ["bob", "customer-1"]
    shop.ok("unlink", "ann", "--site", "shop")
    assert "customer-1" not in shop.ok("export", "people", "--site", "shop")
    assert shop.run("forget", "ann", "--site", "shop").exit_code == 1  # nobody said yes
    assert '"ann"' in shop.ok("export", "events", "--site", "shop")
    assert "Erased" in shop.ok("forget", "ann", "--site", "shop", "--yes")
    assert '"ann"' not in shop.ok("export", "events", "--site", "shop")


def test_a_new_user_gets_a_link_to_choose_a_password(desk: Desk) -> None:
    said = desk.ok("user", "add", "Ann@Example.com")
    token = re.search(r"http://127\.0\.0\.1:8000/welcome\?token=(\S+)", said)
    assert token is not None
    catalog = Catalog(desk.database)
    try:
        found = catalog.redeem_token("password", token[1], now_ms())
        user = catalog.user_by_email("ann@example.com")
    finally:
        catalog.close()
    assert found is not None
    assert user is not None
    assert found.user_id == user.id
    assert user.admin
    assert "ann@example.com" in desk.ok("user", "list")
    assert "/login/once?token=" in desk.ok("user", "link", "ann@example.com")


def test_a_user_of_one_site_owns_no_other(shop: Desk) -> None:
    shop.ok("user", "add", "bob@example.com", "--site", "shop", "--role", "editor")
    assert "editor of shop" in shop.ok("user", "list")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_reports_answer_on_what_was_imported(shop: Desk) -> None:
    shop.load("shop", ROWS)
    funnel = (
        "report",
        "funnel",
        "--site",
        "shop",
        "--step",
        "event:signup",
        "--step",
        "event:purchase",
        "--window",
        "7d",
    )
    answer = json.loads(shop.ok(*funnel, "--all-time", "--format", "json"))
    steps = next(block for block in answer["blocks"] if block["id"] == "steps")
    people = steps["columns"].index("people")
    assert [row[people] for row in steps["rows"]] == [2, 1]
    table = shop.ok(*funnel, "--all-time", "--format", "csv").splitlines()
    assert table[0].split(",") == steps["columns"]
    assert [line.split(",")[people] for line in table[1:]] == ["2", "1"]
    assert "signup" in shop.ok(*funnel, "--all-time")
    timeline = json.loads(shop.ok("report", "timeline", "--site", "shop", "--person", "ann", "--format", "json"))
    assert "purchase" in json.dumps(timeline["blocks"])


def test_a_question_that_makes_no_sense_is_one_line(shop: Desk) -> None:
    shop.load("shop", ROWS)
    assert "is not a matcher" in shop.fails("report", "funnel", "--site", "shop", "--step", "nonsense", "--step", "any")
    said = shop.fails("report", "overview", "--site", "shop", "--block", "nope")
    assert "There is no block 'nope'. Blocks here: " in said


def test_what_is_forgotten_is_gone_from_reports_at_once(shop: Desk) -> None:
    shop.load("shop", ROWS)
    words = ("report", "funnel", "--site", "shop", "--step", "event:signup", "--step", "event:purchase", "--all-time")
    before = shop.ok(*words, "--format", "csv")
    shop.ok("forget", "ann", "--site", "shop", "--yes")
    after = shop.ok(*words, "--format", "csv")
    assert before != after
