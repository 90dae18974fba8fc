"""An import as it runs: shown first, counted dry, interrupted and gone on, refused lines reported."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from collector.cli import main
from collector.cli.import_progress import Watch
from collector.importing import rows as importing
from collector.importing.rows import Imported
from tests.importing.conftest import Shop

ROWS = [{"visitor": f"v{number}", "t": 1_760_000_000 + number, "name": "x", "n": number} for number in range(50)]


def test_what_columns_mean_is_shown_with_cells_and_the_first_events(shop: Shop) -> None:
    text = "client_id;when;page;colour\nann;2026-01-05 10:00;/shoes;red\nbob;2026-01-06 10:00;/;\n"
    said = shop.take(shop.file("a.csv", text), "--yes")
    assert "Columns: visitor = client_id, time = when, url = page" in said
    assert "when       time ?    2026-01-05 10:00  2026-01-06 10:00" in said
    assert "colour     property  red" in said
    assert "  2026-01-05T10:00:00Z  ann  page  /shoes" in said
    assert shop.told("visitor", "type", "name") == [("ann", "page", "/shoes"), ("bob", "page", "/")]


def test_what_is_only_a_guess_is_not_done_without_asking(shop: Shop) -> None:
    path = shop.file("a.csv", "client_id,when,page\nann,2026-01-05 10:00,/shoes\n")
    done = shop.run("import", str(path), "--site", "shop")
    assert done.exit_code == 2
    assert "It is only a guess which column is the time. Say --time, or --yes." in done.stderr
    assert shop.events() == []
    assert "1 event added" in shop.take(path, "--time", "when")


@pytest.mark.parametrize(("answer", "events"), [("n\n", 0), ("y\n", 1), ("\n", 1)])
def test_on_a_terminal_it_asks_first(shop: Shop, monkeypatch: pytest.MonkeyPatch, answer: str, events: int) -> None:
    path = shop.file("a.csv", "client_id,when,page\nann,2026-01-05 10:00,/shoes\n")
    monkeypatch.setattr("collector.cli.import_._is_terminal", lambda: True)
    place = ["--site", "shop", "--data", str(shop.folder), "--database", shop.database]
    done = CliRunner().invoke(main, ["import", str(path), *place], input=answer)
    assert "Import? [Y/n]" in done.stderr
    assert done.exit_code == (0 if events else 1)
    assert len(shop.events()) == events


def test_who_was_erased_does_not_come_back(shop: Shop) -> None:
    path = shop.lines("a.jsonl", ROWS)
    shop.take(path)
    shop.ok("forget", "v3", "--site", "shop", "--yes")
    said = shop.take(path)
    assert "50 rows read: 0 events added, 49 were there already, 0 refused, 1 of people who were erased." in said


def test_a_dry_run_counts_and_writes_nothing(shop: Shop) -> None:
    path = shop.lines("a.jsonl", [*ROWS, {"visitor": "v", "t": "soon", "name": "x"}])
    said = shop.take(path, "--dry-run")
    assert "51 rows read: 50 events in them, 1 refused. Nothing was written." in said
    assert shop.events() == []
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["a.jsonl", "data"]
    assert list((shop.folder / "imports").iterdir()) == []


def test_a_format_may_be_told_and_must_fit(shop: Shop) -> None:
    path = shop.lines("a.jsonl", ROWS[:1])
    assert (
        "Reading a PostHog export of events"
        in shop.run("import", str(path), "--site", "shop", "--format", "posthog").stderr
    )
    assert "does not look like --format access-log" in shop.fails(
        "import", str(path), "--site", "shop", "--format", "access-log"
    )
    assert "Columns cannot be named for --format ga4" in shop.fails(
        "import", str(path), "--site", "shop", "--format", "ga4", "--visitor", "visitor"
    )


def test_refused_lines_are_written_for_a_spreadsheet_that_runs_nothing(shop: Shop) -> None:
    bad = ["=cmd|' /C calc'!A0", json.dumps({"visitor": "null", "t": 1, "name": "x"}), "x" * 5_000]
    path = shop.file("a.jsonl", "\n".join([json.dumps(ROWS[0]), *bad]))
    said = shop.take(path)
    assert "Refused, by reason:" in said
    assert "        2  not JSON" in said
    assert f"Refused lines with their reasons: {path}.refused.csv" in said
    with Path(f"{path}.refused.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "reason", "text"]
    assert rows[1] == ["2", "not JSON", "'=cmd|' /C calc'!A0"]
    assert rows[2][:2] == ["3", "visitor 'null' does not name one visitor"]
    assert len(rows[3][2]) == 2_000


def test_standard_input_and_a_zipped_file_are_read_too(shop: Shop) -> None:
    text = "".join(json.dumps(row) + "\n" for row in ROWS)
    place = ["--site", "shop", "--data", str(shop.folder), "--database", shop.database]
    done = CliRunner().invoke(main, ["import", "-", *place], input=text)
    assert "50 events added" in done.stdout, done.output
    assert list((shop.folder / "imports").iterdir()) == []
    pipe = shop.folder.parent / "pipe"
    os.mkfifo(pipe)
    # Where nobody reads the pipe, its writer waits for ever: that must not keep the process of the tests from ending.
    writer = Thread(target=pipe.write_text, args=(text,), daemon=True)
    writer.start()
    assert "50 rows read: 0 events added, 50 were there already" in shop.take(pipe)
    writer.join(10)
    path = shop.folder.parent / "rows.zip"
    with ZipFile(path, "w") as packed:
        packed.writestr("__MACOSX/rows.jsonl", "x")
        packed.writestr("rows.jsonl", text)
    assert "50 rows read: 0 events added, 50 were there already" in shop.take(path)
    with ZipFile(path, "a") as packed:
        packed.writestr("more.jsonl", text)
    assert "holds 2 files: rows.jsonl, more.jsonl" in shop.fails("import", str(path), "--site", "shop")


@pytest.mark.parametrize("repeats", [1, 2])
def test_an_interrupted_import_goes_on_without_doubling_or_losing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, repeats: int
) -> None:
    """Rows without ids: equal ones further on must get the ids that they would have had without the interruption."""
    rows: list[dict[str, Any]] = [{"visitor": "v", "t": 1_760_000_000 + place // 8, "name": "x"} for place in range(50)]
    path = shop.file("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows) + "broken\n" + json.dumps(rows[0]))
    monkeypatch.setattr(importing, "CHUNK", 6)
    for _ in range(repeats):
        calls = 0

        def stop(watch: Watch, done: Imported) -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("collector.cli.import_progress.Watch.tell", stop)
            done = shop.run("import", str(path), "--site", "shop")
            assert done.exit_code == 130
            assert "The same command goes on from there." in done.stderr
    said = shop.take(path)
    assert f"Going on after the {18 * repeats} rows" in said
    assert "52 rows read: 51 events added, 0 were there already, 1 refused." in said
    assert len(shop.events()) == 51
    with Path(f"{path}.refused.csv").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["line", "51"]
    assert "0 events added, 51 were there already" in shop.take(path)


def test_restart_begins_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.lines("a.jsonl", ROWS)
    monkeypatch.setattr(importing, "CHUNK", 10)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("collector.cli.import_progress.Watch.tell", stop)
        assert shop.run("import", str(path), "--site", "shop").exit_code == 130
    assert "50 rows read: 50 events in them" in shop.take(path, "--dry-run", "--restart")  # and forgets nothing
    assert "Going on after the 10 rows" in shop.run("import", str(path), "--site", "shop").stderr
    with monkeypatch.context() as patched:
        patched.setattr("collector.cli.import_progress.Watch.tell", stop)
        assert shop.run("import", str(path), "--site", "shop").exit_code == 130
    said = shop.take(path, "--restart")
    assert "Going on" not in said
    assert "50 rows read: 0 events added, 50 were there already" in said


def test_a_killed_import_goes_on_where_it_ended(shop: Shop) -> None:
    rows = 8_000
    text = "".join(f'{{"visitor": "v{n % 900}", "t": {1_760_000_000 + n}, "name": "x"}}\n' for n in range(rows))
    path = shop.file("big.jsonl", text)
    program = "from collector import cli; from collector.importing import rows; rows.CHUNK = 100; cli.main()"
    command = [sys.executable, "-c", program, "import", str(path), "--site", "shop"]
    command += ["--data", str(shop.folder), "--database", shop.database]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        deadline = time.monotonic() + 30
        while not list((shop.folder / "imports").glob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    said = shop.take(path)
    assert "Going on after the" in said
    assert f"{rows:,} rows read" in said
    exported = shop.ok("export", "events", "--site", "shop").splitlines()
    assert len({json.loads(row)["id"] for row in exported}) == len(exported) == rows
    assert list((shop.folder / "imports").iterdir()) == []
