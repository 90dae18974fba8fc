"""What moves the goal, where that is known: the one action that helps is found, those of keen people are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from collector.core.blocks import Block, Result
from collector.core.deadline import Cancelled, Deadline, within
from collector.core.errors import UserError
from collector.core.event import Kind
from collector.core.matcher import parse_matcher
from collector.core.query import parse_query
from collector.journeys.journeys import Journeys
from collector.reports.ask import ask
from collector.reports.drivers import REPORT
from collector.reports.drivers.candidates import LEAST, Candidate
from collector.reports.drivers.discovery import FALSE, rank
from collector.reports.drivers.estimate import Finding
from collector.reports.drivers.screening import MOST
from collector.reports.drivers.weights import Flat
from collector.reports.impact import REPORT as IMPACT
from collector.reports.impact.coded import packed
from collector.reports.stats import benjamini_hochberg
from tests.support.movers import DAY, NOW, START, World, tell
from tests.support.worlds import E, question, site, world

HELPING = World(people=1_100, helps=(1.8, 0.0, 0.0, 0.0, 0.0))
NOTHING = World(people=700, helps=(0.0,) * 5)
RUNS = 10


def run(journeys: Journeys, **given: str) -> Result:
    asked = {"goal": "event:purchase", "all_time": "1"} | given
    return REPORT.run(journeys, question(REPORT, NOW, site({"Bought": "event:purchase"}), **asked))


def column(block: Block, name: str) -> list[object]:
    at = [one.name for one in block.columns].index(name)
    return [row[at] for row in block.rows]


@lru_cache
def one() -> tuple[Journeys, Result]:
    journeys = tell(HELPING, 1)
    return journeys, run(journeys)


def verdicts(result: Result) -> dict[object, object]:
    block = result.block("drivers")
    return dict(zip(column(block, "what"), column(block, "verdict"), strict=True))


def without_effect(name: object) -> bool:
    """Looking at prices and filling a cart bring people on by the world's own rules; the first action helps."""
    return str(name) not in ("event:act0", "page:/pricing", "page:/cart")


@lru_cache
def runs(helping: bool) -> list[dict[object, object]]:
    return [verdicts(run(tell(HELPING if helping else NOTHING, 50 + seed))) for seed in range(RUNS)]


def test_the_action_that_helps_is_found_and_few_of_those_that_keen_people_do() -> None:
    found = runs(True)
    assert sum(told["event:act0"] == "raises" for told in found) >= RUNS - 1
    clear = [(name, told) for one in found for name, told in one.items() if told in ("raises", "lowers")]
    false = [name for name, _ in clear if without_effect(name)]
    assert len(false) <= 2 * FALSE * len(clear) + 1


def test_where_nothing_helps_hardly_anything_is_found() -> None:
    told = [verdict for one in runs(False) for name, verdict in one.items() if without_effect(name)]
    assert len(told) > 5 * RUNS
    assert sum(verdict != "unclear" for verdict in told) <= 3


def test_the_plain_comparison_would_call_the_idle_actions_helpful() -> None:
    journeys, result = one()
    block = result.block("drivers")
    rate = dict(zip(column(block, "what"), column(block, "rate"), strict=True))
    buyers = {int(code) for part in journeys.parts for code in part.persons[part.person[part.kind == 10]]}
    assert float(str(rate["event:act1"])) > 1.5 * len(buyers) / HELPING.people


def test_the_figures_are_near_those_of_the_impact_page() -> None:
    journeys, result = one()
    block = result.block("drivers")
    for what in ("event:act0", "event:act1"):
        row = dict(zip([one.name for one in block.columns], block.rows[column(block, "what").index(what)], strict=True))
        asked = {"exposure": what, "goal": "event:purchase", "all_time": "1"}
        effect = IMPACT.run(journeys, question(IMPACT, NOW, site(), **asked)).block("effect").rows[0]
        exposed, difference = float(str(effect[1])), float(str(effect[4]))
        assert float(str(row["rate"])) == pytest.approx(exposed, abs=0.04)
        assert float(str(row["difference"])) == pytest.approx(difference, abs=0.06)
        assert float(str(row["low"])) < difference < float(str(row["high"]))


