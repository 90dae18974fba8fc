"""The scorecard's rules one by one: carts, forms, periods, and what is said in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from collector.core.blocks import Cell, Result
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.query import Site, parse_query
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports.registry import reports
from collector.reports.scorecard import REPORT
from collector.reports.scorecard.lists import LISTS
from tests.support.visit_oracle import fits, visits
from tests.support.worlds import E, question, site, world

START = 1_763_337_600_000  # a Monday
NOW = START + 40 * DAY
GOALS = {"Buy": "event:purchase", "Add": "event:add_to_cart"}
SITE = site(GOALS)
WEEK = 7 * DAY
DAILY = "c_" + "a" * 32
Log = Sequence[E]


def ask(events: Log, now: int = NOW, of: Site = SITE, parts: int = 1, **arguments: str) -> Result:
    return REPORT.run(world(events, as_of=now, parts=parts), question(REPORT, now, of, **arguments))


def day(number: float) -> str:
    return datetime.fromtimestamp((START + number * DAY) / 1000, UTC).date().isoformat()


def rows(result: Result, block: str) -> list[dict[str, Cell]]:
    found = result.block(block)
    return [dict(zip([column.name for column in found.columns], row, strict=True)) for row in found.rows]


def metric(result: Result, name: str) -> dict[str, Cell]:
    return next(row for row in rows(result, "metrics") if row["name"] == name)


def test_every_metric_leads_to_a_report_that_answers() -> None:
    log = [
        E("a", START, "page:/"),
        E("a", START + 1, "event:add_to_cart"),
        E("a", START + 2, "event:purchase", value=9.0),
    ]
    journeys, all_reports = world(log, as_of=NOW), reports()
    result = REPORT.run(journeys, question(REPORT, NOW, SITE, from_=day(0), to=day(6)))
    led = 0
    for block in result.blocks:
        for report, arguments in (block.draw.get("leads") or {}).values():  # type: ignore[attr-defined]
            given_: dict[str, list[str]] = {}
            for name, text in arguments[0]:
                given_.setdefault(name, []).append(text)
            all_reports[report].run(journeys, parse_query(all_reports[report].params, given_, SITE, NOW))
            led += 1
    assert led == len(rows(result, "metrics"))


# Carts

A, B = "add", "buy"


@pytest.mark.parametrize(
    ("story", "bought", "abandoned", "still"),
    [
        ([(A, 0), (B, 3)], 1, 0, 0),
        ([(A, 0), (B, 7)], 1, 0, 0),  # the end of the window is inside
        ([(A, 0), (B, 7.001)], 0, 1, 0),
        ([(A, 0)], 0, 1, 0),
        ([(B, 0)], 0, 0, 0),
        ([(A, 0), (A, 1), (A, 8)], 0, 1, 0),  # each within the window of the one before: one cart
        ([(A, 0), (A, 5), (B, 8)], 0, 1, 0),  # too late for the cart, which began with the first
        ([(A, 0), (A, 7.001), (B, 8)], 1, 1, 0),
        ([(A, 0), (B, 1), (A, 2)], 1, 1, 0),  # a purchase between begins another
        ([(A, 0), (B, 1), (A, 2), (B, 3)], 2, 0, 0),
        ([(B, 0), (A, 0)], 1, 0, 0),  # at one instant the add comes first, however they are logged
        ([(A, 0), (A, 2), (B, 2)], 1, 0, 0),
        ([(A, 34)], 0, 0, 1),
        ([(A, 33)], 0, 1, 0),
        ([(A, 34), (B, 35)], 0, 0, 1),  # not told before its window is over, but beside
    ],
)
def test_what_a_cart_is_and_when_it_is_abandoned(
    story: list[tuple[str, float]], bought: int, abandoned: int, still: int
) -> None:
    names = {A: "event:add_to_cart", B: "event:purchase"}
    log = [E("a", START + round(at * DAY), names[what]) for what, at in story]
    found = rows(ask(log, all_time="1"), "carts")
    told = (found[0]["bought"], found[0]["abandoned"], found[0]["open"]) if found else (0, 0, 0)
    assert told == (bought, abandoned, still)
    assert not found or found[0]["open_bought"] == int(story == [(A, 34), (B, 35)])


def test_carts_of_two_people_do_not_mix_and_bots_have_none() -> None:
    log = [
        E("a", START, "event:add_to_cart"),
        E("b", START + HOUR, "event:purchase"),
        E("c", START, "event:add_to_cart", bot=1),
        E("d", START, "event:add_to_cart"),
        E("d", START + 1, "event:purchase", bot=1),
    ]
    assert rows(ask(log, all_time="1"), "carts")[0] == {
        "begun": 2,
        "bought": 0,
        "abandoned": 2,
        "open": 0,
        "open_bought": 0,
        "rate": 1.0,
    }


def test_carts_and_purchases_may_have_other_names_and_windows() -> None:
    log = [E("a", START, "click:Take it"), E("a", START + 2 * DAY, "page:/thanks")]
    arguments: dict[str, Any] = {"all_time": "1", "cart": "click:Take it", "purchase": "page:/thanks"}
    assert rows(ask(log, **arguments), "carts")[0]["bought"] == 1
    assert rows(ask(log, window="1d", **arguments), "carts")[0]["abandoned"] == 1


def test_without_a_purchase_ever_sent_the_first_goal_ends_a_cart() -> None:
    log = [E("a", START, "event:add_to_cart"), E("a", START + 1, "page:/thanks")]
    assert rows(ask(log, of=site({"Order": "page:/thanks"}), all_time="1"), "carts")[0]["bought"] == 1


def test_where_nothing_says_what_a_purchase_is_no_cart_is_called_abandoned() -> None:
    result = ask([E("a", START, "event:add_to_cart")], of=site(), all_time="1")
    assert "What a purchase is" in str(result.block("carts").empty)
    assert all(row["name"] != "cart_abandonment" for row in rows(result, "metrics"))


def test_a_site_without_carts_and_forms_is_told_how_to_send_them() -> None:
    result = ask([E("a", START, "page:/"), E("a", START + 1, "event:purchase")], all_time="1")
    assert "send event:add_to_cart" in str(result.block("carts").empty)
    assert "form_start" in str(result.block("forms").empty)
    assert not result.block("carts").rows
    assert {block.id for block in result.blocks}.isdisjoint({"trend_abandonment", "cart_abandonment", "nps", "csat"})


# Forms


@pytest.mark.parametrize(
    ("story", "sent", "abandoned", "field"),
    [
        ([("form_start", 0), ("form", 5)], 1, 0, ""),
        ([("form_start", 0), ("form_abandon", 5)], 0, 1, "email"),
        ([("form_start", 0)], 0, 1, ""),
        ([("form", 0)], 0, 0, ""),  # never started
        ([("form", 0), ("form_start", 5)], 0, 1, ""),  # sent before it was started again
        ([("form_start", 0), ("form", 31)], 0, 1, ""),  # in the next visit
        ([("form_start", 0), ("form_abandon", 5), ("form", 9)], 1, 0, ""),  # came back in the same visit
        ([("form_start", 0), ("form_failed", 3), ("form_failed", 4), ("form", 9)], 1, 0, ""),
        ([("form_start", 0), ("form_start", 9), ("form", 12)], 1, 0, ""),  # once a visit
        ([("form_start", 0), ("form_start", 40)], 0, 2, ""),
    ],
)
def test_when_a_form_is_abandoned(story: list[tuple[str, int]], sent: int, abandoned: int, field: str) -> None:
    log = [E("a", START + at * MINUTE, f"{what}:x", props={"last_field": "email"}) for what, at in story]
    found = rows(ask(log, all_time="1"), "forms")
    one = found[0] if found else {"sent": 0, "abandoned": 0, "last_field": ""}
    assert (one["sent"], one["abandoned"], one["last_field"]) == (sent, abandoned, field)


def test_a_form_of_a_visit_that_may_go_on_is_neither_sent_nor_abandoned() -> None:
    log = [E("a", NOW - 30 * MINUTE, "form_start:x"), E("b", NOW - 31 * MINUTE, "form_start:x")]
    assert rows(ask(log, all_time="1"), "forms")[0] == {
        "form": "x",
        "started": 2,
        "sent": 0,
        "abandoned": 1,
        "open": 1,
        "rate": 1.0,
        "failed": 0,
        "last_field": "",
    }
    log.append(E("a", NOW, "form:x"))
    listed = ask(log, all_time="1", people="forms", group="x", subset="open").block("people")
    assert listed.title.render() == "Forms of visits that are not over (x): one visit"
    assert [row["sent"] for row in rows(ask(log, all_time="1", people="forms", subset="open"), "people")] == [True]


def test_a_submit_of_another_form_sends_nothing_and_a_bots_submit_neither() -> None:
    log = [
        E("a", START, "form_start:x"),
        E("a", START + 1, "form:y"),
        E("a", START + 2, "form:x", bot=1),
    ]
    assert [(row["form"], row["abandoned"]) for row in rows(ask(log, all_time="1"), "forms")] == [("x", 1)]


# Periods


def test_a_period_under_way_is_compared_with_the_same_part_of_the_one_before() -> None:
    now = START + 10 * DAY + 12 * HOUR
    log = [
        E("a", now - 2 * DAY + HOUR, "page:/"),
        E("a", now - DAY - HOUR, "page:/"),
        E("b", now - DAY + HOUR, "page:/"),
        E("b", now - 1, "page:/"),
    ]
    result = ask(log, now, from_=day(10), to=day(10))
    visits_ = metric(result, "visits_a_person")
    assert (visits_["counted"], visits_["value"], visits_["previous"]) == (1, 1.0, 1.0)
    assert (metric(result, "retention")["value"], metric(result, "retention")["base"]) == (0.5, 2)
    assert "not over" in str(result.notes[0])
    assert rows(result, "trend_visits")[-1]["unfinished"] is True


def test_days_are_those_of_the_site_when_the_clock_changes() -> None:
    berlin = site(GOALS, zone="Europe/Berlin")
    late = int(datetime(2026, 3, 29, 21, 30, tzinfo=UTC).timestamp() * 1000)  # 23:30 on a day of 23 hours
    log = [
        E("a", late - DAY + HOUR, "page:/"),
        E("a", late, "page:/"),
        E("b", late + HOUR, "event:purchase", value=3.0),
    ]
    result = ask(log, late + 30 * DAY, berlin, from_="2026-03-28", to="2026-03-30", interval="day")
    assert [(r["period"], r["people"], r["converted"]) for r in rows(result, "trend_conversion")] == [
        ("2026-03-28", 1, 0),
        ("2026-03-29", 1, 0),
        ("2026-03-30", 1, 1),
    ]
    assert [row["rate"] for row in rows(result, "trend_retention")] == [None, 1.0, 0.0]


def test_carts_of_the_last_week_are_unfinished() -> None:
    result = ask([E("a", NOW - 9 * DAY, "event:add_to_cart")], period="14d", interval="day")
    opened = [row["unfinished"] for row in rows(result, "trend_abandonment")]
    assert opened == [False] * 6 + [True] * 8


def test_all_time_has_nothing_before_it_and_says_so() -> None:
    result = ask([E("a", START, "page:/"), E("a", START + DAY, "page:/")], all_time="1")
    assert (metric(result, "retention")["value"], metric(result, "bounce_rate")["previous"]) == (None, None)
    assert any("All time" in str(note) for note in result.notes)
    assert [row["rate"] for row in rows(result, "trend_retention")] == [None, 1.0]


def test_a_period_before_that_the_site_did_not_have_is_not_compared_as_if_it_had() -> None:
    log = [*many(100, 50, START + 6 * DAY, "a"), *many(100, 60, START + 7 * DAY, "a")]
    result = ask(log, of=site({"Buy": "event:purchase"}), from_=day(7), to=day(13))
    assert metric(result, "retention")["value"] is None
    assert any("begin within the period before" in str(note) for note in result.notes)
    whole = ask([E("z", START, "page:/"), *log], of=site({"Buy": "event:purchase"}), from_=day(7), to=day(13))
    assert metric(whole, "retention")["value"] == pytest.approx(100 / 101)
    assert metric(whole, "retention")["previous"] is None
    assert any("too late to tell the retention" in str(note) for note in whole.notes)


def test_an_empty_site_has_no_number_and_says_so() -> None:
    result = ask([])
    assert str(result.headline) == "Nobody came in this time."
    assert {row["value"] for row in rows(result, "metrics")} <= {None, 0}
    for which in LISTS:
        assert ask([], people=which).block("people").draw["total"] == 0


def test_people_without_cookies_are_not_followed_from_day_to_day_unless_asked_for() -> None:
    log = [E(DAILY, START, "page:/"), E(DAILY, START + DAY, "event:add_to_cart")]
    arguments: dict[str, Any] = {"from_": day(1), "to": day(1)}
    assert metric(ask(log, **arguments), "retention")["base"] == 0
    assert not rows(ask(log, **arguments), "carts")
    assert metric(ask(log, include_cookieless="1", **arguments), "retention")["value"] == 1.0
    assert metric(ask(log, **arguments), "visits_a_person")["value"] == 1.0


# Words


def many(people: int, won: int, at: int, prefix: str) -> list[E]:
    """So many people, of whom some bought."""
    came = [E(f"{prefix}{n}", at, "page:/") for n in range(people)]
    return came + [E(f"{prefix}{n}", at + 1, "event:purchase", value=10.0) for n in range(won)]


def test_the_headline_tells_what_moved_most_beyond_chance() -> None:
    goal = site({"Buy": "event:purchase"})
    days: dict[str, Any] = {"from_": day(8), "to": day(8)}
    better = ask([*many(100, 10, START + 7 * DAY, "a"), *many(100, 40, START + 8 * DAY, "b")], of=goal, **days)
    assert str(better.headline) == "Conversion rate moved most, for the better: 40.0% after 10.0% in the period before."
    same = ask([*many(100, 10, START + 7 * DAY, "a"), *many(100, 12, START + 8 * DAY, "b")], of=goal, **days)
    assert str(same.headline) == "Nothing moved by more than chance alone would move it."
    few = ask([*many(10, 1, START + 7 * DAY, "a"), *many(10, 4, START + 8 * DAY, "b")], of=goal, **days)
    assert str(few.headline) == "Too few came, now or before, to say what moved: 10 people."
    alone = ask(many(10, 4, START + 8 * DAY, "b"), of=goal, compare="none", **days)
    assert str(alone.headline) == "40.0% of 10 people reached a goal; they came for 1 visit each."


def test_fewer_bounces_are_for_the_better() -> None:
    seen = many(100, 0, START + 7 * DAY, "a")
    less = [*many(100, 0, START + 8 * DAY, "b"), *(E(f"b{n}", START + 8 * DAY + 1, "click:More") for n in range(60))]
    headline = ask([*seen, *less], of=site(), from_=day(8), to=day(8)).headline
    assert str(headline) == "Bounce rate moved most, for the better: 40.0% after 100.0% in the period before."


def test_lifetime_value_holds_what_was_bought_long_before_the_plot_begins() -> None:
    bought = [("a", 0, 10.0), ("b", 1, 20.0), ("a", 9, 6.0), ("c", 10, 4.0)]
    log = [E(who, START + at * DAY, "event:purchase", value=worth) for who, at, worth in bought]
    result = ask(log, from_=day(8), to=day(10), interval="day")
    assert [row["lifetime_value"] for row in rows(result, "trend_revenue")] == [15.0, 18.0, pytest.approx(40 / 3)]
    assert metric(result, "lifetime_value")["value"] == pytest.approx(40 / 3)
    assert metric(result, "lifetime_value")["previous"] == 15.0


def test_purchases_without_a_value_are_no_revenue() -> None:
    log = [E("a", START, "event:purchase"), E("b", START, "event:purchase", value=4.0)]
    assert metric(ask(log[:1], all_time="1"), "revenue")["value"] is None
    result = ask(log, all_time="1")
    values = [metric(result, name)["value"] for name in ("revenue", "average_order", "lifetime_value")]
    assert values == [4.0, 4.0, 2.0]
    assert any("One purchase carries no value" in str(note) for note in result.notes)


def test_ratings_and_first_responses_of_chats_are_told_where_there_are_any() -> None:
    said = [("visitor", 0), ("agent", 40), ("agent", 90)]
    log = [E("a", START + at * 1_000, "event:chat_message", props={"role": role}) for role, at in said]
    log += [E(name, START + HOUR, "event:chat_rated", props={"score": n}) for name, n in (("a", 5), ("b", 2))]
    log += [E("c", START, "event:nps_rated", value=9.0), E("d", START, "event:nps_rated", value=3.0)]
    result = ask([*log, E("e", START, "event:nps_rated", value=10.0)], all_time="1")
    assert metric(result, "first_response")["value"] == 40.0
    assert metric(result, "csat")["value"] == 0.5
    assert metric(result, "nps")["value"] == pytest.approx(100 / 3)


@pytest.mark.parametrize("parts", [1, 2])
def test_ratings_and_first_responses_are_drawn_and_open_their_people(parts: int) -> None:
    log = []
    for n in range(24):
        at = START + n * DAY
        said = [("visitor", 0), ("agent", 10 * (n % 5) + 5), ("agent", 90)][: 1 if n % 6 == 0 else 3]
        log += [E(f"v{n}", at + s * 1_000, "event:chat_message", props={"role": role}) for role, s in said]
        log.append(E(f"v{n}", at + HOUR, "event:chat_rated", props={"score": n % 5 + 1}))
    # Answered after midnight: a chat belongs to the day on which it began.
    log += [E("late", START + WEEK - 1_000, "event:chat_message", props={"role": "visitor"})]
    log += [E("late", START + WEEK + 1_000, "event:chat_message", props={"role": "agent"})]
    journeys = world(log, as_of=NOW, parts=parts)
    asked = question(REPORT, NOW, SITE, from_=day(0), to=day(20), interval="week")
    result = REPORT.run(journeys, asked)
    drawn = rows(result, "trend_csat"), rows(result, "trend_first_response")
    assert [row["rated"] for row in drawn[0]] == [7, 7, 7]
    assert [row["csat"] for row in drawn[0]] == [sum(n % 5 > 2 for n in range(w * 7, w * 7 + 7)) / 7 for w in range(3)]
    waits = [[10 * (n % 5) + 5 for n in range(w * 7, w * 7 + 7) if n % 6] for w in range(3)]
    waits[0].append(2)
    assert [row["responded"] for row in drawn[1]] == list(map(len, waits))
    assert [row["first_response"] for row in drawn[1]] == [float(np.median(some)) for some in waits]
    behind = 0
    for name in ("trend_csat", "trend_first_response", "metrics"):
        block = result.block(name)
        lists = {"counted": block.links} if name == "metrics" else block.draw["cell_links"]
        for column, links in lists.items():  # type: ignore[attr-defined]
            for row, link in zip(rows(result, name), links, strict=True):
                if name == "metrics" and row["name"] not in ("csat", "first_response"):
                    continue
                given: dict[str, str] = {f"{key}_" if key == "from" else key: text for key, text in link}
                listed = REPORT.run(journeys, question(REPORT, NOW, SITE, **given)).block("people")
                assert len(listed.rows) == row[column], (name, column)
                behind += 1
    assert behind == 3 * 3 + 2


@pytest.mark.parametrize(
    "arguments",
    [{"people": "converted", "at": "2020-01-01"}, {"people": "carts", "group": "lost"}, {"people": "nobody"}],
)
def test_a_list_that_there_is_not_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        ask([E("a", START, "page:/")], all_time="1", **arguments)


def test_goals_fit_by_the_same_matchers_as_everywhere() -> None:
    log = [E("a", START, "event:purchase", props={"total": 5}), E("b", START, "event:purchase", props={"total": 50})]
    visit = visits(log, {})[0]
    matcher = parse_matcher("event:purchase[total>=10]")
    assert sum(fits(matcher, visit, n, e) for n, e in enumerate(log, 1)) == 1
    assert metric(ask(log, of=site({"Big": str(matcher)}), all_time="1"), "conversion_rate")["counted"] == 1
