"""What is guessed of a file: its letters, its kind, its tool, its columns. Whatever it holds, never an exception."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.importing.encoding import guess_encoding
from collector.importing.files import RowFile
from collector.importing.json_values import json_values
from collector.ingest.columns import EXPORT_COLUMNS
from collector.ingest.imports.guess import FORMATS, guess_columns, guess_format, looks_like_time
from tests.support.effort import examples


def columns(rows: list[dict[str, Any]], **given: str) -> tuple[dict[str, str], tuple[str, ...]]:
    found, unsure = guess_columns(list(rows[0]), rows, given)
    roles = ("visitor", "time", "event", "url", "user", "id")
    return {role: name for role in roles if (name := getattr(found, role))}, unsure


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"visitor,t,name\n", "utf-8-sig"),
        ("visitor,café\n".encode(), "utf-8-sig"),
        ("visitor,café, Grüße\n".encode("cp1252"), "cp1252"),
        ("visitor,“quoted” – 5 €\n".encode("cp1252"), "cp1252"),
        ("visitor,café\n".encode("utf-16"), "utf-16"),
        ("visitor,café\n".encode("utf-16-le"), "utf-16-le"),
        ("visitor,café\n".encode("utf-16-be"), "utf-16-be"),
        ("visitor,café\n".encode() + b"x\xe9y\n", "utf-8-sig"),  # one bad line of many
        (("é" * 40_000).encode()[:65_535], "utf-8-sig"),  # cut in the middle of a letter
    ],
)
def test_letters_are_read_as_they_were_written(raw: bytes, encoding: str) -> None:
    assert guess_encoding(raw) == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_table_of_any_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("visitor;t;name\nrené;1700000000;Grüße – “5 €”\n".encode(encoding))
    [row] = RowFile(path).rows()
    assert row.cells == {"visitor": "rené", "t": "1700000000", "name": "Grüße – “5 €”"}


def test_an_encoding_may_be_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("visitor,t,name\nмарія,1,x\n".encode("cp1251"))
    assert RowFile(path, "cp1251").first(1)[0].cells == {"visitor": "марія", "t": "1", "name": "x"}
    with pytest.raises(UserError, match="cannot be read"):
        RowFile(path, "klingon")


@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding(raw: bytes) -> None:
    raw.decode(guess_encoding(raw), "replace")


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        ('{"a": 1}\n{"a": 2}\n', "x.txt", "jsonl"),
        ('{"a": 1}\n{"a": 2}', "x.json", "jsonl"),
        ('[{"a": 1}, {"a": 2}]', "x.json", "json"),
        ('{\n  "a": 1\n}\n{\n  "a": 2\n}', "x.json", "json"),
        ('{"next": null, "results": [{"a": 1}, {"a": 2}]}', "x.json", "json"),
        ('{"count": 2, "results":\n[{"a": 1}, {"a": 2}]}', "x.json", "json"),
        ("a,b\n1,2\n2,3\n", "x.txt", "csv"),
    ],
)
def test_the_kind_of_a_file_is_seen_from_how_it_begins(tmp_path: Path, content: str, name: str, kind: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    file = RowFile(path)
    assert file.kind == kind
    assert [int(row.cells["a"]) for row in file.rows() if row.cells] == [1, 2]


def test_values_of_an_array_have_the_line_they_begin_on_and_a_cut_one_is_told() -> None:
    text = '[\n{"a": 1},\n\n{"b":\n2}, 5]'
    assert [(line, value) for line, value, _ in json_values(io.StringIO(text), "x")] == [
        (2, {"a": 1}),
        (4, {"b": 2}),
        (5, 5),
    ]
    with pytest.raises(UserError, match="x is not JSON from line 4 on"):
        list(json_values(io.StringIO(text[:18]), "x"))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


class Slow(io.StringIO):
    """A stream that gives little at a time."""

    def read(self, size: int | None = -1, /) -> str:
        return super().read(3)


@given(st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_an_array_comes_back_value_by_value_however_it_arrives(
    rows: list[dict[str, Any]], indent: int | None, wrapped: bool
) -> None:
    text = json.dumps({"results": rows} if wrapped else rows, indent=indent)
    stream = io.StringIO(text) if wrapped else Slow(text)
    assert [value for _, value, _ in json_values(stream, "x")] == rows


@pytest.mark.parametrize(
    ("names", "row", "tool"),
    [
        (["event_timestamp", "event_name", "event_params"], {}, "ga4"),
        (["idVisit", "actionDetails"], {}, "matomo"),
        (["idVisit", "actionDetails_0_type"], {}, "matomo"),
        (["event_id", "website_id", "session_id", "created_at", "url_path"], {}, "umami"),
        (["messageId", "type", "userId"], {"type": "track"}, "segment"),
        (["messageId", "type", "userId"], {"type": "invoice"}, "csv"),
        (["event", "distinct_id", "timestamp"], {"event": "$pageview"}, "posthog"),
        (["event", "distinct_id", "timestamp"], {"event": "sale"}, "csv"),
        (["event", "distinct_id", "timestamp", "elements_chain"], {}, "posthog"),
        ([*EXPORT_COLUMNS], {}, "csv"),
        (["visitor", "t", "name"], {}, "csv"),
    ],
)
def test_a_tool_is_known_by_its_columns(names: list[str], row: dict[str, Any], tool: str) -> None:
    assert guess_format("csv", names, [row]) == tool


def test_of_several_columns_with_a_usual_name_the_one_whose_cells_fit_is_taken() -> None:
    row = {"time": "00:35", "created at": "2026-01-05 10:00:00", "page": "3", "path": "/x", "user": "kim", "n": "x"}
    assert columns([row]) == (
        {"visitor": "user", "time": "created at", "url": "path"},
        (),
    )


def test_a_time_or_an_address_without_a_usual_name_is_found_by_its_cells_and_is_not_sure() -> None:
    row = {"client_id": "a1", "order": "17", "moment": "1760000000", "where": "https://shop.example/x"}
    assert columns([row]) == ({"visitor": "client_id", "time": "moment", "url": "where"}, ("time", "url"))
    assert columns([row], time="moment", url="where")[1] == ()


def test_a_visitor_is_never_guessed_from_cells() -> None:
    with pytest.raises(UserError, match="No column says who"):
        columns([{"code": "a1", "time": "2026-01-05", "event": "x"}])


@pytest.mark.parametrize(
    "cell",
    [
        1_760_000_000,
        1_760_000_000.5,
        "1760000000",
        "1760000000.25",
        1_760_000_000_000,
        "1760000000000",
        1_760_000_000_000_000,
        "1760000000000000000",
        "2026-01-05",
        "2026-01-05 10:00:00",
        "2026-01-05T10:00:00Z",
        "2026-01-05 10:00:00+02",
        "2026-01-05 10:00:00 UTC",
    ],
)
def test_times_look_like_times(cell: object) -> None:
    assert looks_like_time(cell)


@pytest.mark.parametrize(
    "cell", [5, "5", 17.5, "", None, True, "x", "0012", 20260105, "1899-01-01", 10**30, "9" * 400, []]
)
def test_other_numbers_and_words_do_not(cell: object) -> None:
    assert not looks_like_time(cell)


cells = st.text(max_size=30) | st.sampled_from(
    ["2026-01-05", "1760000000", "/x", "kim", "", '{"a": 1}', "null", "\x1f"]
)
names = st.text(max_size=12) | st.sampled_from(["visitor", "time", "event", "url", "user id", "props", "id", *FORMATS])


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(names, min_size=1, max_size=6),
    st.lists(st.lists(cells, max_size=7), max_size=5),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-16", "cp1252", "latin-1"]),
    st.sampled_from([".csv", ".txt", ""]),
)
def test_no_table_makes_the_guesser_fail(
    tmp_path: Path, header: list[str], rows: list[list[str]], sign: str, encoding: str, suffix: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows([header, *rows])
    path = tmp_path / f"table{suffix}"
    path.write_bytes(text.getvalue().encode(encoding, "replace"))
    with suppress(UserError):
        file = RowFile(path)
        first = [row.cells for row in file.first(200) if row.cells is not None]
        assert guess_format(file.kind, file.names, first) in FORMATS
        guess_columns(file.names, first, {})


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400) | st.text(max_size=200).map(str.encode),
    st.sampled_from(["a.csv", "a.jsonl", "a.json", "a"]),
)
def test_no_bytes_make_the_reader_fail(tmp_path: Path, raw: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with suppress(UserError):
        file = RowFile(path)
        for row in file.rows():
            assert row.number > 0
            assert (row.cells is None) == bool(row.problem)