def test_each_row_leads_to_its_own_impact_page_with_the_whole_question() -> None:
    journeys = one()[0]
    result = run(journeys, horizon="7d", where="page:/")
    block = result.block("drivers")
    leads = block.draw["leads"]
    assert isinstance(leads, dict)
    report, asked = leads["what"]
    assert report == "impact"
    for what, pairs in zip(column(block, "what"), asked, strict=True):
        given: dict[str, list[str]] = {}
        for name, text in pairs:
            given.setdefault(name, []).append(text)
        assert given["exposure"] == [what]
        assert given["goal"] == ["event:purchase"]
        assert given["horizon"] == ["7d"]
        assert given["where"] == ["page:/"]
        parse_query(IMPACT.params, given, site(), NOW)


def test_the_shape_is_the_promised_one_and_the_numbers_agree() -> None:
    result = one()[1]
    block = result.block("drivers")
    names = ["what", "people", "rate", "without", "difference", "low", "high", "q", "verdict"]
    assert [one.name for one in block.columns] == names
    for row in block.rows:
        _, people, rate, without, difference, low, high, q, verdict = row
        assert float(str(people)) >= LEAST
        assert float(str(difference)) == pytest.approx(float(str(rate)) - float(str(without)))
        assert float(str(low)) < float(str(difference)) < float(str(high))
        clear = float(str(low)) > 0 or float(str(high)) < 0
        assert clear == (float(str(q)) <= FALSE) == (verdict != "unclear")
    assert column(block, "verdict")[0] == "raises"
    assert "most of all" in str(result.headline)
    assert any("experiment" in str(note) for note in result.notes)


def test_the_list_of_people_is_as_long_as_the_number_it_stands_behind() -> None:
    journeys, result = one()
    for block in result.blocks:
        for row, link in zip(block.rows, block.links, strict=True):
            given = {name.replace("-", "_"): text for name, text in link or ()}
            listed = run(journeys, **given).blocks[0]
            assert listed.id == "people"
            assert listed.draw["total"] == row[1]


def test_several_parts_count_the_same_people_as_one() -> None:
    told, parts = run(tell(HELPING, 1)).block("drivers"), run(tell(HELPING, 1, parts=3)).block("drivers")
    people = (dict(zip(column(block, "what"), column(block, "people"), strict=True)) for block in (told, parts))
    assert next(people) == next(people)
    assert column(parts, "what")[0] == column(told, "what")[0]


def test_the_same_question_has_the_same_answer() -> None:
    journeys, result = one()
    assert run(journeys).block("drivers").rows == result.block("drivers").rows


def test_nobody_and_one_visitor_are_said_in_words() -> None:
    for log in ([], [E("v", START, "page:/"), E("v", START + 1, "event:purchase")]):
        result = run(world(log))
        assert result.block("drivers").rows == []
        assert "Nothing yet" in str(result.headline)


def test_what_nobody_reaches_the_goal_without_is_a_step_of_the_way_and_not_a_discovery() -> None:
    log = [E(f"v{n}", START + n, "page:/") for n in range(600)]
    log += [E(f"v{n}", START + n + 5_000, "page:/checkout") for n in range(0, 600, 3)]
    log += [E(f"v{n}", START + n + 9_000, "event:purchase") for n in range(0, 600, 6)]
    block = run(world([*log, E("late", START + 40 * DAY, "page:/")])).block("untold")
    assert column(block, "what") == ["page:/checkout"]
    assert "step of the way" in str(column(block, "verdict")[0])


