"""What retargeting costs and brings: each figure by a plain computation, with as many people behind each number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.query import Site
from collector.core.spend import Spend, SpendDay
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports import attribution, retargeting
from collector.reports.impact.in_all import InAll
from collector.reports.retargeting_facts import CLICKED
from collector.reports.retargeting_money import LEAST, cost_each, left_after, return_on
from tests.support.visit_oracle import SOURCES
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000  # 13 November 2025
NOW = START + 80 * DAY
AD = SOURCES[3]
MONEY = st.floats(-1e6, 1e6, allow_nan=False)


def shop(*bills: tuple[str, str, float, str]) -> Site:
    rows = [SpendDay(day, channel, "adnet", "cart", cost, currency) for day, channel, cost, currency in bills]
    return replace(site({"Buy": "event:purchase"}), spend=Spend(rows, 1))


BILLS = shop(
    ("2025-11-14", "retargeting", 30.0, "EUR"),
    ("2025-12-20", "Retargeting", 20.0, "EUR"),
    ("2025-12-20", "paid_search", 99.0, "EUR"),
    ("2025-12-21", "retargeting", 7.0, "USD"),
    ("2026-02-01", "retargeting", 1_000.0, "EUR"),  # the time for the goal is not over
)


@cache
def log(effect: float = 0.35, people: int = 500) -> list[E]:
    """Visits that come back by an ad or by themselves; an ad makes a part of them buy who would not have."""
    rng, found = Random(7), []
    for number in range(people):
        who, time = f"v{number}", START + int(rng.random() * 40 * DAY)
        for visit in range(4):
            ad = visit > 0 and rng.random() < 0.4
            found.append(E(who, time, "page:/", source=AD if ad else None if rng.random() < 0.7 else SOURCES[1]))
            if rng.random() < 0.5:
                found.append(E(who, time + MINUTE, "event:add_to_cart"))
            if rng.random() < 0.1 + effect * ad:
                found.append(E(who, time + 2 * MINUTE, "event:purchase", value=20.0))
                break
            time += int((0.5 + 3 * rng.random()) * DAY)
    return found


def ask(events: list[E], of: Site = BILLS, parts: int = 1, **arguments: str) -> Result:
    asked = question(retargeting.REPORT, NOW, of, all_time="1", **arguments)
    return retargeting.REPORT.run(world(events, as_of=NOW, parts=parts), asked)


def rows(block: Block, key: str) -> dict[object, dict[str, Cell]]:
    names = [column.name for column in block.columns]
    found = [dict(zip(names, row, strict=True)) for row in block.rows]
    return {row[key]: row for row in found}


def three(row: Mapping[str, Cell]) -> list[Cell]:
    return [row["value"], row["low"], row["high"]]


def test_cost_revenue_and_return_follow_from_the_effect_and_the_bills() -> None:
    result = ask(log())
    money, effect = rows(result.block("money"), "measure"), rows(result.block("effect"), "measure")
    people = next(row["people"] for row in rows(result.block("used"), "status").values() if row["status"] == "matched")
    assert isinstance(people, int)
    rate, value = (
        [float(str(effect[name][end])) * people for end in ("difference", "low", "high")] for name in ("rate", "value")
    )
    assert rate[1] > 0
    spent = 50.0
    assert money["spend"]["value"] == money["spend"]["last_click"] == spent
    assert three(money["conversions"]) == pytest.approx(rate)
    assert three(money["cost_per_conversion"]) == pytest.approx([spent / rate[0], spent / rate[2], spent / rate[1]])
    assert three(money["revenue"]) == pytest.approx(value)
    assert three(money["return_on_spend"]) == pytest.approx([one / spent for one in value])
    assert three(money["left_after_spend"]) == pytest.approx([one - spent for one in value])
    note = str(result.block("money").note)
    assert "50.00 EUR were spent" in note
    assert "One bill in another currency is left out" in note
    assert "also to people whom the filters" not in note


def test_last_click_claims_what_attribution_gives_the_last_visit_that_came_from_somewhere() -> None:
    result = ask(log())
    asked = question(attribution.REPORT, NOW, BILLS, all_time="1", goal="event:purchase", model="last_non_direct")
    told = rows(attribution.REPORT.run(world(log(), as_of=NOW), asked).block("models"), "channel")["retargeting"]
    money = rows(result.block("money"), "measure")
    claimed = money["conversions"]["last_click"]
    assert claimed == pytest.approx(told["last_non_direct"])
    assert money["revenue"]["last_click"] == pytest.approx(20.0 * float(str(claimed)))
    assert float(str(claimed)) > float(str(money["conversions"]["high"]))


def test_where_the_ads_may_have_brought_nobody_their_cost_cannot_be_told() -> None:
    result = ask(log(0.0))
    money = rows(result.block("money"), "measure")
    assert three(money["cost_per_conversion"]) == [None] * 3
    assert "may have brought none" in str(money["cost_per_conversion"]["meaning"])
    assert money["cost_per_conversion"]["last_click"] is not None
    assert "cannot be told that they brought anybody" in str(result.block("money").note)


def test_where_the_ads_were_paid_for_more_people_than_are_asked_for_it_is_said() -> None:
    assert "also to people whom the filters" in str(ask(log(), where="page:/").block("money").note)


def test_revenue_is_set_against_no_costs_in_another_currency() -> None:
    few, goal = log()[:40], parse_matcher("event:purchase")
    money = rows(ask(few, replace(BILLS, currencies={goal: "USD"})).block("money"), "measure")
    assert money["spend"]["value"] == 7.0, "the goal's currency comes before that of most bills"
    block = ask(few, replace(BILLS, currencies={goal: "JPY"})).block("money")
    money = rows(block, "measure")
    assert money["spend"]["value"] == 50.0
    assert money["cost_per_conversion"]["last_click"] is not None
    for name in ("return_on_spend", "left_after_spend"):
        assert [*three(money[name]), money[name]["last_click"]] == [None] * 4
        assert "revenue is in JPY, costs in EUR" in str(money[name]["meaning"])


def test_without_bills_it_is_said_where_to_take_them_in() -> None:
    block = ask(log(), shop()).block("money")
    assert block.rows == []
    assert "Ad costs" in str(block.empty)


@example(1.0, 5e-324, 0.0, 0.0)
@given(st.floats(0, 1e6), MONEY, st.floats(0, 1e5), st.floats(0, 1e5))
def test_the_ends_are_those_of_the_effect_turned_round(spent: float, middle: float, below: float, above: float) -> None:
    brought = InAll(middle, middle - below, middle + above)
    each, back, left = cost_each(spent, brought), return_on(spent, brought), left_after(spent, brought)
    assert (each is None) == (brought.low < LEAST)
    if each is not None:
        assert each.low <= each.value * (1 + 1e-9)
        assert each.value <= each.high * (1 + 1e-9)
        assert each.high * brought.low == pytest.approx(spent)
    assert (back is None) == (spent <= 0)
    assert back is None or back.low <= back.value <= back.high
    assert left is not None
    assert left.value == brought.difference - spent
    assert cost_each(spent, None) is return_on(spent, None) is left_after(spent, None) is None


def total(events: list[E], arguments: object) -> object:
    assert isinstance(arguments, tuple)
    given = {name: text for name, text in arguments if text}
    return ask(events, parts=2, **given).block("people").draw["total"]


def test_behind_each_number_of_the_visits_stand_as_many_people() -> None:
    small = log()[:300]
    result = ask(small)
    for name in ("visits", "without_earlier", "carts_left", "carts_recovered"):
        block = result.block(name)
        value, link = block.rows[0][0], block.links[0] if block.links else None
        assert (total(small, link) if link else 0) == value
    for name in ("recency", "campaigns"):
        block = result.block(name)
        links, names = block.draw["cell_links"], [column.name for column in block.columns]
        assert isinstance(links, Mapping)
        for column, behind in links.items():
            for row, arguments in zip(block.rows, behind, strict=True):
                assert total(small, arguments) == row[names.index(column)]


def test_the_time_away_is_that_before_the_first_visit_by_an_ad() -> None:
    events = [
        *(
            E("a", START, "page:/"),
            E("a", START + 2 * DAY, "page:/", source=AD),
            E("a", START + 9 * DAY, "page:/", source=AD),
        ),
        *(
            E("b", START, "page:/"),
            E("b", START + 10 * HOUR, "page:/", source=AD),
            E("b", START + DAY, "event:purchase"),
        ),
        E("c", START, "page:/", source=AD),
    ]
    found = rows(ask(events).block("recency"), "band")
    assert {band: (row["people"], row["reached"]) for band, row in found.items()} == {
        "first": (1, 0),
        "day": (1, 1),
        "3d": (1, 0),
    }


def seen(who: str, time: int) -> E:
    return E(who, time, "event:ad_impression", source=AD, props={"channel": "retargeting", "campaign": "cart"})


def test_ads_that_were_clicked_and_ads_that_were_seen_are_told_apart() -> None:
    events = [
        *(E("a", START, "page:/"), seen("a", START + DAY), seen("a", START + 2 * DAY)),
        E("a", START + 3 * DAY, "event:purchase"),
        *(E("b", START, "page:/"), E("b", START + DAY, "page:/", source=AD), E("b", START + DAY + 1, "event:purchase")),
        *(E("c", START, "page:/"), seen("c", START + DAY), E("c", START + 2 * DAY, "page:/", source=AD)),
    ]
    result = ask(events)
    ways = rows(result.block("ways"), "way")
    assert {way: (row["people"], row["times"], row["reached"]) for way, row in ways.items()} == {
        "click": (2, 2, 1),
        "view": (2, 3, 1),
    }
    assert result.block("reached").rows[0][0] == 2
    assert ("did", str(CLICKED)) in (result.block("reached").links[0] or ())
    links = result.block("ways").draw["cell_links"]
    assert isinstance(links, Mapping)
    assert [total(events, one) for one in links["people"]] == [2, 2]
    assert [total(events, one) for one in links["reached"]] == [1, 1]
    assert rows(result.block("money"), "measure")["conversions"]["last_click"] == 1
    with pytest.raises(UserError, match="There is no group"):
        ask(events, people="ways", group="heard")


def test_the_effect_is_told_by_how_long_people_had_been_away() -> None:
    block = ask(log()).block("recency_effect")
    people = [row[1] for row in block.rows]
    assert len(people) >= 2
    assert all(isinstance(n, int) and n >= 30 for n in people)
