"""Lifecycle, stickiness and frequency: rules one by one, and random logs against slow loops over the same events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.times import DAY, HOUR
from collector.reports.lifecycle import REPORT
from collector.reports.lifecycle.visits import CLASSES
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

BERLIN = ZoneInfo("Europe/Berlin")
# A Monday, two weeks before the clocks go back in Berlin.
MONDAY = int(datetime(2025, 10, 13, tzinfo=BERLIN).timestamp() * 1000)
NOW = MONDAY + 30 * DAY
FIRST, LAST = "2025-10-13", "2025-11-09"
WEEKS = ("2025-10-13", "2025-10-20", "2025-10-27", "2025-11-03")


def ask(
    events: Sequence[E], users: Mapping[str, str] | None = None, more: Mapping[str, str] | None = None, parts: int = 1
) -> Result:
    asked: dict[str, str] = {"from_": FIRST, "to": LAST, "interval": "week", **(more or {})}
    query = question(REPORT, NOW, site(zone="Europe/Berlin"), **asked)
    return REPORT.run(world(events, users, NOW, parts), query)


def named(block: Block) -> list[dict[str, Cell]]:
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def states(result: Result) -> dict[Cell, tuple[Cell, ...]]:
    """The period's first day to (new, returning, resurrected, dormant)."""
    rows = named(result.block("lifecycle"))
    return {row["period"]: tuple(row[name] for name in ("new", "returning", "resurrected", "dormant")) for row in rows}


def at(days: float, visitor: str = "u", what: str = "page:/", bot: int = 0) -> E:
    return E(visitor, int(MONDAY + days * DAY), what, bot=bot)


def test_one_person_is_new_returns_falls_asleep_and_is_resurrected() -> None:
    found = states(ask([at(1), at(8), at(22)]))
    assert found == {WEEKS[0]: (1, 0, 0, 0), WEEKS[1]: (0, 1, 0, 0), WEEKS[2]: (0, 0, 0, 1), WEEKS[3]: (0, 0, 1, 0)}


def test_what_was_before_the_range_counts() -> None:
    assert states(ask([at(-3), at(1)]))[WEEKS[0]] == (0, 1, 0, 0), "active the week before"
    assert states(ask([at(-30), at(1)]))[WEEKS[0]] == (0, 0, 1, 0), "active long before"
    assert states(ask([at(-3)]))[WEEKS[0]] == (0, 0, 0, 1), "fell asleep in the first week"
    assert states(ask([at(-30), at(8, "v")]))[WEEKS[0]] == (0, 0, 0, 0)


def test_what_is_after_the_range_does_not_count() -> None:
    events = [at(1), at(15)]
    assert states(ask(events, more={"to": "2025-10-26"})) == {WEEKS[0]: (1, 0, 0, 0), WEEKS[1]: (0, 0, 0, 1)}
    assert ask(events, more={"to": "2025-10-26"}).block("stickiness").rows[0][:2] == [1, 1]


def test_nobody_has_fallen_asleep_in_a_week_that_is_not_over() -> None:
    # Now is the Wednesday of the fifth week.
    result = ask([at(22), at(28.5, "v")], more={"to": "2025-11-12"})
    last = named(result.block("lifecycle"))[-1]
    assert (last["period"], last["dormant"], last["unfinished"]) == ("2025-11-10", None, True)
    counted = ["active", "new", "returning", "resurrected", "dormant"]
    assert list(last) == ["period", *counted, "quick_ratio", "unfinished"], "no column that only a plot needs"
    assert result.block("lifecycle").note is not None
    assert str(result.headline).startswith("1 person was active in the week from 2025-11-03: 1 new")


def test_the_sentence_says_so_far_where_no_week_is_over() -> None:
    result = ask([at(28.5)], more={"from_": "2025-11-10", "to": "2025-11-12"})
    assert "so far" in str(result.headline)
    assert "asleep" not in str(result.headline)


def test_periods_are_whole_also_where_the_range_cuts_them() -> None:
    result = ask([at(0), at(8)], more={"from_": "2025-10-15", "to": "2025-10-22"})
    assert states(result) == {WEEKS[0]: (1, 0, 0, 0), WEEKS[1]: (0, 1, 0, 0)}
    assert "whole" in str(result.notes[0])
    assert not ask([at(0)]).notes


