"""Paths against a walk through every visit in plain Python, on random logs full of ties and reloads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Result
from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Query, parse_query
from collector.journeys.journeys import Journeys
from collector.reports.ask import ask
from collector.reports.funnel_outcome import outcome
from collector.reports.funnel_plan import Plan
from collector.reports.params import EVERY
from collector.reports.paths import REPORT
from collector.reports.paths.anchors import of_steps
from tests.support import oracle
from tests.support.effort import examples
from tests.support.logs import INSTANTS, MINUTE, logs
from tests.support.oracle import Seen
from tests.support.worlds import E, site, world

USERS = {"v": "ann", "w": "ann"}
NOW = INSTANTS[-1] + 100 * MINUTE
START, END = INSTANTS[0], INSTANTS[-1] + 1
MOST = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, as the plain walk reads it."""

    start: str | None
    goal: str | None
    around: str | None
    unit: str
    window: int
    show: str
    loops: bool
    bots: bool
    depth: int

    def name(self, event: E) -> str | None:
        kind = event.kind
        if kind.type == "page":
            return kind.name.rstrip("/") or "/" if self.show != "events" else None
        return event.what if self.show != "pages" else None

    def arguments(self, **more: str) -> dict[str, Sequence[str]]:
        given = {
            **{name: getattr(self, name) for name in ("start", "goal", "around") if getattr(self, name)},
            **{"unit": self.unit, "places": self.show, "window": f"{self.window // MINUTE}m", "depth": str(self.depth)},
            **{"loops": "1" if self.loops else "0", "include-bots": "1" if self.bots else "0", "all-time": "1"},
            **{"top": "30"} | more,
        }
        return {name: [text] for name, text in given.items()}

    def query(self) -> Query:
        return parse_query(REPORT.params, self.arguments(), site(), NOW)


@dataclass(frozen=True, slots=True)
class Walk:
    """What was before and after an anchor, and how it ended."""

    own: str | None
    before: list[str]
    after: list[str]
    reached: bool
    began: int | None
    took: float | None


def units(log: Sequence[E], asked: Asked) -> list[list[Seen]]:
    found: dict[object, list[Seen]] = {}
    for one in oracle.sessions(log):
        if asked.bots or not one.event.bot:
            owner = one.session if asked.unit == "session" else USERS.get(one.event.visitor, one.event.visitor)
            found.setdefault(owner, []).append(one)
    return list(found.values())


def without_reloads(names: Sequence[str], first: str | None) -> list[str]:
    kept: list[str] = []
    for name in names:
        if name != (kept[-1] if kept else first):
            kept.append(name)
    return kept


def without_loops(names: list[str], first: str | None) -> list[str]:
    whole = names if first is None else [first, *names]
    kept = [name for at, name in enumerate(whole) if at < 2 or name != whole[at - 2]]
    return kept if first is None else kept[1:]


def walk(unit: list[Seen], at: int, goal: int | None, asked: Asked) -> Walk:
    """The walk from the event `at` of a unit, to the event `goal` of it."""
    here = unit[at]
    own = asked.name(here.event)
    persons = asked.unit == "person"
    later = [one for one in unit[at + 1 :] if not persons or one.time <= here.time + asked.window]
    if goal is not None:
        later = unit[at + 1 : goal]
    named = [(one.time, name) for one in later if (name := asked.name(one.event)) is not None]
    stays = without_reloads([name for _, name in named], own)
    if goal is not None and (end := asked.name(unit[goal].event)) is not None and stays and stays[-1] == end:
        stays.pop()
    if goal is not None:
        took = float(max(unit[goal].time - here.time, 0))
    else:
        # Views of the last place after the window count as its end.
        last = [time for time, _ in named][-1:] if stays else []
        again = [one for one in unit[at + 1 :] if asked.name(one.event) is not None]
        more = again[len(named)] if len(again) > len(named) else None
        if persons and stays and more is not None and asked.name(more.event) == stays[-1]:
            last = [here.time + asked.window]
        took = float(last[0] - here.time) if last else float("nan")
    earlier = [one for one in unit[:at] if not persons or one.time >= here.time - asked.window]
    passed = [name for one in reversed(earlier) if (name := asked.name(one.event)) is not None]
    before = without_reloads(passed, own)
    if asked.loops:
        stays, before = without_loops(stays, own), without_loops(before, own)
    return Walk(own, before, stays, goal is not None, None, took / 1_000)


def first_of(unit: list[Seen], matcher: Matcher) -> int | None:
    return next((at for at, one in enumerate(unit) if one.fits(matcher)), None)


def landing(unit: list[Seen], asked: Asked) -> int | None:
    return next((at for at, one in enumerate(unit) if asked.name(one.event) is not None), None)


