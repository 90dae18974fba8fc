"""JSON and CSV: the same numbers, times with their offset, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from collector.core.blocks import Block, Column, Result
from collector.core.identity import clean_user_id
from collector.core.text import T, Text, Value
from collector.core.write import block_csv, block_table, dump_json, neutral

ZONE = ZoneInfo("Europe/Berlin")
COLUMNS = (
    Column("name", T("Name")),
    Column("people", T("People"), "count"),
    Column("rate", T("Rate"), "ratio"),
    Column("at", T("At"), "time"),
)


def block(*rows: tuple[str | None, int | None, float | None, int | None]) -> Block:
    return Block("steps", "bars", T("Steps"), COLUMNS, rows)


def test_times_carry_the_sites_offset_and_numbers_that_are_none_are_null() -> None:
    result = Result([block(("a", 1, float("nan"), 1_700_000_000_000))], 1_700_000_000_000, T("{n} people", n=1))
    document = json.loads(dump_json("funnel", [("step", "page:/"), ("step", "any")], result, ZONE))
    assert document["query"] == {"step": ["page:/", "any"]}
    assert document["headline"] == "1 people"
    assert document["blocks"][0]["columns"] == ["name", "people", "rate", "at"]
    assert document["blocks"][0]["rows"] == [["a", 1, None, "2023-11-14T23:13:20.000+01:00"]]


@given(st.text())
def test_no_text_cell_begins_like_a_formula(text: str) -> None:
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_real_negative_numbers_stay_numbers() -> None:
    assert (neutral(-3), neutral(-0.5), neutral("-3"), neutral(None), neutral(True)) == (
        "-3",
        "-0.5",
        "'-3",
        "",
        "true",
    )


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")), max_size=5))
def test_a_csv_reads_back_row_by_row(names: list[str]) -> None:
    text = block_csv(block(*[(name, 1, 0.5, None) for name in names]), ZONE)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["name", "people", "rate", "at"]
    assert [row[0] for row in rows[1:]] == [neutral(name) for name in names]


def test_a_terminal_sees_no_control_characters() -> None:
    assert "\x1b" not in block_table(block(("\x1b[31mred", 1, 0.5, None)), ZONE)


def test_a_text_renders_its_values_and_texts_within() -> None:
    text = Text("{who} did {n}", {"who": T("nobody"), "n": Value(3, "count")})
    assert str(text) == "nobody did 3"
    german = {"{who} did {n}": "{who} tat {n}", "nobody": "niemand"}
    assert text.render(german.__getitem__, lambda value: "drei") == "niemand tat drei"


def test_ids_that_name_nobody_are_refused() -> None:
    nobody = [
        "",
        "  ",
        "null",
        "Undefined",
        "GUEST",
        "0",
        0,
        "none",
        "[object Object]",
        "'null'",
        None,
        True,
        "x" * 201,
        {},
    ]
    assert [clean_user_id(raw) for raw in nobody] == [None] * len(nobody)
    assert [clean_user_id(raw) for raw in ("ada", 17, " u-1 ")] == ["ada", "17", "u-1"]
