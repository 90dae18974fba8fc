"""What became of every entrant of a funnel, over all parts: the one set of arrays that all its blocks count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Exclusion, Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.journeys.sessions import GAP, LONGEST
from collector.reports.funnel_chain import Chains, Rows, chains
from collector.reports.funnel_plan import Plan, units_of
from collector.reports.funnel_seek import session_ends
from collector.reports.once import once

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


@dataclass(frozen=True, eq=False)
class Outcome:
    """One column an entrant (a person, or a session where `sessions`).

    part: index into `parts`. reach: steps filled. chains: a value a part, with the events behind, which are looked for
    when they are first asked for. persons: index into `Part.persons` of each unit of a part, None for the unit itself.
    again: follows another plan through the same parts. shorter: what it found for the first steps alone.
    """

    plan: Plan
    sessions: bool
    now: int
    parts: Sequence[Part]
    part: NDArray[np.int16]
    reach: NDArray[np.int8]
    chains: Sequence[Chains]
    persons: Sequence[Int64 | None]
    again: Callable[[Plan], Outcome]
    shorter: dict[int, Outcome] = field(default_factory=dict)

    @once
    def code(self) -> Int64:
        """Each entrant's person, as a code."""
        return _joined(
            [
                part.persons[chain.unit if persons is None else persons[chain.unit]]
                for part, chain, persons in zip(self.parts, self.chains, self.persons, strict=True)
            ]
        )

    @once
    def time(self) -> Sequence[Int64]:
        """For each step the times (ms UTC) over those who reached it."""
        return [_joined([chain.details.time[step] for chain in self.chains]) for step in range(self.size)]

    @once
    def row(self) -> ByStep:
        """For each step the rows over those who reached it."""
        return ByStep(self.size, lambda step: _joined([chain.details.row(step) for chain in self.chains]))

    @once
    def begun(self) -> tuple[Int64, Rows]:
        """When and through which row each first began: the first attempt that nothing spoiled, whatever came of it."""
        found = [chain.details.begun() for chain in self.chains]
        return _joined([times for times, _ in found]), _joined([rows for _, rows in found])

    @once
    def last(self) -> Int64:
        """Time of each entrant's last attempt that nothing spoiled, before all time where each was."""
        return _joined([chain.details.last for chain in self.chains])

    @once
    def matured(self) -> Bool:
        """Who had the whole window from the first time they began, whether or not they went on, or began again."""
        return (self.begun[0] <= self.now - self.plan.window) | self._ended

    @once
    def open(self) -> Bool:
        """Who did not convert and may do so yet, in an attempt that began later perhaps."""
        return (self.reach < self.size) & (self.last > self.now - self.plan.window) & ~self._ended

    @once
    def _ended(self) -> Bool:
        """Of sessions, which are over: nothing can happen in them any more."""
        ended = np.zeros(len(self.reach), dtype=np.bool_)
        if self.sessions:
            ends = [part.time[session_ends(part)[of.unit]] for part, of in zip(self.parts, self.chains, strict=True)]
            starts = [part.time[part.session_row[of.unit]] for part, of in zip(self.parts, self.chains, strict=True)]
            ended = (_joined(ends) < self.now - GAP) | (_joined(starts) <= self.now - LONGEST)
        return ended

    @once
    def dropped(self) -> list[int]:
        """How many dropped after each step: none after the last."""
        stopped = np.bincount(self.reach[~self.open], minlength=self.size + 1)
        return [*stopped[1 : self.size].tolist(), 0]

    @property
    def size(self) -> int:
        """Number of steps."""
        return len(self.plan.steps)

    @property
    def longest(self) -> int:
        """How many ms after it began everything is decided."""
        return min(self.plan.window, LONGEST) if self.sessions else self.plan.window

    def people(self, which: str, step: int) -> Int64:
        """Entrants behind a number: who reached step `step` (from 1), or got no further, and dropped or is open.

        Of all steps together: who converted, is waiting (open after any step), or has no time left.
        """
        if which == "reached":
            return np.flatnonzero(self.reach >= step)
        if which == "converted":
            return np.flatnonzero(self.reach == self.size)
        if which in ("waiting", "over"):
            return np.flatnonzero(self.open if which == "waiting" else self.matured)
        stopped = (self.reach == step) & (step < self.size)
        if which == "stopped":
            return np.flatnonzero(stopped)
        return np.flatnonzero(stopped & (self.open if which == "open" else ~self.open))

    def settled(self, step: int) -> Int64:
        """Who reached step `step` (from 1) and had the whole window, alike for those who went on and who did not."""
        return np.flatnonzero((self.reach >= step) & self.matured)

    def arrived(self, step: int, entrants: Int64) -> tuple[Int64, Int64]:
        """When and through which row these entrants, who all reached step `step` (from 1), did so for the first time.

        That does not hang on what came of it, as the step of the chain that counts does, which is a later one for who
        goes on at a later attempt. In any order there are no first steps but the first: those are of that chain.
        """
        if step == 1:
            times, rows = self.begun
            return times[entrants], rows[entrants].astype(np.int64)
        if self.plan.order == "any":
            return self.times(step - 1, entrants), self.rows(step - 1, entrants)
        return self._arrived(step, entrants)

    def _arrived(self, step: int, entrants: Int64) -> tuple[Int64, Int64]:
        first = self if step == self.size else self._up_to(step)
        places = np.empty(len(entrants), dtype=np.int64)
        begin = 0
        for number, (chain, own) in enumerate(zip(first.chains, self.chains, strict=True)):
            here = self.within(number, entrants)
            units = own.unit[entrants[here] - np.searchsorted(self.part, number)]
            places[here] = begin + np.searchsorted(chain.unit, units)
            begin += len(chain.unit)
        return first.times(step - 1, places), first.rows(step - 1, places)

    def _up_to(self, step: int) -> Outcome:
        """The funnel that ends with step `step`, whose chains are the first that get there."""
        if step not in self.shorter:
            exclude = tuple(one for one in self.plan.exclude if one.before <= step)
            self.shorter[step] = self.again(replace(self.plan, steps=self.plan.steps[:step], exclude=exclude))
        return self.shorter[step]

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

    def within(self, number: int, entrants: Int64) -> Int64 | slice:
        """Places in `entrants` of those who are in a part; a slice where that is the only one, which costs nothing."""
        return slice(None) if len(self.parts) == 1 else np.flatnonzero(self.part[entrants] == number)

    def person(self, number: int, entrants: Int64) -> Int64:
        """Which persons of a part these entrants are, who are all in that part."""
        unit: Int64 = self.chains[number].unit[entrants - np.searchsorted(self.part, number)]
        persons = self.persons[number]
        return unit if persons is None else persons[unit]

    def gather(self, entrants: Int64, rows: Rows, read: Callable[[Part, Rows], Float64]) -> Float64:
        """Numbers read from rows of whichever part each entrant is in."""
        found = np.full(len(entrants), np.nan)
        for number, part in enumerate(self.parts):
            here = self.within(number, entrants)
            found[here] = read(part, rows[here])
        return found

    def texts(self, journeys: Journeys, entrants: Int64, rows: Rows, name: str) -> tuple[Int64, list[str]]:
        """A breakdown of entrants by what `Journeys.labels` says of these rows: a code each, and the codes' texts."""
        codes = np.zeros(len(entrants), dtype=np.int64)
        places: dict[str, int] = {}
        for number, part in enumerate(self.parts):
            here = self.within(number, entrants)
            local, texts = journeys.labels(part, rows[here].astype(np.int64, copy=False), name)
            lookup = np.array([places.setdefault(text, len(places)) for text in texts], dtype=np.int64)
            codes[here] = lookup[local]
        return codes, list(places)


