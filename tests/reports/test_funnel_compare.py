"""A funnel beside other days or people: the same as asking twice, and only days that are fair."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Result
from collector.core.errors import UserError
from collector.core.people_text import parse_people
from collector.core.query import Segment
from collector.core.times import DAY, HOUR, Span
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.ask import ask
from collector.reports.funnel_days import earlier
from collector.reports.stats import difference
from tests.support.effort import examples
from tests.support.funnels import START, column
from tests.support.worlds import E, site, world

UTC = ZoneInfo("UTC")
AB = ["event:a", "event:b"]
PHONES = Segment("Phones", (parse_people("event:phone"),))
OLD = Segment("Old", (parse_people("event:old"),))
SITE = site(segments={"Phones": PHONES, "Old": OLD})


def asked(journeys: Journeys, given: Mapping[str, list[str]], now: int) -> Result:
    return ask(funnel.REPORT, journeys, given, SITE, now)[1]


def funnel_of(journeys: Journeys, now: int, **more: str) -> Result:
    given = {"step": AB, **{name.rstrip("_").replace("_", "-"): [text] for name, text in more.items()}}
    return asked(journeys, given, now)


def lists(journeys: Journeys, block: Block, now: int) -> list[tuple[int, int]]:
    """For each row how many people its two links open."""
    cells = block.draw["cell_links"]
    assert isinstance(cells, dict)
    found = []
    for pair in zip(block.links, cells["other_people"], strict=True):
        lengths = []
        for link in pair:
            given: dict[str, list[str]] = {}
            for name, text in link or ():
                given.setdefault(name, []).append(text)
            lengths.append(len(asked(journeys, given, now).block("people").rows))
        found.append((lengths[0], lengths[1]))
    return found


def weeks() -> Journeys:
    """Two weeks of ten people a day: a third goes on in the first week, half in the second, all within an hour."""
    log = []
    for day in range(14):
        for n in range(10):
            visitor, time = f"d{day}-{n}", START + day * DAY + HOUR
            log.append(E(visitor, time, "event:a"))
            if n % (3 if day < 7 else 2) == 0:
                log.append(E(visitor, time + HOUR, "event:b"))
            if n % 5 == 0:
                log.append(E(visitor, time, "event:phone"))
            if n % 5 == 1:
                log.append(E(visitor, time, "event:old"))
    return world(log, parts=2)


SECOND_WEEK = {"from_": "2023-11-22", "to": "2023-11-28", "window": "1d"}
AFTER = START + 40 * DAY


def test_two_periods_stand_side_by_side_with_the_interval_of_their_difference() -> None:
    journeys = weeks()
    block = funnel_of(journeys, AFTER, compare="previous", **SECOND_WEEK).block("compare")
    assert column(block, "people") == [70, 35]
    assert column(block, "other_people") == [70, 28]
    apart, low, high = difference([35], [70], [28], [70])
    assert block.rows[1][6:9] == pytest.approx([apart[0], low[0], high[0]])
    assert block.rows[1][9:] == block.rows[1][6:9]
    assert block.rows[0][6:] == [None] * 6
    assert lists(journeys, block, AFTER) == [(70, 70), (35, 28)]
    assert "So small a difference may be chance" in str(block.note)


def test_a_difference_that_chance_does_not_make_is_said() -> None:
    log = [E(f"v{n}", START + (n % 2) * 7 * DAY, "event:a") for n in range(400)]
    log += [E(f"v{n}", START + (n % 2) * 7 * DAY + HOUR, "event:b") for n in range(400) if n % 2 or n % 10 == 0]
    block = funnel_of(world(log), AFTER, compare="previous", **SECOND_WEEK).block("compare")
    assert str(block.note).startswith("100.0% went all the way, against 20.0% (the days before): +80.0 points.")
    assert "more than chance" in str(block.note)
    assert str(block.title) == "Beside the days before: 2023-11-15 to 2023-11-21"


def test_days_whose_entrants_still_have_time_are_left_out_of_both_periods() -> None:
    journeys, now = weeks(), START + 13 * DAY
    block = funnel_of(journeys, now, compare="previous", **SECOND_WEEK).block("compare")
    # The window is a day: on the morning of the 28th the entrants up to the 26th have had it.
    assert column(block, "people") == [50, 25]
    assert column(block, "other_people") == [50, 20]
    assert str(block.note).endswith("Of those who entered from 2023-11-22 to 2023-11-26: later ones still have time.")
    assert lists(journeys, block, now) == [(50, 50), (25, 20)]


def test_a_period_of_which_nobody_has_had_the_window_is_not_compared() -> None:
    block = funnel_of(weeks(), START + 7 * DAY + HOUR, compare="previous", **SECOND_WEEK).block("compare")
    assert block.rows == []
    assert str(block.empty) == "No day's entrants have had the whole window yet."
    block = funnel_of(weeks(), AFTER, compare="year", all_time="1").block("compare")
    assert "All time has nothing before it" in str(block.empty)


def test_a_year_before_is_the_same_days() -> None:
    span = Span(date(2024, 2, 29), date(2024, 3, 6), UTC)
    assert earlier(span, 7, "year").first == date(2023, 2, 28)
    assert earlier(span, 3, "previous") == Span(date(2024, 2, 22), date(2024, 2, 24), UTC)


def test_a_segment_stands_beside_everybody_else_or_another() -> None:
    journeys = weeks()
    for days in ({"all_time": "1"}, SECOND_WEEK):
        result = funnel_of(journeys, AFTER, compare_segment="Phones", **days)
        whole, block = column(result.block("steps"), "people"), result.block("segments")
        both = zip(column(block, "people"), column(block, "other_people"), strict=True)
        assert [one + other for one, other in both] == whole  # type: ignore[operator]
        pairs = list(zip(column(block, "people"), column(block, "other_people"), strict=True))
        assert lists(journeys, block, AFTER) == pairs
        block = funnel_of(journeys, AFTER, compare_segment="Phones", versus="Old", **days).block("segments")
        pairs = list(zip(column(block, "people"), column(block, "other_people"), strict=True))
        assert pairs[0][0] == pairs[0][1] == whole[0] // 5  # type: ignore[operator]
        assert lists(journeys, block, AFTER) == pairs


def test_a_segment_that_is_not_is_refused() -> None:
    for more in ({"compare_segment": "None"}, {"versus": "Phones"}, {"compare_segment": "Old", "versus": "None"}):
        with pytest.raises(UserError):
            funnel_of(weeks(), AFTER, **more)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.sampled_from("ab")), max_size=25), st.integers(1, 25)
)
def test_each_side_is_what_asking_for_its_days_says(events: list[tuple[int, int, str]], today: int) -> None:
    journeys = world([E(f"v{who}", START + day * DAY, f"event:{what}") for who, day, what in events])
    now = START + today * DAY
    days = {"from_": "2023-11-22", "to": "2023-11-27", "window": "2d"}
    block = funnel_of(journeys, now, compare="previous", **days).block("compare")
    if block.rows:
        pairs = list(zip(column(block, "people"), column(block, "other_people"), strict=True))
        assert lists(journeys, block, now) == pairs
        given: dict[str, list[str]] = {}
        for name, text in block.links[0] or ():
            given.setdefault(name, []).append(text)
        whole = asked(journeys, {name: text for name, text in given.items() if name not in ("people", "at")}, now)
        assert column(whole.block("steps"), "people") == column(block, "people")
        assert sum(column(whole.block("steps"), "open")) == 0  # type: ignore[arg-type]