def test_what_comes_with_the_goal_is_no_way_to_it() -> None:
    log = [E(f"v{n}", START + n, "page:/") for n in range(600)]
    log += [E(f"v{n}", START + n + 5_000, "page:/thanks") for n in range(0, 600, 6)]
    log += [E(f"v{n}", START + n + 6_000, "event:purchase") for n in range(0, 600, 6)]
    log += [E(f"v{n}", START + n + 6_000, "event:purchase") for n in range(1, 600, 6)]
    told = world([*log, E("late", START + 40 * DAY, "page:/")])
    block = run(told).block("untold")
    assert column(block, "what") == ["page:/thanks"]
    assert "comes with it" in str(column(block, "verdict")[0])
    asked = question(IMPACT, NOW, site(), exposure="page:/thanks", goal="event:purchase", all_time="1")
    result = IMPACT.run(told, asked)
    assert "of 100 who met it 100 reached “purchase”, so that it comes with the goal" in str(result.headline)
    checks = result.block("checks")
    met = dict(zip(column(checks, "check"), column(checks, "ok"), strict=True))
    assert met["Exposed people at the goal"] is False


def walks(wander: bool) -> Journeys:
    """Whoever takes the tour, or clicks, sees the plans and does a few things there; with or without pages before."""
    rng = np.random.default_rng(3)
    way = ["page:/tour" if wander else "click:Plans", "page:/plans"]
    log = []
    for n in range(500):
        path = ["page:/"]
        saw = False
        for _ in range(5 if wander else 1):
            leads = not saw and rng.random() < (0.25 if wander else 0.5)
            path += way if leads else [f"page:/blog{rng.integers(3)}"]
            saw |= leads
            if rng.random() < 0.25:
                break
        keen = rng.random() < (0.6 if saw else 0.2)
        path += [f"event:s{at}" for at in range(6) if keen and rng.random() < (0.8 if saw else 0.2)]
        if rng.random() < (0.7 if keen else 0.05):
            path.append("event:purchase")
        log += [E(f"v{n}", START + n * 1_000 + at * 5_000, what) for at, what in enumerate(path)]
    return world([*log, E("late", START + 40 * DAY, "page:/")])


def test_nothing_is_called_clear_that_its_own_impact_page_finds_too_unlike() -> None:
    told = walks(wander=True)
    result = run(told)
    untold = dict(zip(*(column(result.block("untold"), name) for name in ("what", "verdict")), strict=True))
    assert "too unlike" in str(untold["page:/plans"])  # but clear by the features that all share
    clear = [name for name, verdict in verdicts(result).items() if verdict in ("raises", "lowers")]
    assert len(clear) >= 2
    for name in (*clear, "page:/plans"):
        asked = question(IMPACT, NOW, site(), exposure=str(name), goal="event:purchase", all_time="1")
        headline = str(IMPACT.run(told, asked).headline)
        assert headline.startswith("Too few people to compare with") == (name == "page:/plans"), headline


def test_where_the_place_does_not_tell_when_people_do_it_no_number_is_given() -> None:
    result = run(walks(wander=False))
    untold = dict(zip(*(column(result.block("untold"), name) for name in ("what", "verdict")), strict=True))
    assert "its own page looks closer" in str(untold["click:Plans"])
    assert all(0 <= float(str(rate)) <= 1 for rate in column(result.block("drivers"), "without"))


def test_touches_are_judged_too_and_what_nearly_everybody_did_is_not() -> None:
    told = verdicts(one()[1])
    assert {"source:organic_search", "source:paid_search", "source:email"} <= set(told)
    log = [E(f"v{n}", START + n, "page:/") for n in range(300)]
    log += [E(f"v{n}", START + n + 5_000, "event:purchase") for n in range(0, 300, 4)]
    assert run(world(log)).block("drivers").rows == []


def many(kinds: int) -> Journeys:
    """A log of 80 visitors who do things that are hardly ever done twice, beside some that are."""

    def events() -> Iterator[E]:
        for n in range(80):
            for at in range(20):
                yield E(f"v{n}", START + n * 1_000 + at, f"event:common{at * 7 % 60 if n % 2 else at}")
            if n % 3 == 0:
                yield E(f"v{n}", START + n * 1_000 + 900, "event:purchase")

    journeys = world(list(events()))
    last = max(journeys.kinds)
    rare = {last + 1 + at: Kind("event", f"rare{at}") for at in range(kinds)}
    return replace(journeys, kinds=dict(journeys.kinds) | rare)