def test_months_and_days_of_the_site_also_when_clocks_change() -> None:
    # Sunday 26 October has 25 hours; its last half hour is still of its day.
    late = int(datetime(2025, 10, 26, 23, 30, tzinfo=BERLIN).timestamp() * 1000)
    events = [E("u", late, "page:/"), E("u", late + HOUR, "page:/")]
    found = states(ask(events, more={"interval": "day"}))
    assert found["2025-10-26"] == (1, 0, 0, 0)
    assert found["2025-10-27"] == (0, 1, 0, 0)
    assert found["2025-10-28"] == (0, 0, 0, 1)
    months = states(ask([at(1), at(20)], more={"interval": "month"}))
    assert months == {"2025-10-01": (1, 0, 0, 0), "2025-11-01": (0, 1, 0, None)}


def test_only_what_counts_as_active_makes_a_day() -> None:
    events = [at(-9), at(1, what="event:x"), at(8)]
    assert states(ask(events, more={"event": "event:x"}))[WEEKS[0]] == (1, 0, 0, 0)
    assert states(ask(events, more={"event": "event:x"}))[WEEKS[1]] == (0, 0, 0, 1)


def test_weekly_and_monthly_people_are_those_of_the_days_up_to_each() -> None:
    rows = {row["day"]: row for row in named(ask([at(-27), at(0), at(6), at(6.5, "v")]).block("active"))}

    def found(day: str) -> tuple[Cell, ...]:
        return tuple(rows[day][name] for name in ("daily", "weekly", "monthly"))

    assert found("2025-10-13") == (1, 1, 1)
    assert found("2025-10-18") == (0, 1, 1)
    assert found("2025-10-19") == (2, 2, 2)
    assert found("2025-10-25") == (0, 2, 2)
    assert found("2025-10-26") == (0, 0, 2)


def test_stickiness_is_told_from_thirty_days_of_data_on_and_of_days_that_are_over() -> None:
    rows = {row["day"]: row["stickiness"] for row in named(ask([at(-27), at(2), at(2, "v")]).block("active"))}
    assert rows["2025-10-14"] is None
    assert rows["2025-10-15"] == pytest.approx(2 / 2)
    assert rows["2025-10-16"] == 0
    now = ask([at(-40), at(30)], more={"to": "2025-11-12"})
    assert named(now.block("active"))[-1]["stickiness"] is None
    young = ask([at(20)])
    assert "thirtieth" in str(young.block("active").note)
    with pytest.raises(KeyError):
        young.block("ratio")


def test_people_by_their_exact_number_of_active_weeks_or_days() -> None:
    events = [at(0), at(1), at(8), at(9, "v"), at(22, "v")]
    assert [row[:2] for row in ask(events).block("stickiness").rows] == [[1, 0], [2, 2]]
    daily = ask(events, more={"interval": "day"}).block("stickiness").rows
    assert daily == [[1, 0, 0.0, 1.0], [2, 1, 0.5, 1.0], [3, 1, 0.5, 0.5]]
    automatic = ask(events, more={"interval": "auto"}).block("stickiness").rows
    assert automatic == daily, "days, of a range of four weeks"


def test_visits_and_the_time_between_them() -> None:
    events = [at(0), at(1), at(4), at(0, "v")]
    result = ask(events)
    assert [row[:2] for row in result.block("frequency").rows] == [["1", 1], ["2", 0], ["3", 1]]
    summary = named(result.block("summary"))[0]
    assert summary["visits"] == 2.0
    assert summary["gap"] == 2 * DAY / 1000


def test_visitors_counted_for_a_day_only_are_left_out() -> None:
    events = [at(0, "d_" + "0" * 32), at(0, "c_" + "0" * 32), at(0, "u")]
    assert world(events).cookieless.size == 1
    assert states(ask(events))[WEEKS[0]][0] == 2
    assert states(ask(events, more={"include_cookieless": "1"}))[WEEKS[0]][0] == 3


def test_the_dormant_of_a_week_are_listed_without_those_who_returned() -> None:
    events = [at(1, "u"), at(8, "u"), at(1, "v"), at(2, "v"), at(1, "w"), at(15, "w")]
    listed = ask(events, more={"people": "dormant", "group": WEEKS[1]}).block("people")
    assert {row[0]: row[1] for row in listed.rows} == {"v": at(2).time, "w": at(1).time}, "when they were last there"


