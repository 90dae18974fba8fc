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
    assert said() == ["Last 30 days", "Window: 14d"]
    assert said("") == ["Window: 14d"]


def test_options_are_said_in_the_words_of_the_page_and_goals_by_their_names() -> None:
    steps = ["page:/", "event:purchase"]
    line = said(step=steps, window=["2d"], depth=["3"], unit=["session"], loops=["1"], of=["device"])
    assert line[1:] == [
        "Step: the page / → Purchase",
        "Window: 2d",
        "Steps: 3",
        "Count: Visits",
        "With loops",
        "Property: Device",
    ]


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
        "Window: 14d",
        "people with nonsense",
    ]
