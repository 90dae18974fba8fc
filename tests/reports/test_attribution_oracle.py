"""Attribution against plain-Python paths and models on random logs, and the models against brute force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, permutations
from math import factorial
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.matcher import parse_matcher
from collector.core.times import DAY, HOUR
from collector.journeys.journeys import Journeys
from collector.reports.attribution import REPORT, gather
from tests.support.effort import examples
from tests.support.visit_oracle import fits, logs, users, visits
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
NOW = START + 40 * DAY
SITE = site({"Buy": "event:buy"})
MODELS = ("first", "last", "last_non_direct", "linear", "position", "decay", "markov", "shapley")


@dataclass(frozen=True)
class Touch:
    time: int
    value: str
    direct: bool


@dataclass(frozen=True)
class Path:
    """A conversion (or nothing): its time, worth, and touches, the same in a row taken together where asked."""

    time: int
    worth: float | None
    touches: tuple[Touch, ...]
    first: int | None = None

    @property
    def values(self) -> list[str]:
        return [touch.value for touch in self.touches]


@dataclass(frozen=True)
class Asked:
    dimension: str
    lookback: int
    half_life: int
    cut: bool
    collapse: bool
    bots: bool
    touches: tuple[str, ...]
    by: str
    days: tuple[int, int] | None

    def arguments(self) -> dict[str, str | Sequence[str]]:
        given: dict[str, str | Sequence[str]] = {
            "dimension": self.dimension,
            "lookback": f"{self.lookback // HOUR}h",
            "half-life": f"{self.half_life // HOUR}h",
            "touch": list(self.touches),
            "touch-by": self.by,
        }
        given |= {
            name: "1"
            for name, on in (("cut", self.cut), ("collapse", self.collapse), ("include-bots", self.bots))
            if on
        }
        if self.days is None:
            return given | {"all-time": "1"}
        first, last = (f"2025-11-{13 + day:02}" for day in self.days)
        return given | {"from": first, "to": last}

    @property
    def bounds(self) -> tuple[int, int]:
        if self.days is None:
            return -(2**62), 2**62
        midnight = START // DAY * DAY
        return midnight + self.days[0] * DAY, midnight + (self.days[1] + 1) * DAY


def told(value: str, direct: bool) -> str:
    return "direct" if direct else value or "(none)"


def touches_of(log: Sequence[E], known: Mapping[str, str], asked: Asked) -> dict[str, list[Touch]]:
    """Every touch of each person in order."""
    found: dict[str, list[tuple[int, int, Touch]]] = {}
    wanted = [parse_matcher(text) for text in asked.touches]
    goal = parse_matcher("event:buy")
    for visit in visits(log, known):
        for number, event in visit.events:
            if event.bot and not asked.bots:
                continue
            place = found.setdefault(visit.person, [])
            if wanted:
                fitting = [text for text, m in zip(asked.touches, wanted, strict=True) if fits(m, visit, number, event)]
                if not fitting or fits(goal, visit, number, event):
                    continue
                kind = event.kind
                own = kind.name.rstrip("/") or "/" if kind.type == "page" else kind.name
                by_source = next(m for m in wanted if str(m) == fitting[0]).is_source
                name = fitting[0] if asked.by == "matcher" or by_source else own
                place.append((event.time, number, Touch(event.time, name, False)))
            elif number == visit.events[0][0]:
                source, direct = visit.source, visit.source.channel == "direct"
                value = (
                    event.path.rstrip("/") or "/"
                    if asked.dimension == "landing"
                    else told(str(getattr(source, asked.dimension)), direct)
                )
                place.append((event.time, number, Touch(event.time, value, direct)))
    return {person: [touch for _, _, touch in sorted(rows, key=lambda r: r[:2])] for person, rows in found.items()}


def collapsed(touches: Sequence[Touch]) -> tuple[Touch, ...]:
    stays = [list(run) for _, run in groupby(touches, key=lambda touch: touch.value)]
    return tuple(Touch(run[-1].time, run[0].value, all(touch.direct for touch in run)) for run in stays)


def paths_of(log: Sequence[E], known: Mapping[str, str], asked: Asked) -> tuple[list[Path], list[Path]]:
    """The paths of conversions in the range, and of those who had touches in it and no conversion."""
    touches, (low, high) = touches_of(log, known, asked), asked.bounds
    goals: dict[str, list[E]] = {}
    for visit in visits(log, known):
        for _, event in visit.events:
            if event.what == "event:buy" and (asked.bots or not event.bot):
                goals.setdefault(visit.person, []).append(event)
    won, lost = [], []
    for person, bought in goals.items():
        for event in bought:
            if not low <= event.time < high:
                continue
            since = event.time - asked.lookback
            if asked.cut:
                since = max([since, *(other.time + 1 for other in bought if other.time < event.time)])
            mine = [touch for touch in touches.get(person, ()) if since <= touch.time <= event.time]
            kept = collapsed(mine) if asked.collapse else tuple(mine)
            won.append(Path(event.time, event.value, kept, mine[0].time if mine else None))
    for person, every in touches.items():
        inside = [touch for touch in every if low <= touch.time < high]
        if inside and not any(low <= event.time < high for event in goals.get(person, ())):
            lost.append(Path(0, None, collapsed(inside) if asked.collapse else tuple(inside)))
    return won, lost


def rules(path: Path, half_life: int) -> dict[str, list[float]]:
    """What each touch of a path gets by the models that look at one path."""
    many, at = len(path.touches), range(len(path.touches))
    told = [place for place in at if not path.touches[place].direct]
    last = told[-1] if told else many - 1
    ends = {1: [1.0], 2: [0.5, 0.5]}
    decay = [2.0 ** (-(path.time - touch.time) / half_life) for touch in path.touches]
    return {
        "first": [float(place == 0) for place in at],
        "last": [float(place == many - 1) for place in at],
        "last_non_direct": [float(place == last) for place in at],
        "linear": [1 / many] * many,
        "position": ends.get(many, [0.4, *[0.2 / (many - 2)] * (many - 2), 0.4] if many > 2 else []),
        "decay": [weight / sum(decay) for weight in decay],
    }


def chance(won: Sequence[Path], lost: Sequence[Path], without: str | None) -> float:
    """The chance of conversion in the chain of these paths, by walking it until next to nobody is left on the way."""
    moves: dict[str, Counter[str]] = {}
    for path, end in [(path, "+") for path in won] + [(path, "-") for path in lost]:
        for here, there in pairwise(["^", *(f"v{value}" for value in path.values), end]):
            moves.setdefault(here, Counter())[there] += 1
    at, reached = {"^": 1.0}, 0.0
    for _ in range(4_000):
        following: dict[str, float] = {}
        for here, mass in at.items():
            whole = sum(moves[here].values())
            for there, many in moves[here].items():
                if there == "+":
                    reached += mass * many / whole
                elif there not in ("-", f"v{without}"):
                    following[there] = following.get(there, 0.0) + mass * many / whole
        at = following
        if sum(at.values()) < 1e-13:
            break
    return reached


def markov(won: Sequence[Path], lost: Sequence[Path]) -> dict[str, float]:
    """Shares by removal effect: each value is taken out in turn, and the chain walked again."""
    whole = chance(won, lost, None)
    values = {value for path in (*won, *lost) for value in path.values}
    effects = {value: 1 - chance(won, lost, value) / whole for value in values}
    return {value: effect / sum(effects.values()) for value, effect in effects.items()}


def shapley(won: Sequence[Path]) -> dict[str, float]:
    """By definition: what each value adds when values come one after the other, over every order of theirs."""
    sets = Counter(frozenset(path.values) for path in won)
    values = sorted({value for path in won for value in path.values})
    credit = dict.fromkeys(values, 0.0)
    for order in permutations(values):
        there: set[str] = set()
        for value in order:
            before = sum(many for inside, many in sets.items() if inside <= there)
            there.add(value)
            after = sum(many for inside, many in sets.items() if inside <= there)
            credit[value] += (after - before) / factorial(len(values))
    return credit


def cells(block: Block, name: str) -> dict[str, Cell]:
    names = [column.name for column in block.columns]
    return {str(row[0]): row[names.index(name)] for row in block.rows} if name in names else {}


asked_strategy = st.builds(
    Asked,
    dimension=st.sampled_from(["channel", "source", "campaign", "landing", "content"]),
    lookback=st.sampled_from([HOUR, 9 * HOUR, 30 * DAY]),
    half_life=st.sampled_from([HOUR, 7 * DAY]),
    cut=st.booleans(),
    collapse=st.booleans(),
    bots=st.booleans(),
    touches=st.sampled_from(
        [(), (), (), ("page:/pricing", "event:add"), ("page:/**", "event:*", "page:/"), ("source:email", "page:/")]
    ),
    by=st.sampled_from(["name", "matcher"]),
    days=st.sampled_from([None, None, (0, 1), (1, 3)]),
)


@pytest.fixture(autouse=True, scope="module")
def _pieces() -> Iterator[None]:
    """A few conversions at a time."""
    kept, gather.PIECE = gather.PIECE, 2
    yield
    gather.PIECE = kept


@settings(max_examples=examples(150), deadline=None)
@given(logs(), users(), asked_strategy, st.sampled_from([1, 2]))
def test_every_model_gives_what_plain_loops_give(
    log: list[E], known: Mapping[str, str], asked: Asked, parts: int
) -> None:
    won, lost = paths_of(log, known, asked)
    query = question(REPORT, NOW, SITE, **asked.arguments())
    result = REPORT.run(world(log, known, NOW, parts), query)
    models = result.block("models")
    touched = [path for path in won if path.touches]
    wanted: dict[str, dict[str, float]] = {name: {} for name in MODELS}
    revenue: dict[str, float] = {}
    for path in touched:
        for name, weights in rules(path, asked.half_life).items():
            for value, weight in zip(path.values, weights, strict=True):
                wanted[name][value] = wanted[name].get(value, 0.0) + weight
                if name == "position":
                    revenue[value] = revenue.get(value, 0.0) + weight * (path.worth or 0.0)
    if touched:
        wanted["markov"] = {value: share * len(touched) for value, share in markov(touched, lost).items()}
        wanted["shapley"] = shapley(touched)
    rest = len(won) - len(touched)
    for name in MODELS:
        if rest:
            wanted[name]["(no touch)"] = rest
        got = {value: number for value, number in cells(models, name).items() if number and float(str(number)) > 1e-9}
        assert got == pytest.approx({value: one for value, one in wanted[name].items() if one > 1e-9}, abs=1e-7), name
        assert sum(float(str(number)) for number in got.values()) == pytest.approx(len(won), abs=1e-7)
    if any(path.worth is not None for path in won):
        revenue["(no touch)"] = sum(path.worth or 0.0 for path in won if not path.touches)
        got = {value: money for value, money in cells(models, "revenue").items() if money}
        assert got == pytest.approx({value: money for value, money in revenue.items() if money})
    counts = Counter(value for path in touched for value in set(path.values))
    assert {value: many for value, many in cells(models, "touched").items() if many} == counts
    assert result.block("summary").rows[0][0] == len(won)
    assert result.block("summary").rows[0][-1] == len(lost)
    lengths = Counter(min(len(path.touches), 10) for path in won)
    assert sum(int(str(row[1])) for row in result.block("length").rows) == sum(lengths.values())
    times = [path.time - path.first for path in won if path.first is not None]
    days = [time // DAY for time in times]
    told = [median([len(path.touches) for path in touched]), median(times) / 1_000] if touched else [None, None]
    assert [
        cells(result.block("summary"), name)[str(len(won))] for name in ("median_touches", "median_seconds")
    ] == told
    lags = {str(row[0]): row[1] for row in result.block("lag").rows if row[1]}
    assert lags.get("less than 1 day", 0) == sum(day == 0 for day in days)
    assert sum(int(str(many)) for many in lags.values()) == len(days)


@settings(max_examples=examples(60), deadline=None)
@given(logs(), users(), asked_strategy)
def test_paths_are_counted_as_plain_loops_count_them(log: list[E], known: Mapping[str, str], asked: Asked) -> None:
    won, _ = paths_of(log, known, asked)
    query = question(REPORT, NOW, SITE, **asked.arguments())
    rows = REPORT.run(world(log, known, NOW, 2), query).block("paths").rows
    wanted = Counter((tuple(path.values[-10:]), len(path.touches) > 10) for path in won)
    assert sorted(int(str(row[1])) for row in rows) == sorted(wanted.values(), reverse=True)[:20][::-1]
    if 0 < len(wanted) <= 20:
        same: dict[object, list[Path]] = {}
        for path in won:
            same.setdefault((tuple(path.values[-10:]), len(path.touches) > 10), []).append(path)
        taken = [[one.time - one.first for one in paths if one.first is not None] for paths in same.values()]
        medians = [(len(times), median(times) / 1_000) for times in taken if times]
        assert sorted((row[1], row[4]) for row in rows if row[4] is not None) == sorted(medians)
        lengths = [median([len(one.touches) for one in paths]) for paths in same.values()]
        assert sorted(float(str(row[3])) for row in rows) == sorted(lengths)


def links(result: Result) -> list[tuple[str, object, Sequence[tuple[str, str]]]]:
    """Every number that leads to a list, with the link."""
    found: list[tuple[str, object, Sequence[tuple[str, str]]]] = []
    for block in result.blocks:
        names = [column.name for column in block.columns]
        for row, link in zip(block.rows, block.links, strict=False):
            if link:
                found.append((block.id, row[names.index("conversions")], link))
        own = block.draw.get("cell_links")
        for name, every in own.items() if isinstance(own, dict) else ():
            for row, link in zip(block.rows, every, strict=True):
                found.append((f"{block.id} {name}", row[names.index(name)], link))
    return found


def follow(journeys: Journeys, link: Sequence[tuple[str, str]]) -> object:
    arguments: dict[str, list[str]] = {}
    for name, text in link:
        arguments.setdefault(name, []).append(text)
    listed = REPORT.run(journeys, question(REPORT, NOW, SITE, **arguments)).blocks[0]
    assert listed.id == "people"
    return listed.draw["total"]


@settings(max_examples=examples(45), deadline=None)
@given(logs(most=25), users(), asked_strategy)
def test_every_number_is_the_length_of_its_list(log: list[E], known: Mapping[str, str], asked: Asked) -> None:
    journeys = world(log, known, NOW, 2)
    result = REPORT.run(journeys, question(REPORT, NOW, SITE, **asked.arguments()))
    for name, number, link in links(result):
        if number is not None:
            assert follow(journeys, link) == number, (name, link)