def chain_rows(journeys: Journeys, asked: Asked, steps: Sequence[str]) -> dict[int, int | None]:
    """The events (by their number in the log) of the funnel's chains: the first step's to the goal's."""
    plan = Plan(tuple(map(parse_matcher, steps)), asked.window, "ordered", (), -(2**62), 2**62)
    found = outcome(journeys, asked.query(), plan)
    pairs: dict[int, int | None] = {}
    for part, chain in zip(found.parts, found.chains, strict=True):
        goals = iter(chain.details.row(1).tolist()) if len(steps) > 1 else iter(())
        for row, reach in zip(chain.details.row(0).tolist(), chain.reach.tolist(), strict=True):
            pairs[int(part.id[row]) - 1] = int(part.id[next(goals)]) - 1 if reach > 1 else None
    return pairs


def expected(log: Sequence[E], journeys: Journeys, asked: Asked) -> tuple[list[Walk], list[Walk]]:
    every = units(log, asked)
    walks, never = [], []
    steps = [step for step in (asked.start, asked.goal) if step]
    pairs = chain_rows(journeys, asked, steps) if asked.start and asked.goal else {}
    for unit in every:
        numbers = [one.number for one in unit]
        if pairs or (asked.start and asked.goal):
            own = [(number, goal) for number, goal in pairs.items() if number in numbers]
            for number, goal in own:
                walks.append(walk(unit, numbers.index(number), None if goal is None else numbers.index(goal), asked))
            continue
        wanted = asked.start or asked.goal or asked.around
        at = first_of(unit, parse_matcher(wanted)) if wanted else landing(unit, asked)
        if at is not None:
            walks.append(walk(unit, at, None, asked))
        elif asked.goal and (first := landing(unit, asked)) is not None:
            never.append(walk(unit, first, None, asked))
    return walks, never


def layers(one: Walk, asked: Asked) -> list[str | None]:
    goal = f"✓ {(asked.goal or '').removeprefix('page:')}"
    after: list[str | None] = [*one.after, goal if one.reached else "(left)"]
    before: list[str | None] = [*one.before, "(began)"]
    anchor = (asked.start or asked.around or "").removeprefix("page:")
    blank: list[str | None] = [None] * asked.depth
    if asked.goal and not asked.start:
        return [*[*before, *blank][: asked.depth - 1][::-1], goal]
    if asked.around:
        depth = max(asked.depth, 3)
        half = depth // 2
        return [*[*before, *blank][:half][::-1], anchor, *[*after, *blank][: depth - 1 - half]]
    return [anchor or one.own, *after, *blank][: asked.depth]


def links(walks: Sequence[Walk], asked: Asked) -> Counter[tuple[int, str, str]]:
    counts: Counter[tuple[int, str, str]] = Counter()
    for one in walks:
        row = layers(one, asked)
        for step, (start, end) in enumerate(pairwise(row), 1):
            if start is not None and end is not None:
                counts[step, start, end] += 1
    return counts


def journey(one: Walk, asked: Asked, landed: bool = False) -> str:
    arrow = " → "
    if asked.around:
        return arrow.join(name for name in layers(one, asked) if name is not None)
    goal = [f"✓ {(asked.goal or '').removeprefix('page:')}"]
    if asked.goal and not asked.start and not landed:
        told = one.before[: MOST - 1]
        return arrow.join([*(["…"] if len(one.before) > MOST - 1 else []), *told[::-1], *goal])
    start = one.own if landed or not asked.start else asked.start.removeprefix("page:")
    whole = [str(start), *one.after]
    told = whole[:MOST] + (["…"] if len(whole) > MOST else [])
    return arrow.join([*told, *(goal if one.reached else [])])


def answer(journeys: Journeys, asked: Asked, **more: str) -> Result:
    return ask(REPORT, journeys, asked.arguments(**more), site(), NOW)[1]


def answered_links(result: Result) -> Counter[tuple[int, str, str]]:
    rows = result.block("flow").rows
    return Counter({(int(str(step)), str(start), str(end)): int(str(many)) for step, start, end, many, *_ in rows})


MODES = ("landing", "start", "goal", "both", "around")
STEPS = ("page:/a", "page:/**", "event:x", "event:x[n=1]", "any", "source:retargeting", "click:Go")


