"""The touches of a part: how each visit came, or each of the events asked for, with the value of the dimension."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.deadline import check
from collector.core.event import Source
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.attribution.plan import DIRECT, Plan
from collector.reports.named import NONE, named
from collector.reports.scope import coded, page_path


@dataclass(frozen=True, slots=True, eq=False)
class Touches:
    """Touches of a part in order of person and time.

    key: as `Part.key`, ascending. code: index into `labels`. direct: whether the visit came from nowhere known.
    """

    key: Int64
    code: Int64
    direct: Bool
    labels: list[str]


def touches_of(journeys: Journeys, part: Part, plan: Plan, include_bots: bool) -> Touches:
    """Every touch of the part's people, of whatever time."""
    check()
    return _events(journeys, part, plan, include_bots) if plan.touches else _visits(journeys, part, plan, include_bots)


def _visits(journeys: Journeys, part: Part, plan: Plan, include_bots: bool) -> Touches:
    key, ids = part.memo.get(("visits as touches", include_bots), lambda: _begun(part, include_bots))
    # One place a source, and the last for -1.
    known = [*range(max(journeys.sources, default=-1) + 1), -1]
    direct = np.array([journeys.source_at(number).channel == DIRECT for number in known])[ids]
    if plan.dimension == "landing":
        rows = _first_rows(part, include_bots)

        def landed(number: int) -> str:
            page = journeys.pages.get(number)
            return NONE if page is None else named(page_path(page[1]))

        code, labels = coded(part.page[rows].astype(np.int64), landed)
    else:
        places: dict[str, int] = {}
        told = [places.setdefault(_told(journeys.source_at(one), plan.dimension), len(places)) for one in known]
        code, labels = np.array(told, dtype=np.int64)[ids], list(places)
    return Touches(key, code, direct, labels)


def _first_rows(part: Part, include_bots: bool) -> Int64:
    """The rows that visits begin with."""
    rows = part.session_row
    return rows[part.counted(include_bots, rows)] if part.bot.any() else rows


def _begun(part: Part, include_bots: bool) -> tuple[Int64, Int32]:
    """The keys of visits' first rows and their sources, which never change."""
    rows = _first_rows(part, include_bots)
    return part.key[rows], part.source[rows]


def _told(source: Source, field: str) -> str:
    """A visit's value of a field; direct is a value of each of them."""
    return DIRECT if source.channel == DIRECT else called(str(getattr(source, field)), field)


def called(value: str, dimension: str) -> str:
    """The name of a value; a campaign, say, that is called like direct visits stands in quotes."""
    like_ours = dimension != "channel" and value.strip('"').casefold() == DIRECT
    return f'"{value}"' if like_ours else named(value)


def _events(journeys: Journeys, part: Part, plan: Plan, include_bots: bool) -> Touches:
    found = [journeys.rows(part, matcher, include_bots) for matcher in plan.touches]
    # An event that fits several is one touch, by the first of them.
    rows, first = np.unique(np.concatenate(found), return_index=True)
    which = np.repeat(np.arange(len(found)), [len(one) for one in found])[first]
    goal = journeys.rows(part, plan.goal, include_bots)
    kept = ~np.isin(rows, goal, assume_unique=True)
    rows, which = rows[kept], which[kept]
    if plan.by_matcher:
        code, labels = which.astype(np.int64), [str(matcher) for matcher in plan.touches]
    else:
        code, labels = _names(journeys, part, plan, rows, which)
    return Touches(part.key[rows], code, np.zeros(len(rows), dtype=np.bool_), labels)


def _names(journeys: Journeys, part: Part, plan: Plan, rows: Int64, which: Int64) -> tuple[Int64, list[str]]:
    """Events by their own name, pages by their path; visits from a source by the matcher."""
    # One number for a kind, or where it is the visit that counts, for the matcher, behind those of all kinds.
    behind = max(journeys.kinds, default=0) + 1
    visits = np.array([matcher.is_source for matcher in plan.touches], dtype=np.bool_)
    ids = np.where(visits[which], behind + which, part.kind[rows])

    def name(number: int) -> str:
        if number >= behind:
            return str(plan.touches[number - behind])
        kind = journeys.kinds[number]
        return named(page_path(kind.name) if kind.type == "page" else kind.name or kind.target)

    return coded(ids.astype(np.int64), name)
