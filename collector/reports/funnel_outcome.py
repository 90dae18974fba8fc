"""What became of every entrant of a funnel, over all parts: the one set of arrays that all its blocks count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Exclusion, Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.funnel_chain import Rows, chains
from collector.reports.funnel_plan import Plan, units_of

Given = TypeVar("Given")


class ByStep(Sequence[Rows]):
    """An array for each step, found when it is first asked for."""

    def __init__(self, size: int, find: Callable[[int], Rows]) -> None:
        self._size, self._find = size, find
        self._found: dict[int, Rows] = {}

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, step: Any) -> Any:
        if not 0 <= step < self._size:
            raise IndexError(step)
        if step not in self._found:
            self._found[step] = self._find(step)
        return self._found[step]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One column an entrant (a person, or a session where `sessions`).

    part: index into `parts`. code: the person's code. reach: steps filled. time (ms UTC) and row: for each step an
    array over those who reached it. last: time of the last clean attempt. matured: its window is over. open: it is
    not, nor did they convert.
    """

    plan: Plan
    sessions: bool
    parts: Sequence[Part]
    part: NDArray[np.int16]
    code: Int64
    reach: NDArray[np.int8]
    time: Sequence[Int64]
    row: ByStep
    last: Int64
    open: Bool
    matured: Bool

    @property
    def size(self) -> int:
        """Number of steps."""
        return len(self.plan.steps)

    def people(self, which: str, step: int) -> Int64:
        """Entrants behind a number: who reached step `step` (from 1), or got no further and dropped or is open."""
        if which == "reached":
            return np.flatnonzero(self.reach >= step)
        if which == "converted":
            return np.flatnonzero(self.reach == self.size)
        stopped = (self.reach == step) & (step < self.size)
        return np.flatnonzero(stopped & (self.open if which == "open" else ~self.open))

    def times(self, step: int, entrants: Int64) -> Int64:
        """When these entrants filled step `step` (from 0), which all of them reached."""
        return self._of(self.time[step], step, entrants).astype(np.int64, copy=False)

    def rows(self, step: int, entrants: Int64) -> Int64:
        """Through which row these entrants filled step `step` (from 0), which all of them reached."""
        return self._of(self.row[step], step, entrants).astype(np.int64)

    def _of(self, values: Rows, step: int, entrants: Int64) -> Rows:
        return values[entrants] if step == 0 else values[(np.cumsum(self.reach > step) - 1)[entrants]]

    def furthest(self, values: Sequence[Rows]) -> Int64:
        """Of `time` or `row`, every entrant's at the last step they reached."""
        found = values[0].astype(np.int64)
        for step in range(1, self.size):
            found[self.reach > step] = values[step]
        return found

    def gather(self, entrants: Int64, rows: Rows, read: Callable[[Part, Rows], Float64]) -> Float64:
        """Numbers read from rows of whichever part each entrant is in."""
        found = np.full(len(entrants), np.nan)
        for number, part in enumerate(self.parts):
            here = self.part[entrants] == number
            if here.any():
                found[here] = read(part, rows[here])
        return found

    def texts(self, journeys: Journeys, entrants: Int64, rows: Rows, name: str) -> tuple[Int64, list[str]]:
        """A breakdown of entrants by what `Journeys.labels` says of these rows: a code each, and the codes' texts."""
        codes = np.zeros(len(entrants), dtype=np.int64)
        places: dict[str, int] = {}
        for number, part in enumerate(self.parts):
            here = np.flatnonzero(self.part[entrants] == number)
            if len(here):
                local, texts = journeys.labels(part, rows[here].astype(np.int64, copy=False), name)
                lookup = np.array([places.setdefault(text, len(places)) for text in texts], dtype=np.int64)
                codes[here] = lookup[local]
        return codes, list(places)


def plan_of(query: Query) -> Plan:
    """The plan in a query's values.

    Raises:
        UserError: an exclusion or `--at` names a step that there is not.
    """
    values = query.values
    steps = _all(values["step"], Matcher)
    exclude = _all(values["exclude"], Exclusion)
    for exclusion in exclude:
        if exclusion.before > len(steps):
            raise UserError(
                f"The exclusion {exclusion.matcher}@{exclusion.after}-{exclusion.before} ends at a step there is not.",
                f"The funnel has {len(steps)} steps.",
            )
    at = values["at"]
    if isinstance(at, int) and at > len(steps):
        raise UserError(f"There is no step {at}.", f"The funnel has {len(steps)} steps.")
    window = values["window"]
    return Plan(steps, window if isinstance(window, int) else 0, str(values["order"]), exclude, query.start, query.end)


def _all(given: object, kind: type[Given]) -> tuple[Given, ...]:
    return tuple(value for value in given if isinstance(value, kind)) if isinstance(given, tuple) else ()


def outcome(journeys: Journeys, query: Query, plan: Plan) -> Outcome:
    """Follow the funnel through every part."""
    sessions = query.values["unit"] == "session"
    parts = list(journeys.each())
    found = []
    for part in parts:
        units = units_of(journeys, part, query, plan, sessions)
        chain = chains(journeys, units, plan)
        person = chain.unit if units.person is None else units.person[chain.unit]
        found.append((chain, part.persons[person]))
    if not found:
        return _nobody(plan, sessions)
    reach = _joined([chain.reach for chain, _ in found])
    last = _joined([chain.last for chain, _ in found])
    running = last > query.now - plan.window
    return Outcome(
        plan=plan,
        sessions=sessions,
        parts=parts,
        part=np.repeat(np.arange(len(found), dtype=np.int16), [len(chain.reach) for chain, _ in found]),
        code=_joined([code for _, code in found]),
        reach=reach,
        time=[_joined(times) for times in zip(*(chain.time for chain, _ in found), strict=True)],
        row=ByStep(len(plan.steps), lambda step: _joined([chain.row(step) for chain, _ in found])),
        last=last,
        open=running & (reach < len(plan.steps)),
        matured=~running,
    )


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _nobody(plan: Plan, sessions: bool) -> Outcome:
    none = np.empty(0, dtype=np.int64)
    empty = [none] * len(plan.steps)
    nobody = np.empty(0, dtype=np.bool_)
    none_yet = none.astype(np.int8)
    return Outcome(
        plan,
        sessions,
        [],
        none.astype(np.int16),
        none,
        none_yet,
        empty,
        ByStep(len(plan.steps), lambda _: none),
        none,
        nobody,
        nobody,
    )
