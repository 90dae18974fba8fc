# ruff: noqa: ARG002 - the arguments are the protocol's
"""Ten million events as a busy site has them, and a ledger over arrays, so that no database is in the measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from collector.core.event import Agent, Json, Kind, Source
from collector.core.times import DAY, HOUR
from collector.store.protocol import Change, Columns, LinkRow

KINDS = 200
DAYS = 75
START = 1_760_000_000_000
CHANNELS = ("paid_search", "organic_search", "email", "referral", "retargeting", "paid_social")


def generate(events: int, persons: int, folder: Path, seed: int = 1) -> dict[str, NDArray[np.int64]]:
    """Columns in order of arrival, made once and kept in `folder`.

    Kinds and persons are skewed (a few of each make most of the events); people come in visits of a few events.
    """
    kept = folder / f"events-{events}-{persons}-{seed}.npy"
    names = ("visitor", "time", "kind", "source", "agent")
    if not kept.exists():
        made = _made(events, persons, np.random.default_rng(seed))
        folder.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.stack([made[name] for name in names]))
    loaded = np.load(kept)
    return {name: loaded[at] for at, name in enumerate(names)}


def _made(events: int, persons: int, random: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    eager = random.lognormal(0.0, 1.0, persons)
    visits = events // 4
    who = np.concatenate([np.arange(persons), random.choice(persons, visits - persons, p=eager / eager.sum())])
    begun = START + random.integers(0, DAYS * DAY, visits)
    of_visit = np.concatenate([np.arange(visits), random.integers(0, visits, events - visits)])
    weights = 1 / np.arange(1, KINDS + 1)
    time = begun[of_visit] + random.integers(0, HOUR // 2, events)
    order = np.argsort(time, kind="stable")
    of_visit, time = of_visit[order], time[order]
    kind = random.choice(KINDS, events, p=weights / weights.sum()) + 1
    source = np.where(random.random(visits) < 0.6, random.integers(1, len(CHANNELS) + 1, visits), -1)
    return {
        "visitor": who[of_visit] + 1,
        "time": time,
        "kind": kind,
        "source": source[of_visit],
        "agent": random.integers(1, 4, persons)[who[of_visit]],
    }


class ArrayLedger:
    """As much of a ledger as a view is built from, over columns in memory; events can be added at the end."""

    def __init__(self, columns: dict[str, NDArray[np.int64]]) -> None:
        self._columns = columns

    def add(self, columns: dict[str, NDArray[np.int64]]) -> None:
        """New events."""
        self._columns = {name: np.concatenate([values, columns[name]]) for name, values in self._columns.items()}

    def scan(self, site: int, after: int, limit: int) -> Columns:
        found = {name: values[after : after + limit] for name, values in self._columns.items()}
        count = len(found["time"])
        return Columns(
            id=np.arange(after + 1, after + count + 1),
            page=found["kind"],
            bot=np.zeros(count, dtype=np.int64),
            value=np.where(found["kind"] == KINDS, 10.0, np.nan),
            **found,
        )

    def scan_visitors(self, site: int, visitors: Sequence[int]) -> Columns:
        raise NotImplementedError("no event of these comes late")

    def kinds(self, site: int, after: int = 0) -> Sequence[tuple[int, Kind]]:
        return [(number, Kind("event", f"kind-{number}")) for number in range(after + 1, KINDS + 1)]

    def pages(self, site: int, after: int = 0) -> Sequence[tuple[int, str, str]]:
        return [(number, f"https://a.example/{number}", f"/{number}") for number in range(after + 1, KINDS + 1)]

    def sources(self, site: int, after: int = 0) -> Sequence[tuple[int, Source]]:
        every = [(number, Source(name, f"{name}.example")) for number, name in enumerate(CHANNELS, 1)]
        return every[after:]

    def agents(self, after: int = 0) -> Sequence[tuple[int, Agent]]:
        return [(number, Agent(name)) for number, name in enumerate(("desktop", "mobile", "tablet"), 1)][after:]

    def links(self, site: int, visitors: Sequence[int] | None = None) -> Sequence[LinkRow]:
        return []

    def changes(self, site: int, after: int) -> Sequence[Change]:
        return []

    def property_values(self, site: int, name: str, after: int, upto: int) -> Iterator[tuple[int, Json]]:
        return iter(())
