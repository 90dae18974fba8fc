"""The view from nothing: the whole ledger in bounded memory, through columns spilled to disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.journeys.build import build_part, orphans
from collector.journeys.dictionaries import Dictionaries
from collector.journeys.files import Generation, Meta, SiteFiles
from collector.journeys.merge import in_groups, merge_parts
from collector.journeys.part import Int64
from collector.journeys.rawrows import codes_of, from_ledger
from collector.store.protocol import Columns, Ledger

CHUNK = 100_000
AT_ONCE = 2_000_000
_TYPES = {
    "id": np.int64,
    "visitor": np.int64,
    "time": np.int64,
    "kind": np.int32,
    "page": np.int32,
    "source": np.int32,
    "agent": np.int32,
    "bot": np.int16,
    "value": np.float64,
}


def scan(ledger: Ledger, site: int, after: int) -> Iterator[Columns]:
    """The events after id `after`, a chunk at a time."""
    while True:
        columns = ledger.scan(site, after, CHUNK)
        if len(columns.id):
            yield columns
            after = int(columns.id[-1])
        if len(columns.id) < CHUNK:
            return


def read_links(ledger: Ledger, site: int) -> tuple[Int64, Int64]:
    """All links: visitors, ascending, and their persons."""
    rows = ledger.links(site)
    visitor = np.array([row.visitor for row in rows], dtype=np.int64)
    person = np.array([row.person for row in rows], dtype=np.int64)
    order = np.argsort(visitor)
    return visitor[order], person[order]


def build(
    ledger: Ledger, site: int, files: SiteFiles, dictionaries: Dictionaries, change: int, erasure: int
) -> Generation:
    """A generation that holds everything, not yet current, in one segment if it fits; `change` was read before."""
    folder = files.folder / "spill"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        total, head = _spill(ledger, site, folder)
        dictionaries.extend()
        visitors, persons = read_links(ledger, site)
        segments: tuple[str, ...] = ()
        lonely = np.empty(0, dtype=np.int64)
        if total:
            segments, lonely = _segments(folder, files, dictionaries, visitors, persons)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    meta = Meta(head, change, segments, erasure)
    alive = tuple(np.array(files.segment(name).alive) for name in segments)
    return Generation("", meta, alive, visitors, persons, lonely)


def _spill(ledger: Ledger, site: int, folder: Path) -> tuple[int, int]:
    total = head = 0
    files = {name: (folder / name).open("wb") for name in _TYPES}
    try:
        for columns in scan(ledger, site, 0):
            for name, kind in _TYPES.items():
                files[name].write(getattr(columns, name).astype(kind).tobytes())
            total, head = total + len(columns.id), int(columns.id[-1])
    finally:
        for file in files.values():
            file.close()
    return total, head


def _segments(
    folder: Path, files: SiteFiles, dictionaries: Dictionaries, visitors: Int64, persons: Int64
) -> tuple[tuple[str, ...], Int64]:
    names, lonely = _pieces(folder, files, dictionaries, visitors, persons)
    if len(names) > 1:
        groups = in_groups([files.segment(name) for name in names])
        names = [files.write_segment(partial(merge_parts, group)) for group in groups]
    return tuple(names), np.unique(np.concatenate(lonely))


def _pieces(
    folder: Path, files: SiteFiles, dictionaries: Dictionaries, visitors: Int64, persons: Int64
) -> tuple[list[str], list[Int64]]:
    """Segments of about `AT_ONCE` rows; nothing of this stays in memory while they are merged."""
    codes = codes_of(_spilled(folder, "visitor"), visitors, persons)
    names, lonely = [], []
    for low, high in _cuts(codes):
        here = np.flatnonzero((codes >= low) & (codes < high))
        read = {name: _spilled(folder, name)[here] for name in _TYPES}
        whole = {name: read.pop(name).astype(np.int64) for name in _TYPES if name != "value"}
        rows = from_ledger(Columns(**whole, value=read["value"]), dictionaries).coded(visitors, persons)
        names.append(files.write_segment(lambda _, raw=rows.raw: build_part(raw, dictionaries.kind_bound)))  # type: ignore[misc]
        lonely.append(orphans(rows.raw))
    return names, lonely


def _spilled(folder: Path, name: str) -> NDArray[Any]:
    """A column, mapped anew at each look, so that its pages are let go of after it."""
    return np.asarray(np.memmap(folder / name, dtype=_TYPES[name], mode="r"))


def _cuts(codes: Int64) -> list[tuple[int, int]]:
    """Ranges of codes with about `AT_ONCE` rows each; a person is in one range."""
    pieces = -(-len(codes) // AT_ONCE)
    sample = np.sort(codes[:: max(len(codes) // 100_000, 1)])
    cuts = sorted({int(sample[len(sample) * piece // pieces]) for piece in range(1, pieces)})
    edges = [0, *cuts, 2**62]
    return [(low, high) for low, high in pairwise(edges) if low < high]
