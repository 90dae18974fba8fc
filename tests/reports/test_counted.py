"""A site's first visitor is told of in words that fit one."""

from __future__ import annotations

import re

import pytest

from collector.core.times import DAY
from collector.reports.ask import ask
from collector.reports.registry import reports
from tests.support.worlds import E, site, world

NOW = 1_763_000_000_000
ONE_OF_MANY = re.compile(r"(?<![\d.,])1 (exposed )?(people|visits|sessions|events|conversions|days|weeks|months)\b")


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
        told = [
            result.headline or "",
            *result.notes,
            *(text or "" for b in result.blocks for text in (b.title, b.note)),
        ]
        assert [str(text) for text in told if ONE_OF_MANY.search(str(text))] == []
