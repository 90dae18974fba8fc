"""Retention: rules one by one, and random logs against slow loops over the same events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.event import Json
from collector.core.matcher import Matcher, parse_matcher
from collector.core.times import DAY, HOUR
from collector.reports.retention import REPORT
from collector.reports.retention.blocks import Counts
from collector.reports.retention.words import headline
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

BERLIN = ZoneInfo("Europe/Berlin")
# A Monday, two weeks before the clocks go back in Berlin.
MONDAY = int(datetime(2025, 10, 13, tzinfo=BERLIN).timestamp() * 1000)
NOW = MONDAY + 30 * DAY
FIRST, LAST = "2025-10-13", "2025-11-09"


def ask(
    events: Sequence[E], users: Mapping[str, str] | None = None, more: Mapping[str, str] | None = None, parts: int = 1
) -> Result:
    asked: dict[str, str] = {"from_": FIRST, "to": LAST, "interval": "week", **(more or {})}
    query = question(REPORT, NOW, site(zone="Europe/Berlin"), **asked)
    return REPORT.run(world(events, users, NOW, parts), query)


def cells(result: Result) -> dict[tuple[Cell, Cell], tuple[Cell, Cell, bool]]:
    """(cohort, period) to (size, came back, unfinished)."""
    rows = named(result.block("cohorts"))
    return {(row["cohort"], row["period"]): (row["size"], row["returned"], bool(row["unfinished"])) for row in rows}


def named(block: Block) -> list[dict[str, Cell]]:
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def at(
    days: float, visitor: str = "u", what: str = "page:/", props: Mapping[str, Json] | None = None, bot: int = 0
) -> E:
    return E(visitor, int(MONDAY + days * DAY), what, props=props or {}, bot=bot)


def test_a_cohort_is_who_began_in_a_week_and_a_cell_who_came_back_in_a_later_one() -> None:
    result = ask([at(0), at(8), at(1, "v"), at(9, "w"), at(16, "w")])
    found = cells(result)
    assert found["2025-10-13", 0] == (2, 2, False)
    assert found["2025-10-13", 1] == (2, 1, False)
    assert found["2025-10-20", 1] == (1, 1, False)
    assert named(result.block("curve"))[1] == {
        "period": 1,
        "people": 3,
        "returned": 2,
        "rate": pytest.approx(2 / 3),
        "low": pytest.approx(0.2077, abs=1e-4),
        "high": pytest.approx(0.9385, abs=1e-4),
    }


def test_the_first_start_ever_counts_also_where_it_lies_before_the_range() -> None:
    assert ask([at(-20), at(2), at(9)]).block("summary").rows[0][0] == 0


def test_in_every_period_in_which_they_begin_again_on_demand() -> None:
    found = cells(ask([at(0), at(8), at(15)], more={"recurring": "1"}))
    assert [found[week, 1][:2] for week in ("2025-10-13", "2025-10-20", "2025-10-27")] == [(1, 1), (1, 1), (1, 0)]


def test_a_return_in_the_period_of_the_start_is_one_at_the_start_or_after_it() -> None:
    bought = {"start": "event:signup", "return_": "event:purchase"}
    before = [at(0, what="event:purchase"), at(1, what="event:signup")]
    assert cells(ask(before, more=bought))["2025-10-13", 0][1] == 0
    assert cells(ask([*before, at(1, what="event:purchase")], more=bought))["2025-10-13", 0][1] == 1


def test_or_later_counts_whoever_comes_back_at_any_time_after() -> None:
    found = cells(ask([at(0), at(22)], more={"returning": "after"}))
    assert [found["2025-10-13", k][1] for k in range(4)] == [1, 1, 1, 1]
    assert [cells(ask([at(0), at(22)]))["2025-10-13", k][1] for k in range(4)] == [1, 0, 0, 1]


def test_an_event_of_the_future_counts_as_one_of_the_last_period_whatever_brings_them_back() -> None:
    # Now is in the fifth week: clocks of visitors may be ahead of it.
    events = [at(0), at(22), at(36), at(43), at(1, "v"), at(50, "v")]
    found = cells(ask(events))
    assert found["2025-10-13", 3][:2] == (2, 1)
    assert found["2025-10-13", 4][:2] == (2, 2)
    assert found == cells(ask(events, more={"start": "page:/"})) == cells(ask(events, more={"return_": "page:/"}))


def test_a_period_that_is_not_over_is_marked_and_left_out_of_the_curve() -> None:
    # Now is the Wednesday of the fifth week.
    result = ask([at(0), at(21.5, "v"), at(29, "v")])
    found = cells(result)
    assert found["2025-11-03", 1] == (1, 1, True)
    assert ("2025-11-03", 2) not in found, "it has not begun"
    assert [row["people"] for row in named(result.block("curve"))] == [2, 1, 1, 1]
    assert any("not over" in note.template for note in result.notes)


def test_the_curve_weighs_cohorts_by_their_size() -> None:
    big = [at(0, f"a{n}") for n in range(9)]
    result = ask([*big, at(7.5, "b"), at(15, "b")])
    assert named(result.block("curve"))[1]["rate"] == pytest.approx(1 / 10)


def test_days_are_the_sites_own_also_when_clocks_change() -> None:
    # Sunday 26 October has 25 hours; its last half hour is still of its week.
    late = int(datetime(2025, 10, 26, 23, 30, tzinfo=BERLIN).timestamp() * 1000)
    found = cells(ask([E("u", late, "page:/"), E("u", late + HOUR, "page:/")]))
    assert found["2025-10-20", 0][0] == 1
    assert found["2025-10-20", 1][1] == 1


def test_cohorts_by_what_they_had_at_the_start() -> None:
    pro = {"plan": "pro"}
    events = [at(0, "u", props=pro), at(8, "u"), at(0, "v"), at(0, "w", props=pro)]
    result = ask(events, more={"by": "plan"})
    found = cells(result)
    assert found["pro", 1][:2] == (2, 1)
    assert found["(none)", 1][:2] == (1, 0)
    assert sum(size for (_, k), (size, *_) in found.items() if k == 0 and isinstance(size, int)) == 3


def test_visitors_counted_for_a_day_only_are_no_cohort() -> None:
    day = "d_" + "0" * 32
    for key in (day, "c_" + "0" * 32):
        events = [at(0, key), at(0, "u")]
        if world(events).cookieless.size:
            assert ask(events).block("summary").rows[0][0] == 1
            break
    else:
        pytest.fail("no key of this test is that of a visitor without a cookie")


def test_bots_are_left_out_unless_asked_for() -> None:
    events = [at(0, bot=1), at(1), at(8, bot=1)]
    assert cells(ask(events))["2025-10-13", 1][:2] == (1, 0)
    assert cells(ask(events, more={"include_bots": "1"}))["2025-10-13", 1][:2] == (1, 1)


def test_an_empty_site_and_a_wrong_cohort_are_told() -> None:
    assert "Nobody" in str(ask([]).headline)
    with pytest.raises(UserError, match="no cohort"):
        ask([at(0)], more={"people": "returned", "at": "1", "group": "2020-01-01"})


@pytest.mark.parametrize(
    ("size", "back", "said"),
    [
        (
            [300, 40, 5],
            [[300, 30, 3], [40, 4, 0], [5, 0, 0]],
            "345 people began. Of the 340 whose week 1 is over, 10.0%",
        ),
        (
            [300, 40, 5],
            [[300, 30, 3], [40, 4, 0], [5, 0, 0]],
            "came back in it; of the 300 whose week 2 is over, 1.0%.",
        ),
        (
            [3, 2, 9],
            [[3, 1, 1], [2, 1, 0], [9, 0, 0]],
            "14 people began. 2 of the 5 whose week 1 is over came back in it",
        ),
        ([3, 2, 9], [[3, 1, 1], [2, 1, 0], [9, 0, 0]], "it; of the 3 whose week 2 is over, 1."),
        (
            [1, 0, 0],
            [[1, 1, 0], [0, 0, 0], [0, 0, 0]],
            "1 person began. The only one whose week 1 is over came back in it",
        ),
        ([1, 0, 0], [[1, 1, 0], [0, 0, 0], [0, 0, 0]], "it; the only one whose week 2 is over did not."),
        (
            [0, 1, 0],
            [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
            "began. The only one whose week 1 is over did not come back in it.",
        ),
    ],
)
def test_the_headline_tells_of_those_whose_week_is_over(size: list[int], back: list[list[int]], said: str) -> None:
    over = np.array([[True, True, True], [True, True, False], [True, False, False]])
    assert said in str(headline(Counts([""], np.array([size]), np.array([back]), over, over), "week", False))


def test_a_return_in_a_period_or_later_is_told_as_that() -> None:
    result = ask([at(0), at(22)], more={"returning": "after"})
    assert "came back in it or later; " in str(result.headline)
    assert str(result.block("summary").columns[1].label) == "Came back a week later or after that"
    assert str(ask([at(0), at(22)], more={"people": "returned", "at": "1"}).headline).startswith(
        "Who came back in week 1:"
    )


def test_the_rate_above_opens_those_who_came_back() -> None:
    links: Any = ask([at(0), at(8), at(0, "v")]).block("summary").draw["cell_links"]
    listed = ask([at(0), at(8), at(0, "v")], more=dict(links["rate"][0])).block("people")
    assert [row[0] for row in listed.rows] == ["u"]


def test_values_of_a_breakdown_are_said_like_everywhere() -> None:
    found = ask([at(0)], more={"by": "channel"}).block("cohorts")
    assert (str(found.columns[0].label), found.draw["words"]) == ("Channel", {"cohort": "channel"})
    listed = ask([at(0)], more={"by": "channel", "people": "began", "group": "direct"}).block("people")
    assert str(listed.title).startswith("Who began (Direct)")


def test_a_property_that_nobody_had_is_told_with_what_may_be_meant() -> None:
    events = [at(0, props={"plan": "pro", "seats": 3}), at(0, "v")]
    for name, words in (("plna", "Properties with such a name: plan."), ("zzz", "that events have: plan, seats.")):
        notes = " ".join(map(str, ask(events, more={"by": name}).notes))
        assert f"Nobody had a property “{name}” as they began" in notes
        assert words in notes
    assert not any("Nobody" in str(note) for by in ("plan", "campaign") for note in ask(events, more={"by": by}).notes)


def test_too_many_periods_ask_for_wider_ones() -> None:
    with pytest.raises(UserError, match="weeks"):
        ask([at(0)], more={"interval": "day", "from_": "2000-01-01"})


# -- against slow loops

USERS = st.dictionaries(st.sampled_from("uvwx"), st.sampled_from(("ann", "bob")), max_size=3)


def moments() -> st.SearchStrategy[int]:
    return st.builds(
        lambda day, hour: MONDAY + day * DAY + hour * HOUR, st.integers(-8, 29), st.sampled_from((0, 1, 12, 23))
    )


def logs() -> st.SearchStrategy[list[E]]:
    one = st.builds(
        E,
        visitor=st.sampled_from("uvwx"),
        time=moments(),
        what=st.sampled_from(("page:/", "page:/a", "event:x")),
        props=st.sampled_from(({}, {"n": 1}, {"n": 2})),
        bot=st.sampled_from((0, 0, 0, 0, 1)),
    )
    return st.lists(one, max_size=25)


def period_of(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def later(day: date, unit: str, k: int) -> date:
    for _ in range(k):
        day += timedelta(days={"day": 1, "week": 7, "month": 31}[unit])
        day = period_of(day, unit)
    return day


def fits(event: E, matcher: Matcher) -> bool:
    if not matcher.fits_kind(event.kind):
        return False
    return all(
        condition.test(event.props.get(condition.key), condition.key in event.props) for condition in matcher.conditions
    )


def oracle(
    events: Sequence[E], users: Mapping[str, str], start: str, back: str, unit: str, after: bool, recurring: bool
) -> dict[tuple[str, int], tuple[int, int, bool]]:
    people: dict[str, list[E]] = {}
    for event in events:
        if not event.bot:
            people.setdefault(users.get(event.visitor, event.visitor), []).append(event)
    found: dict[tuple[str, int], tuple[int, int, bool]] = {}
    most = {"day": 14, "week": 12, "month": 12}[unit]

    def local(event: E) -> date:
        return datetime.fromtimestamp(event.time / 1000, BERLIN).date()

    def begins(day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=BERLIN).timestamp() * 1000)

    cohorts: dict[date, list[bool]] = {}
    returned: dict[tuple[date, int], int] = {}
    for mine in people.values():
        starting = sorted((e for e in mine if fits(e, parse_matcher(start))), key=lambda e: e.time)
        returning = [e for e in mine if fits(e, parse_matcher(back))]
        seen: set[date] = set()
        for event in starting if recurring else starting[:1]:
            cohort = period_of(local(event), unit)
            if not date.fromisoformat(FIRST) <= local(event) <= date.fromisoformat(LAST) or cohort in seen:
                continue
            seen.add(cohort)
            cohorts.setdefault(cohort, []).append(True)
            for k in range(most + 1):
                low, high = later(cohort, unit, k), later(cohort, unit, k + 1)
                came = any(e.time >= event.time and low <= local(e) and (local(e) < high or after) for e in returning)
                returned[cohort, k] = returned.get((cohort, k), 0) + came
    day = period_of(date.fromisoformat(FIRST), unit)
    while day <= date.fromisoformat(LAST):
        for k in range(most + 1):
            if begins(later(day, unit, k)) <= NOW:
                unfinished = begins(later(day, unit, k + 1)) > NOW
                found[day.isoformat(), k] = (len(cohorts.get(day, [])), returned.get((day, k), 0), unfinished)
        day = later(day, unit, 1)
    return found


@settings(max_examples=examples(400), deadline=None)
@given(
    logs(),
    USERS,
    st.sampled_from(("any", "page:/", "event:x[n=1]")),
    st.sampled_from(("any", "page:/a", "event:x")),
    st.sampled_from(("day", "week", "month")),
    st.booleans(),
    st.booleans(),
    st.sampled_from((1, 3)),
)
def test_a_slow_loop_counts_the_same(
    events: list[E],
    users: dict[str, str],
    start: str,
    back: str,
    unit: str,
    after: bool,
    recurring: bool,
    parts: int,
) -> None:
    asked = {"start": start, "return_": back, "interval": unit, "recurring": "1" if recurring else "0"}
    asked["returning"] = "after" if after else "on"
    result = ask(events, users, asked, parts)
    expected = oracle(events, users, start, back, unit, after, recurring)
    assert cells(result) == (expected if any(size for size, *_ in expected.values()) else {})


@settings(max_examples=examples(100), deadline=None)
@given(logs(), USERS, st.sampled_from(("", "n")), st.booleans())
def test_every_number_is_as_long_as_its_list_of_people(
    events: list[E], users: dict[str, str], by: str, recurring: bool
) -> None:
    more = {"recurring": "1" if recurring else "0", **({"by": by} if by else {})}
    result = ask(events, users, more)
    for block, column in (("summary", "people"), ("curve", "returned"), ("cohorts", "returned")):
        one = result.block(block)
        for row, link in zip(named(one), one.links, strict=True):
            assert link is not None
            arguments = {name: value for name, value in link if name in ("people", "at", "group")}
            listed = ask(events, users, {**more, **arguments}).block("people")
            assert listed.draw["total"] == len(listed.rows) == row[column], (block, row)
