"""Ads seen elsewhere: times away to compare at, what was known then, who is left out, and what the pages say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.event import Agent
from collector.core.matcher import parse_matcher
from collector.core.query import Query
from collector.core.spend import Spend, SpendDay
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports import retargeting
from collector.reports.impact import REPORT
from collector.reports.impact.away import EDGES, NOTHING, stratum, with_ticks
from collector.reports.impact.drawn import draw
from collector.reports.impact.engine import answer
from collector.reports.impact.moments import find_moments
from collector.reports.impact.plan import Plan
from collector.reports.impact.state import State, state_at
from collector.reports.impact.tape import Tape, make_tape
from tests.impact.lives import START
from tests.impact.seen import AD, KINDS, SOURCES, SeenAds, lives_of
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

NOW = START + 500 * DAY
SEEN = "event:ad_impression"
PLAN = Plan((parse_matcher(SEEN),), parse_matcher("event:purchase"), 14 * DAY, -(2**62), 2**62, NOW)
QUERY = Query(site(), None, NOW)
SAME = ("visits", "visit_pages", "pages", "acts", "visit_age", "gap", "engaged", "ads", "channel", "touch", "device")
SHOP = site({"Buy": "event:purchase"})


def seen(who: str, time: int, campaign: str = "cart", agent: Agent | None = None) -> E:
    props = {"channel": "retargeting", "campaign": campaign}
    return E(who, time, SEEN, source=SOURCES[AD], props=props, agent=agent)


def ticked(events: Sequence[E], plan: Plan = PLAN) -> Tape:
    journeys = world(events, as_of=plan.as_of)
    return with_ticks(make_tape(journeys, QUERY, plan, draw(journeys, QUERY, plan)), plan)


GAPS = st.lists(st.sampled_from([MINUTE, 20 * MINUTE, 2 * HOUR, 5 * HOUR, DAY, 4 * DAY, 40 * DAY]), max_size=7)
WHAT = st.sampled_from(["page:/", "page:/cart", "event:purchase", SEEN, "other"])


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(GAPS, st.lists(WHAT, min_size=8, max_size=8)), min_size=1, max_size=6))
def test_times_away_lie_between_the_rows_of_people_not_exposed_yet(people: list[tuple[list[int], list[str]]]) -> None:
    events = []
    for at, (gaps, whats) in enumerate(people):
        for time, what in zip(np.cumsum([START, *gaps]).tolist(), whats, strict=False):
            ad = seen(f"v{at}", time, "other" if what == "other" else "cart")
            events.append(ad if what in (SEEN, "other") else E(f"v{at}", time, what))
    plan = replace(PLAN, exposures=(parse_matcher(f"{SEEN}[campaign=cart]"),))
    tape = ticked(events, plan)
    tick = tape.kind == NOTHING
    rows = np.flatnonzero(tick)
    assert (np.diff(tape.person) >= 0).all()
    assert (np.diff(tape.time)[np.diff(tape.person) == 0] >= 0).all()
    assert (rows < tape.exposed[tape.person[rows]]).all()
    seat = tape.seat[rows]
    assert (tape.person[seat] == tape.person[rows]).all()
    assert not tick[seat].any()
    cases = tape.exposed[tape.exposed < tape.none]
    known = cases[tape.seat[cases] >= 0]
    met = set(stratum(tape.time[known] - tape.time[tape.seat[known]]).tolist())
    assert set(stratum(tape.time[rows] - tape.time[seat]).tolist()) <= met
    real = np.flatnonzero(~tick)
    plain = make_tape(world(events, as_of=NOW), QUERY, plan, draw(world(events, as_of=NOW), QUERY, plan))
    for name in ("time", "person", "kind", "goal"):
        assert np.array_equal(getattr(tape, name)[real], getattr(plain, name))
    for name in ("exposed", "reached", "begin"):
        assert np.array_equal(np.append(real, tape.none)[getattr(plain, name)], getattr(tape, name))


def test_as_many_times_are_drawn_as_people_are_away_in_lengths_of_the_stratum() -> None:
    away = 60 * HOUR  # half of the stratum of 2 to 3 days
    people = [f"v{at}" for at in range(600)]
    events = [E(who, START + late, "page:/") for who in people for late in (0, away)]
    tape = ticked([*events, E("x", START, "page:/"), seen("x", START + 70 * HOUR)])
    rows = np.flatnonzero((tape.kind == NOTHING) & (tape.first == tape.begin[tape.person]))
    assert 250 < len(rows) < 350
    apart = tape.time[rows] - tape.time[tape.seat[rows]]
    assert (apart >= 2 * DAY).all()
    assert (apart < 70 * HOUR).all()
    again = np.flatnonzero((tape.kind == NOTHING) & (tape.first != tape.begin[tape.person]))
    assert len(again) == 600  # after the second visit nobody comes back, so that everybody has one


def test_what_was_known_at_a_time_away_is_what_was_known_on_leaving() -> None:
    events = log(200)
    journeys = world(events, as_of=NOW)
    crowd = draw(journeys, QUERY, PLAN)
    tape = with_ticks(make_tape(journeys, QUERY, PLAN, crowd), PLAN)
    moments = find_moments(tape, PLAN)
    state = state_at(tape, moments, PLAN, (), ())
    other = replace(PLAN, exposures=(parse_matcher("event:nothing"),))
    plain = make_tape(journeys, QUERY, other, crowd)
    real = np.flatnonzero(tape.kind != NOTHING)
    places = find_moments(plain, other)
    left = np.searchsorted(real, tape.seat[moments.row])  # the plain tape's row of having left
    pick = np.searchsorted(places.key, 2 * left + 1)
    assert (places.key[pick] == 2 * left + 1).all()
    known: State = state_at(plain, places, other, (), ())
    for name in SAME:
        assert np.array_equal(getattr(state, name), getattr(known, name)[pick]), name
    assert np.array_equal(state.away, tape.time[moments.row] - plain.time[left])
    assert np.array_equal(state.time, tape.time[moments.row])


def test_strangers_and_people_away_for_too_long_are_left_out_with_the_reason() -> None:
    events = [
        *log(120),
        seen("stranger", START + DAY),
        *(E("gone", START, "page:/"), seen("gone", START + 400 * DAY)),
        *(E("won", START, "page:/"), E("won", START + 1, "event:purchase"), seen("won", START + DAY)),
    ]
    journeys = world(events, as_of=NOW)
    found = answer(journeys, QUERY, PLAN)
    assert (len(found.reasons["stranger"]), len(found.reasons["away"])) == (1, 1)
    asked = question(REPORT, NOW, SHOP, exposure=SEEN, all_time="1", people="left_out")
    result = REPORT.run(journeys, asked)
    used = {row[0]: row[2] for row in result.block("used").rows}
    assert (used["stranger"], used["away"]) == (1, 1)
    left = sum(n for name, n in used.items() if name != "matched" and isinstance(n, int))
    assert result.block("people").draw["total"] == left
    assert "away for as long" in " ".join(map(str, result.notes))


def test_ads_elsewhere_and_what_happens_on_the_site_are_not_judged_together() -> None:
    asked = question(REPORT, NOW, SHOP, exposure=[SEEN, "source:retargeting"])
    with pytest.raises(UserError, match="happens elsewhere"):
        REPORT.run(world(log(20), as_of=NOW), asked)


def test_an_ad_that_was_only_seen_is_no_visit_that_came_by_one() -> None:
    plan = replace(PLAN, exposures=(parse_matcher("source:retargeting"),))
    events = [E("a", START, "page:/"), seen("a", START + DAY), E("a", START + 2 * DAY, "page:/", source=CLICK)]
    tape = answer(world(events, as_of=NOW), QUERY, plan).tape
    assert tape.exposed.tolist() == [2]


def test_browsers_that_tell_of_no_ad_are_left_out_unless_a_server_tells() -> None:
    chrome, safari = Agent("desktop", "Windows", "Chrome"), Agent("mobile", "iOS", "Safari")
    events = [
        *(E("a", START, "page:/", agent=chrome), seen("a", START + DAY, agent=chrome)),
        *(E("b", START, "page:/", agent=chrome), E("c", START, "page:/", agent=safari)),
    ]
    assert answer(world(events, as_of=NOW), QUERY, PLAN).tape.people == 2
    told = [*events, seen("b", START + DAY)]
    assert answer(world(told, as_of=NOW), QUERY, PLAN).tape.people == 3


CLICK = replace(SOURCES[AD], medium="retargeting", campaign_mark=True)


@cache
def log(people: int) -> list[E]:
    """People who are shown ads elsewhere, which bring them back three times as soon."""
    rows = lives_of(SeenAds("log", "", effect=1.1, often=-3.6), [people], people).rows
    columns = (
        np.concatenate(column).tolist() for column in (rows.person, rows.time, rows.kind, rows.source, rows.value)
    )
    found = []
    for who, time, kind, source, value in zip(*columns, strict=True):
        if source == AD:
            found.append(seen(f"v{who}", time))
            continue
        what = f"{KINDS[kind].type}:{KINDS[kind].name}"
        came = SOURCES[source] if source >= 0 else None
        found.append(E(f"v{who}", time, what, source=came, value=None if value != value else value))
    return found


def cells(block: Block, row: int) -> dict[str, Cell]:
    return dict(zip([column.name for column in block.columns], block.rows[row], strict=True))


@cache
def page() -> Result:
    asked = question(retargeting.REPORT, NOW, SHOP, all_time="1")
    return retargeting.REPORT.run(world(log(1_200), as_of=NOW), asked)


def test_the_page_tells_the_effect_of_seeing_as_impact_does_and_says_what_clicking_lacks() -> None:
    both = page().block("ways_effect")
    click, view = cells(both, 0), cells(both, 1)
    assert (click["way"], click["difference"]) == ("click", None)
    assert "Too few people" in str(click["meaning"])
    asked = question(REPORT, NOW, SHOP, exposure=SEEN, all_time="1")
    alone = REPORT.run(world(log(1_200), as_of=NOW), asked)
    effect = cells(alone.block("effect"), 0)
    for name in ("exposed", "counterfactual", "difference", "low", "high"):
        assert view[name] == effect[name]
    assert view["incremental"] == round(float(str(effect["incremental"])))
    assert float(str(view["low"])) > 0
    assert "because of seeing an ad elsewhere" in str(view["meaning"])
    assert cells(page().block("ways"), 1)["way"] == "view"


def test_the_money_is_that_of_visits_by_ads_alone_and_says_so() -> None:
    spend = Spend([SpendDay("2025-12-01", "retargeting", "adnet", "cart", 10.0, "EUR")], 1)
    asked = question(retargeting.REPORT, NOW, replace(SHOP, spend=spend), all_time="1")
    money = retargeting.REPORT.run(world(log(120), as_of=NOW), asked).block("money")
    assert "what seeing them brought is told apart" in str(money.note)


def test_the_effect_of_seeing_is_told_by_time_away_and_by_how_often() -> None:
    for name, least in (("seen_away", 3), ("seen_times", 2)):
        people = [row[1] for row in page().block(name).rows]
        assert len(people) >= least
        assert all(isinstance(n, int) and n >= 30 for n in people)


def test_the_strata_of_time_away_have_no_gaps() -> None:
    assert (np.diff(EDGES) > 0).all()
    assert stratum(EDGES).tolist() == list(range(len(EDGES)))
    assert stratum(EDGES[1:] - 1).tolist() == list(range(len(EDGES) - 1))
