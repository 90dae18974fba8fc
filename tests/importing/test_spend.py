"""Tables of costs as ad platforms export them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.spend import SpendDay
from collector.importing.files import RowFile
from collector.importing.spend import SpendTable, read_spend, reading
from collector.importing.spend_cells import cost_of


def read(folder: Path, text: str, told: Mapping[str, str] | None = None, **constants: str) -> SpendTable:
    file = folder / "costs.csv"
    file.write_text(text)
    table = RowFile(file)
    return read_spend(table.rows(), reading(table.names, told or {}, constants))


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("day,channel,source,campaign,cost,currency\n2026-01-02,paid_search,google,brand,12.50,EUR\n", {}),
        ("Datum;Kanal;Quelle;Kampagne;Kosten\n02.01.2026;Paid Search;google;brand;12,50\n", {"currency": "eur"}),
        (
            "Campaign name,Reporting starts,Amount spent (EUR)\nbrand,2026-01-02,12.5\n",
            {"channel": "paid-search", "source": "google"},
        ),
        (
            "segments.date,campaign,cost,Currency code\n20260102,brand,€ 12.50,eur\n",
            {"channel": "paid_search", "source": "google"},
        ),
    ],
)
def test_usual_exports_are_read_without_a_word(tmp_path: Path, text: str, constants: dict[str, str]) -> None:
    found = read(tmp_path, text, None, **constants)
    assert found.refused == []
    assert found.days == [SpendDay("2026-01-02", "paid_search", "google", "brand", 12.5, "EUR")]


def test_what_is_said_for_all_rows_holds_for_those_that_name_none(tmp_path: Path) -> None:
    text = "day,campaign,cost,currency,source\n2026-01-02,a,1,USD,\n2026-01-02,b,1,,bing\n"
    found = read(tmp_path, text, currency="EUR", source="google")
    assert [(one.source, one.currency) for one in found.days] == [("google", "USD"), ("bing", "EUR")]


def test_rows_of_one_day_and_campaign_are_summed(tmp_path: Path) -> None:
    found = read(tmp_path, "day,campaign,cost\n2026-01-02,a,1\n2026-01-02,a,2\n2026-01-03,a,4\n", currency="EUR")
    assert [(one.day, one.cost) for one in found.days] == [("2026-01-02", 3.0), ("2026-01-03", 4.0)]


def test_lines_that_cannot_be_read_do_not_stop_the_rest(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "day,channel,campaign,cost,currency\n"
        "Total,,a,9,EUR\n"
        "2026-01-02,,a,minus,EUR\n"
        "2026-01-02,,a,-1,EUR\n"
        "2026-01-02,,,1,EUR\n"
        "2026-01-02,billboards,a,1,EUR\n"
        "2026-01-02,,a,1,euros\n"
        "2026-01-02,,a,1\n"
        "2026-01-02,,a,1,EUR\n"
        "2026-01-02,,a,1,USD\n",
    )
    assert [line for line, _ in found.refused] == [2, 3, 4, 5, 6, 7, 8, 10]
    assert found.rows == 9
    assert [one.cost for one in found.days] == [1.0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0),
        ("1234.5", 1234.5),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1,234", 1234.0),
        ("12,5", 12.5),
        ("1 234,50 €", 1234.5),
        ("1.234.567", 1_234_567.0),
        ("1,234,567.8", 1_234_567.8),
        ("$0.99", 0.99),
    ],
)
def test_costs_are_read_as_people_write_them(text: str, number: float) -> None:
    assert cost_of(text) == pytest.approx(number)


@given(st.text(max_size=12))
def test_whatever_stands_in_a_cost_is_a_number_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert 0 <= cost_of(text) <= 1e12


@given(st.floats(0, 1e9).map(lambda number: round(number, 2)))
def test_a_cost_is_the_same_in_both_ways_of_writing_it(number: float) -> None:
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert cost_of(english) == cost_of(german) == pytest.approx(number)


@pytest.mark.parametrize(
    ("header", "told", "constants", "message"),
    [
        ("day,campaign", {}, {}, "No column says the cost"),
        ("cost,campaign", {}, {"currency": "EUR"}, "No column says the day"),
        ("day,campaign,cost", {}, {}, "No column says the currency"),
        ("day,cost", {}, {"currency": "EUR"}, "what the cost was for"),
        ("day,cost", {"campaign": "x"}, {"currency": "EUR"}, "no column 'x'"),
        ("day,cost", {"colour": "day"}, {"currency": "EUR"}, "not a column of costs"),
        ("day,cost", {}, {"currency": "EUR", "channel": "tv"}, "not a channel"),
        ("day,cost,campaign", {}, {"currency": "euro"}, "not a currency"),
    ],
)
def test_what_is_missing_is_said(header: str, told: dict[str, str], constants: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        reading(header.split(","), told, constants)
