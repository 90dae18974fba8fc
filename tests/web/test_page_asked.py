"""The line that says what a page asks, in words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel

from collector.core.matcher import parse_matcher
from collector.core.query import Param
from collector.core.text import T
from collector.web.asked import asked
from collector.web.fields import field

GOALS = [("Purchase", parse_matcher("event:purchase"))]
PARAMS = (
    Param("step", "matcher", T("Step"), repeat=True),
    Param("window", "duration", T("Window"), default="14d"),
    Param("depth", "int", T("Steps"), default="5"),
    Param("unit", "choice", T("Count"), default="person", choices=(("person", T("People")), ("session", T("Visits")))),
    Param("loops", "flag", T("With loops")),
    Param("of", "property", T("Property")),
    Param("day", "text", T("Day")),
    Param("exclude", "exclude", T("Leave out"), repeat=True),
)


@pytest.fixture(autouse=True)
def request_context() -> Iterator[None]:
    app = Flask("asked")
    Babel(app)
    with app.test_request_context():
        yield


def said(period: str = "Last 30 days", **given: list[str]) -> list[str]:
    arguments = {name.replace("_", "-"): values for name, values in given.items()}
    return asked(period, [field(param, arguments) for param in PARAMS], arguments, GOALS)


def test_a_plain_question_says_its_days_and_its_lengths_of_time_alone() -> None:
    assert said() == ["Last 30 days", "Window: 14 days"]
    assert said("") == ["Window: 14 days"]


def test_options_are_said_in_the_words_of_the_page_and_goals_by_their_names() -> None:
    steps = ["page:/", "event:purchase"]
    line = said(step=steps, window=["2d"], depth=["3"], unit=["session"], loops=["1"], of=["device"])
    assert line[1:] == [
        "Step: the page / → Purchase",
        "Window: 2 days",
        "Steps: 3",
        "Count: Visits",
        "With loops",
        "Property: Device",
    ]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("7d", "7 days"),
        ("1w", "7 days"),
        ("1d", "1 day"),
        ("36h", "36 hours"),
        ("1h30m", "90 minutes"),
        ("90s", "1 min 30 s"),
        ("soon", "soon"),
    ],
)
def test_a_length_of_time_is_said_in_whole_words(written: str, words: str) -> None:
    assert said(window=[written])[1] == f"Window: {words}"


def test_days_and_what_is_left_out_are_said_in_words() -> None:
    line = said(day=["2025-01-07"], exclude=["event:purchase@1-2", "nonsense"])
    assert line[2:] == ["Day: Jan 7, 2025", "Leave out: Purchase between steps 1 and 2, nonsense"]
    assert said(day=["20250107"])[2:] == ["Day: 20250107"]


def test_who_is_counted_is_said() -> None:
    line = said(
        by=["channel"],
        segment=["Buyers"],
        where=["event:purchase", "click:Buy"],
        where_not=["source:email"],
        include_bots=["1"],
        include_cookieless=["yes"],
    )
    assert line[2:] == [
        "by Channel",
        "segment “Buyers”",
        "people with Purchase and a click on “Buy”",
        "people without a visit from email",
        "bots too",
        "people without cookies too",
    ]


def test_what_cannot_be_read_stands_as_it_was_written() -> None:
    assert said(where=["nonsense"], loops=["0"], include_bots=["0"]) == [
        "Last 30 days",
        "Window: 14 days",
        "people with nonsense",
    ]
