"""What those who went on did and the dropped did not: counted again in plain Python, and alike in time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from scipy.stats.contingency import odds_ratio as scipy_odds_ratio

from collector.core.event import Agent
from collector.core.times import DAY, HOUR, MINUTE
from collector.journeys.journeys import Journeys
from collector.reports import funnel, funnel_actions, funnel_differences, funnel_stretch
from collector.reports.ask import ask
from collector.reports.funnel_outcome import plan_of
from collector.reports.stats import benjamini_hochberg, odds_ratio
from tests.support import logs as random_logs
from tests.support import oracle
from tests.support.effort import examples
from tests.support.funnels import START, answer, column
from tests.support.worlds import E, question, site, world

AB = ["event:x", "event:y"]
Counts = Mapping[tuple[str, str], tuple[int, int]]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of one person too."""
    monkeypatch.setattr(funnel_actions, "LEAST", 0)
    monkeypatch.setattr(funnel_actions, "MOST", 1_000)
    monkeypatch.setattr(funnel_differences, "LEAST_PEOPLE", 1)


@pytest.fixture(params=[False, True], ids=["as it is", "in small pieces"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits that a few events never reach, made as small as can be."""
    if request.param:
        monkeypatch.setattr(funnel_stretch, "_WALKED", 1)
        monkeypatch.setattr(funnel_stretch, "_AT_ONCE", 2)
        monkeypatch.setattr(funnel_actions, "_SLOTS", 1)


def listed(journeys: Journeys, link: Sequence[tuple[str, str]] | None, now: int) -> int:
    given: dict[str, list[str]] = {}
    for name, text in link or ():
        given.setdefault(name, []).append(text)
    return len(ask(funnel.REPORT, journeys, given, site(), now)[1].block("people").rows)


def expected(events: Sequence[E], now: int, window: int, unit: str) -> Counts:
    """(when, action) to how many of those who went on, and of the dropped, did it then."""
    every = oracle.sessions(events)
    seen = [one for one in every if not one.event.bot]
    ends = {one.session: one.time for one in every}
    groups: dict[object, list[oracle.Seen]] = {}
    for one in seen:
        groups.setdefault(one.session if unit == "session" else one.event.visitor, []).append(one)
    asked = question(funnel.REPORT, now, step=AB, all_time="1", window=f"{window // MINUTE}m")
    people = []
    for group in groups.values():
        people += [
            (group, (found.begun, *found.times[1:]))
            for found in oracle.funnel([group], plan_of(asked))
            if found.begun + window <= now or (unit == "session" and ends[group[0].session] + 30 * MINUTE < now)
        ]
    gaps = [times[1] - times[0] for _, times in people if len(times) > 1]
    early = float(np.quantile(gaps, 0.25)) if gaps else 0.0
    length = max((one for one in funnel_stretch._AFTER if one < early), default=0)
    counts: dict[tuple[str, str], list[int]] = {}
    for group, times in people:
        went = len(times) > 1
        stretches = [("before", times[0] - 7 * DAY, times[0])]
        if length and not (went and times[1] - times[0] <= length):
            stretches.append(("after", times[0] + 1, times[0] + length + 1))
        for when, low, high in stretches:
            did = {funnel_actions.action_text(one.event.kind) for one in group if low <= one.time < high}
            for text in did - set(AB):
                counts.setdefault((when, text), [0, 0])[0 if went else 1] += 1
    return {key: (on, off) for key, (on, off) in counts.items()}


@pytest.mark.usefixtures("few", "pieces")
@pytest.mark.parametrize("unit", ["person", "session"])
@settings(max_examples=examples(60), deadline=None)
@given(st.lists(random_logs.events("uvwabc"), max_size=25), st.sampled_from([2, 40, 5_000]), st.sampled_from([1, 2]))
def test_actions_are_those_that_counting_by_hand_finds(unit: str, events: list[E], minutes: int, parts: int) -> None:
    journeys, now = world(events, parts=parts), random_logs.INSTANTS[-1] + 100 * MINUTE
    result = answer(journeys, AB, now, at="1", window=f"{minutes}m", unit=unit)
    block, wanted = result.block("actions"), expected(events, now, minutes * MINUTE, unit)
    assert {(row[0], row[1]): row[2] for row in block.rows if row[2]} == {
        key: sum(pair) for key, pair in wanted.items()
    }
    cells = block.draw.get("cell_links", {})
    assert isinstance(cells, dict)
    for at, row in enumerate(block.rows[: min(3, len(wanted))]):
        if not row[2]:
            continue
        on, off = wanted[str(row[0]), str(row[1])]
        assert listed(journeys, block.links[at], now) == on + off
        assert listed(journeys, cells["went_on"][at], now) == on
        assert listed(journeys, cells["dropped"][at], now) == off


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("unit", ["person", "session"])
def test_what_is_compared_and_what_came_next_open_their_people(unit: str) -> None:
    log = []
    for n in range(30):
        agent = Agent("mobile" if n % 3 else "desktop", "ios" if n % 5 else "linux")
        log += [
            E(f"v{n}", START, f"page:/{n % 2}", agent=agent),
            E(f"v{n}", START + 1, "event:x", f"/{n % 2}", None, agent),
        ]
        what = "event:y" if n % 4 == 0 else "page:/away" if n % 4 == 1 else ""
        log += [E(f"v{n}", START + MINUTE, what, agent=agent)] if what else []
    journeys = world(log, parts=2)
    result = answer(journeys, AB, START + 30 * DAY, at="1", unit=unit, by="os")
    block = result.block("differences")
    assert {row[0] for row in block.rows} >= {"device", "page", "landing", "os"}
    cells = block.draw["cell_links"]
    assert isinstance(cells, dict)
    for at, row in enumerate(block.rows):
        number = listed(journeys, block.links[at], START + 30 * DAY)
        assert number == row[2]
        assert listed(journeys, cells["went_on"][at], START + 30 * DAY) == round(number * float(str(row[3])))
    following = result.block("next")
    assert {row[0] for row in following.rows} == {"(none)", "page:/away"}
    for at, count in enumerate(column(following, "people")):
        assert listed(journeys, following.links[at], START + 30 * DAY) == count


def test_an_action_that_sets_apart_is_found_with_its_odds() -> None:
    log = []
    for n in range(200):
        log.append(E(f"v{n}", START + DAY, "event:x"))
        guided, went = n % 4 == 0, n % 2 == 0
        if guided:
            log.append(E(f"v{n}", START + HOUR, "event:guide"))
        if n % 5 == 0:
            log.append(E(f"v{n}", START + 2 * HOUR, "event:news"))
        if n % 8 == 0 or n % 10 == 1:
            log.append(E(f"v{n}", START + DAY + MINUTE, "event:chat"))
        else:
            log.append(E(f"v{n}", START + DAY + MINUTE, "page:/other"))
        if went:
            log.append(E(f"v{n}", START + DAY + HOUR, "event:y"))
    block = answer(world(log), AB, START + 60 * DAY, at="1").block("actions")
    first = dict(zip((one.name for one in block.columns), block.rows[0], strict=True))
    assert (first["when"], first["action"], first["people"]) == ("before", "event:guide", 50)
    assert (first["went_on"], first["dropped"]) == (0.5, 0.0)
    assert first["odds"] == pytest.approx(50.5 * 100.5 / (50.5 * 0.5))
    rest = {(row[0], row[1]): row for row in block.rows}
    assert rest["before", "event:news"][5] == pytest.approx(1.0)
    assert rest["after", "event:chat"][2] == 25 + 20
    assert ("after", "event:y") not in rest
    assert "in the first 30 min after it" in str(block.note)


def test_who_went_on_within_the_stretch_is_not_compared_after_the_step_and_at_once_is_said() -> None:
    log = [E(f"v{n}", START, "event:x") for n in range(60)]
    log += [E(f"v{n}", START + 1_000, "event:y") for n in range(30)]
    log += [E(f"v{n}", START + 500, "event:z") for n in range(0, 60, 2)]
    block = answer(world(log), AB, START + 60 * DAY, at="1").block("actions")
    assert block.rows == []
    assert "did so at once" in str(block.note)


def test_odds_and_corrections_are_those_of_scipy() -> None:
    p_values = [0.01, 0.5, 0.03, 0.02, 0.9]
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values))
    assert math.isnan(benjamini_hochberg([0.01, np.nan])[1])
    found = [float(one) for one in odds_ratio(300, 1_000, 200, 1_000)]
    wanted = scipy_odds_ratio([[300, 700], [200, 800]], kind="sample")
    interval = wanted.confidence_interval(0.95)
    assert found == pytest.approx([wanted.statistic, interval.low, interval.high], rel=0.005)
