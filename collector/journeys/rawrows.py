"""Raw rows from the ledger's columns and back from parts, each with its person's code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from collector.journeys.build import Raw
from collector.journeys.dictionaries import Dictionaries
from collector.journeys.merge import ranges
from collector.journeys.part import ASIDE, Bool, Int64, Part
from collector.store.protocol import Columns

_FIELDS = tuple(field.name for field in fields(Raw))


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Raw events, and for those with attention folded in already how long after them it came (see `Part.lag`)."""

    raw: Raw
    lag: Int64

    @property
    def size(self) -> int:
        return len(self.lag)

    def only(self, keep: Bool | Int64) -> Rows:
        """Some of the rows."""
        return Rows(Raw(**{name: getattr(self.raw, name)[keep] for name in _FIELDS}), self.lag[keep])

    def coded(self, link_visitor: Int64, link_person: Int64) -> Rows:
        """The same rows with the code of each visitor's person by these links."""
        return replace(self, raw=replace(self.raw, code=codes_of(self.raw.visitor, link_visitor, link_person)))


def codes_of(visitor: Int64, link_visitor: Int64, link_person: Int64) -> Int64:
    """`person_code` of each visitor; links ascend by visitor."""
    codes = visitor.astype(np.int64) * 2
    if len(link_visitor):
        place = np.minimum(np.searchsorted(link_visitor, visitor), len(link_visitor) - 1)
        codes = np.where(link_visitor[place] == visitor, link_person[place] * 2 + 1, codes)
    return codes


def from_ledger(columns: Columns, dictionaries: Dictionaries) -> Rows:
    """Events as the ledger scans them, without codes."""
    engagement = dictionaries.is_engagement(columns.kind)
    none = np.zeros(len(columns.id), dtype=np.int64)
    aside = dictionaries.is_aside(columns.kind, columns.page) & (columns.bot == 0)
    raw = Raw(
        code=none,
        visitor=columns.visitor,
        time=columns.time,
        id=columns.id,
        kind=columns.kind,
        page=columns.page,
        source=columns.source,
        agent=columns.agent,
        bot=np.where(aside, ASIDE, columns.bot),
        value=columns.value,
        engaged=none,
        engagement=engagement,
        campaign=dictionaries.is_campaign(columns.source),
    )
    return Rows(raw, none - 1)


def from_part(part: Part, persons: Int64, dictionaries: Dictionaries) -> Rows:
    """All rows of these persons (indices) of a part."""
    rows = ranges(part.person_row[persons], part.person_row[persons + 1])
    source = part.source[rows].astype(np.int64)
    raw = Raw(
        code=np.zeros(len(rows), dtype=np.int64),
        visitor=part.visitor[rows].astype(np.int64),
        time=np.asarray(part.time[rows]),
        id=np.asarray(part.id[rows]),
        kind=part.kind[rows].astype(np.int64),
        page=part.page[rows].astype(np.int64),
        source=source,
        agent=part.agent[rows].astype(np.int64),
        bot=part.bot[rows].astype(np.int64),
        value=np.asarray(part.value[rows]),
        engaged=part.engaged[rows].astype(np.int64),
        engagement=np.zeros(len(rows), dtype=np.bool_),
        campaign=dictionaries.is_campaign(source),
    )
    return Rows(raw, part.lag[rows].astype(np.int64))


def together(several: Sequence[Rows]) -> Rows:
    """The rows of all."""
    raw = Raw(**{name: np.concatenate([getattr(one.raw, name) for one in several]) for name in _FIELDS})
    return Rows(raw, np.concatenate([one.lag for one in several]))


def joined(several: Sequence[Columns]) -> Columns:
    """The columns of all."""
    names = [field.name for field in fields(Columns)]
    return Columns(**{name: np.concatenate([getattr(one, name) for one in several]) for name in names})
