"""Groups of customers and those slipping away: rules one by one, and random logs against slow loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.times import DAY, HOUR
from collector.reports.lifecycle import REPORT
from collector.reports.lifecycle.rfm import GROUPS, LEAST, NAMES, fifths
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

START = int(datetime(2025, 1, 1, 12, tzinfo=UTC).timestamp() * 1000)
NOW = START + 400 * DAY
BUY = "event:purchase"


def ask(
    events: Sequence[E],
    users: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
    parts: int = 1,
    goals: Mapping[str, str] | None = None,
) -> Result:
    of = site({"Purchase": BUY} if goals is None else goals)
    return REPORT.run(world(events, users, NOW, parts), question(REPORT, NOW, of, **(more or {})))


def named(block: Block) -> list[dict[str, Cell]]:
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def bought(days_ago: float, visitor: str, value: float | None = None, bot: int = 0) -> E:
    return E(visitor, int(NOW - days_ago * DAY), BUY, value=value, bot=bot)


def came(days_ago: float, visitor: str) -> E:
    return E(visitor, int(NOW - days_ago * DAY), "page:/")


def groups(result: Result) -> dict[str, Cell]:
    """The group's name to its people, those without anybody left out."""
    return {str(row["group"]): row["people"] for row in named(result.block("rfm")) if row["people"]}


# -- recency, frequency, money


