"""A result that was packed is the same result: every field, every kind of value."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.blocks import Block, BlockKind, Column, Result, Unit
from collector.core.packed import pack, unpack
from collector.core.text import Text, Value

WORDS = st.text(max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False)
CELLS = st.none() | st.booleans() | NUMBERS | WORDS
TEXTS = st.recursive(
    st.builds(Text, WORDS, st.dictionaries(WORDS, CELLS | st.builds(Value, CELLS, st.sampled_from(get_args(Unit))))),
    lambda inner: st.builds(Text, WORDS, st.dictionaries(WORDS, inner, max_size=2)),
    max_leaves=3,
)
DRAWN = st.recursive(
    CELLS | TEXTS | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(WORDS | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)
COLUMNS = st.builds(Column, WORDS, TEXTS, st.sampled_from(get_args(Unit)), st.none() | TEXTS)
LINKS = st.none() | st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    columns = draw(st.lists(COLUMNS, max_size=3))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=4))
    return Block(
        id=draw(WORDS),
        kind=draw(st.sampled_from(get_args(BlockKind))),
        title=draw(TEXTS),
        columns=columns,
        rows=rows,
        draw=draw(st.dictionaries(WORDS, DRAWN, max_size=3)),
        links=draw(st.lists(LINKS, max_size=4)),
        note=draw(st.none() | TEXTS),
        empty=draw(st.none() | TEXTS),
    )


RESULTS = st.builds(
    Result,
    st.lists(blocks(), max_size=3),
    st.integers(0, 2**53),
    st.none() | TEXTS,
    st.lists(TEXTS, max_size=3).map(tuple),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


@given(RESULTS)
def test_what_was_packed_comes_back_the_same(result: Result) -> None:
    back = unpack(pack(result))
    assert back == result
    assert repr(back) == repr(result)  # also where 1, 1.0 and True are equal


def test_every_field_of_a_result_is_known_here() -> None:
    assert [one.name for one in fields(Result)] == ["blocks", "as_of", "headline", "notes", "settled"]
    assert [one.name for one in fields(Column)] == ["name", "label", "unit", "help"]
    known = ["id", "kind", "title", "columns", "rows", "draw", "links", "note", "empty"]
    assert [one.name for one in fields(Block)] == known


def test_numbers_of_numpy_come_back_as_plain_ones_and_what_is_not_finite_stays() -> None:
    rows: list[list[Any]] = [[np.int64(3), np.float64(0.5), float("nan")], [np.bool_(True), float("inf"), None]]
    names = [Column(name, Text(name)) for name in "abc"]
    block = Block("a", "table", Text("A {n}", {"n": np.int32(7)}), names, rows, {"on": date(2026, 3, 1)})
    back = unpack(pack(Result([block], 1))).blocks[0]
    assert repr(back.rows) == "[[3, 0.5, nan], [True, inf, None]]"
    assert str(back.title) == "A 7"
    assert back.draw == {"on": date(2026, 3, 1)}


def test_what_has_no_form_is_refused_when_it_is_packed() -> None:
    with pytest.raises(TypeError, match="object has no packed form"):
        pack(Result([Block("a", "table", Text("A"), [], [], {"x": object()})], 1))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"[1]", b"7", b'{"a": 1}', b"[1, [], 1, null, [], {}]", b"[2, [[1]], 1, null, [], {}]"]
)
def test_other_bytes_are_no_result(data: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(data)


@given(RESULTS, st.data())
def test_a_torn_result_is_refused_or_read_as_something_harmless(result: Result, data: st.DataObject) -> None:
    whole = pack(result)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError):
        unpack(whole[:cut])


def test_the_form_is_plain_json() -> None:
    assert json.loads(pack(Result([], 5, Text("Hi {who}", {"who": Value(1, "count")})))) == [
        2,
        [],
        5,
        {"text": "Hi {who}", "values": [["who", {"value": 1, "unit": "count"}]]},
        [],
        {},
    ]