def given_steps(query: Query) -> tuple[Matcher, ...]:
    """The steps as they were given, optional ones among them."""
    return _all(query.values["step"], Matcher)


def optional_steps(query: Query) -> frozenset[int]:
    """The numbers (from 1) of the steps, as given, that may be skipped.

    Raises:
        UserError: the first or the last step, or one that there is not, or steps that are not in order.
    """
    numbers = frozenset(_all(query.values["optional"], int))
    size = len(given_steps(query))
    for number in sorted(numbers):
        if not 1 < number < size:
            raise UserError(
                f"Step {number} cannot be optional.", "Only steps between the first and the last one may be skipped."
            )
    if numbers and query.values["order"] != "ordered":
        raise UserError("Optional steps need steps in order.", "Choose the order “ordered”.")
    return numbers


def plan_of(query: Query) -> Plan:
    """The plan in a query's values: of the steps that may not be skipped.

    Raises:
        UserError: an exclusion or `--at` names a step that there is not, or one that may be skipped.
    """
    values = query.values
    given, optional = given_steps(query), optional_steps(query)
    steps = tuple(step for number, step in enumerate(given, 1) if number not in optional)
    at = values["at"]
    if isinstance(at, int) and at > len(steps):
        raise UserError(f"There is no step {at}.", f"The funnel has {len(steps)} steps.")
    exclude = tuple(_renumbered(one, len(given), optional) for one in _all(values["exclude"], Exclusion))
    window = values["window"]
    return Plan(steps, window if isinstance(window, int) else 0, str(values["order"]), exclude, query.start, query.end)


def _renumbered(exclusion: Exclusion, size: int, optional: frozenset[int]) -> Exclusion:
    """An exclusion between steps as given, as one between the steps that may not be skipped."""
    named = f"The exclusion {exclusion.matcher}@{exclusion.after}-{exclusion.before}"
    if exclusion.before > size:
        raise UserError(f"{named} ends at a step there is not.", f"The funnel has {size} steps.")
    if optional & {exclusion.after, exclusion.before}:
        raise UserError(f"{named} is beside a step that may be skipped.", "Name steps that may not.")
    after, before = (number - sum(one < number for one in optional) for number in (exclusion.after, exclusion.before))
    return Exclusion(exclusion.matcher, after, before)


def _all(given: object, kind: type[Given]) -> tuple[Given, ...]:
    return tuple(value for value in given if isinstance(value, kind)) if isinstance(given, tuple) else ()


def outcome(journeys: Journeys, query: Query, plan: Plan) -> Outcome:
    """Follow the funnel through every part."""
    sessions = query.values["unit"] == "session"
    parts = list(journeys.each())
    units = [units_of(journeys, part, query, plan, sessions) for part in parts]
    found = [chains(journeys, of_part, plan) for of_part in units]
    counts = [len(chain.reach) for chain in found]
    return Outcome(
        plan=plan,
        sessions=sessions,
        now=query.now,
        parts=parts,
        part=np.repeat(np.arange(len(found), dtype=np.int16), counts),
        reach=_joined([chain.reach for chain in found], np.int8),
        chains=found,
        persons=[of_part.person for of_part in units],
        again=lambda other: outcome(journeys, query, other),
    )


def _joined(arrays: Sequence[NDArray[Any]], kind: type[np.generic] = np.int64) -> NDArray[Any]:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)
