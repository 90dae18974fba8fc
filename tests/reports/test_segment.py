"""The pages of segments: who is in, week by week, against slow loops; and every report asked of a segment alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block
from collector.core.deadline import Deadline, TooLong, within
from collector.core.errors import UserError
from collector.core.people import Segment
from collector.core.people_text import parse_people
from collector.core.times import DAY, HOUR
from collector.journeys.journeys import Journeys
from collector.reports.ask import ask
from collector.reports.by_segment import by_segment
from collector.reports.registry import reports
from collector.reports.segment import COUNT, REPORT
from collector.reports.segments import REPORT as ALL
from tests.support.effort import examples
from tests.support.people_oracle import Happened, Question, conditions, journeys_of, member
from tests.support.visit_oracle import logs, users
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000  # 2025-11-13, a Thursday
NOW = START + 12 * DAY
ZONE = "Europe/Berlin"
SEGMENTS = {
    "Buyers": Segment("Buyers", (parse_people("event:buy"),)),
    "Late": Segment("Late", (parse_people("any[#last=1d]"),), (parse_people("segment:Buyers"),)),
}
SITE = site({"Buy": "event:buy"}, ZONE, SEGMENTS)


def people_of(block: Block) -> set[str]:
    return {str(row[0]) for row in block.rows}


@settings(max_examples=examples(30), deadline=None)
@given(
    logs(most=12),
    users(),
    conditions().filter(lambda text: "[#in]" not in text and "is:" not in text),
    st.sampled_from([1, 2]),
)
def test_each_week_has_who_was_in_it_at_its_end(log: list[E], known: Mapping[str, str], text: str, parts: int) -> None:
    journeys = world(log, known, NOW, parts)
    arguments = {"where": text, "from_": "2025-11-13", "to": "2025-11-27"}
    result = REPORT.run(journeys, question(REPORT, NOW, SITE, **arguments))
    asked = Segment("", (parse_people(text),))

    def at(moment: int) -> set[str]:
        """Who was in it when nothing later had happened."""
        then = Question(ZoneInfo(ZONE), None, min(NOW, moment - 1), SEGMENTS)
        found = set()
        for person, mine in journeys_of(log, known, False).items():
            before: list[Happened] = [one for one in mine if one.time < moment]
            if before and member(asked, before, person in known.values(), then):
                found.add(person)
        return found

    monday = 1_762_729_200_000  # 2025-11-10, midnight in Berlin
    rows = [list(row) for row in result.block("weeks").rows]
    before = at(monday)
    for number, row in enumerate(rows):
        end = min(monday + (number + 1) * 7 * DAY, NOW + 1)
        now = at(end)
        assert row == [
            str(date(2025, 11, 10) + timedelta(days=7 * number)),
            len(now),
            len(now - before),
            len(before - now),
            end == NOW + 1,
        ]
        for kind, wanted in (("in", now), ("joined", now - before), ("left", before - now)):
            listed = REPORT.run(journeys, question(REPORT, NOW, SITE, people=kind, at=str(row[0]), **arguments))
            assert people_of(listed.block("people")) == wanted
            assert listed.block("people").draw["total"] == len(wanted)
        before = now
    assert len(rows) == 3
    total = result.block("total").rows[0][0]
    assert total == result.block("people").draw["total"]
    assert total == COUNT.run(journeys, question(COUNT, NOW, SITE, where=text)).block("total").rows[0][0]


def test_all_segments_are_listed_with_their_people_now_and_in_the_range() -> None:
    log = [
        E("a", START, "event:buy"),
        E("b", NOW - HOUR, "page:/"),
        E("c", NOW - HOUR, "event:buy"),
        E("d", START, "page:/"),
    ]
    result = ALL.run(world(log, {}, NOW), question(ALL, NOW, SITE, period="2d"))
    block = result.block("segments")
    assert [list(row) for row in block.rows] == [["Buyers", 2, 0.5, 1], ["Late", 1, 0.25, 1]]
    assert block.links[0] == (("where", "segment:Buyers"), ("all-time", "1"))
    filtered = ALL.run(world(log, {}, NOW), question(ALL, NOW, SITE, where="page:/", period="2d"))
    assert [list(row) for row in filtered.block("segments").rows] == [["Buyers", 0, 0.0, 0], ["Late", 1, 0.5, 1]]


def test_a_segment_that_names_what_is_gone_leaves_the_others_their_people() -> None:
    lost = Segment("Lost", (parse_people("segment:Erased"),))
    journeys = world([E("a", START, "event:buy")], {}, NOW)
    result = ALL.run(journeys, question(ALL, NOW, site(segments={**SEGMENTS, "Lost": lost})))
    assert [list(row) for row in result.block("segments").rows][:3] == [
        ["Buyers", 1, 1.0, 1],
        ["Late", 0, 0.0, 0],
        ["Lost", None, None, None],
    ]
    assert [str(note) for note in result.notes] == [
        "“Lost” finds nobody: There is no segment 'Erased'. Known: Buyers, Late, Lost."
    ]
    _, broken = ask(
        reports()["overview"], journeys, {"by": ["segment"]}, site(segments={**SEGMENTS, "Lost": lost}), NOW
    )
    assert [row[0] for row in broken.block("by_segment").rows] == ["Buyers", "Late"]
    assert "There is no segment 'Erased'. Known: Buyers, Late, Lost." in [str(note) for note in broken.notes]


def test_a_condition_that_is_gone_is_told_with_the_segment_that_names_it() -> None:
    known = {"Trial": Segment("Trial", (parse_people("stage:Trial"),))}
    with pytest.raises(UserError, match=r"The segment 'Trial' finds nobody: There is no stage 'Trial' \(any more\)"):
        ask(reports()["overview"], world(shop_log(), {}, NOW), {"where": ["segment:Trial"]}, site(segments=known), NOW)


@pytest.mark.parametrize("by_segment_", [False, True])
def test_a_question_that_is_stopped_is_not_told_as_a_segment_without_people(by_segment_: bool) -> None:
    known = {**SEGMENTS, "Nested": Segment("Nested", (parse_people("segment:Late"),))}
    asked = question(ALL, NOW, site(segments=known))

    def run(until: float) -> int:
        looks, journeys = count(), world(shop_log(), {}, NOW)
        with within(Deadline(lambda: next(looks), until, 60)):
            by_segment(ALL, journeys, asked) if by_segment_ else ALL.run(journeys, asked)
        return next(looks)

    total = run(10**9)
    for last in range(max(0, total - 6), total):
        with pytest.raises(TooLong):
            run(last - 0.5)


def test_nobody_and_no_segment_are_said() -> None:
    nothing = REPORT.run(world([]), question(REPORT, NOW, SITE, segment="Buyers"))
    assert str(nothing.headline) == "There is nobody yet."
    assert [list(row)[1] for row in nothing.block("weeks").rows] == [0] * 5
    assert ALL.run(world([]), question(ALL, NOW)).headline is None
    one = world([E("a", START, "page:/")], {}, NOW)
    assert "Nobody is in it now" in str(REPORT.run(one, question(REPORT, NOW, SITE, segment="Buyers")).headline)
    with pytest.raises(UserError, match="No week"):
        REPORT.run(one, question(REPORT, NOW, SITE, at="2025-11-11"))


def shop_log() -> list[E]:
    """A dozen people of a shop, two thirds of whom look at the prices twice."""
    log = []
    for number in range(12):
        visitor, begin = f"v{number:02}", START + (number % 6) * DAY + number * HOUR
        for at, what in enumerate(
            ("page:/", "page:/pricing", "event:add", "event:chat_started", "event:signup")[: 2 + number % 4]
        ):
            log.append(E(visitor, begin + at * 60_000, what))
        if number % 2:
            log.append(E(visitor, begin + HOUR, "event:purchase", value=5.0, props={"total": 5}))
        log.append(E(visitor, begin + DAY, "page:/pricing" if number % 3 else "page:/about"))
    return log


def answers(journeys: Journeys, name: str, **filters: Sequence[str]) -> list[tuple[str, list[list[object]]]]:
    report = reports()[name]
    given_ = {**report.example, **{key.replace("_", "-"): list(value) for key, value in filters.items()}}
    known = {"Twice": Segment("Twice", (parse_people("page:/pricing[#times>=2]"),), (parse_people("event:none"),))}
    asked = site({"Purchase": "event:purchase"}, "UTC", {**SEGMENTS, **known})
    _, result = ask(report, journeys, given_, asked, NOW)
    # Addresses of what is behind a number name the filter that was asked.
    return [(block.id, [list(row) for row in block.rows]) for block in result.blocks if block.id != "question"]


@pytest.mark.parametrize("name", [name for name in reports() if name not in ("timeline", "segments", "segment")])
def test_every_report_can_be_asked_of_a_segment_alone(name: str) -> None:
    log = shop_log()
    times: dict[str, int] = {}
    for event in log:
        times[event.visitor] = times.get(event.visitor, 0) + (event.what == "page:/pricing")
    # Ids, and so the order of persons, are those of the whole log in both worlds: the others do nothing but one event
    # of a bot, which no report counts.
    others = {visitor for visitor, often in times.items() if often < 2}
    assert 0 < len(others) < len(times)
    alone = [e if e.visitor not in others else E(e.visitor, e.time, "event:nothing", bot=1) for e in log]
    by_segment = answers(world(log, {}, NOW), name, segment=["Twice"])
    by_hand = answers(world(alone, {}, NOW), name)
    assert by_segment == answers(world(log, {}, NOW), name, where=["segment:Twice"])
    assert by_segment == answers(world(log, {}, NOW), name, where=["page:/pricing[#times>=2]"])
    if name in ("overview", "visitors", "funnel", "chat", "paths"):
        assert by_segment == by_hand


@pytest.mark.parametrize("name", [name for name, report in reports().items() if not report.breaks_down])
def test_a_report_that_knows_segments_alone_refuses_another_breakdown(name: str) -> None:
    report = reports()[name]
    with pytest.raises(UserError, match=r"cannot be broken down by 'channel'\.") as refused:
        ask(report, world(shop_log(), {}, NOW), {**report.example, "by": ["channel"]}, SITE, NOW)
    assert "By segment alone" in refused.value.hint
    assert "Explore" in refused.value.hint
    assert "segment" in str(report.by_help)
    assert "channel" not in str(report.by_help)


@pytest.mark.parametrize("asked", [("segment", "device"), ("device", "segment")])
def test_segments_are_not_paired_with_a_property(asked: tuple[str, str]) -> None:
    by, across = asked
    with pytest.raises(UserError, match="not paired"):
        ask(reports()["explore"], world(shop_log(), {}, NOW), {"by": [by], "across": [across]}, SITE, NOW)


def test_a_breakdown_by_segment_asks_once_of_each() -> None:
    journeys = world(shop_log(), {}, NOW)
    for name in ("overview", "funnel", "events"):
        report = reports()[name]
        whole = {**report.example, "by": ["segment"]}
        _, result = ask(report, journeys, whole, SITE, NOW)
        block = result.block("by_segment")
        assert list(dict.fromkeys(row[0] for row in block.rows))[:1] == ["Buyers"] or not block.rows
        _, alone = ask(report, journeys, {**report.example, "segment": ["Late"]}, SITE, NOW)
        late = [list(row)[1:] for row in block.rows if row[0] == "Late"]
        numbers = [
            cell
            for one in alone.blocks
            if one.kind == "number" and one.rows
            for column, cell in zip(one.columns, one.rows[0], strict=True)
            if column.name not in ("previous", "change", "low", "high")
        ]
        assert late == ([numbers] if numbers else [list(row) for row in alone.blocks[0].rows]), name
        assert [one.id for one in result.blocks[:-1]] == [
            one.id for one in ask(report, journeys, report.example, SITE, NOW)[1].blocks
        ]
    with pytest.raises(UserError, match="No segment is saved"):
        ask(reports()["overview"], journeys, {"by": ["segment"]}, site(), NOW)
