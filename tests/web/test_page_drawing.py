"""Blocks as templates get them: links, bars, intervals, series; and addresses edited without losing anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T
from collector.web import draw
from collector.web.address import canonical, is_canonical, local_path, pairs_of, replaced, to_query
from collector.web.draw import BlockView
from collector.web.figures import bar_widths, intervals, place_all
from tests.support.worlds import UTC

COLUMNS = (
    Column("name", T("Name")),
    Column("people", T("People"), "count"),
    Column("rate", T("Rate"), "ratio"),
    Column("low", T("Low"), "ratio"),
    Column("high", T("High"), "ratio"),
)
NOW = 1_763_750_000_000  # November 2025
ROWS: list[list[Cell]] = [["a", 40, 0.4, 0.3, 0.5], ["b", 10, 0.1, None, None], ["c", 0, None, None, None]]
BARS = Block("b", "bars", T("Bars"), COLUMNS, ROWS, {"y": "people"}, [(("did", "x"),), None, None])


@pytest.fixture(autouse=True)
def request_context() -> Iterator[None]:
    app = Flask("drawing")
    Babel(app)
    with app.test_request_context():
        yield


def view(block: Block) -> BlockView:
    def link(pairs: object) -> str:
        return f"/people?{to_query(pairs)}"  # type: ignore[arg-type]

    return draw.view(block, UTC, link, lambda key: f"/person/{key}", "/csv", "/json", NOW)


def test_the_longest_bar_is_whole_and_the_others_are_shares_of_it() -> None:
    assert bar_widths(BARS) == [100.0, 25.0, 0.0]


def test_codes_for_programs_are_left_out_of_the_page_and_all_else_stays_in_its_place() -> None:
    shown = view(replace(BARS, draw={"y": "people", "unseen": ("name", "low")}))
    assert [head.name for head in shown.heads] == ["people", "rate", "high"]
    assert [[cell.text for cell in row.cells] for row in shown.rows] == [
        ["40", "40%", "50%"],
        ["10", "10%", "–"],
        ["0", "–", "–"],
    ]
    assert shown.rows[0].cells[0].href == "/people?did=x"
    assert [row.bar for row in shown.rows] == [100.0, 25.0, 0.0]


def test_a_rows_people_are_behind_their_number_alone() -> None:
    shown = view(BARS)
    assert [[cell.href for cell in row.cells] for row in shown.rows] == [
        ["", "/people?did=x", "", ""],
        [""] * 4,
        [""] * 4,
    ]


def test_each_cell_may_have_its_own_people() -> None:
    block = replace(BARS, draw={"y": "people", "cell_links": {"rate": [(("n", "1"),), (("n", "2"),), (("n", "3"),)]}})
    assert [row.cells[2].href for row in view(block).rows] == ["/people?n=1", "/people?n=2", ""]


def test_a_person_leads_to_their_timeline() -> None:
    block = Block("p", "table", T("P"), (Column("person", T("Person"), "person"),), [["ada"], [""]])
    assert [row.cells[0].href for row in view(block).rows] == ["/person/ada", ""]


def test_intervals_share_a_scale_that_holds_zero() -> None:
    found, zero = intervals(replace(BARS, draw={"y": "rate", "low": "low", "high": "high"}))
    assert found is not None
    assert zero is not None
    first, second, third = found
    assert first.low is not None
    assert first.point is not None
    assert first.high is not None
    assert 0 < zero < first.low < first.point < first.high < 100
    assert (second.low, third.point) == (None, None)
    assert second.point is not None


def test_an_interval_in_another_unit_than_the_value_is_not_drawn_on_its_line() -> None:
    block = replace(BARS, draw={"y": "people", "low": "low", "high": "high"})
    assert intervals(block) == (None, None)
    assert bar_widths(block) == [100.0, 25.0, 0.0]


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=20))
def test_places_keep_the_order_and_stay_on_the_line(values: list[float | None]) -> None:
    placed = place_all(values)
    pairs = [(value, at) for value, at in zip(values, placed, strict=True) if value is not None and at is not None]
    assert all(0 <= at <= 100 for _, at in pairs)
    assert [at for _, at in sorted(pairs, key=lambda pair: pair[0])] == sorted(at for _, at in pairs)
    assert [at is None for at in placed] == [value is None for value in values]


SERIES = Block(
    "s",
    "series",
    T("Series"),
    (Column("day", T("Day"), "date"), Column("people", T("People"), "count"), Column("done", T("Done"), "bool")),
    [["2026-01-01", 5, True], ["2026-01-02", None, True], ["2026-01-03", 7, False]],
    {"x": "day", "y": "people", "unfinished": "done"},
)


def test_a_series_has_gaps_where_there_is_no_number_and_its_unfinished_end() -> None:
    chart = view(SERIES).chart
    assert chart is not None
    assert chart["x"] == ["Jan 1", "Jan 2", "Jan 3"]
    assert chart["open"] == 2
    assert chart["lines"] == [{"name": "People", "data": [5, None, 7], "shown": ["5", "–", "7"], "before": False}]


def test_a_grouped_series_has_a_line_for_each_group() -> None:
    columns = (Column("day", T("Day"), "date"), Column("by", T("By")), Column("people", T("People"), "count"))
    rows: list[list[Cell]] = [["2026-01-01", "a", 1], ["2026-01-01", "b", 2], ["2026-01-02", "b", 3]]
    chart = view(Block("g", "series", T("G"), columns, rows, {"x": "day", "y": "people", "group": "by"})).chart
    assert chart is not None
    lines = chart["lines"]
    assert isinstance(lines, list)
    assert [(line["name"], line["data"]) for line in lines] == [("a", [1, None]), ("b", [2, 3])]


def test_a_number_stands_with_its_change_or_with_the_ends_of_its_interval() -> None:
    columns = (
        Column("value", T("People"), "count"),
        Column("previous", T("Before"), "count"),
        Column("change", T("C"), "ratio"),
    )
    (card,) = view(Block("n", "number", T("People"), columns, [[120, 100, 0.2]])).cards
    assert (card.value.text, card.change, card.up, list(card.more)) == ("120", "+20%", True, ["Before 100"])
    ends = (Column("value", T("D"), "points"), Column("low", T("L"), "points"), Column("high", T("H"), "points"))
    (card,) = view(Block("n", "number", T("Difference"), ends, [[0.1, -0.05, 0.25]])).cards
    assert (card.label, card.value.text, list(card.more)) == ("Difference", "+10 pp", ["−5 to +25 pp"])


def test_a_change_has_one_sign_whatever_unit_its_row_is_in() -> None:
    columns = (Column("measure", T("M")), Column("difference", T("D"), "number"), Column("low", T("L"), "number"))
    rows: list[list[Cell]] = [["rate", 0.1524, -0.01], ["value", 3.5, 0.25], ["in all", 0.0, 4]]
    draw_ = {"units": {"rate": "points", "value": "money"}}
    found = [[cell.text for cell in row.cells] for row in view(Block("t", "table", T("T"), columns, rows, draw_)).rows]
    assert found == [["rate", "+15.24 pp", "−1 pp"], ["value", "+3.50", "+0.25"], ["in all", "0", "+4"]]


def test_parts_of_days_are_written_as_hours_and_minutes_where_the_block_asks_for_it() -> None:
    columns = (Column("day", T("Time"), "number"), Column("difference", T("Gained"), "number"))
    rows: list[list[Cell]] = [[0.0, 0.0], [1 / 96, 1 / 24], [None, -0.5]]
    block = Block("s", "series", T("S"), columns, rows, {"x": "day", "days": ("day", "difference")})
    drawn = view(block)
    words = [[cell.text for cell in row.cells] for row in drawn.rows]
    assert words == [["0 s", "0 s"], ["15 min", "+1 h"], ["–", "−12 h"]]
    assert drawn.chart is not None
    assert drawn.chart["x"] == ["0 s", "15 min", "–"]
    assert drawn.values == rows  # for programs they are days as ever


def test_a_share_in_a_grid_opens_those_whom_it_counts_unless_it_has_people_of_its_own() -> None:
    columns = (
        Column("of", T("Of")),
        Column("week", T("Week"), "count"),
        Column("back", T("Back"), "count"),
        Column("rate", T("Rate"), "ratio"),
    )
    rows: list[list[Cell]] = [["a", 0, 4, 1.0], ["a", 1, 1, 0.25], ["a", 2, 0, 0.0]]
    roles: dict[str, object] = {"y": "of", "x": "week", "value": "rate", "link": "back"}
    block = Block("g", "grid", T("G"), columns, rows, roles, [(("at", str(week)),) for week in range(3)])

    def hrefs(block: Block) -> list[str]:
        drawn = view(block).heat
        assert drawn is not None
        return [cell.view.href for row in drawn.rows for cell in row.cells]

    assert hrefs(block) == ["/people?at=0", "/people?at=1", ""], "nobody is behind the last"
    own = [(("own", "1"),), None, None]
    assert hrefs(replace(block, draw={**roles, "cell_links": {"rate": own}}))[0] == "/people?own=1"
    assert hrefs(replace(block, draw={**roles, "link": "of"})) == ["", "", ""], "a row's people are not a cell's"


NAMES = st.sampled_from(["step", "where", "from", "window", "exclude"])
PAIRS = st.lists(st.tuples(NAMES, st.text(max_size=12)), max_size=8)


@given(PAIRS)
def test_a_canonical_address_is_canonical_and_survives_the_browser(pairs: list[tuple[str, str]]) -> None:
    kept = canonical(pairs)
    assert is_canonical(kept)
    assert all(text.strip() == text and text for _, text in kept)
    assert parse_qsl(to_query(kept), keep_blank_values=True) == kept
    assert parse_qsl(iri_to_uri(f"/?{to_query(kept)}")[2:], keep_blank_values=True) == kept
    arguments: MultiDict[str, str] = MultiDict(kept)
    assert sorted(pairs_of(arguments)) == sorted(kept)


@given(PAIRS, st.sampled_from(["up", "down", "remove", "add", "nothing"]), st.integers(-1, 9))
def test_an_edit_touches_the_values_of_its_own_name_only(pairs: list[tuple[str, str]], action: str, place: int) -> None:
    before = canonical(pairs)
    after = [pair for pair in canonical([*before, ("_edit", f"{action}:step:{place}")]) if pair[0] != "_rows"]
    steps = [text for name, text in before if name == "step"]
    edited = [text for name, text in after if name == "step"]
    assert [pair for pair in after if pair[0] != "step"] == [pair for pair in before if pair[0] != "step"]
    if action == "remove" and 0 <= place < len(steps):
        assert edited == steps[:place] + steps[place + 1 :]
    else:
        assert sorted(edited) == sorted(steps)


@given(PAIRS, PAIRS)
def test_replaced_names_have_the_new_values_alone(pairs: list[tuple[str, str]], changes: list[tuple[str, str]]) -> None:
    found = replaced(pairs, changes)
    names = {name for name, _ in changes}
    assert [pair for pair in found if pair[0] in names] == changes
    assert [pair for pair in found if pair[0] not in names] == [pair for pair in pairs if pair[0] not in names]


@pytest.mark.parametrize("target", [None, "", "shop", "//evil", "/\\evil", "http://evil", "/a\nb", "\\\\evil"])
def test_only_a_path_of_ours_is_a_local_path(target: str | None) -> None:
    assert local_path(target) is None


def test_a_path_of_ours_is_kept_with_its_question() -> None:
    assert local_path("/shop/overview?from=2026-01-01") == "/shop/overview?from=2026-01-01"


def test_two_columns_stand_in_one_where_that_saves_room() -> None:
    columns = (Column("channel", T("Channel")), Column("source", T("Source")), Column("people", T("People"), "count"))
    rows: list[list[Cell]] = [["email", "newsletter", 3], ["direct", "", 2], ["ai", "ai", 1]]
    whole = view(Block("t", "table", T("T"), columns, rows))
    merged = whole.together("channel", "source", "From")
    assert [head.label for head in merged.heads] == ["From", "People"]
    assert [[cell.text for cell in row.cells] for row in merged.rows][:2] == [
        ["Email: newsletter", "3"],
        ["Direct", "2"],
    ]
    assert whole.together("channel", "nothing") is whole


def test_columns_are_picked_in_the_order_asked_for() -> None:
    assert [head.name for head in view(BARS).only("rate", "name", "nothing").heads] == ["rate", "name"]


def test_times_of_this_year_leave_the_year_out_and_keep_it_in_their_title() -> None:
    columns = (Column("at", T("At"), "time"),)
    rows: list[list[Cell]] = [[NOW], [NOW - 400 * 86_400_000]]
    cells = view(Block("t", "table", T("T"), columns, rows)).column("at")
    assert [cell.text for cell in cells] == ["Nov 21, 18:33", "Oct 17, 2024, 18:33"]
    assert cells[0].whole == "Nov 21, 2025, 18:33"


def test_no_chance_is_ever_written_as_zero() -> None:
    columns = (Column("p_value", T("p"), "number"),)
    rows: list[list[Cell]] = [[0.0], [1e-9], [0.0099], [0.01], [0.26], [1.0], [None]]
    cells = view(Block("t", "table", T("T"), columns, rows)).column("p_value")
    assert [cell.text for cell in cells] == ["<0.01", "<0.01", "<0.01", "0.01", "0.26", "1", "–"]


def test_a_persons_key_keeps_its_whole_in_its_title() -> None:
    block = Block("p", "table", T("P"), (Column("person", T("Person"), "person"),), [["ada@shop.example"]])
    cell = view(block).column("person")[0]
    assert (cell.style, cell.whole) == ("key", "ada@shop.example")
