"""Experiments: arms held to plain loops, uptake and value to two-stage least squares, lists to their counts."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.assignment import assign
from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.times import DAY, HOUR
from collector.journeys.part import ASIDE
from collector.reports.ask import ask as ask_any
from collector.reports.experiment import REPORT
from collector.reports.experiment.params import parse_shares
from collector.reports.visitors import REPORT as VISITORS
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
NOW = START + 60 * DAY
SITE = site({"Buy": "event:buy"})
FIELDS = {"goal": "event:buy", "took": "event:chat", "horizon": "2d", "all_time": "1"}
ARMS = ("off", "on", "third")
LISTS = {"people": "all", "reached": "reached", "took": "took", "open": "open", "both": "both"}


def exposed(visitor: str, time: int, variant: str, name: str = "x", share: float | None = None, bot: int = 0) -> E:
    props: dict[str, object] = {"experiment": name, "variant": variant}
    if share is not None:
        props["share"] = share
    return E(visitor, time, "event:experiment_exposed", props=props, bot=bot)  # type: ignore[arg-type]


def ask(events: Sequence[E], users: dict[str, str] | None = None, parts: int = 1, **arguments: str) -> Result:
    given_ = {**FIELDS, **arguments}
    return REPORT.run(world(events, users, NOW, parts), question(REPORT, NOW, SITE, **given_))


def cells(block: Block, at: int = 0) -> dict[str, Cell]:
    return dict(zip([column.name for column in block.columns], block.rows[at], strict=True))


def arm(result: Result, name: str) -> dict[str, Cell]:
    block = result.block("arms")
    return next(cells(block, at) for at, row in enumerate(block.rows) if row[0] == name)


@st.composite
def logs(draw: st.DrawFn) -> list[E]:
    """Few people, instants with ties and at the very end of the horizon, exposures in several arms."""
    instants = [START + hours * HOUR for hours in (0, 1, 2, 48, 49, 50, 60 * 24 - 47, 60 * 24 - 48)]
    one = st.builds(
        lambda visitor, time, what, value, bot: (
            exposed(visitor, time, what, bot=bot)
            if what in ARMS
            else E(visitor, time, what, value=value if what == "event:buy" else None, bot=bot)
        ),
        st.sampled_from("abcdef"),
        st.sampled_from(instants),
        st.sampled_from([*ARMS, "off", "on", "event:buy", "event:buy", "event:chat", "page:/"]),
        st.sampled_from([None, 5.0, 7.0]),
        st.sampled_from([0, 0, 0, 0, 1]),
    )
    return [*draw(st.lists(one, max_size=25)), exposed("z", START + 5 * HOUR, "on"), exposed("y", START, "off")]


def by_hand(log: Sequence[E], users: dict[str, str]) -> dict[str, dict[str, float]]:
    """The arms by a plain loop over each person's events."""
    people: dict[str, list[tuple[int, int, E]]] = defaultdict(list)
    for number, event in enumerate(log):
        if not event.bot:
            people[users.get(event.visitor, event.visitor)].append((event.time, number, event))
    found: dict[str, dict[str, float]] = {}
    for events in people.values():
        events.sort(key=lambda row: row[:2])
        seen = [(time, e.props["variant"]) for time, _, e in events if e.kind.name == "experiment_exposed"]
        if not seen:
            continue
        since, variant = seen[0]
        mine = found.setdefault(str(variant), defaultdict(float))
        if since + 2 * DAY > NOW:
            mine["open"] += 1
            continue
        within = [e for time, _, e in events if since <= time <= since + 2 * DAY]
        goals = [e for e in within if e.kind.name == "buy"]
        mine["people"] += 1
        mine["both"] += len({name for _, name in seen}) > 1
        mine["reached"] += bool(goals)
        mine["worth"] += sum(e.value or 0.0 for e in goals)
        mine["took"] += any(e.kind.name == "chat" for e in within)
    return found


@settings(max_examples=examples(150), deadline=None)
@given(logs(), st.sampled_from([{}, {"a": "ann", "b": "ann"}]), st.sampled_from([1, 3]), st.sampled_from(list(LISTS)))
def test_arms_are_what_a_plain_loop_counts(log: list[E], users: dict[str, str], parts: int, opened: str) -> None:
    result = ask(log, users, parts)
    expected = by_hand(log, users)
    assert [row[0] for row in result.block("arms").rows] == sorted(expected)
    for name, counts in expected.items():
        mine = arm(result, name)
        for column in ("people", "reached", "took", "open", "both"):
            assert mine[column] == counts[column], (name, column)
        group = ask(log, users, parts, people=LISTS[opened], group=name).block("people")
        assert group.draw["total"] == counts[opened], (name, opened)
        if counts["people"] and mine["value"] is not None:
            assert mine["value"] == pytest.approx(counts["worth"] / counts["people"])
    everybody = ask(log, users, parts, people=LISTS[opened]).block("people").draw["total"]
    assert everybody == sum(counts[opened] for counts in expected.values())