def test_fifths_count_who_is_worse_and_equals_have_equal_scores() -> None:
    assert fifths(np.arange(10)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert fifths(np.array([1, 1, 1, 1, 1, 1, 1, 1, 2, 3])).tolist() == [1] * 8 + [5, 5]
    assert fifths(np.array([7])).tolist() == [1]
    assert fifths(np.empty(0, dtype=np.int64)).tolist() == []


def test_fewer_than_five_a_fifth_are_too_few_to_be_grouped() -> None:
    events = [bought(n + 1, f"u{n}") for n in range(LEAST - 1)]
    result = ask(events)
    assert not result.block("rfm").rows
    assert "24 customers" in str(result.block("rfm").empty)
    assert ask([*events, bought(40, "more")]).block("rfm").rows


def test_who_bought_once_lately_is_new_and_longest_ago_lost() -> None:
    events = [bought(n + 1, f"u{n}") for n in range(25)]
    assert groups(ask(events)) == {"New customers": 10, "Need attention": 5, "Asleep": 5, "Lost": 5}


def test_who_buys_often_and_lately_is_a_champion_and_long_ago_at_risk() -> None:
    events = [bought(n + 1, f"u{n}") for n in range(25)]
    events += [bought(380, "u0"), bought(380, "u12"), bought(380, "u24")]
    found = groups(ask(events))
    assert (found["Champions"], found["Loyal"], found["At risk"]) == (1, 1, 1)
    listed = ask(events, more={"people": "rfm", "group": "champions"}).block("people")
    assert [row[0] for row in listed.rows] == ["u0"]


def test_money_counts_where_the_goal_carries_any() -> None:
    events = [bought(n + 1, f"u{n}", 10.0 if n else 1_000.0) for n in range(25)] + [bought(300, "u1", 10.0)]
    result = ask(events)
    assert sum(float(str(row["revenue"])) for row in named(result.block("rfm"))) == 1_250
    grid = {(row["recency"], row["second"]): row["people"] for row in named(result.block("rfm_grid"))}
    # u0 bought once, for most: (1 + 5 + 1) // 2; u1 twice, for more than most: 5.
    assert (grid[5, 3], grid[5, 5], grid[5, 1]) == (1, 1, 3)
    assert "revenue" not in named(ask([bought(n + 1, f"u{n}") for n in range(25)]).block("rfm"))[0]


def test_customers_are_looked_at_from_the_end_of_the_range() -> None:
    events = [bought(n + 1, f"u{n}") for n in range(25)]
    last = (datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(days=2)).date()
    result = ask(events, more={"to": last.isoformat()})
    assert "24 customers" in str(result.block("rfm").empty), "what came later is not known yet"


def test_without_a_goal_the_page_says_what_is_missing() -> None:
    result = ask([came(1, "u")], goals={})
    assert "Name a goal" in str(result.block("rfm").empty)
    assert "Name a goal" in str(result.block("slipping").empty)
    given = ask([came(n, f"u{n}") for n in range(25)], goals={}, more={"goal": "page:/"})
    assert sum(int(str(many)) for many in groups(given).values()) == 25


# -- slipping away


def slipping(result: Result) -> list[tuple[object, ...]]:
    return [(row["person"], row["present"], row["usual"], row["long"]) for row in named(result.block("slipping"))]


def test_who_is_away_for_longer_than_usual_slips_away() -> None:
    events = [bought(50, "u"), came(40, "u"), came(30, "u")]
    assert slipping(ask(events)) == [("u", 30, 10.0, 10.0)]
    assert slipping(ask([*events, came(20, "u"), came(10, "u")])) == [], "as long as usual is not longer"
    assert named(ask(events).block("slipping"))[0]["ratio"] == 3


def test_the_long_gap_is_one_that_nine_in_ten_of_their_own_do_not_exceed() -> None:
    eleven = [bought(70, "u"), *(came(60 - 5 * n, "u") for n in range(10))]
    assert slipping(ask(eleven)) == [("u", 15, 5.0, 5)], "one gap of ten is longer"
    events = [bought(100, "u"), came(90, "u"), came(80, "u"), came(60, "u")]
    assert slipping(ask(events)) == [("u", 60, 10.0, 20)]


def test_only_customers_of_whom_one_knows_what_is_usual() -> None:
    assert slipping(ask([came(50, "u"), came(40, "u"), came(30, "u")])) == [], "no customer"
    assert slipping(ask([bought(50, "u"), came(40, "u")])) == [], "two days, one purchase"
    assert slipping(ask([bought(50, "u"), bought(40, "u")])) == [("u", 40, 10.0, 10.0)]
    assert slipping(ask([bought(40, "u"), bought(40.1, "u")])) == [], "two purchases on one day"


def test_who_is_away_for_very_long_is_gone() -> None:
    events = [bought(200, "u"), came(199, "u"), came(198, "u")]
    result = ask(events)
    assert slipping(result) == []
    assert named(result.block("summary"))[0]["gone"] == 1
    assert slipping(ask([came(32, "v"), came(31, "v"), bought(30, "v")])) != [], "thirty days are not too long"
    assert slipping(ask([came(71, "v"), came(51, "v"), bought(31, "v")])) != [], "nor is twice what they usually are"


def test_the_most_at_stake_stands_first() -> None:
    events = [bought(50, name, value) for name, value in (("u", 5.0), ("v", 9.0), ("w", 5.0))]
    events += [came(days, name) for name in "uvw" for days in (40, 30 if name != "w" else 35)]
    result = ask(events)
    assert [row[0] for row in slipping(result)] == ["v", "w", "u"], "then those furthest beyond their usual"
    summary = named(result.block("summary"))[0]
    assert (summary["slipping"], summary["stake"]) == (3, 19.0)


def test_what_makes_a_day_active_makes_a_gap() -> None:
    events = [bought(50, "u"), bought(40, "u"), came(1, "u")]
    assert slipping(ask(events)) == []
    assert slipping(ask(events, more={"event": BUY})) == [("u", 40, 10.0, 10.0)]


def test_a_gap_ends_where_the_range_ends() -> None:
    events = [bought(50, "u"), came(40, "u"), came(30, "u"), came(5, "u")]
    last = (datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(days=10)).date()
    assert slipping(ask(events, more={"to": last.isoformat()})) == [("u", 20, 10.0, 10)]
    assert slipping(ask(events)) == []


def test_bots_are_no_customers() -> None:
    events = [bought(50, "u", bot=1), came(40, "u"), came(30, "u")]
    assert slipping(ask(events)) == []
    assert slipping(ask(events, more={"include_bots": "1"})) != []


# -- against slow loops

USERS = st.dictionaries(st.sampled_from("uvwx"), st.sampled_from(("ann", "bob")), max_size=3)
EVENT = st.builds(
    E,
    visitor=st.sampled_from([*"uvwx", *(f"c{n}" for n in range(30))]),
    time=st.builds(lambda day, hour: NOW - day * DAY - hour * HOUR, st.integers(0, 300), st.sampled_from((0, 5, 20))),
    what=st.sampled_from((BUY, BUY, "page:/")),
    value=st.sampled_from((None, 1.0, 10.0)),
    bot=st.sampled_from((0, 0, 0, 0, 1)),
)
LOGS = st.lists(EVENT, max_size=60)


def told(events: Sequence[E], users: Mapping[str, str]) -> dict[str, list[E]]:
    people: dict[str, list[E]] = {}
    for event in sorted(events, key=lambda one: one.time):
        if not event.bot:
            people.setdefault(users.get(event.visitor, event.visitor), []).append(event)
    return people


def slow_groups(events: Sequence[E], users: Mapping[str, str]) -> dict[str, int]:
    buys = {name: [e for e in mine if e.what == BUY] for name, mine in told(events, users).items()}
    facts = {name: (mine[-1].time, len(mine), sum(e.value or 0 for e in mine)) for name, mine in buys.items() if mine}
    money = any(e.value is not None for mine in buys.values() for e in mine)

    def mark(of: int, name: str) -> int:
        worse = sum(other[of] < facts[name][of] for other in facts.values())
        return 1 + 5 * worse // len(facts)

    found: dict[str, int] = {}
    for name in facts if len(facts) >= LEAST else ():
        r, f = mark(0, name), mark(1, name)
        f = (f + mark(2, name) + 1) // 2 if money else f
        if r >= 4:
            group = "new" if facts[name][1] == 1 else "champions" if f >= 4 else "loyal" if f == 3 else "promising"
        elif r == 3:
            group = "loyal" if f >= 3 else "attention"
        else:
            group = "risk" if f >= 3 else "asleep" if r == 2 else "lost"
        found[NAMES[group].template] = found.get(NAMES[group].template, 0) + 1
    return found


def slow_away(events: Sequence[E], users: Mapping[str, str]) -> dict[str, tuple[int, float, int, bool]]:
    found = {}
    today = datetime.fromtimestamp(NOW / 1000, UTC).date()
    for name, mine in told(events, users).items():
        buys = sum(e.what == BUY for e in mine)
        days: list[date] = sorted({datetime.fromtimestamp(e.time / 1000, UTC).date() for e in mine})
        if not buys or len(days) < 2 or (len(days) < 3 and buys < 2):
            continue
        gaps = [(b - a).days for a, b in pairwise(days)]
        present, long = (today - days[-1]).days, sorted(gaps)[-(-9 * len(gaps) // 10) - 1]
        if present > long:
            found[name] = (present, float(median(gaps)), long, present > 4 * long and present > 30)
    return found


@settings(max_examples=examples(200), deadline=None)
@given(LOGS, USERS, st.sampled_from((1, 3)), st.booleans())
def test_a_slow_loop_finds_the_same_customers(
    events: list[E], users: dict[str, str], parts: int, everybody: bool
) -> None:
    if everybody:
        events = events + [bought(n * 9, f"c{n}", float(n % 3)) for n in range(30)]
    result = ask(events, users, None, parts)
    assert groups(result) == slow_groups(events, users)
    if result.block("rfm").rows:
        customers = sum(int(str(row["people"])) for row in named(result.block("rfm")))
        assert sum(int(str(row["people"])) for row in named(result.block("rfm_grid"))) == customers
    away = slow_away(events, users)
    expected = {name: (a, pytest.approx(b), c) for name, (a, b, c, gone) in away.items() if not gone}
    assert {str(row[0]): row[1:] for row in slipping(result)} == expected
    assert named(result.block("summary"))[0]["gone"] == sum(gone for *_, gone in away.values())


@settings(max_examples=examples(15), deadline=None)
@given(LOGS, USERS)
def test_every_group_and_cell_is_as_long_as_its_list(events: list[E], users: dict[str, str]) -> None:
    events = events + [bought(n * 9, f"c{n}", float(n % 3)) for n in range(30)]
    result = ask(events, users)
    for name in ("rfm", "rfm_grid"):
        block = result.block(name)
        for row, link in zip(named(block), block.links, strict=True):
            if not row["people"]:
                continue
            arguments = {one: value for one, value in link or () if one in ("people", "at", "group")}
            listed = ask(events, users, arguments).block("people")
            assert listed.draw["total"] == len(listed.rows) == row["people"], (name, row)
    summary = named(result.block("summary"))[0]
    for which in ("slipping", "gone"):
        listed = ask(events, users, {"people": which}).block("people")
        assert listed.draw["total"] == summary[which]
        if which == "slipping":
            assert sum(float(str(row["value"])) for row in named(listed)) == pytest.approx(summary["stake"])


def test_the_grid_goes_up_along_both_axes() -> None:
    rows = named(ask([bought(n + 1, f"u{n}") for n in range(25)]).block("rfm_grid"))
    assert [(row["recency"], row["second"]) for row in rows] == [(a, b) for a in range(1, 6) for b in range(1, 6)]


def test_every_group_has_a_name_and_a_rule() -> None:
    rows = ask([bought(n + 1, f"u{n}") for n in range(25)]).block("rfm").rows
    names = [str(row[0]) for row in rows]
    assert sorted(names) == sorted(NAMES[group].template for group in GROUPS)
    assert (names[0], names[-1]) == (NAMES["champions"].template, NAMES["lost"].template)
    assert all(row[-1] for row in rows)
