"""Grids as heat tables, flows as nodes and links, and marks on plots over days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

import collector
from collector.core.blocks import Block, Cell, Column
from collector.core.text import T
from collector.core.times import HOUR
from collector.web import draw
from collector.web.address import to_query
from collector.web.draw import BlockView
from collector.web.heat import TONES, Heat
from collector.web.plots import Mark, series
from tests.support.worlds import UTC

NOW = 1_763_750_000_000
STYLES = Path(collector.__file__).parent / "static" / "styles"
CSS = "".join(path.read_text() for path in sorted(STYLES.glob("*.css")))
GRID_COLUMNS = (
    Column("cohort", T("First week"), "date"),
    Column("week", T("Weeks later"), "count"),
    Column("size", T("People"), "count"),
    Column("came", T("Came back"), "count"),
    Column("rate", T("Share"), "ratio"),
    Column("open", T("Unfinished"), "bool"),
)
GRID_ROWS: list[list[Cell]] = [
    ["2026-10-12", 0, 50, 50, 1.0, False],
    ["2026-10-12", 1, 50, 5, 0.1, True],
    ["2026-10-05", 10, 80, 8, 0.1, False],
    ["2026-10-05", 0, 80, 80, 1.0, False],
    ["2026-10-05", 1, 80, 40, 0.5, False],
    ["All", 0, 130, 130, 1.0, False],
]
HINTS = {"y": "cohort", "x": "week", "value": "rate", "size": "size", "open": "open", "pooled": "All"}
LINKS = [(("cell", str(at)),) for at in range(len(GRID_ROWS))]
GRID = Block("g", "grid", T("Came back"), GRID_COLUMNS, GRID_ROWS, HINTS, LINKS)

FLOW_COLUMNS = (
    Column("step", T("Step"), "count"),
    Column("from", T("From")),
    Column("to", T("To")),
    Column("people", T("People"), "count"),
    Column("gone", T("Left"), "bool"),
)
FLOW_ROWS: list[list[Cell]] = [
    [-1, "/a", "/b", 30, False],
    [-1, "/a", "Left", 10, True],
    [0, "/b", "/a", 12, False],
    [0, "/b", "Left", 18, True],
    [0, "/b", "/never", 0, False],
]
FLOW = Block(
    "f",
    "flow",
    T("Where they went"),
    FLOW_COLUMNS,
    FLOW_ROWS,
    {
        "layer": "step",
        "from": "from",
        "to": "to",
        "value": "people",
        "muted": "gone",
        "cell_links": {
            name: [((name, f"{row[0]}{row[at]}"),) for row in FLOW_ROWS] for at, name in ((1, "from"), (2, "to"))
        },
    },
    [(("link", str(at)),) for at in range(len(FLOW_ROWS))],
)


@pytest.fixture(autouse=True)
def request_context() -> Iterator[None]:
    app = Flask("drawing")
    Babel(app)
    with app.test_request_context():
        yield


def view(block: Block, marks: Sequence[Mark] = ()) -> BlockView:
    def link(pairs: object) -> str:
        return f"/people?{to_query(pairs)}"  # type: ignore[arg-type]

    return draw.view(block, UTC, link, lambda key: f"/person/{key}", "/csv", "/json", NOW, marks)


def heat(block: Block) -> Heat:
    found = view(block).heat
    assert found is not None
    return found


def test_a_grid_stands_in_the_order_of_its_days_and_numbers_with_the_pooled_row_first() -> None:
    grid = heat(GRID)
    assert [row.label.text for row in grid.rows] == ["All", "Oct 5, 2026", "Oct 12, 2026"]
    assert [row.pooled for row in grid.rows] == [True, False, False]
    assert grid.heads == ["0", "1", "10"]
    assert [row.size.text for row in grid.rows if row.size] == ["130", "80", "50"]
    assert [cell.view.text for cell in grid.rows[1].cells] == ["100%", "50%", "10%"]


def test_a_cell_that_has_no_row_is_blank_and_not_zero() -> None:
    blank = heat(GRID).rows[0].cells[1]
    assert (blank.view.text, blank.tone, blank.view.href) == ("", None, "")
    none = heat(replace(GRID, rows=[["2026-10-05", 0, 80, None, None, True]], links=[])).rows[0].cells[0]
    assert (none.view.text, none.tone, none.open) == ("", None, True)


def test_a_cell_leads_to_its_people_and_says_all_of_its_row() -> None:
    cell = heat(GRID).rows[2].cells[1]
    assert cell.view.href == "/people?cell=1"
    assert cell.view.whole.split("\n") == ["Oct 12, 2026 · 1", "Share: 10%", "Came back: 5", "Not over yet"]
    assert cell.open


def test_a_first_column_that_is_the_same_for_all_does_not_pale_the_others() -> None:
    grid = heat(GRID)
    assert [cell.tone for cell in grid.rows[1].cells] == [TONES - 1, TONES - 1, 2]
    assert (grid.least, grid.most) == ("0%", "50%")


def test_where_nobody_came_back_the_whole_is_dark_and_all_else_pale() -> None:
    rows: list[list[Cell]] = [[*row[:4], 1.0 if row[1] == 0 else 0.0, False] for row in GRID_ROWS]
    tones = {cell.view.text: cell.tone for row in heat(replace(GRID, rows=rows)).rows for cell in row.cells}
    assert tones == {"100%": TONES - 1, "0%": 0, "": None}


def test_words_for_rows_and_columns_stay_in_the_order_of_the_report() -> None:
    rows: list[list[Cell]] = [["Lead", "Visit", 3], ["Lead", "Buyer", 1], ["Visit", "Buyer", 2]]
    columns = (Column("from", T("From")), Column("to", T("To")), Column("people", T("People"), "count"))
    grid = heat(Block("g", "grid", T("G"), columns, rows, {"y": "from", "x": "to", "value": "people"}))
    assert [row.label.text for row in grid.rows] == ["Lead", "Visit"]
    assert list(grid.heads) == ["Visit", "Buyer"]
    assert not grid.open


@given(st.lists(st.integers(-10_000, 10_000) | st.none(), min_size=1, max_size=30))
def test_a_larger_number_is_never_paler_and_zero_is_the_palest(values: list[int | None]) -> None:
    columns = (Column("y", T("Y")), Column("x", T("X"), "count"), Column("v", T("V"), "number"))
    rows: list[list[Cell]] = [["a", at, value] for at, value in enumerate(values)]
    cells = heat(Block("g", "grid", T("G"), columns, rows, {"y": "y", "x": "x", "value": "v"})).rows[0].cells
    known = sorted((value, cell.tone) for value, cell in zip(values, cells, strict=True) if value is not None)
    tones = [tone for _, tone in known if tone is not None]
    assert len(tones) == len(known)
    assert tones == sorted(tones)
    assert all(0 <= tone < TONES for tone in tones)
    assert all((tone == 0) == (value == 0) for value, tone in known if min(known)[0] >= 0)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_step_of_colour_can_be_read_in_the_light_and_in_the_dark() -> None:
    written = dict(re.findall(r"\.tone-(\d) \{[^}]*; color: var\((--[\w-]+)\)", CSS))
    assert sorted(written) == [str(tone) for tone in range(TONES)]
    colours: dict[str, list[str]] = {}
    for name, colour in re.findall(r"(--dl-(?:heat-\d|on-heat|on-strong-heat)): (#\w{6});", CSS):
        colours.setdefault(name, []).append(colour)
    for at in (0, 1):  # light, dark
        for tone, name in written.items():
            pair = sorted((luminance(colours[f"--dl-heat-{tone}"][at]), luminance(colours[name][at])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (tone, at)


def test_a_flow_has_each_name_once_in_each_step_with_all_that_went_through_it() -> None:
    chart = view(FLOW).chart
    assert chart is not None
    nodes = chart["nodes"]
    assert [(one["depth"], one["name"], one["value"], one["muted"]) for one in nodes] == [  # type: ignore[attr-defined]
        (0, "/a", 40.0, False),
        (1, "/b", 30.0, False),
        (1, "Left", 10.0, True),
        (2, "/a", 12.0, False),
        (2, "Left", 18.0, True),
    ]
    assert (chart["layers"], chart["tallest"]) == (3, 2)


def test_the_ends_of_a_flow_stand_in_the_order_that_the_block_knows() -> None:
    columns = (Column("n", T("N"), "count"), Column("a", T("A")), Column("b", T("B")), Column("v", T("V"), "count"))
    draw = {"layer": "n", "from": "a", "to": "b", "value": "v", "order": ["Visit", "Lead", "Buyer"]}
    rows: list[list[Cell]] = [[0, "Lead", "Buyer", 9], [0, "Visit", "Lead", 1], [0, "Visit", "Buyer", 2]]
    chart = view(Block("f", "flow", T("F"), columns, rows, draw)).chart
    assert chart is not None
    nodes = [(one["depth"], one["name"]) for one in chart["nodes"]]  # type: ignore[attr-defined]
    assert nodes == [(0, "Visit"), (0, "Lead"), (1, "Lead"), (1, "Buyer")]


def test_nodes_and_links_of_a_flow_lead_to_their_people_and_tell_their_shares() -> None:
    chart = view(FLOW).chart
    assert chart is not None
    nodes, links = chart["nodes"], chart["links"]
    assert [one["href"] for one in nodes] == [  # type: ignore[attr-defined]
        "/people?from=-1/a",
        "/people?to=-1/b",
        "/people?to=-1Left",
        "/people?to=0/a",
        "/people?to=0Left",
    ]
    assert nodes[1]["tip"] == ["/b", "People: 30", "Left here: 60%"]  # type: ignore[index]
    assert nodes[0]["tone"] == nodes[3]["tone"]  # type: ignore[index]
    assert [(one["source"], one["target"], one["value"], one["href"]) for one in links] == [  # type: ignore[attr-defined]
        (0, 1, 30.0, "/people?link=0"),
        (0, 2, 10.0, "/people?link=1"),
        (1, 3, 12.0, "/people?link=2"),
        (1, 4, 18.0, "/people?link=3"),
    ]
    assert links[0]["tip"] == ["/a → /b", "People: 30", "75% of /a"]  # type: ignore[index]
    assert [one["muted"] for one in links] == [False, True, False, True]  # type: ignore[attr-defined]


def test_a_flow_in_which_nobody_went_anywhere_is_not_drawn() -> None:
    assert view(replace(FLOW, rows=FLOW_ROWS[4:], links=[], draw={**FLOW.draw, "cell_links": {}})).chart is None
    assert view(replace(FLOW, rows=[], links=[])).chart is None


def days(*values: str) -> Block:
    columns = (Column("day", T("Day"), "date"), Column("people", T("People"), "count"))
    return Block("s", "series", T("S"), columns, [[value, 1] for value in values], {"x": "day", "y": "people"})


def marks(block: Block, *given: Mark) -> object:
    found = series(block, UTC, given)
    assert found is not None
    return found["marks"]


def test_what_happened_stands_at_its_day_or_in_the_week_that_holds_it() -> None:
    weeks = days("2026-10-05", "2026-10-12", "2026-10-19")
    assert marks(weeks, ("2026-10-14", "New prices"), ("2026-10-12", "Release 2"), ("2026-10-25", "Mail")) == [
        {"at": 1, "words": ["Oct 12: Release 2", "Oct 14: New prices"]},
        {"at": 2, "words": ["Oct 25: Mail"]},
    ]


def test_what_happened_before_or_after_a_plot_is_left_out_of_it() -> None:
    assert (
        marks(days("2026-10-05", "2026-10-06"), ("2026-10-04", "Before"), ("2026-10-07", "After"), ("soon", "?")) == []
    )
    assert marks(days("2026-10-05"), ("2026-10-05", "Only day"), ("2026-10-06", "After")) == [
        {"at": 0, "words": ["Oct 5: Only day"]}
    ]


def test_a_plot_over_hours_has_the_mark_of_its_day_where_the_day_begins() -> None:
    columns = (Column("hour", T("Hour"), "time"), Column("people", T("People"), "count"))
    midnight = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp() * 1000)
    hours: list[list[Cell]] = [[midnight + at * HOUR, 1] for at in range(-24, 24)]
    block = Block("s", "series", T("S"), columns, hours, {"x": "hour", "y": "people"})
    given_ = ("2026-10-05", "Release"), ("2026-10-03", "Before"), ("2026-10-06", "After"), ("soon", "?")
    assert marks(block, *given_) == [{"at": 24, "words": ["Oct 5: Release"]}]
    assert marks(replace(block, rows=hours[24:]), *given_) == [{"at": 0, "words": ["Oct 5: Release"]}]


def test_a_plot_that_is_not_over_days_has_no_marks() -> None:
    columns = (Column("length", T("Length")), Column("people", T("People"), "count"))
    block = Block("s", "series", T("S"), columns, [["1 h", 3]], {"x": "length", "y": "people", "as": "bars"})
    assert marks(block, ("2026-10-05", "Release")) == []


def test_values_of_a_property_are_written_as_people_say_them_in_tables_grids_and_legends() -> None:
    columns = (Column("day", T("Day"), "date"), Column("of", T("Channel")), Column("people", T("People"), "count"))
    rows: list[list[Cell]] = [["2026-10-05", "organic_search", 3], ["2026-10-05", "(other)", 1]]
    hints = {"x": "day", "y": "people", "group": "of", "words": {"of": "channel"}}
    line = view(Block("s", "series", T("S"), columns, rows, hints))
    assert line.chart is not None
    assert [one["name"] for one in line.chart["lines"]] == ["Organic search", "(other)"]  # type: ignore[attr-defined]
    assert [row.cells[1].text for row in line.rows] == ["Organic search", "(other)"]
    grid = heat(
        Block(
            "g", "grid", T("G"), columns, rows, {"y": "of", "x": "day", "value": "people", "words": {"of": "channel"}}
        )
    )
    assert [row.label.text for row in grid.rows] == ["Organic search", "(other)"]


def test_lines_of_groups_share_their_days_in_order_and_their_unfinished_end() -> None:
    columns = (*GRID_COLUMNS[:1], Column("by", T("By")), *GRID_COLUMNS[2:3], GRID_COLUMNS[5])
    rows: list[list[Cell]] = [
        ["2026-10-12", "a", 1, False],
        ["2026-10-19", "a", 2, True],
        ["2026-10-05", "b", 3, False],
        ["2026-10-19", "b", 4, True],
    ]
    hints = {"x": "cohort", "y": "size", "group": "by", "open": "open"}
    chart = view(Block("s", "series", T("S"), columns, rows, hints)).chart
    assert chart is not None
    assert chart["x"] == ["Oct 5", "Oct 12", "Oct 19"]
    assert [one["data"] for one in chart["lines"]] == [[None, 1, 2], [3, None, 4]]  # type: ignore[attr-defined]
    assert chart["open"] == 2


def test_a_cell_may_lead_to_a_question_of_another_report() -> None:
    asked = [[("exposure", "event:x"), ("goal", "event:y")], [("exposure", "event:z")]]
    block = Block(
        "b",
        "table",
        T("B"),
        (Column("action", T("Action")),),
        [["event:x"], ["event:z"]],
        draw={"leads": {"action": ("impact", asked)}},
    )
    asked_of: list[object] = []

    def link(arguments: object) -> str:
        asked_of.append(arguments)
        return "there"

    found = draw.view(block, UTC, link, str, "", "", 0)
    assert [row.cells[0].href for row in found.rows] == ["there", "there"]
    assert asked_of[0] == (("report", "impact"), ("exposure", "event:x"), ("goal", "event:y"))


def test_numbers_drawn_below_zero_are_written_as_they_are() -> None:
    columns = (Column("day", T("Day"), "date"), Column("came", T("Came"), "count"), Column("left", T("Left"), "count"))
    rows: list[list[Cell]] = [["2026-10-05", 5, 3], ["2026-10-06", 4, None]]
    block = Block("b", "series", T("B"), columns, rows, {"x": "day", "y": ["came", "left"], "down": ["left"]})
    drawn = series(block, UTC)
    assert drawn is not None
    lines: Any = drawn["lines"]
    came, left = lines
    assert (came["data"], left["data"]) == ([5, 4], [-3, None])
    assert left["shown"][0] == "3"