def shop(
    people: int = 2_000,
    share: float = 0.5,
    base: float = 0.1,
    chats: float = 0.4,
    effect: float = 0.2,
    seed: int = 7,
    loss: float = 0.0,
) -> list[E]:
    """A shop in which chat, offered by chance, adds to buying; who chats buys more anyway."""
    rng = random.Random(seed)
    log = []
    for number in range(people):
        visitor, time = f"v{number}", START + rng.randrange(30 * DAY)
        keen = rng.random() < chats
        variant = assign(visitor, "x", share)
        if variant == "off" and rng.random() < loss:
            continue
        log.append(exposed(visitor, time, variant, share=share if variant == "on" else round(1 - share, 6)))
        takes = keen and variant == "on"
        if takes:
            log.append(E(visitor, time + HOUR, "event:chat"))
        if rng.random() < base + 0.1 * keen + effect * takes:
            log.append(E(visitor, time + 3 * HOUR, "event:buy", value=rng.choice([10.0, 20.0, 60.0])))
    return log


def test_a_known_effect_is_found_by_assignment_and_on_those_who_took_it_up() -> None:
    result = ask(shop(6_000), share="0.5")
    rate, value = cells(result.block("effect")), cells(result.block("effect"), 1)
    assert [column.name for column in result.block("effect").columns][:9] == [
        "measure", "exposed", "naive", "counterfactual", "difference", "low", "high", "lift", "incremental",
    ]  # fmt: skip
    on, off = arm(result, "on"), arm(result, "off")
    assert rate["exposed"] == on["rate"]
    assert rate["counterfactual"] == off["rate"]
    assert float(rate["low"] or 0) < 0.4 * 0.2 < float(rate["high"] or 0)
    assert rate["incremental"] == pytest.approx(float(rate["difference"] or 0) * int(on["people"] or 0))
    assert value["measure"] == "value"
    assert float(value["low"] or 0) < 0.08 * 30 < float(value["high"] or 0)
    uptake = cells(result.block("uptake"))
    assert float(uptake["low"] or 0) < 0.2 < float(uptake["high"] or 0)
    assert float(uptake["naive"] or 0) > 0.23  # the plain comparison claims what keen people do anyway
    assert all(row[3] for row in result.block("checks").rows if row[3] is not None)
    assert "brought about" in str(result.headline)
    assert any("You may stop now" in str(note) for note in result.notes)


def test_uptake_equals_two_stage_least_squares() -> None:
    log = shop(1_500)
    treated = {e.visitor: float(e.props["variant"] == "on") for e in log if e.kind.name == "experiment_exposed"}
    takers = {e.visitor for e in log if e.kind.name == "chat"}
    buyers = {e.visitor for e in log if e.kind.name == "buy"}
    z = np.array(list(treated.values()))
    d, y = (np.array([float(visitor in some) for visitor in treated]) for some in (takers, buyers))
    stage = np.column_stack([np.ones(len(z)), z])
    fitted = stage @ np.linalg.lstsq(stage, d, rcond=None)[0]
    slope = np.linalg.lstsq(np.column_stack([np.ones(len(z)), fitted]), y, rcond=None)[0][1]
    assert cells(ask(log).block("uptake"))["difference"] == pytest.approx(slope)


def test_chance_people_alike_and_the_plain_comparison_stand_side_by_side() -> None:
    log = shop(1_500)
    result = ask(log, matched="1")
    rows = {row[0]: row[2:] for row in result.block("side_by_side").rows}
    uptake = cells(result.block("uptake"))
    assert rows["chance"][1:] == [uptake["difference"], uptake["low"], uptake["high"]]
    assert rows["chance"][0] == arm(result, "on")["took"]
    assert rows["plain"][1] == uptake["naive"]
    assert all(block.id != "side_by_side" for block in ask(log).blocks)


def test_a_split_that_was_not_planned_is_never_praised() -> None:
    result = ask(shop(4_000, loss=0.25))
    first = cells(result.block("checks"))
    assert first["ok"] is False
    assert "Do not believe" in str(result.headline)
    assert not any("stop now" in str(note) for note in result.notes)
    # and a share given by hand is what counts
    assert cells(ask(shop(4_000, loss=0.25), share=str(0.5 / (0.5 + 0.375))).block("checks"))["ok"] is True


