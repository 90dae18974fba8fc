"""Landings of visits, the short ones counted together and only the others walked one by one."""

from __future__ import annotations

import numpy as np

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Part
from collector.reports.funnel_plan import lasting
from collector.reports.paths.anchors import Anchors, landings
from collector.reports.paths.places import Rules
from collector.reports.paths.short import Short, short_of, ways_of
from collector.reports.paths.tape import Tape, tape
from collector.reports.scope import choose


def landed(
    journeys: Journeys, query: Query, rules: Rules, window: int, each: bool
) -> tuple[list[Anchors], list[Short]]:
    """What `landings` finds, less the short visits; all, one by one, with `each` or where there are too many places."""
    parts = list(journeys.each())
    ways = [None if each else ways_of(journeys, part, rules, query.include_bots) for part in parts]
    anchors, short = [], []
    for part, mine in zip(parts, ways, strict=True):
        if mine is None:
            return landings(journeys, query, rules, window), []
        chosen = choose(journeys, part, query, lasting=lasting(True, window))
        of = tape(journeys, part, rules, sessions=True, include_bots=query.include_bots)
        short.append(short_of(part, of, mine, _kept(part, query, of, chosen, mine.few)))
        kept = _kept(part, query, of, chosen, mine.rest)
        unit = (mine.rest if kept is None else mine.rest[kept]).astype(np.int64)
        stay = of.start[unit]
        row, goal = of.row[stay].astype(np.int64), np.full(len(unit), -1, dtype=np.int64)
        anchors.append(Anchors(part, unit, row, goal, stay))
    return anchors, short


def _kept(part: Part, query: Query, of: Tape, chosen: Bool, unit: Int32) -> Bool | None:
    """Which of these sessions begin in the range and are of somebody chosen; None where all are and do."""
    whole = part.size > 0 and query.start <= part.bounds[0] and part.bounds[1] < query.end
    if whole and chosen.all():
        return None
    row = of.row[of.start[unit]]
    kept = chosen[part.person[row]]
    if not whole:
        time = part.time[row]
        kept &= (time >= query.start) & (time < query.end)
    return kept
