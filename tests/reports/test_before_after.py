"""Before and after: whole weeks on each side, held to plain loops, to scipy's Welch, to the lists behind counts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from collector.core.annotation import Annotation
from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.query import Site
from collector.core.times import DAY, HOUR, MINUTE, day_start
from collector.reports import visitors
from collector.reports.ask import ask as ask_any
from collector.reports.before_after import REPORT
from collector.reports.before_after.measures import Ratio, of_ratios
from collector.reports.stats import difference
from tests.support.effort import examples
from tests.support.visit_oracle import fits, is_bounce, logs, users, visits
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
FIRST = datetime.fromtimestamp(START / 1000, UTC).date()
TURN = FIRST + timedelta(days=7)
NOW = START + 40 * DAY
SITE = site({"Buy": "event:buy", "Add": "event:add"})
NUMBERS = st.integers(0, 1_000)
ANCHOR = E("anchor", START, "page:/")


def ask(events: Sequence[E], known: Mapping[str, str] | None = None, parts: int = 1, **arguments: str) -> Result:
    given_ = {"day": TURN.isoformat(), "window": "7d", **arguments}
    of, now = SITE, NOW
    return REPORT.run(world(events, known, now, parts), question(REPORT, now, of, **given_))


def column(block: Block, name: str) -> list[Cell]:
    return [row[[one.name for one in block.columns].index(name)] for row in block.rows]


def row(block: Block, measure: str) -> dict[str, Cell]:
    names = [one.name for one in block.columns]
    return next(dict(zip(names, cells, strict=True)) for cells in block.rows if cells[0] == measure)


def told(result: Result) -> str:
    return " | ".join(map(str, result.notes))


@settings(max_examples=examples(80), deadline=None)
@given(logs(), users(), st.sampled_from([1, 2]))
def test_every_measure_is_what_a_plain_loop_counts(log: list[E], known: Mapping[str, str], parts: int) -> None:
    moved = [replace(e, time=e.time + 7 * DAY * (at % 2)) for at, e in enumerate(log)]
    log = [ANCHOR, *moved]
    result = ask(log, known, parts)
    middle, week = day_start(TURN, SITE.zone), 7 * DAY
    sides = [(middle - week, middle), (middle, middle + week)]
    found = visits(log, known)
    there, begun, bounced, won = [], [], [], []
    for low, high in sides:
        inside = [(v, at, e) for v in found for at, e in v.events if low <= e.time < high and not e.bot]
        there.append({v.person for v, _, _ in inside})
        mine = [v for v in found if low <= v.events[0][1].time < high and not v.events[0][1].bot]
        begun.append(tally([v.person for v in mine]))
        bounced.append(tally([v.person for v in mine if is_bounce(v)]))
        goals = [parse_matcher(text) for text in ("event:buy", "event:add")]
        won.append([len({v.person for v, at, e in inside if fits(m, v, at, e)}) for m in goals])
    people = row(result.block("counts"), "People")
    assert (people["before"], people["after"]) == (len(there[0]), len(there[1]))
    if there[0] or there[1]:
        half = 1.959964 * math.sqrt(len(there[0] ^ there[1]))
        assert people["high"] == pytest.approx(len(there[1]) - len(there[0]) + half, abs=0.51)
    seen = row(result.block("counts"), "Visits")
    assert (seen["before"], seen["after"]) == (sum(begun[0].values()), sum(begun[1].values()))
    if seen["before"] or seen["after"]:
        squares = sum((begun[1][one] - begun[0][one]) ** 2 for one in {*begun[0], *begun[1]})
        assert float(seen["high"] or 0) - float(seen["difference"] or 0) == pytest.approx(
            1.959964 * math.sqrt(squares), abs=0.51
        )
    for at, name in enumerate(("Buy", "Add")):
        rate = row(result.block("rates"), name)
        assert (rate["people_before"], rate["people_after"]) == (won[0][at], won[1][at])
        if there[0] and there[1]:
            wanted = difference(won[1][at], len(there[1]), won[0][at], len(there[0]))
            assert [rate["difference"], rate["low"], rate["high"]] == pytest.approx([float(one) for one in wanted])
        else:
            assert rate["difference"] is None
    bounce = row(result.block("bounce"), "Bounce rate")
    ratios = [linear(begun[at], bounced[at]) for at in (0, 1)]
    assert bounce["before"] == (None if ratios[0] is None else pytest.approx(ratios[0][0]))
    assert bounce["after"] == (None if ratios[1] is None else pytest.approx(ratios[1][0]))
    assert told(result).count("came on both sides") == (1 if there[0] & there[1] else 0)


def tally(names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for name in names:
        found[name] += 1
    return found


def linear(visits_: Mapping[str, int], hits: Mapping[str, int]) -> tuple[float, float] | None:
    """A ratio of sums over people and its linearised variance, by a plain loop."""
    whole, n = sum(visits_.values()), len(visits_)
    if not whole:
        return None
    ratio = sum(hits.values()) / whole
    squares = sum((hits.get(one, 0) - ratio * visits_[one]) ** 2 for one in visits_)
    return ratio, squares * n / (n - 1) / whole**2 if n > 1 else math.nan


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(NUMBERS, min_size=2, max_size=30), st.lists(NUMBERS, min_size=2, max_size=30))
def test_a_mean_over_people_has_the_interval_of_scipys_welch(before: list[int], after: list[int]) -> None:
    assume(len(set(before)) > 1 and len(set(after)) > 1)
    sides = []
    for values in (before, after):
        made = Ratio()
        made.add(np.ones(len(values) // 2), np.array(values[: len(values) // 2]))
        made.add(np.ones(len(values) - len(values) // 2), np.array(values[len(values) // 2 :]))
        sides.append(made)
    change = of_ratios(*sides)
    wanted = ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
    assert [change.low, change.high] == pytest.approx([wanted.low, wanted.high], abs=1e-3)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=2, max_size=20))
def test_a_ratio_of_sums_is_linearised_by_person(people: list[tuple[int, int]]) -> None:
    made = Ratio()
    made.add(np.array([0, *(x for x, _ in people)]), np.array([0, *(y for _, y in people)]))
    wanted = linear({str(at): x for at, (x, _) in enumerate(people)}, {str(at): y for at, (_, y) in enumerate(people)})
    assert wanted is not None
    assert made.people == len(people)
    assert [made.value, made.variance] == pytest.approx(list(wanted), abs=1e-9)


@settings(max_examples=examples(30), deadline=None)
@given(logs(most=25), users())
def test_every_count_of_people_is_the_length_of_its_list(log: list[E], known: Mapping[str, str]) -> None:
    log = [ANCHOR, *(replace(e, time=e.time + 7 * DAY * (at % 2)) for at, e in enumerate(log))]
    journeys, checked = world(log, known, NOW), 0
    result = ask(log, known, where="any")
    for block in result.blocks:
        cells = block.draw.get("cell_links", {})
        assert isinstance(cells, dict)
        for name, links in cells.items():
            for count, link in zip(column(block, name), links, strict=True):
                if link is None:
                    continue
                arguments: dict[str, list[str]] = {}
                for of, text in link:
                    arguments.setdefault(of, []).append(text)
                listed = visitors.REPORT.run(journeys, question(visitors.REPORT, NOW, SITE, **arguments))
                assert listed.block("total").rows[0][0] == count, (block.id, name, link)
                checked += 1
    assert checked >= 4


def test_value_a_person_counts_those_who_bought_nothing_too() -> None:
    log = [ANCHOR, E("b", START + HOUR, "page:/"), E("b", START + HOUR, "event:buy", value=30.0)]
    after = START + 8 * DAY
    log += [E(name, after, "page:/") for name in "cdef"] + [E("c", after + 1, "event:buy", value=80.0)]
    found = row(ask(log).block("worth"), "Buy")
    assert (found["before"], found["after"], found["difference"]) == (15.0, 20.0, 5.0)
    welch = ttest_ind([80, 0, 0, 0], [30, 0], equal_var=False).confidence_interval(0.95)
    assert [found["low"], found["high"]] == pytest.approx([welch.low, welch.high])
    assert not any(one[0] == "Add" for one in ask(log).block("worth").rows), "no event of it says a value"


def steady(days: int, each: int = 3, first: date = FIRST) -> list[E]:
    """The same people on each of these days."""
    start = day_start(first, SITE.zone) + 12 * HOUR
    return [E(f"v{day}-{n}", start + day * DAY, "page:/") for day in range(days) for n in range(each)]


def test_only_whole_weeks_that_are_over_on_both_sides_are_compared() -> None:
    log = steady(60)
    middle = FIRST + timedelta(days=30)
    now = day_start(middle + timedelta(days=15), SITE.zone) + 5 * HOUR
    journeys = world(log, None, now)
    result = REPORT.run(journeys, question(REPORT, now, SITE, day=middle.isoformat()))
    people = row(result.block("counts"), "People")
    assert (people["before"], people["after"]) == (42, 42), "two weeks of three people a day"
    assert "over since then: 2, of 4" in told(result)
    assert result.settled == {"day": middle.isoformat(), "window": "14d"}
    assert "Only whole weeks" not in told(result)
    assert "The events begin on" not in told(result), "long before"
    early = FIRST + timedelta(days=8)
    result = REPORT.run(journeys, question(REPORT, now, SITE, day=early.isoformat()))
    assert row(result.block("counts"), "People")["before"] == 21
    assert "events before it: 1, of 4" in told(result)


def test_less_than_a_week_on_a_side_is_said_and_not_compared() -> None:
    journeys = world(steady(30), None, NOW)
    for day, words in ((FIRST + timedelta(days=6), "less than a whole week of events before"),):
        result = REPORT.run(journeys, question(REPORT, NOW, SITE, day=day.isoformat()))
        assert words in str(result.headline.render() if result.headline else "")
        assert [block.id for block in result.blocks] == ["marks"]
    late = datetime.fromtimestamp(NOW / 1000, UTC).date() - timedelta(days=6)
    result = REPORT.run(journeys, question(REPORT, NOW, SITE, day=late.isoformat()))
    assert result.headline is not None
    assert str(result.headline).startswith("Only 6 of 7 days are over since")


def test_a_day_of_twenty_five_hours_does_not_move_the_weeks() -> None:
    berlin = site({}, "Europe/Berlin")
    turn = date(2025, 10, 26)
    events = []
    for day in range(-7, 7):
        midnight = day_start(turn + timedelta(days=day), berlin.zone)
        events += [E(f"f{day}", midnight, "page:/"), E(f"l{day}", midnight - 1, "page:/")]
    now = day_start(turn + timedelta(days=20), berlin.zone)
    result = REPORT.run(world(events, None, now), question(REPORT, now, berlin, day=turn.isoformat(), window="7d"))
    assert result.headline is not None
    assert "less than" not in result.headline.render()
    people = row(result.block("counts"), "People")
    assert (people["before"], people["after"]) == (14, 13), "the instant before the day is the side before"


def test_the_year_before_is_subtracted_as_a_hint() -> None:
    year_before = FIRST - timedelta(days=364)
    log = steady(7, 2, year_before) + steady(7, 5, year_before + timedelta(days=7))
    log += steady(7, 3) + steady(7, 10, TURN)
    result = ask([replace(e, visitor=f"{e.visitor}-{e.time}") for e in log])
    people = row(result.block("counts"), "People")
    assert (people["difference"], people["then"], people["beyond"]) == (49, 21, 28)
    assert "hint at the season" in told(result)
    result = ask(steady(20))
    assert "then" not in [one.name for one in result.block("counts").columns]
    assert "nothing to compare with a year before" in told(result)


def test_cautions_name_other_marks_and_changes_of_what_is_counted() -> None:
    marks = [Annotation(1, TURN, "release", "this"), Annotation(2, TURN + timedelta(days=2), "campaign", "Sale")]
    marks += [Annotation(3, TURN + timedelta(days=90), "outage", "far")]
    log = steady(20)
    log += [E("x", day_start(TURN, SITE.zone) + at * MINUTE, "event:fresh") for at in range(12)]
    log += [E("x", START + at * MINUTE, "event:gone") for at in range(12)]
    log += [E("x", START + at * MINUTE, "event:rare") for at in range(3)]
    of = replace(SITE, annotations=marks)
    result = REPORT.run(world(log, None, NOW), question(REPORT, NOW, of, day=TURN.isoformat(), window="7d"))
    said = told(result)
    assert "not an experiment" in said
    assert "Other marks in these weeks may be the reason too (1): " in said
    assert "Sale" in said
    assert "far" not in said
    assert "Seen only before: gone." in said
    assert "Seen only from then on: fresh." in said
    assert "mark" not in result.block("trend").draw
    leads = result.block("marks").draw["leads"]
    assert isinstance(leads, dict)
    assert leads["text"][1][-1] == [("window", "7d"), ("day", TURN.isoformat())]
    assert ask(steady(20)).block("trend").draw["mark"] == TURN.isoformat()


def test_without_a_day_the_latest_mark_a_week_old_is_asked_of() -> None:
    journeys = world(steady(35), None, NOW)
    result = REPORT.run(journeys, question(REPORT, NOW, SITE))
    assert [block.id for block in result.blocks] == ["marks"]
    assert not result.block("marks").rows
    today = datetime.fromtimestamp(NOW / 1000, UTC).date()
    days = (TURN, TURN + timedelta(days=7), today - timedelta(days=2))
    of = replace(SITE, annotations=[Annotation(at, day, "other", "x") for at, day in enumerate(days)])
    result = REPORT.run(journeys, question(REPORT, NOW, of, window="7d"))
    assert f"{TURN + timedelta(days=7)} to" in told(result)
    assert result.settled == {"day": str(TURN + timedelta(days=7)), "window": "7d"}


def test_what_is_cut_or_not_whole_or_of_too_few_is_told() -> None:
    late, early = ([E("a", day_start(FIRST, SITE.zone) + at, "page:/"), *steady(20)] for at in (3 * HOUR, MINUTE))
    for log, partly in ((late, True), (early, False)):
        result = ask(log, window="9d")
        assert "9 days asked for are cut to 7 days" in told(result)
        assert ("first of these days is not whole" in told(result)) is partly
        assert result.settled["window"] == "7d"
        assert "cut to" not in told(ask(log))
    few = [ANCHOR, *(E(f"b{at}", START + HOUR, "page:/") for at in range(5))]
    few += [E(f"c{at}", START + 8 * DAY, "page:/") for at in range(9)] + [E("b1", START + 2 * HOUR, "event:buy")]
    headline = ask(few).headline
    assert headline is not None
    assert headline.render().startswith("Too few came to tell a change of Buy: ")
    clear = ask([*few, *(E(f"c{at}", START + 8 * DAY, "event:buy") for at in range(9))]).headline
    assert clear is not None
    assert "more than chance" in clear.render()


def test_a_filter_on_what_people_did_is_said_to_choose_by_what_came_later() -> None:
    safe = {"where": f"event:buy[#to={FIRST - timedelta(days=1)}]"}
    for arguments, later in (({"where": "event:buy"}, 1), ({"where_not": "stage:Lost"}, 1), ({}, 0), (safe, 0)):
        assert told(ask(steady(20), None, 1, **arguments)).count("by what came afterwards") == later, arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"day": "yesterday"}, "is not a date"),
        ({"day": "2999-01-01"}, "is too far away"),
        ({"day": "2100-01-01"}, "not over yet"),
        ({"window": "3d"}, "cannot be compared"),
        ({"window": "9999d"}, "cannot be compared"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(arguments: dict[str, str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        REPORT.run(world(steady(20), None, NOW), question(REPORT, NOW, SITE, **{"day": TURN.isoformat(), **arguments}))


def test_an_empty_site_and_one_without_goals_are_answered() -> None:
    empty = Site(1, "shop", SITE.zone)
    for events in ([], [ANCHOR], steady(20)):
        result = REPORT.run(world(events, None, NOW), question(REPORT, NOW, empty, day=TURN.isoformat(), window="7d"))
        assert result.headline is not None
    assert result.headline is not None
    assert result.headline.render().endswith("no clear difference.")
    asked, result = ask_any(REPORT, world(steady(20), None, NOW), {"day": [TURN.isoformat()]}, SITE, NOW)
    assert "No event lies between" not in told(result), "its days are not the chosen ones"
    assert "range of days" not in told(result)
    assert asked.span is not None
