"""The scorecard against a plain-Python count over the same log: metrics, plots, and the lists behind every number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell
from collector.core.matcher import parse_matcher
from collector.core.query import parse_query
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports.registry import reports
from collector.reports.scorecard import REPORT
from tests.reports.test_scorecard import GOALS, NOW, SITE, START, Log, day, rows
from tests.support.effort import examples
from tests.support.visit_oracle import Visit, is_bounce, person_of, users, visits
from tests.support.worlds import E, question, world

WEEK = 7 * DAY
OF_RANGE = ["is:new", "is:returning", "event:add_to_cart[#in]"]


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


@pytest.mark.parametrize("where", OF_RANGE)
def test_filters_of_the_ranges_own_days_find_the_people_of_each_period_by_its_days(where: str) -> None:
    came = {"a": "012345", "b": "24", "c": "3", "d": "35", "e": "03", "f": "5", "g": "145", "h": "12", "i": "05"}
    adds = {"a": "15", "b": "2", "d": "3", "e": "13", "g": "4", "h": "1"}
    log = [E(who, START + int(at) * DAY, "page:/") for who, days in came.items() for at in days]
    log += [E(who, START + int(at) * DAY + HOUR, "event:add_to_cart") for who, days in adds.items() for at in days]
    journeys, slow = world(log, as_of=NOW), Slow(log, {})

    def found_by(start: int, end: int) -> set[str]:
        before, inside = ({p for p, _ in slow.of(*ends)} for ends in ((0, start), (start, end)))
        added = {p for p, _ in slow.of(start, end, "event:add_to_cart")}
        return {"is:new": inside - before, "is:returning": inside & before}.get(where, added)

    def asked(first: int) -> dict[Cell, dict[str, Cell]]:
        query = question(REPORT, NOW, SITE, from_=day(first), to=day(first + 1), interval="day", where=where)
        result = REPORT.run(journeys, query)
        past = found_by(query.start - 2 * DAY, query.start)
        again = past & {p for p, _ in slow.of(query.start, query.end)}
        told = {row["name"]: row for row in rows(result, "metrics")}
        if first > 1:  # the period before is all there
            retention = told["retention"]
            assert (retention["counted"], retention["base"]) == (len(again), len(past))
        point = rows(result, "trend_retention")[0]
        yesterday = past & {p for p, _ in slow.of(query.start - DAY, query.start)}
        today = yesterday & {p for p, _ in slow.of(query.start, query.start + DAY)}
        assert (point["before"], point["retained"]) == (len(yesterday), len(today))
        return told

    now, earlier = asked(4), asked(2)
    # What not every site sends is shown where either of the two has it.
    for name in now.keys() | earlier.keys():
        assert now.get(name, {}).get("previous") == earlier.get(name, {}).get("value"), name


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
@given(logs(), users("abc"), st.sampled_from([1, 2]), st.sampled_from([[], *([one] for one in OF_RANGE)]))
def test_every_number_is_as_long_as_the_list_behind_it(
    log: list[E], known: Mapping[str, str], parts: int, where: list[str]
) -> None:
    journeys, all_reports = world(log, known, NOW, parts), reports()
    asked = question(REPORT, NOW, SITE, from_=day(3), to=day(16), interval="week", where=where)
    result = REPORT.run(journeys, asked)
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
