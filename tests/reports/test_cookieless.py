"""People counted without cookies: never followed for longer than their day, and never passed over in silence."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Result
from collector.core.times import DAY, HOUR
from collector.journeys.journeys import Journeys
from collector.reports.ask import ask
from collector.reports.base import Report
from collector.reports.registry import reports
from tests.support.effort import examples
from tests.support.logs import INSTANTS, events
from tests.support.worlds import E, site, world

DAILY, OTHER = "c_" + "a" * 32, "c_" + "b" * 32
SHARED = DAILY + "~0123abcd"  # a second user on that device
USERS = {OTHER: "ann", "v": "ann"}
NOW = INSTANTS[-1] + 40 * DAY
LEFT_OUT, COUNTS_AGAIN = "left out", "counts again"


def answer(journeys: Journeys, name: str, **given: str | Sequence[str]) -> Result:
    arguments = {
        key.replace("_", "-"): [value] if isinstance(value, str) else list(value) for key, value in given.items()
    }
    of = site({"Bought": "event:y"})
    return ask(reports()[name], journeys, {"all-time": ["1"], **arguments}, of, NOW)[1]


def rows(result: Result) -> list[object]:
    return [(block.id, block.rows) for block in result.blocks if block.id != "live"]


def notes(result: Result) -> str:
    return " ".join(map(str, result.notes))


LOGS = st.lists(events(("u", "v", DAILY, OTHER, SHARED)), max_size=14)  # type: ignore[arg-type]
FUNNEL = {"step": ["page:/", "event:x", "event:y"]}


@settings(max_examples=examples(80), deadline=None)
@given(log=LOGS, parts=st.sampled_from([1, 2]), order=st.sampled_from(["ordered", "strict", "any"]))
def test_a_long_funnel_is_the_one_of_a_log_without_them(log: list[E], parts: int, order: str) -> None:
    without = [event for event in log if event.visitor in ("u", "v", OTHER)]
    found = answer(world(log, USERS, parts=parts), "funnel", window="2d", order=order, **FUNNEL)
    plain = answer(world(without, USERS, parts=parts), "funnel", window="2d", order=order, **FUNNEL)
    assert rows(found) == rows(plain)


@settings(max_examples=examples(40), deadline=None)
@given(log=LOGS, asked=st.sampled_from([{"window": "1d"}, {"window": "2d", "include_cookieless": "1"}]))
def test_a_funnel_of_a_day_and_one_that_is_asked_for_them_counts_all(log: list[E], asked: dict[str, str]) -> None:
    renamed = {DAILY: "x", SHARED: "y"}
    plain = [E(**{n: getattr(e, n) for n in E.__slots__} | {"visitor": renamed.get(e.visitor, e.visitor)}) for e in log]
    asked_plain = {"window": asked["window"]}
    assert rows(answer(world(log, USERS), "funnel", **asked, **FUNNEL)) == rows(
        answer(world(plain, USERS), "funnel", **asked_plain, **FUNNEL)
    )


def crowd(keys: Sequence[str]) -> list[E]:
    """People who all look, and of whom every second chats and every third buys an hour later."""
    start, found = INSTANTS[0], []
    for at, key in enumerate(keys):
        found.append(E(key, start + at, "page:/"))
        found += [E(key, start + at + HOUR, "event:chat_started")] if at % 2 else []
        found += [E(key, start + at + 2 * HOUR, "event:y")] if at % 3 == 0 else []
    return found


def test_impact_compares_only_people_who_can_be_followed() -> None:
    known = crowd([f"v{n}" for n in range(300)])
    daily = crowd([f"c_{n:032x}" for n in range(90)])
    for name in ("impact", "chat"):
        given = {"exposure": ["event:chat_started"]} if name == "impact" else {}
        mixed = answer(world([*known, *daily], as_of=NOW), name, **given)
        plain = answer(world(known, as_of=NOW), name, **given)
        assert mixed.block("used").rows == plain.block("used").rows
        assert LEFT_OUT in notes(mixed)
        assert "cookies" not in notes(plain)
        both = answer(world([*known, *daily], as_of=NOW), name, include_cookieless="1", **given)
        assert both.block("used").rows != plain.block("used").rows
    assert answer(world([*known, *daily]), "chat").block("chats").rows == [[195]]


FOLLOWING = frozenset(
    ("funnel", "impact", "stages", "retention", "lifecycle", "attribution", "aha", "drivers", "experiment", "planner")
)
ASKED = {"funnel": FUNNEL, "impact": {"exposure": ["event:x"]}, "timeline": {"person": ["u"]}}


@pytest.mark.parametrize("report", [report for report in reports().values() if report.people], ids=lambda one: one.name)
def test_every_report_that_counts_people_says_how_many_are_of_a_day(report: Report) -> None:
    log = [E(key, INSTANTS[0], what) for key in ("u", "v", DAILY, OTHER, SHARED) for what in ("page:/", "event:x")]
    asked = ASKED.get(report.name, {})
    note = notes(answer(world(log, USERS), report.name, **asked))
    assert "2 of 4 people" in note
    assert (LEFT_OUT if report.name in FOLLOWING else COUNTS_AGAIN) in note
    plain = notes(answer(world([e for e in log if e.visitor in ("u", "v")]), report.name, **asked))
    assert "without cookies" not in plain


def test_the_list_of_visitors_says_it_of_those_listed() -> None:
    log = [E("u", INSTANTS[0], "page:/"), E(DAILY, INSTANTS[0], "page:/a"), E(OTHER, INSTANTS[0], "page:/a")]
    found = answer(world(log), "visitors", did="page:/a")
    assert "2 of 2 people" in notes(found)
    assert found.block("total").rows == [[2]]
    assert "without cookies" not in notes(answer(world(log), "visitors", did="page:/"))


def test_a_funnel_of_sessions_counts_everybody() -> None:
    log = [E(DAILY, INSTANTS[0], "page:/"), E(DAILY, INSTANTS[1], "event:x"), E(DAILY, INSTANTS[2], "event:y")]
    found = answer(world(log), "funnel", unit="session", window="14d", **FUNNEL)
    assert [row[2] for row in found.block("steps").rows] == [1, 1, 1]
    assert COUNTS_AGAIN in notes(found)
    assert [row[2] for row in answer(world(log), "funnel", window="14d", **FUNNEL).block("steps").rows] == [0, 0, 0]
