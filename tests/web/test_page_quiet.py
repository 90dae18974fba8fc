"""What a page leaves out, folds away or says in words, so that the answer is what is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from flask import Flask, get_template_attribute
from flask_babel import Babel

from collector.core.blocks import Block, Cell, Column
from collector.core.matcher import parse_matcher
from collector.core.text import T
from collector.web import draw
from collector.web.draw import BlockView
from collector.web.plots import Mark
from tests.support.pages import Installation
from tests.support.worlds import UTC

NOW = 1_763_750_000_000
GOALS = (("Purchase", parse_matcher("event:purchase")),)
DAYS = (Column("day", T("Day"), "date"), Column("people", T("People"), "count"))
WIDE = (
    Column("name", T("Name")),
    Column("people", T("People"), "count"),
    Column("kind", T("Kind")),
    Column("rate", T("Rate"), "ratio"),
)
WIDE_ROWS: list[list[Cell]] = [["a", 4, "x", 0.5], ["b", 2, "y", 0.25]]


@pytest.fixture
def english() -> Iterator[None]:
    app = Flask("quiet")
    Babel(app)
    with app.test_request_context():
        yield


def view(block: Block, marks: Sequence[Mark] = ()) -> BlockView:
    return draw.view(block, UTC, lambda _: "/people", str, "/csv", "/json", NOW, marks, GOALS)


def series(*heights: Cell) -> Block:
    rows: list[list[Cell]] = [[f"2026-10-{at:02}", height] for at, height in enumerate(heights, start=5)]
    return Block("s", "series", T("Visits by day"), DAYS, rows, {"x": "day", "y": "people"})


def drawn(shop: Installation, block: Block | BlockView, name: str = "show_block") -> str:
    """A block as the templates write it."""
    with shop.app.test_request_context():
        shown = block if isinstance(block, BlockView) else view(block)
        return str(get_template_attribute("blocks/block.html", name)(shown))


@pytest.mark.usefixtures("english")
def test_less_used_columns_are_folded_away_with_their_cells_and_nothing_is_lost() -> None:
    folded = view(Block("t", "table", T("T"), WIDE, WIDE_ROWS, {"more": ("kind", "rate")}))
    assert folded.folds
    assert [(head.name, head.extra) for head in folded.heads] == [
        ("name", False),
        ("people", False),
        ("kind", True),
        ("rate", True),
    ]
    assert [[cell.text for cell in row.cells if cell.extra] for row in folded.rows] == [["x", "50%"], ["y", "25%"]]
    assert (folded.heads[3].style, folded.rows[0].cells[3].style) == ("num extra", "num extra")
    assert not view(Block("t", "table", T("T"), WIDE, WIDE_ROWS)).folds


@pytest.mark.usefixtures("english")
def test_a_bar_stands_in_the_first_column_that_is_not_folded_away() -> None:
    hints = {"y": "people", "more": "name"}
    assert view(Block("b", "bars", T("B"), WIDE, WIDE_ROWS, hints)).bar_at == 1


@pytest.mark.usefixtures("english")
def test_columns_that_are_picked_for_a_narrower_place_are_not_folded_there() -> None:
    folded = view(Block("t", "table", T("T"), WIDE, WIDE_ROWS, {"more": ("kind", "rate")}))
    assert not folded.only("name", "rate").folds


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(("most", "seen"), [(1, 1), (2, 2), (3, 4), (9, 4)])
def test_a_table_is_folded_to_a_number_of_columns_unless_one_alone_were_left_out(most: int, seen: int) -> None:
    folded = view(Block("t", "table", T("T"), WIDE, WIDE_ROWS)).folded(most)
    assert sum(not head.extra for head in folded.heads) == seen


@pytest.mark.usefixtures("english")
def test_what_a_report_folds_away_stays_so_in_a_narrow_place_wherever_it_stands() -> None:
    first, middle = (view(Block("t", "table", T("T"), WIDE, WIDE_ROWS, {"more": name})) for name in ("name", "kind"))
    assert [head.name for head in first.folded(1).heads if not head.extra] == ["people"]
    assert middle.folds


@pytest.mark.usefixtures("english")
def test_what_people_did_stands_in_words_with_what_was_written_in_its_title() -> None:
    columns = (Column("did", T("Did")), Column("of", T("Of")))
    rows: list[list[Cell]] = [
        ["event:purchase", "event:purchase"],
        ["page:/pricing → event:purchase", ""],
        ["[broken", "x"],
        [None, "x"],
    ]
    shown = view(Block("t", "table", T("T"), columns, rows, {"words": {"did": "act"}}))
    assert [(cell.text, cell.whole) for cell in shown.column("did")] == [
        ("Purchase", "event:purchase"),
        ("The page /pricing → Purchase", "page:/pricing → event:purchase"),
        ("[broken", ""),
        ("–", ""),
    ]
    assert shown.column("of")[0].text == "event:purchase"


@pytest.mark.usefixtures("english")
def test_marks_that_a_plot_above_has_named_are_drawn_again_and_not_named_again() -> None:
    marks = (("2026-10-05", "New prices"),)
    first, table, same, other = draw.told_once(
        [
            view(series(1, 2), marks),
            view(Block("t", "table", T("T"), WIDE, WIDE_ROWS)),
            view(series(3, 4), marks),
            view(series(5, 6), (*marks, ("2026-10-06", "Mail"))),
        ]
    )
    assert [one.marks_told for one in (first, table, same, other)] == [False, False, True, False]
    assert same.chart is not None
    assert same.chart["marks"] == [{"at": 0, "words": ["Oct 5: New prices"]}]


@pytest.mark.usefixtures("english")
def test_plots_without_marks_have_told_none() -> None:
    assert [one.marks_told for one in draw.told_once([view(series(1)), view(series(2))])] == [False, False]


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("heights", "is_drawn"), [((0, 0), False), ((None, 0.0), False), ((0, 1), True), ((-1, 0), True)]
)
def test_only_a_plot_that_has_heights_is_drawn(heights: tuple[Cell, ...], is_drawn: bool) -> None:
    assert (view(series(*heights)).chart is not None) == is_drawn


ENDS = (
    Column("name", T("Name")),
    Column("lift", T("Lift"), "points"),
    Column("low", T("Low"), "points"),
    Column("high", T("High"), "points"),
    Column("people", T("People"), "count"),
)
ENDS_ROWS: list[list[Cell]] = [["a", 0.1, -0.05, 0.25, 7], ["b", 0.2, None, None, 8]]
INTERVAL = Block("i", "table", T("I"), ENDS, ENDS_ROWS, {"y": "lift", "low": "low", "high": "high"})


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("hints", [INTERVAL.draw, {}, {"y": "lift", "other": "people"}])
def test_the_ends_of_an_interval_stand_in_one_column_whether_or_not_it_is_drawn(hints: dict[str, str]) -> None:
    shown = view(replace(INTERVAL, draw=hints))
    assert [head.label for head in shown.heads] == ["Name", "Lift", "95 % interval", "People"]
    assert [[cell.text for cell in row.cells] for row in shown.rows] == [
        ["a", "+10 pp", "−5 to +25 pp", "7"],
        ["b", "+20 pp", "–", "8"],
    ]


@pytest.mark.usefixtures("english")
def test_columns_are_folded_away_by_name_beside_an_interval_too() -> None:
    shown = view(replace(INTERVAL, draw={"more": ("low", "people")}))
    assert [(head.name, head.extra) for head in shown.heads] == [
        ("name", False),
        ("lift", False),
        ("low", True),
        ("people", True),
    ]


@pytest.mark.usefixtures("english")
def test_ends_that_stand_apart_or_are_the_band_of_a_plot_stay_two_columns() -> None:
    apart = replace(
        INTERVAL,
        columns=[ENDS[at] for at in (0, 1, 2, 4, 3)],
        rows=[[row[at] for at in (0, 1, 2, 4, 3)] for row in ENDS_ROWS],
    )
    for block in (replace(INTERVAL, kind="series"), apart):
        assert {"low", "high"} <= {head.name for head in view(block).heads}
        assert len(view(block).heads) == len(ENDS)


@pytest.mark.usefixtures("english")
def test_changes_have_a_sign_and_so_have_the_ends_of_their_intervals_and_nothing_else() -> None:
    columns = (
        Column("people", T("People"), "count"),
        Column("difference", T("Difference"), "money"),
        Column("low", T("Low"), "money"),
        Column("high", T("High"), "money"),
        Column("change", T("Change"), "ratio"),
        Column("odds", T("Odds"), "number"),
    )
    rows: list[list[Cell]] = [[4, 2.5, -1.0, 6.0, 0.25, 2.0], [3, -2.5, None, None, -0.1, 1.0], [1, 0, 0, 0, 1e-9, 0]]
    shown = view(Block("c", "table", T("C"), columns, rows))
    assert [[cell.text for cell in row.cells] for row in shown.rows][:2] == [
        ["4", "+2.50", "−1.00 to +6.00", "+25%", "2"],
        ["3", "−2.50", "–", "−10%", "1"],
    ]
    assert shown.rows[2].cells[1].text == "0.00"


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("written", "of", "words"),
    [
        ("2 of: page:/, event:purchase", "act", "2 of: the page /, Purchase"),
        ("2 of: page:/, [broken", "act", "2 of: page:/, [broken"),
        ("broken", "act", "broken"),
        ("broken → page:/", "act", "Broken → the page /"),
        ("page:/, event:purchase", "acts", "The page /, Purchase"),
        ("page:/, [broken", "acts", "page:/, [broken"),
        ("", "acts", "–"),
    ],
)
def test_several_acts_in_a_cell_are_said_in_words(written: str, of: str, words: str) -> None:
    block = Block("t", "table", T("T"), (Column("did", T("Did")),), [[written]], {"words": {"did": of}})
    assert [cell.text for cell in view(block).column("did")] == [words]


def test_a_page_shows_folded_columns_to_whoever_asks(shop: Installation) -> None:
    text = drawn(shop, Block("t", "table", T("People"), WIDE, WIDE_ROWS, {"more": ("kind", "rate")}))
    assert "All 4 columns" in text
    assert re.findall(r'<th scope="col" class="([^"]*)"', text) == ["", "num", "extra", "num extra"]
    assert text.count("extra") == 6
    assert "columns" not in drawn(shop, Block("t", "table", T("People"), WIDE, WIDE_ROWS))


def test_a_plot_of_zeros_is_a_sentence_with_its_table(shop: Installation) -> None:
    text = drawn(shop, series(0, 0))
    assert "Nothing to draw: every number here is zero or unknown." in text
    assert "Oct 5, 2026" in text
    assert "figure" not in text
    assert "Nothing to draw" not in drawn(shop, series(0, 1))


def test_a_page_names_marks_once(shop: Installation) -> None:
    with shop.app.test_request_context():
        first, second = draw.told_once([view(series(1, 2), (("2026-10-05", "New prices"),)) for _ in range(2)])
    assert "<li>Oct 5: New prices</li>" in drawn(shop, first)
    assert "<li>" not in drawn(shop, second)
    assert "New prices" in drawn(shop, second)