def test_bots_are_left_out_unless_asked_for() -> None:
    assert [row[:2] for row in ask([at(0, bot=1), at(1), at(2)]).block("frequency").rows] == [["1", 0], ["2", 1]]
    events = [at(0, bot=1), at(8)]
    assert states(ask(events))[WEEKS[1]] == (1, 0, 0, 0)
    assert states(ask(events, more={"include_bots": "1"}))[WEEKS[1]] == (0, 1, 0, 0)


def test_an_empty_site_is_told() -> None:
    result = ask([])
    assert "Nobody" in str(result.headline)
    for name in ("lifecycle", "active", "stickiness", "frequency", "rfm", "slipping"):
        assert not result.block(name).rows
        assert result.block(name).empty is not None


def test_lists_of_what_is_not_there_are_refused_with_a_reason() -> None:
    for wrong in (
        {"people": "new", "group": "2020-01-01"},
        {"people": "daily", "group": "2020-01-01"},
        {"people": "weekly", "group": "yesterday"},
        {"people": "visits", "group": "7"},
        {"people": "rfm", "group": "kings"},
    ):
        with pytest.raises(UserError):
            ask([at(0)], more=wrong)


def test_a_list_without_a_period_is_of_the_one_in_the_sentence() -> None:
    listed = ask([at(1), at(22), at(22, "v")], more={"people": "new"}).block("people")
    assert "2025-11-03" in str(listed.title)
    assert [row[0] for row in listed.rows] == ["v"]


def test_too_many_periods_ask_for_wider_ones() -> None:
    with pytest.raises(UserError, match="weeks"):
        ask([at(0)], more={"interval": "day", "from_": "2000-01-01"})


def test_a_long_range_shows_weeks_of_active_people() -> None:
    result = ask([at(0), at(1), at(1, "v")], more={"from_": "2025-02-01"})
    rows = {row["day"]: row for row in named(result.block("active"))}
    assert rows["2025-10-19"]["daily"] == pytest.approx(3 / 7)
    assert rows["2025-10-19"]["weekly"] == 2
    assert max(map(str, rows)) == LAST
    links = result.block("active").draw["cell_links"]
    assert isinstance(links, dict)
    assert "daily" not in links, "a mean is nobody's"


# -- against slow loops

USERS = st.dictionaries(st.sampled_from("uvwx"), st.sampled_from(("ann", "bob")), max_size=3)
UNITS = st.sampled_from(("day", "week", "month"))


def logs(days: tuple[int, int] = (-40, 30)) -> st.SearchStrategy[list[E]]:
    one = st.builds(
        E,
        visitor=st.sampled_from("uvwx"),
        time=st.builds(
            lambda day, hour: MONDAY + day * DAY + hour * HOUR,
            st.integers(*days),
            st.sampled_from((0, 1, 12, 23)),
        ),
        what=st.sampled_from(("page:/", "event:x")),
        bot=st.sampled_from((0, 0, 0, 0, 1)),
    )
    return st.lists(one.filter(lambda event: event.time <= NOW), max_size=30)


def local(event: E) -> date:
    return datetime.fromtimestamp(event.time / 1000, BERLIN).date()


