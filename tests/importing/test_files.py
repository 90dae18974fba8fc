"""Files as they come: encodings, delimiters, quotes, archives, and bad lines that stop nothing."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.core.errors import UserError
from collector.core.event import Event
from collector.importing.files import Row, RowFile
from collector.importing.rows import SHOWN, Imported, import_rows
from collector.ingest.bots import NO_LIST
from collector.ingest.columns import choose_columns
from collector.ingest.rows import RowReader
from collector.ingest.rules import Arrival, SiteRules

HEADER = "visitor,t,name,props\n"
GOOD = "ann,1700000000,signup,\n"


def load(path: Path) -> tuple[list[Event], Imported, list[tuple[int, str]]]:
    file = RowFile(path)
    arrival = Arrival(SiteRules(1), NO_LIST, int(time.time() * 1000), server=True)
    reader = RowReader(choose_columns(file.names, {}), arrival, ZoneInfo("UTC"), file.typed)
    events: list[Event] = []
    refused: list[tuple[int, str]] = []

    def append(chunk: Sequence[Event]) -> tuple[int, int]:
        events.extend(chunk)
        return len(chunk), 0

    def refuse(row: Row, reason: str) -> None:
        refused.append((row.number, reason))

    return events, import_rows(file, reader, append, refuse=refuse), refused


def write(tmp_path: Path, content: str | bytes, name: str = "events.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        HEADER + GOOD,
        "\ufeff" + HEADER + GOOD,
        (HEADER + GOOD).replace("\n", "\r\n"),
        (HEADER + GOOD).replace(",", ";"),
        (HEADER + GOOD).replace(",", "\t"),
        "\n\n" + HEADER + "\n" + GOOD + "\n\n",
        (HEADER + GOOD).rstrip("\n"),
        gzip.compress((HEADER + GOOD).encode()),
        (HEADER + GOOD).encode("utf-16"),
        '"visitor","t","name","props"\n"ann","1700000000","signup",""\n',
        HEADER + "ann,1700000000,signup,,,,\n",
    ],
    ids=["plain", "bom", "crlf", "semicolons", "tabs", "blank", "no-newline", "gzip", "utf16", "quoted", "extra-empty"],
)
def test_a_csv_is_read_however_it_was_saved(tmp_path: Path, content: str | bytes) -> None:
    events, done, _ = load(write(tmp_path, content))
    assert [(event.visitor, event.name, event.time) for event in events] == [("ann", "signup", 1_700_000_000_000)]
    assert (done.rows, done.refused) == (1, 0)


def test_quoted_cells_may_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    props = json.dumps({"note": 'two\nlines, "quoted"'}).replace('"', '""')
    path = write(tmp_path, HEADER + f'"an""n, x",1700000000,"sign\nup","{props}"\nbob,x,y,\n' + GOOD)
    events, _, refused = load(path)
    assert [event.visitor for event in events] == ['an"n, x', "ann"]
    assert events[0].name == "sign\nup"
    assert events[0].props == {"note": 'two\nlines, "quoted"'}
    assert refused == [(4, "time 'x' is neither ISO 8601 nor an epoch number")]


def test_bad_lines_of_a_csv_are_numbered_and_stop_nothing(tmp_path: Path) -> None:
    content = (
        HEADER.encode()
        + GOOD.encode()
        + b'ann,1,"x"y,\n'
        + b"ann,1\n"
        + b"b\xff\xfe,1,x,\n"
        + b"null,1,x,\n"
        + GOOD.encode()
    )
    events, done, refused = load(write(tmp_path, content))
    assert len(events) == 2
    assert [number for number, _ in refused] == [3, 4, 5, 6]
    assert refused[1][1] == "2 cells where the header has 4"
    assert refused[2][1] == "not UTF-8"
    assert (done.rows, done.refused) == (6, 4)


def test_a_quote_that_is_never_closed_spoils_what_it_swallows_and_says_so(tmp_path: Path) -> None:
    _, done, refused = load(write(tmp_path, HEADER + GOOD + 'ann,1,"never closed,\n' + GOOD))
    assert done.refused == 1
    assert refused[0][0] == 3
    assert "lines 3 to" in refused[0][1]


def test_json_lines_are_read_and_bad_ones_numbered(tmp_path: Path) -> None:
    good = '{"visitor": "ann", "t": "2023-11-14T22:13:20Z", "name": "signup", "props": {"plan": "pro"}}'
    lines = [
        good,
        "{",
        "",
        "[1]",
        '"x"',
        '{"visitor": "ann"}',
        "[" * 200_000,
        good,
        '{"visitor":"a","t":' + "9" * 5_000 + "}",
    ]
    events, done, refused = load(write(tmp_path, "\n".join(lines), "events.jsonl"))
    assert [event.props for event in events] == [{"plan": "pro"}, {"plan": "pro"}]
    assert len({event.id for event in events}) == 2
    assert [number for number, _ in refused] == [2, 4, 5, 6, 7, 9]
    assert done.rows == 8


@pytest.mark.parametrize("name", ["events", "events.jsonl.gz", "events.ndjson", "events.txt"])
def test_json_lines_are_known_by_name_or_by_content(tmp_path: Path, name: str) -> None:
    line = b'\xef\xbb\xbf{"visitor": "a", "t": 1, "name": "x"}\n'
    events, _, _ = load(write(tmp_path, gzip.compress(line) if name.endswith(".gz") else line, name))
    assert len(events) == 1


def test_later_keys_of_json_lines_are_still_found(tmp_path: Path) -> None:
    rows = [{"visitor": "a", "t": 1, "name": "x"}, {"visitor": "a", "t": 2, "name": "y", "url": "/p"}]
    events, _, _ = load(write(tmp_path, "\n".join(map(json.dumps, rows)), "e.jsonl"))
    assert events[1].path == "/p"


def test_only_the_first_bad_lines_are_kept_but_all_are_counted(tmp_path: Path) -> None:
    _, done, refused = load(write(tmp_path, HEADER + "null,1,x,\n" * 50))
    assert len(done.reasons) == SHOWN
    assert done.refused == len(refused) == 50


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "e.csv", "is empty"),
        ("  \n", "e.jsonl", "is empty"),
        ("visitor,t,name,t\n", "e.csv", "two columns called 't'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        RowFile(write(tmp_path, content, name))


def test_a_damaged_archive_says_that_it_ends_too_early(tmp_path: Path) -> None:
    rows = "".join(f"v{number},{number + 1},x,\n" for number in range(60_000))
    packed = gzip.compress((HEADER + rows).encode())
    with pytest.raises(UserError, match="to its end"):
        load(write(tmp_path, packed[: len(packed) // 2], "e.csv.gz"))
