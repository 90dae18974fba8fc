"""The scorecard against a plain-Python count over the same log, and its rules one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.query import Site, parse_query
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports.registry import reports
from collector.reports.scorecard import REPORT
from collector.reports.scorecard.people import LISTS
from tests.support.effort import examples
from tests.support.visit_oracle import Visit, fits, is_bounce, person_of, users, visits
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


# The slow count


@st.composite
def logs(draw: st.DrawFn, most: int = 40) -> list[E]:
    """A random log of carts, forms, purchases and answers, with gaps around the ends of visits and windows."""
    step = st.sampled_from([0, 0, 1_000, 29 * MINUTE, 31 * MINUTE, 9 * HOUR, 3 * DAY, WEEK - 3 * DAY, WEEK])
    forms = [f"{type_}:{name}" for type_ in ("form_start", "form", "form_failed", "form_abandon") for name in "xy"]
    names = ["page:/", "event:add_to_cart", "event:add_to_cart", "event:purchase", "event:nps_rated", *forms]
    time, found = START, []
    for _ in range(draw(st.integers(0, most))):
        time += draw(step)
        what = draw(st.sampled_from(names))
        props: dict[str, str | int] = {}
        if what.startswith("form_abandon") and draw(st.booleans()):
            props = {"last_field": draw(st.sampled_from(["email", "name"]))}
        if what == "event:nps_rated":
            props = {"score": draw(st.sampled_from([0, 6, 7, 8, 9, 10, 11]))}
        worth = draw(st.sampled_from([None, 5.0, 20.0])) if what == "event:purchase" else None
        bot = draw(st.sampled_from([0, 0, 0, 0, 1]))
        found.append(E(draw(st.sampled_from("abc")), time, what, value=worth, props=props, bot=bot))
    return draw(st.permutations(found))


class Slow:
    """The same words a second time, by loops."""

    def __init__(self, log: Log, known: Mapping[str, str], now: int = NOW) -> None:
        self.visits, self.now = visits(log, known), now
        first = min((e.time for e in log if e.kind.type != "engagement"), default=now)
        self.began = first - (first - START) % DAY
        self.events = [
            (person_of(e.visitor, known), e, at)
            for at, e in enumerate(log, 1)
            if not e.bot and e.kind.type != "engagement"
        ]
        self.events.sort(key=lambda row: (row[1].time, row[2]))

    def of(self, start: int, end: int, what: str = "any") -> list[tuple[str, E]]:
        fit = parse_matcher(what)
        return [(p, e) for p, e, _ in self.events if start <= e.time < end and fit.fits_kind(e.kind)]

    def carts(self, start: int, end: int, window: int = WEEK) -> list[bool]:
        """Whether each cart begun in a stretch whose window is over was bought."""
        found = []
        for person in {p for p, _, _ in self.events}:
            own = [
                (e.time, e.what != "event:add_to_cart", at)
                for p, e, at in self.events
                if p == person and e.what in GOALS.values()
            ]
            own.sort()
            for place, (time, is_buy, _) in enumerate(own):
                earlier = [
                    at
                    for at in range(place)
                    if not own[at][1] and time - own[at][0] <= window and not any(own[k][1] for k in range(at, place))
                ]
                if not is_buy and not earlier and start <= time < end and time + window <= self.now:
                    found.append(any(own[k][1] and own[k][0] <= time + window for k in range(place, len(own))))
        return found

    def forms(self, start: int, end: int) -> list[tuple[str, bool, int, str]]:
        """Of each form started in a stretch by a visit that is over: its name, whether sent, refused, last field."""
        found = []
        for visit in self.visits:
            mine = [e for _, e in visit.events if not e.bot]
            over = bool(mine) and mine[-1].time + 30 * MINUTE < self.now
            for name in "xy":
                begun = [e.time for e in mine if e.what == f"form_start:{name}"]
                if begun and start <= begun[0] < end and over:
                    later = [e for e in mine if e.kind.name == name and e.time >= begun[0]]
                    fields = [str(e.props.get("last_field", "")) for e in later if e.kind.type == "form_abandon"]
                    sent = any(e.kind.type == "form" for e in later)
                    refused = sum(e.kind.type == "form_failed" for e in later)
                    found.append((name, sent, refused, fields[-1] if fields else ""))
        return found

    def begun(self, start: int, end: int) -> list[Visit]:
        return [v for v in self.visits if start <= v.events[0][1].time < end and not v.events[0][1].bot]

    def metrics(self, start: int, end: int, past: int) -> dict[str, float | None]:
        """Every metric of a stretch; `past` is where the period before it begins."""
        people = {p for p, _ in self.of(start, end)}
        before = {p for p, _ in self.of(past, start)}
        buys, adds = self.of(start, end, "event:purchase"), self.of(start, end, "event:add_to_cart")
        worth = [e.value for _, e in buys if e.value is not None]
        ever = self.of(0, end, "event:purchase")
        begun, carts, forms = self.begun(start, end), self.carts(start, end), self.forms(start, end)
        scores = [e.props["score"] for _, e in self.of(start, end, "event:nps_rated")]
        votes = [(int(s) >= 9) - (int(s) <= 6) for s in scores if isinstance(s, int) and s <= 10]
        lengths = [max(e.time for _, e in v.events if not e.bot) - v.events[0][1].time for v in begun]
        return {
            "conversion_rate": len({p for p, _ in [*buys, *adds]}) / len(people) if people else None,
            "goal_1_rate": len({p for p, _ in buys}) / len(people) if people else None,
            "goal_2_rate": len({p for p, _ in adds}) / len(people) if people else None,
            "retention": len(people & before) / len(before) if before and past >= self.began else None,
            "visits_a_person": len(begun) / len(people) if people else None,
            "time_on_site": fmean(lengths) / 1000 if begun else None,
            "bounce_rate": fmean(is_bounce(v) for v in begun) if begun else None,
            "cart_abandonment": fmean(not bought for bought in carts) if carts else None,
            "form_abandonment": fmean(not sent for _, sent, _, _ in forms) if forms else None,
            "goals_reached": len(buys) + len(adds),
            "revenue": sum(worth) if worth else None,
            "average_order": fmean(worth) if worth else None,
            "lifetime_value": (
                sum(e.value or 0.0 for _, e in ever) / len({p for p, _ in ever})
                if any(e.value is not None for _, e in ever)
                else None
            ),
            "nps": 100 * sum(votes) / len(votes) if votes else None,
        }


def near(found: Mapping[str, Cell], wanted: Mapping[str, float | None]) -> None:
    """Those that are told are right, and those that are not told are nothing."""
    for name, value in wanted.items():
        told = found.get(name)
        assert told is None if value is None else told == pytest.approx(value), (name, told, value)


@settings(max_examples=examples(120), deadline=None)
@given(logs(), users("abc"), st.integers(0, 9), st.integers(1, 20), st.sampled_from([1, 2]))
def test_every_metric_is_what_a_plain_loop_counts(
    log: list[E], known: Mapping[str, str], first: int, length: int, parts: int
) -> None:
    query = question(REPORT, NOW, SITE, from_=day(first), to=day(first + length - 1))
    result = REPORT.run(world(log, known, NOW, parts), query)
    slow, size = Slow(log, known), length * DAY
    told = rows(result, "metrics")
    near({str(row["name"]): row["value"] for row in told}, slow.metrics(query.start, query.end, query.start - size))
    before = slow.metrics(query.start - size, query.start, query.start - 2 * size)
    near({str(row["name"]): row["previous"] for row in told}, before)
    wanted: dict[str, list[int]] = {}
    for name, sent, refused, _ in slow.forms(query.start, query.end):
        one = wanted.setdefault(name, [0, 0, 0, 0])
        for at, more in enumerate((1, sent, not sent, refused)):
            one[at] += more
    shown = {
        row["form"]: [row["started"], row["sent"], row["abandoned"], row["failed"]] for row in rows(result, "forms")
    }
    assert shown == wanted
    left = [(name, field or "(none)") for name, sent, _, field in slow.forms(query.start, query.end) if not sent]
    fields = {(row["form"], row["last_field"]): row["abandoned"] for row in rows(result, "fields")} if shown else {}
    assert fields == {pair: left.count(pair) for pair in left}


@settings(max_examples=examples(60), deadline=None)
@given(logs(), users("abc"), st.sampled_from(["day", "week", "month"]), st.sampled_from([1, 2]))
def test_every_point_of_a_plot_is_what_a_plain_loop_counts_in_its_period(
    log: list[E], known: Mapping[str, str], unit: str, parts: int
) -> None:
    query = question(REPORT, NOW, SITE, from_=day(3), to=day(16), interval=unit)
    result = REPORT.run(world(log, known, NOW, parts), query)
    slow = Slow(log, known)
    names = {
        "trend_conversion": {"rate": "conversion_rate"},
        "trend_retention": {"rate": "retention"},
        "trend_abandonment": {"cart_rate": "cart_abandonment", "form_rate": "form_abandonment"},
        "trend_revenue": {"average_order": "average_order", "lifetime_value": "lifetime_value"},
        "trend_visits": {"visits_a_person": "visits_a_person"},
        "trend_time": {"time_on_site": "time_on_site"},
        "trend_bounces": {"bounce_rate": "bounce_rate"},
        "trend_nps": {"nps": "nps"},
    }
    for block in result.blocks:
        for row in rows(result, block.id) if block.id in names else []:
            first = date.fromisoformat(str(row["period"]))
            past, end = _neighbours(first, unit)
            slow.began = 0  # a plot tells what there was, its first point too
            wanted = slow.metrics(_instant(first), _instant(end), _instant(past))
            for column, name in names[block.id].items():
                if column in row:
                    near(row, {column: wanted[name]})


def _instant(found: date) -> int:
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp() * 1000)


def _neighbours(first: date, unit: str) -> tuple[date, date]:
    if unit == "month":
        return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)
    length = timedelta(days=7 if unit == "week" else 1)
    return first - length, first + length


def behind(block: Block) -> list[tuple[Cell, Sequence[tuple[str, str]]]]:
    """Every number of a block that opens people, with the arguments of its list."""
    names = [column.name for column in block.columns]
    found = []
    for at, row in enumerate(block.rows):
        if at < len(block.links) and block.links[at] is not None:
            found.append((row[names.index(str(block.draw["link"]))], block.links[at] or ()))
        own = block.draw.get("cell_links", {})
        assert isinstance(own, dict)
        found += [(row[names.index(name)], lists[at]) for name, lists in own.items() if name in names]
    return found


@settings(max_examples=examples(40), deadline=None)
@given(logs(), users("abc"), st.sampled_from([1, 2]))
def test_every_number_is_as_long_as_the_list_behind_it(log: list[E], known: Mapping[str, str], parts: int) -> None:
    journeys, all_reports = world(log, known, NOW, parts), reports()
    result = REPORT.run(journeys, question(REPORT, NOW, SITE, from_=day(3), to=day(16), interval="week"))
    for block in result.blocks:
        for number, pairs in behind(block):
            given_: dict[str, list[str]] = {}
            for name, text in pairs:
                given_.setdefault(name, []).append(text)
            report = all_reports[given_.pop("report", [REPORT.name if "people" in given_ else "visitors"])[0]]
            query = parse_query(report.params, given_, SITE, NOW)
            if report.name == REPORT.name:
                listed = REPORT.run(journeys, query).block("people")
                assert (listed.draw["total"], len(listed.rows)) == (number, number), (block.id, pairs)
            elif report.name == "visitors" and isinstance(number, int):
                assert report.run(journeys, query).block("total").rows[0][0] == number, (block.id, pairs)


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
        ([(A, 34), (B, 35)], 0, 0, 1),  # not told before its window is over
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


def test_carts_of_two_people_do_not_mix_and_bots_have_none() -> None:
    log = [
        E("a", START, "event:add_to_cart"),
        E("b", START + HOUR, "event:purchase"),
        E("c", START, "event:add_to_cart", bot=1),
        E("d", START, "event:add_to_cart"),
        E("d", START + 1, "event:purchase", bot=1),
    ]
    assert rows(ask(log, all_time="1"), "carts")[0] == {"begun": 2, "bought": 0, "abandoned": 2, "open": 0, "rate": 1.0}


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
    assert str(alone.headline) == "40.0% of 10 people reached a goal; they came for 1 visits each."


def test_fewer_bounces_are_for_the_better() -> None:
    seen = many(100, 0, START + 7 * DAY, "a")
    less = [*many(100, 0, START + 8 * DAY, "b"), *(E(f"b{n}", START + 8 * DAY + 1, "click:More") for n in range(60))]
    headline = ask([*seen, *less], of=site(), from_=day(8), to=day(8)).headline
    assert str(headline) == "Bounce rate moved most, for the better: 40.0% after 100.0% in the period before."


def test_purchases_without_a_value_are_no_revenue() -> None:
    log = [E("a", START, "event:purchase"), E("b", START, "event:purchase", value=4.0)]
    assert metric(ask(log[:1], all_time="1"), "revenue")["value"] is None
    result = ask(log, all_time="1")
    values = [metric(result, name)["value"] for name in ("revenue", "average_order", "lifetime_value")]
    assert values == [4.0, 4.0, 2.0]
    assert any("carry no value" in str(note) for note in result.notes)


def test_ratings_and_first_responses_of_chats_are_told_where_there_are_any() -> None:
    said = [("visitor", 0), ("agent", 40), ("agent", 90)]
    log = [E("a", START + at * 1_000, "event:chat_message", props={"role": role}) for role, at in said]
    log += [E(name, START + HOUR, "event:chat_rated", props={"score": n}) for name, n in (("a", 5), ("b", 2))]
    log += [E("c", START, "event:nps_rated", value=9.0), E("d", START, "event:nps_rated", value=3.0)]
    result = ask([*log, E("e", START, "event:nps_rated", value=10.0)], all_time="1")
    assert metric(result, "first_response")["value"] == 40.0
    assert metric(result, "csat")["value"] == 0.5
    assert metric(result, "nps")["value"] == pytest.approx(100 / 3)


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