def test_where_nobody_tells_the_split_it_is_not_checked_and_said() -> None:
    log = [exposed(f"v{at}", START + at, "on" if at % 2 else "off") for at in range(100)]
    first = cells(ask(log).block("checks"))
    assert (first["value"], first["ok"]) == (None, None)
    assert "--share" in str(first["meaning"])


def test_a_split_that_was_changed_on_the_way_is_said() -> None:
    early = [
        exposed(f"a{at}", START + at, "on" if at < 10 else "off", share=0.1 if at < 10 else 0.9) for at in range(100)
    ]
    late = [exposed(f"b{at}", START + DAY + at, "on" if at % 2 else "off", share=0.5) for at in range(100)]
    result = ask([*early, *late])
    labels = [row[0] for row in result.block("checks").rows]
    assert "One split throughout" in labels
    assert cells(result.block("checks"))["ok"] is True  # that of the people since


def test_arms_that_differed_before_anybody_was_assigned_are_told() -> None:
    log = shop(1_000)
    label = "Alike before (chi-squared)"
    check = next(row for row in ask(log).block("checks").rows if row[0] == label)
    assert (check[1], check[3]) == (None, None)
    first = {e.visitor: e for e in reversed(log) if e.kind.name == "experiment_exposed"}
    bought = [
        E(visitor, e.time - HOUR, "event:buy")
        for number, (visitor, e) in enumerate(first.items())
        if number % 5 == 0 and (e.props["variant"] == "on" or number % 10 == 0)
    ]
    check = next(row for row in ask([*log, *bought]).block("checks").rows if row[0] == label)
    assert check[3] is False
    assert "not assigned by chance" in str(check[4])


def test_uptake_that_hardly_differs_is_not_divided_by() -> None:
    log = shop(600, chats=0.01)
    result = ask(log)
    uptake = cells(result.block("uptake"))
    assert (uptake["difference"], uptake["told"]) == (None, False)
    assert "cannot be told" in str(result.block("uptake").note)


def test_too_few_people_give_no_number() -> None:
    log = [exposed(f"v{at}", START + at, "on" if at % 2 else "off", share=0.5) for at in range(30)]
    result = ask(log)
    assert cells(result.block("effect"))["difference"] is None
    assert "Too early" in str(result.headline)
    assert result.block("sequential").rows == []


def test_several_arms_are_each_compared_with_the_one_that_goes_without() -> None:
    log, rng = [], random.Random(1)
    shares = {"short": 0.3, "long": 0.3}
    for at in range(900):
        variant = assign(f"v{at}", "x", shares)
        log.append(exposed(f"v{at}", START + at, variant, share=shares.get(variant, 0.4)))
        if rng.random() < {"short": 0.5, "long": 0.2, "off": 0.2}[variant]:
            log.append(E(f"v{at}", START + at, "event:buy"))
    result = ask(log)
    assert arm(result, "off")["difference"] is None
    assert float(arm(result, "short")["difference_low"] or 0) > 0.15
    assert abs(float(arm(result, "long")["difference"] or 0)) < 0.1
    assert cells(result.block("effect"))["exposed"] == arm(result, "long")["rate"]
    assert cells(ask(log, arm="short").block("effect"))["exposed"] == arm(result, "short")["rate"]
    assert cells(result.block("checks"))["ok"] is True
    with pytest.raises(UserError):
        ask(log, arm="none of them")


def test_only_those_first_seen_in_the_range_are_in_it() -> None:
    log = [exposed("a", START, "on"), exposed("a", START + 10 * DAY, "on"), exposed("b", START + 10 * DAY, "off")]
    query = {"goal": "event:buy", "from_": "2025-11-20", "to": "2025-11-30"}
    result = REPORT.run(world(log, None, NOW), question(REPORT, NOW, SITE, **query))
    assert [row[0] for row in result.block("arms").rows] == ["off"]
    assert "Only one arm" in str(result.headline)


def test_the_list_names_all_and_the_latest_is_answered() -> None:
    log = [
        exposed("a", START, "on", "old"),
        exposed("b", START + 1, "off", "new"),
        exposed("a", START + 2, "on", "new"),
    ]
    result = ask(log)
    names = [row[:3] for row in result.block("experiments").rows]
    assert names == [["new", 2, "off, on"], ["old", 1, "on"]]
    assert "new" in str(result.headline)
    assert "old" in str(ask(log, name="old").headline)
    assert "Nobody was ever seen" in str(ask(log, name="never").headline)