def questions(mode: str) -> st.SearchStrategy[Asked]:
    step = st.sampled_from(STEPS)
    return st.builds(
        Asked,
        start=step if mode in ("start", "both") else st.none(),
        goal=step if mode in ("goal", "both") else st.none(),
        around=step if mode == "around" else st.none(),
        unit=st.sampled_from(("session", "person")),
        window=st.sampled_from((2 * MINUTE, 41 * MINUTE, 5_000 * MINUTE)),
        show=st.sampled_from(("pages", "pages", "both", "events")),
        loops=st.booleans(),
        bots=st.booleans(),
        depth=st.integers(2, 6),
    )


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_flows_and_journeys_agree_with_walking_every_visit(mode: str, data: st.DataObject) -> None:
    asked, log = data.draw(questions(mode)), data.draw(logs(24))
    journeys = world(log, USERS, NOW, parts=data.draw(st.sampled_from([1, 3])))
    if asked.unit == "session" and mode == "both":
        asked = replace(asked, window=5_000 * MINUTE)  # a visit ends by itself, and the funnel's chains are asked alike
    walks, never = expected(log, journeys, asked)
    result = answer(journeys, asked)
    assert answered_links(result) == links(walks, asked)
    assert result.block("summary").rows[0][0] == len(walks)
    arrived = walks if mode != "both" else [one for one in walks if one.reached]
    assert_ranked(result, "journeys", [(journey(one, asked), one) for one in arrived], mode)
    if mode in ("goal", "both"):
        missed = never if mode == "goal" else [one for one in walks if not one.reached]
        landed = mode == "goal"
        assert result.block("summary").rows[0][-1] == len(missed)
        assert_ranked(result, "unreached", [(journey(one, asked, landed), one) for one in missed], "both")


@settings(max_examples=examples(60), deadline=None)
@given(logs(24), st.booleans(), st.sampled_from([1, 3]))
def test_visits_around_any_event_are_anchored_where_the_funnel_of_any_event_begins(
    log: list[E], bots: bool, parts: int
) -> None:
    journeys = world(log, USERS, NOW, parts=parts)
    asked = {"around": ["any"], "all-time": ["1"], **({"include-bots": ["1"]} if bots else {})}
    query = parse_query(REPORT.params, asked, site(), NOW)
    found = of_steps(journeys, query, (EVERY,), MINUTE)
    chains = outcome(journeys, query, Plan((EVERY,), MINUTE, "ordered", (), query.start, query.end)).chains
    assert [one.unit.tolist() for one in found] == [chain.unit.tolist() for chain in chains]
    assert [one.row.tolist() for one in found] == [chain.details.row(0).tolist() for chain in chains]


def assert_ranked(result: Result, block: str, made: list[tuple[str, Walk]], mode: str) -> None:
    rows = result.block(block).rows
    counts = Counter(text for text, _ in made)
    assert [row[1] for row in rows] == sorted(counts.values(), reverse=True)[:10]
    for text, count, share, *took in rows:
        assert counts[str(text)] == count
        assert share == pytest.approx(int(str(count)) / len(made))
        if mode not in ("goal", "around"):
            known = [one.took for name, one in made if name == text and one.took is not None and one.took == one.took]
            assert took[0] == (pytest.approx(median(known)) if known else None)


@settings(max_examples=examples(60), deadline=None)
@given(logs(40), st.sampled_from(MODES), st.data())
def test_what_comes_to_a_node_leaves_it_or_ends_there(log: list[E], mode: str, data: st.DataObject) -> None:
    asked = data.draw(questions(mode))
    result = answer(world(log, USERS, NOW, 2), asked, top=str(data.draw(st.integers(1, 3))))
    came: Counter[tuple[int, str]] = Counter()
    went: Counter[tuple[int, str]] = Counter()
    for (step, start, end), many in answered_links(result).items():
        came[step + 1, end] += many
        went[step, start] += many
    last = max(asked.depth, 3 if asked.around else 2)
    for step, name in {*came, *went}:
        if 1 < step < last and name not in ("(left)", "(began)") and not name.startswith("✓"):
            assert came[step, name] == went[step, name], (step, name)
    whole = answered_links(answer(world(log, USERS, NOW, 1), asked))
    for step in range(1, last):
        assert sum(n for key, n in answered_links(result).items() if key[0] == step) == sum(
            n for key, n in whole.items() if key[0] == step
        )


@settings(max_examples=examples(40), deadline=None)
@given(logs(20), st.sampled_from(MODES), st.data())
def test_every_number_opens_as_many_as_it_says(log: list[E], mode: str, data: st.DataObject) -> None:
    asked = data.draw(questions(mode))
    journeys = world(log, USERS, NOW, 2)
    result = answer(journeys, asked, top="2")
    behind: list[tuple[int, Sequence[tuple[str, str]] | None]] = []
    for name in ("flow", "journeys", *(("unreached",) if asked.goal else ())):
        block = result.block(name)
        at = [column.name for column in block.columns].index("people")
        behind += [(int(str(row[at])), link) for row, link in zip(block.rows, block.links, strict=True)]
    summary = result.block("summary")
    own = summary.draw["cell_links"]
    assert isinstance(own, dict)
    behind += [
        (int(str(cell)), own[column.name][0]) for cell, column in zip(summary.rows[0], summary.columns, strict=True)
    ]
    for many, link in behind:
        assert link is not None
        arguments: dict[str, list[str]] = {}
        for key, text in link:
            arguments.setdefault(key, []).append(text)
        block = ask(REPORT, journeys, arguments, site(), NOW)[1].blocks[0]
        assert (block.id, block.draw["total"], len(block.rows)) == ("people", many, many)
