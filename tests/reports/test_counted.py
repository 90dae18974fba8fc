"""A site's first visitor is told of in words that fit one."""

from __future__ import annotations

import re

import pytest

from collector.core.blocks import Result
from collector.core.people_text import parse_people
from collector.core.people_words import people_words
from collector.core.times import DAY, HOUR, day_of
from collector.reports.ask import ask
from collector.reports.cookieless import day_note
from collector.reports.registry import reports
from tests.support.worlds import UTC, E, site, world

NOW = 1_763_000_000_000
MANY = "people|visits|sessions|events|conversions|customers|newcomers|purchases|things|rows|days|weeks|months|times"
ONE_OF_MANY = re.compile(rf"(?<![\d.,])1 (of \S+ )?(exposed |more |different )?({MANY}|who|were|are|have|carry)\b")
COOKIELESS = f"c_{0:032x}"


@pytest.mark.parametrize("name", list(reports()))
@pytest.mark.parametrize("events", [["event:purchase"], ["page:/", "event:purchase"]])
def test_nobody_is_called_1_people(name: str, events: list[str]) -> None:
    report = reports()[name]
    journeys = world([E("v", NOW - DAY + at, what) for at, what in enumerate(events)], as_of=NOW)
    person = {"person": ["v"]} if name == "timeline" else {}
    for more in ({}, {"step": ["event:purchase"]}, {"people": ["times"], "at": ["1"]}):
        known = {param.name for param in report.params} if "people" not in more or name == "lifecycle" else set()
        given = {**report.example, **person, **{key: texts for key, texts in more.items() if key in known}}
        given.pop("segment", None)
        _, result = ask(report, journeys, given, site({"Purchase": "event:purchase"}), NOW)
        assert [text for text in told(result) if ONE_OF_MANY.search(text)] == []


def told(result: Result) -> list[str]:
    """Every sentence of an answer."""
    beside = [text for block in result.blocks for text in (block.title, block.note, block.empty)]
    return [str(text) for text in (result.headline, *result.notes, *beside) if text is not None]


def arms(*seen: tuple[str, str]) -> list[E]:
    """Who was seen in which arm of an experiment, in this order, all within its horizon but the first day's."""
    return [
        E(who, NOW - 30 * DAY + at * HOUR, "event:experiment_exposed", props={"experiment": "x", "variant": arm})
        for at, (who, arm) in enumerate(seen)
    ]


def on_days(*days: tuple[str, float], what: str = "page:/") -> list[E]:
    """Who did something so many days ago."""
    return [E(who, NOW - int(ago * DAY), what) for who, ago in days]


SIDES = {"day": [str(day_of(NOW - 9 * DAY, UTC))], "window": ["7d"]}


@pytest.mark.parametrize(
    ("name", "events", "given", "words"),
    [
        ("before-after", on_days(("a", 9), ("a", 12), ("b", 40)), SIDES, "1 person came in 1 week, beside 1 in the"),
        ("before-after", on_days(("a", 9), ("a", 12), ("b", 40)), SIDES, "One person came on both sides, 100.0%"),
        ("experiment", arms(("a", "on"), ("b", "off"), ("c", "off")), {}, "1 person in “on” and 2 in “off” have had"),
        ("experiment", arms(("a", "on"), ("b", "off"), ("a", "off")), {}, "One person was seen in more than one arm"),
        ("experiment", arms(("a", "on"), ("b", "off")), {"horizon": ["30d"]}, "One person is left out, as in every"),
        ("funnel", on_days(("a", 1)), {"step": ["page:/", "event:purchase"]}, "One who entered still has time to go"),
        ("overview", on_days(("a", 1), (COOKIELESS, 1)), {}, "Of 2 people in this time one was counted without"),
    ],
)
def test_one_person_is_told_of_as_one(name: str, events: list[E], given: dict[str, list[str]], words: str) -> None:
    chosen = {**reports()[name].example, **given}
    shop = site({} if name == "before-after" else {"Purchase": "event:purchase"})
    _, result = ask(reports()[name], world(events, as_of=NOW), chosen, shop, NOW)
    assert words in " | ".join(told(result))
    assert [text for text in told(result) if ONE_OF_MANY.search(text)] == []


@pytest.mark.parametrize("follows", ["", "part", "whole"])
def test_one_without_cookies_is_told_of_as_one(follows: str) -> None:
    for everyone, people in ((1, "1 person"), (47, "47 people")):
        note = str(day_note(1, everyone, follows))
        assert note.startswith(f"Of {people} in this time one was counted without cookies")
        assert not ONE_OF_MANY.search(note)
    assert str(day_note(2, 47, follows)).startswith("2 of 47 people in this time were counted without cookies")


def test_once_is_no_number_of_times() -> None:
    said = [str(people_words(parse_people(f"event:x[#times{op}1]"))) for op in ("=", "!=", ">", ">=", "<", "<=")]
    ends = ("exactly once", "not exactly once", "more than once", "at least once", "never", "at most once")
    assert [one.endswith(end) for one, end in zip(said, ends, strict=True)] == [True] * 6, said