@pytest.mark.parametrize("aside", [ASIDE, 0])
def test_who_is_in_it_by_a_list_is_in_it_as_by_a_page_and_did_nothing_else(aside: int) -> None:
    log = [
        *(exposed(who, START + DAY, arm_, share=0.5, bot=aside) for who, arm_ in (("a", "on"), ("b", "off"))),
        *(E(who, START + 2 * DAY, "event:buy", value=5.0) for who in "ab"),
        exposed("robot", START + DAY, "on", bot=1),
    ]
    result = ask(log, people="all")
    assert [(row[0], row[2]) for row in result.block("arms").rows] == [("off", 1), ("on", 1)]
    assert (arm(result, "on")["reached"], arm(result, "on")["share"]) == (1, 0.5)
    journeys = world(log, None, NOW)
    some = question(VISITORS, NOW, SITE, all_time="1", where=["event:experiment_exposed[variant=on]"])
    part, anything = journeys.parts[0], Matcher("any")
    assert [len(journeys.hits(part, anything, bots).rows) for bots in (False, True)] == ([2, 3] if aside else [4, 5])
    listed = VISITORS.run(journeys, some).block("visitors")
    assert [row[0] for row in listed.rows] == ["a"]
    assert cells(listed)["sessions"] == (1 if aside else 2)


def test_a_property_that_no_goal_carries_is_said() -> None:
    log = [exposed("a", START, "on"), E("a", START + HOUR, "event:buy", props={"total": 5})]
    said = [str(note) for note in ask(log, value="totl").notes]
    assert said[0].startswith("No event of the goal carries a number in the property totl")
    assert "total" in said[1]
    assert not any("carries a number" in str(note) for note in ask(log, value="total").notes)


def test_a_time_under_two_days_is_drawn_in_hours_and_told_in_days() -> None:
    for horizon, hinted in (("1h", ("day",)), ("2d", None)):
        result = ask(shop(300), horizon=horizon)
        curve = result.block("curve")
        assert curve.draw.get("days") == hinted
        assert str(curve.title).endswith("time since the first exposure") == (hinted is not None)
        assert curve.columns[0].name == "day"
        assert max(float(str(row[0])) for row in curve.rows) == pytest.approx(1 / 24 if hinted else 2)


def test_a_site_without_experiments_says_how_to_begin() -> None:
    result = ask([E("a", START, "page:/")])
    assert result.block("experiments").rows == []
    assert any("desireline.assign" in str(note) for note in result.notes)
    assert ask([]).block("experiments").rows == []


def test_the_curve_ends_at_the_rate_and_looks_end_at_the_difference() -> None:
    result = ask(shop(1_500))
    for name in ("on", "off"):
        last = [row for row in result.block("curve").rows if row[1] == name][-1]
        assert last[2] == pytest.approx(arm(result, name)["rate"])
        assert last[0] == 2.0
    look = cells(result.block("sequential"), -1)
    effect = cells(result.block("effect"))
    for mine, its in (("difference", "difference"), ("fixed_low", "low"), ("fixed_high", "high")):
        assert look[mine] == pytest.approx(effect[its])
    assert float(look["low"] or 0) < float(look["fixed_low"] or 0)
    days = [str(row[0]) for row in result.block("sequential").rows]
    assert days == sorted(set(days))


def test_bots_and_people_without_cookies_are_left_out() -> None:
    key = "c_" + "0" * 32
    log = [
        exposed("a", START, "on"),
        exposed("b", START, "off"),
        exposed("bot", START, "on", bot=1),
        exposed(key, START, "on"),
    ]
    _, result = ask_any(REPORT, world(log, None, NOW), {"goal": ["event:buy"], "all-time": ["1"]}, SITE, NOW)
    assert [row[2] for row in result.block("arms").rows] == [1, 1]


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("0.9", {"on": 0.9, "off": 0.1}),
        ("a=0.3,b=0.7", {"a": 0.3, "b": 0.7}),
        ("on=0.9,off=0.1", {"on": 0.9, "off": 0.1}),
    ],
)
def test_a_planned_split_is_read(text: str, shares: dict[str, float]) -> None:
    found = parse_shares(text)
    assert set(found) == set(shares)
    assert all(math.isclose(found[name], shares[name]) for name in shares)
    for wrong in ("much", "1.5", "a=0.9,b=0.9"):
        with pytest.raises(UserError):
            parse_shares(wrong)
