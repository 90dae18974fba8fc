"""Who had a device when, for files that are not in order of time: found in a first reading (SEMANTICS 4)."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress

from collector.core.event import Event
from collector.core.times import MINUTE
from collector.importing.files import RowFile
from collector.importing.rows import CHUNK
from collector.ingest.imports.making import Reader
from collector.ingest.rows import RowError

SAMPLE = 10_000


class Owners:
    """The users that the events of a file claim, by visitor."""

    def __init__(self) -> None:
        self._times: dict[str, dict[str, array[int]]] = {}
        self._shared: dict[str, list[tuple[int, str]]] = {}

    def learn(self, event: Event) -> None:
        """Take note of an event's claim."""
        if event.user:
            self._times.setdefault(event.visitor, {}).setdefault(event.user, array("q")).append(event.time)

    def settle(self) -> None:
        """Put the claims of the visitors whom several users claim in order; the others need none of this."""
        for visitor, users in self._times.items():
            if len(users) > 1:
                self._shared[visitor] = sorted((time, user) for user, times in users.items() for time in times)
        self._times.clear()

    def name(self, event: Event) -> None:
        """Say on an event without a claim whose it is: who was named last before it, else who was named first."""
        claims = None if event.user else self._shared.get(event.visitor)
        if claims:
            place = bisect_right(claims, event.time, key=lambda claim: claim[0])
            event.user = claims[max(0, place - 1)][1]


def _events(file: RowFile, reader: Reader) -> Iterator[Event]:
    for row in file.rows():
        if row.cells is not None:
            with suppress(RowError):
                yield from reader.read(row.cells, row.text)


def needs_owners(file: RowFile, reader: Reader) -> bool:
    """Whether a file names users and is not in order of time, by its first rows; a file of one chunk needs nothing."""
    if reader.keeps_order:
        return False
    latest, seen = -(2**62), 0
    disorder = named = False
    for seen, event in enumerate(_events(file, reader), 1):
        disorder = disorder or event.time + MINUTE < latest
        named = named or event.user is not None
        latest = max(latest, event.time)
        if seen > SAMPLE or (seen > CHUNK and disorder and named):
            break
    return seen > CHUNK and disorder and named


def find_owners(file: RowFile, reader: Reader) -> Owners:
    """Read a whole file for who had which device when."""
    owners = Owners()
    for event in _events(file, reader):
        owners.learn(event)
    owners.settle()
    return owners