def period_of(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def next_of(day: date, unit: str) -> date:
    return period_of(day + timedelta(days={"day": 1, "week": 7, "month": 31}[unit]), unit)


def active_days(events: Sequence[E], users: Mapping[str, str], what: str) -> dict[str, set[date]]:
    found: dict[str, set[date]] = {}
    for event in events:
        if not event.bot and what in ("any", event.what):
            found.setdefault(users.get(event.visitor, event.visitor), set()).add(local(event))
    return found


def slow_states(people: Mapping[str, set[date]], unit: str, first: date, last: date) -> dict[Cell, tuple[Cell, ...]]:
    found: dict[Cell, tuple[Cell, ...]] = {}
    period, before = period_of(first, unit), period_of(period_of(first, unit) - timedelta(days=1), unit)
    while period <= last:
        counts = [0, 0, 0, 0]
        for days in people.values():
            mine = {period_of(day, unit) for day in days}
            if period in mine:
                state = 0 if min(mine) == period else 1 if before in mine else 2
                counts[state] += 1
            elif before in mine:
                counts[3] += 1
        over = next_of(period, unit) <= datetime.fromtimestamp(NOW / 1000, BERLIN).date()
        found[period.isoformat()] = (*counts[:3], counts[3] if over else None)
        before, period = period, next_of(period, unit)
    return found


RANGES = st.sampled_from(
    (("2025-10-13", "2025-11-09"), ("2025-10-16", "2025-10-28"), ("2025-10-27", "2025-11-12"), (FIRST, "2025-12-31"))
)


@settings(max_examples=examples(400), deadline=None)
@given(logs(), USERS, st.sampled_from(("any", "event:x")), UNITS, RANGES, st.sampled_from((1, 3)))
def test_a_slow_loop_counts_the_same(
    events: list[E], users: dict[str, str], what: str, unit: str, days: tuple[str, str], parts: int
) -> None:
    result = ask(events, users, {"event": what, "interval": unit, "from_": days[0], "to": days[1]}, parts)
    people = active_days(events, users, what)
    today = datetime.fromtimestamp(NOW / 1000, BERLIN).date()
    first, last = date.fromisoformat(days[0]), min(date.fromisoformat(days[1]), today)
    expected = slow_states(people, unit, first, last)
    rows = named(result.block("lifecycle"))
    # Without anybody in the periods, or in the one before them, there is nothing to draw.
    assert states(result) == (expected if rows else {})
    if not rows:
        assert all(not any(counts) for counts in expected.values())
    for before, row in pairwise(rows):
        assert row["active"] == sum(int(str(row[name])) for name in ("new", "returning", "resurrected"))
        if not row["unfinished"]:
            assert before["active"] == int(str(row["returning"])) + int(str(row["dormant"]))

    shown = {row["day"]: [row["daily"], row["weekly"], row["monthly"]] for row in named(result.block("active"))}
    day = first
    while day <= last:
        slow = [
            sum(any(timedelta(0) <= day - one < timedelta(days=length) for one in mine) for mine in people.values())
            for length in (1, 7, 30)
        ]
        assert shown.get(day.isoformat(), [0, 0, 0]) == slow
        day += timedelta(days=1)

    inside = [{period_of(day, unit) for day in mine if first <= day <= last} for mine in people.values()]
    times = Counter(len(mine) for mine in inside if mine)
    assert {row[0]: row[1] for row in result.block("stickiness").rows if row[1]} == dict(times)


@settings(max_examples=examples(150), deadline=None)
@given(logs((0, 12)), USERS, st.sampled_from(("any", "event:x")))
def test_a_slow_loop_counts_the_same_visits(events: list[E], users: dict[str, str], what: str) -> None:
    """A visit ends after half an hour without an event of the same visitor; here events lie an hour apart."""
    begun: dict[tuple[str, int], list[E]] = {}
    for event in events:
        begun.setdefault((event.visitor, event.time), []).append(event)
    mine: dict[str, list[int]] = {}
    for (visitor, time), held in sorted(begun.items(), key=lambda one: one[0][1]):
        if not held[0].bot and any(not one.bot and what in ("any", one.what) for one in held):
            mine.setdefault(users.get(visitor, visitor), []).append(time)
    result = ask(events, users, {"event": what}, 2)
    found = {row[0]: row[1] for row in result.block("frequency").rows if row[1]}
    least = (1, 2, 3, 4, 5, 10, 20, 50)
    expected = Counter(CLASSES[sum(len(times) >= one for one in least) - 1] for times in mine.values())
    assert found == dict(expected)
    gaps = sorted(b - a for times in mine.values() for a, b in pairwise(times))
    half = len(gaps) // 2
    median = (gaps[half] + gaps[-half - 1]) / 2 if gaps else None
    shown = named(result.block("summary"))[0]["gap"]
    assert shown == (None if median is None else pytest.approx(median / 1000))


@settings(max_examples=examples(30), deadline=None)
@given(logs(), USERS, UNITS)
def test_every_number_is_as_long_as_its_list_of_people(events: list[E], users: dict[str, str], unit: str) -> None:
    more = {"interval": unit}
    result = ask(events, users, more)
    seen: set[tuple[str, ...]] = set()
    for block in result.blocks:
        own = block.draw.get("cell_links")
        linked = [(str(block.draw["link"]), block.links)] if block.links and block.id != "ratio" else []
        linked += list(own.items()) if isinstance(own, dict) else []
        for column, links in linked:
            for row, link in zip(named(block), links, strict=True):
                arguments = {name: value for name, value in link or () if name in ("people", "at", "group")}
                key = (column, *arguments.values())
                if column in ("visits", "stake") or row[column] is None or key in seen:
                    continue
                seen.add(key)
                listed = ask(events, users, {**more, **arguments}).block("people")
                assert listed.draw["total"] == len(listed.rows) == row[column], (block.id, column, row)
