# ruff: noqa: ARG002 - the arguments are the protocol's
"""Millions of events as a busy site has them, and a ledger over arrays, so that no database is in the measurement."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.acts import acts
from benchmarks.people import Persons, persons, visits
from benchmarks.vocabulary import AGENTS, CATEGORIES, COUNTRIES, KINDS, NUMBER, PAGES, PLANS, SOURCES
from collector.core.event import Agent, Json, Kind, Source
from collector.store.protocol import Change, Columns, LinkRow, PersonRow, VisitorRow

EVENTS = ("visitor", "time", "kind", "page", "source", "agent", "bot", "value", "person", "landing")
FORMAT = 2
MOST_PEOPLE = 1_000_000
_SCANNED = ("visitor", "time", "kind", "page", "source", "agent", "bot")
PROPERTIES = ("plan", "category", "country", "step", "currency", "total")
_TYPES = {"visitor": np.int32, "time": np.int64, "value": np.float64, "person": np.int32, "landing": np.bool_}

Array = NDArray[Any]


def generate(events: int, people: int, folder: Path, seed: int = 1) -> dict[str, Array]:
    """Columns in order of arrival (and `persons.*`, one entry a person), made once, kept in `folder`, then mapped."""
    kept = folder / f"events-{events}-{people}-{seed}-{FORMAT}"
    if not kept.exists():
        fresh = folder / f"making-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        _make(events, people, seed, fresh)
        fresh.rename(kept)
    return _mapped(kept)


def _mapped(folder: Path) -> dict[str, Array]:
    return {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}


def _make(events: int, people: int, seed: int, folder: Path) -> None:
    """Make the columns, of a million persons at a time, so that they need no more memory than those."""
    pieces = -(-people // MOST_PEOPLE)
    random = np.random.default_rng(seed)
    seconds = 0
    for piece in range(pieces):
        some = people // pieces
        who = persons(some, piece * some, people + seconds, random)
        seconds += int(np.count_nonzero(who.second))
        made = acts(events // pieces, who, visits(who, random), random)
        made["person"] = made["person"] + piece * some
        for name in Persons.__slots__:
            np.save(folder / f"persons.{name}.{piece}", getattr(who, name))
        for name in EVENTS:
            np.save(folder / f"{name}.{piece}", made[name].astype(_TYPES.get(name, np.int16)))
    order = np.argsort(np.concatenate(_pieces(folder, "time", pieces)), kind="stable") if pieces > 1 else None
    for name in (*EVENTS, *(f"persons.{name}" for name in Persons.__slots__)):
        whole = np.concatenate(_pieces(folder, name, pieces))
        np.save(folder / f"{name}.npy", whole[order] if order is not None and name in EVENTS else whole)
        for piece in range(pieces):
            (folder / f"{name}.{piece}.npy").unlink()


def _pieces(folder: Path, name: str, pieces: int) -> list[Array]:
    return [np.load(folder / f"{name}.{piece}.npy", mmap_mode="r") for piece in range(pieces)]


def kind_of(text: str) -> int:
    """The number of a kind by `type:name`."""
    subject, _, name = text.partition(":")
    return next(number for kind, number in NUMBER.items() if (kind.type, kind.name) == (subject, name))


class ArrayLedger:
    """As much of a ledger as a view is built from, over columns in memory; events can be added at the end."""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        self._columns = {name: columns[name] for name in EVENTS}
        self._persons = {
            name.removeprefix("persons."): values for name, values in columns.items() if name not in EVENTS
        }
        second = self._persons["second"]
        self._second = np.flatnonzero(second) + 1
        self.people = len(second)

    @property
    def events(self) -> int:
        """How many there are."""
        return len(self._columns["time"])

    @property
    def visitors(self) -> int:
        """How many there are, those without an event included."""
        return self.people + len(self._second)

    def add(self, columns: Mapping[str, Array]) -> None:
        """New events."""
        self._columns = {name: np.concatenate([values, columns[name]]) for name, values in self._columns.items()}

    def scan(self, site: int, after: int, limit: int) -> Columns:
        found = {name: np.asarray(self._columns[name][after : after + limit]).astype(np.int64) for name in _SCANNED}
        value = np.asarray(self._columns["value"][after : after + limit]).astype(np.float64)
        return Columns(id=np.arange(after + 1, after + len(value) + 1), value=value, **found)

    def scan_visitors(self, site: int, visitors: Sequence[int]) -> Columns:
        raise NotImplementedError("no event of these comes late")

    def kinds(self, site: int, after: int = 0) -> Sequence[tuple[int, Kind]]:
        return list(enumerate(KINDS, 1))[after:]

    def pages(self, site: int, after: int = 0) -> Sequence[tuple[int, str, str]]:
        return [(number, f"https://shop.example{path}", path) for number, path in enumerate(PAGES, 1)][after:]

    def sources(self, site: int, after: int = 0) -> Sequence[tuple[int, Source]]:
        return list(enumerate(SOURCES, 1))[after:]

    def agents(self, after: int = 0) -> Sequence[tuple[int, Agent]]:
        return list(enumerate(AGENTS, 1))[after:]

    def person_of(self, visitor: int) -> int:
        """The number of the person behind a visitor."""
        return visitor if visitor <= self.people else int(self._second[visitor - self.people - 1])

    def links(self, site: int, visitors: Sequence[int] | None = None) -> Sequence[LinkRow]:
        known = self._persons["known"]
        if visitors is None:
            some = (np.flatnonzero(known) + 1).tolist()
            visitors = [*some, *range(self.people + 1, self.people + len(self._second) + 1)]
        owners = ((visitor, self.person_of(visitor)) for visitor in visitors)
        return [LinkRow(v, v, person, 0, "identify") for v, person in owners if known[person - 1]]

    def changes(self, site: int, after: int) -> Sequence[Change]:
        return []

    def cookieless(self, site: int, after: int = 0) -> tuple[Sequence[int], int]:
        return [], after

    def visitor_keys(self, site: int, ids: Sequence[int]) -> Mapping[int, str]:
        return {number: f"v_{number:032x}" for number in ids}

    def user_ids(self, site: int, ids: Sequence[int]) -> Mapping[int, str]:
        return {number: f"user-{number}" for number in ids}

    def person(self, site: int, key: str) -> tuple[PersonRow | None, Sequence[VisitorRow]]:
        if key.startswith("user-"):
            number = int(key.removeprefix("user-"))
            second = int(self._persons["second"][number - 1])
            rows = [VisitorRow(one, f"v_{one:032x}") for one in (number, second) if one]
            return PersonRow(number, key, {}), rows
        return None, [VisitorRow(int(key.removeprefix("v_"), 16), key)] if key.startswith("v_") else []

    def property_names(self, site: int, limit: int = 200) -> Sequence[str]:
        return PROPERTIES

    def property_values(self, site: int, name: str, after: int, upto: int) -> Iterator[tuple[int, Json]]:
        here = slice(after, upto)
        kind = np.asarray(self._columns["kind"][here])
        fits, code, values = self._property(name, here, kind)
        rows = np.flatnonzero(fits)
        yield from zip((rows + after + 1).tolist(), [values[one] for one in code[rows].tolist()], strict=True)

    def _property(self, name: str, here: slice, kind: Array) -> tuple[NDArray[np.bool_], Array, Sequence[Json]]:
        sold = np.isin(kind, [kind_of(f"event:{what}") for what in ("checkout", "purchase")])
        lead = np.isin(kind, [kind_of(f"event:{what}") for what in ("signup", "trial_started", "subscription_started")])
        person = np.asarray(self._columns["person"][here]) - 1
        if name == "country":
            return np.asarray(self._columns["landing"][here]) | sold | lead, self._persons["country"][person], COUNTRIES
        if name == "plan":
            return lead, self._persons["plan"][person], PLANS
        if name == "category":
            goods = np.isin(kind, [number for one, number in NUMBER.items() if one.name.startswith("/product/")])
            goods |= kind == kind_of("event:add_to_cart")
            # What is put into the cart is of the category that this person likes best.
            return goods, (np.where(goods, kind * 7 + person, 0) % len(CATEGORIES)), list(CATEGORIES)
        if name == "step":
            forms = np.isin(kind, [number for one, number in NUMBER.items() if one.type.startswith("form")])
            return forms, person % 4, [1, 2, 3, 4]
        if name == "currency":
            return sold, person * 0, ["EUR"]
        if name == "total":
            return sold, np.arange(len(kind)), np.asarray(self._columns["value"][here]).tolist()
        return np.zeros(len(kind), dtype=np.bool_), kind, []