def test_a_hundred_thousand_kinds_are_not_looked_into_one_by_one() -> None:
    result = run(many(100_000))
    assert sum(len(block.rows) for block in result.blocks) <= MOST


def test_a_list_without_a_name_and_a_site_without_a_goal_are_told_what_is_missing() -> None:
    journeys = one()[0]
    with pytest.raises(UserError, match="No action"):
        run(journeys, people="did")
    with pytest.raises(UserError, match="none of"):
        run(journeys, people="did", at="event:nobody")
    with pytest.raises(UserError, match="No goal"):
        REPORT.run(journeys, question(REPORT, NOW, site(), all_time="1"))


def test_it_can_be_stopped_on_the_way_and_says_how_far_it_is() -> None:
    told: list[float] = []
    deadline = Deadline(lambda: 0.0, 1.0, 1.0, lambda: len(told) > 6, told.append)
    with within(deadline), pytest.raises(Cancelled):
        run(one()[0])
    assert told == sorted(told)


def test_a_short_range_counts_first_times_in_it_only() -> None:
    journeys, given = one()[0], {"goal": ["event:purchase"], "from": ["2025-11-24"], "to": ["2025-12-14"]}
    query, result = ask(REPORT, journeys, given, site({"Bought": "event:purchase"}), NOW)
    people = dict(zip(column(result.block("drivers"), "what"), column(result.block("drivers"), "people"), strict=True))
    part = journeys.parts[0]
    rows = journeys.rows(part, parse_matcher("event:act0"))
    first = rows[np.unique(part.person[rows], return_index=True)[1]]
    goal = {int(part.person[row]): int(row) for row in journeys.rows(part, parse_matcher("event:purchase"))[::-1]}
    counted = [
        row
        for row in first.tolist()
        if query.start <= part.time[row] < query.end and row < goal.get(int(part.person[row]), part.size)
    ]
    assert people["event:act0"] == len(counted)


def finding(name: str, difference: float, p: float) -> Finding:
    error = abs(difference) / 3 if p < 1 else 1.0
    return Finding(Candidate(parse_matcher(name), people=100), "", 0.2 + difference, 0.2, error, 1e6, p)


def test_what_was_not_looked_into_counts_in_the_guard_against_chance() -> None:
    found = [finding("event:a", 0.1, 0.001), finding("event:b", -0.05, 0.02), finding("event:c", 0.01, 0.4)]
    p = [0.001, 0.02, 0.4]
    assert [round(one.q, 9) for one in rank(found, 3)] == [round(q, 9) for q in benjamini_hochberg(p).tolist()]
    assert [one.verdict for one in rank(found, 3)] == ["raises", "lowers", "unclear"]
    assert [one.verdict for one in rank(found, 40)] == ["raises", "unclear", "unclear"]
    assert [one.verdict for one in rank(found, 400)] == ["unclear"] * 3


@pytest.mark.parametrize("levels", [[12, 2, 9, 5, 13, 40, 4], [3], []])
def test_a_table_as_one_sparse_matrix_sums_as_its_codes_do(levels: list[int]) -> None:
    rng = np.random.default_rng(3)
    codes = [rng.integers(0, many, 60).astype(np.uint8) for many in levels]
    x = packed(codes, levels, 60).of(np.arange(50))
    weight, at = rng.random(50), rng.random(x.width)
    assert Flat(x).dot(at) == pytest.approx(x.dot(at), rel=1e-12)
    assert Flat(x).sums(weight) == pytest.approx(x.sums(weight), rel=1e-12)


def test_intervals_widen_with_what_they_were_chosen_from() -> None:
    found = [finding("event:a", 0.1, 0.001), finding("event:b", 0.05, 0.9)]
    narrow, wide = rank(found, 2)[0], rank(found, 40)[0]
    assert wide.high - wide.low > 1.3 * (narrow.high - narrow.low)
