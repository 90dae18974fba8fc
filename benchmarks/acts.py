"""What is done in each visit of the benchmarks' shop: one act after the other, each led to by the one before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.people import NOW, Persons, Visits, falling
from benchmarks.vocabulary import FIRST, GROUPS, LATER, LOYAL, NEXT, NUMBER, PAGES, STATES
from collector.core.event import Kind
from collector.core.times import MINUTE, SECOND

_TABLE = 2_048
_FALL = {"product": 0.75, "blog": 0.8, "docs": 0.6, "app": 0.9, "feature": 1.0, "list": 0.8, "act": 0.8, "click": 0.7}
_BY_TYPE = {kind.name: number for kind, number in NUMBER.items() if kind.type == "event"}
LOYAL_FROM = 4

Ints = NDArray[np.int64]


def acts(events: int, who: Persons, all_visits: Visits, random: np.random.Generator) -> dict[str, NDArray[np.generic]]:
    """Event columns in order of time; `person` counts from 1, `landing` marks the first event of a visit."""
    lengths = _lengths(events, all_visits, random)
    start = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    visit = np.repeat(np.arange(len(lengths)), lengths)
    state = _states(lengths, start, all_visits, random)
    kind = _kinds(state, random)
    person = all_visits.person[visit]
    _once(kind, person, "signup", "login")
    _once(kind, person, "trial_started", "login")
    landing = np.zeros(events, dtype=np.bool_)
    landing[start] = True
    time = _times(start, visit, all_visits, random)
    # Events on the page that was opened before them: the last row up to here that is a page.
    on = np.maximum.accumulate(np.where(kind <= len(PAGES), np.arange(events), 0))
    second = who.second[all_visits.person]
    visitor = np.where((second > 0) & (random.random(len(second)) < 0.35), second, who.visitor[all_visits.person])
    order = np.argsort(time, kind="stable")
    rows = visit[order]
    return {
        "visitor": visitor[rows],
        "time": time[order],
        "kind": kind[order],
        "page": kind[on[order]],
        "source": np.where(landing[order], all_visits.source[rows], -1),
        "agent": who.agent[person[order]],
        "bot": who.bot[person[order]],
        "value": _values(kind, random)[order],
        "person": person[order] + 1,
        "landing": landing[order],
    }


def _lengths(events: int, all_visits: Visits, random: np.random.Generator) -> Ints:
    count = len(all_visits.person)
    weight = random.lognormal(0.0, 0.8, count) * np.where(all_visits.earlier > 0, 1.2, 1.0)
    if events < count:
        raise ValueError("fewer events than visits")
    return 1 + random.multinomial(events - count, weight / weight.sum())


def _table(rules: Mapping[str, str]) -> NDArray[np.int8]:
    """For each state the next ones, each as often as its weight says."""
    table = np.empty((len(rules), _TABLE), dtype=np.int8)
    for row, text in enumerate(rules.values()):
        names, weights = zip(*(one.strip().rsplit(" ", 1) for one in text.split(",")), strict=True)
        ends = np.cumsum(np.array(weights, dtype=np.float64))
        places = np.searchsorted(ends, (np.arange(_TABLE) + 0.5) / _TABLE * ends[-1])
        table[row] = np.array([STATES.index(name) for name in names])[places]
    return table


def _states(lengths: Ints, start: Ints, all_visits: Visits, random: np.random.Generator) -> NDArray[np.int8]:
    following = _table({name: NEXT[name] for name in STATES})
    begins = _table({"first": FIRST, "later": LATER, "loyal": LOYAL})
    longest = np.argsort(-lengths, kind="stable")
    lengths, start = lengths[longest], start[longest]
    how = np.minimum(all_visits.earlier, 1) + (all_visits.earlier >= LOYAL_FROM)
    state = begins[how[longest], random.integers(0, _TABLE, len(lengths))]
    found = np.empty(int(lengths.sum()), dtype=np.int8)
    active = len(lengths)
    for place in range(int(lengths[0])):
        active = int(np.searchsorted(-lengths[:active], -place, side="left"))
        found[start[:active] + place] = state[:active]
        state = following[state[:active], random.integers(0, _TABLE, active)]
    return found


def _kinds(state: NDArray[np.int8], random: np.random.Generator) -> Ints:
    """One kind of the group for each act, the first of a group most often."""
    table = np.empty((len(STATES), _TABLE), dtype=np.int64)
    for row, name in enumerate(STATES):
        kinds = GROUPS[name]
        ends = np.cumsum(falling(len(kinds), _FALL.get(name, 0.9)))
        places = np.searchsorted(ends, (np.arange(_TABLE) + 0.5) / _TABLE)
        table[row] = np.array([NUMBER[kind] for kind in kinds])[places]
    return table[state, random.integers(0, _TABLE, len(state))]


def _once(kind: Ints, person: Ints, name: str, instead: str) -> None:
    """Of what a person does once only the first stays; rows are in the order of persons and their time."""
    rows = np.flatnonzero(kind == _BY_TYPE[name])
    again = rows[1:][person[rows[1:]] == person[rows[:-1]]]
    kind[again] = NUMBER[Kind("event", instead)]


def _times(start: Ints, visit: Ints, all_visits: Visits, random: np.random.Generator) -> Ints:
    step = np.minimum(random.exponential(45.0 * SECOND, len(visit)), 20.0 * MINUTE).astype(np.int64)
    step[start] = 0
    total = np.cumsum(step)
    time: Ints = all_visits.begun[visit] + total - total[start][visit]
    return np.minimum(time, NOW)


def _values(kind: Ints, random: np.random.Generator) -> NDArray[np.float64]:
    value = np.full(len(kind), np.nan)
    for name in ("checkout", "purchase", "refund"):
        rows = np.flatnonzero(kind == _BY_TYPE[name])
        value[rows] = np.round(random.lognormal(4.2, 0.9, len(rows)), 2)
    rows = np.flatnonzero(kind == _BY_TYPE["nps_rated"])
    value[rows] = random.choice(11, len(rows))
    for name in ("started", "renewed", "upgraded"):
        value[kind == _BY_TYPE[f"subscription_{name}"]] = 29.0
    return value
