"""The people behind a number of the stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.text import T
from collector.core.times import SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.local_days import Periods
from collector.reports.people_list import Behind, people_block
from collector.reports.stage_states import Int8, states_at, until
from collector.reports.stages.counts import EDGES, Here, gone, waiting

LINKED = ("people", "at", "group", "limit")
ANYWHERE = "(new)"
_LENGTH = Column("stayed", T("Was in it for"), "seconds")
_SO_FAR = Column("stayed", T("In it for"), "seconds")
_FROM = Column("from", T("From"))
_TO = Column("to", T("To"))


def behind(query: Query, which: str, stage: int | None = None, group: str = "") -> tuple[tuple[str, str], ...]:
    """The arguments of a list of people; stages are counted from 1 in addresses."""
    kept = tuple(pair for pair in query.arguments if pair[0] not in LINKED)
    at = () if stage is None else (("at", str(stage + 1)),)
    return (*kept, ("people", which), *at, *((("group", group),) if group else ()))


def people(
    journeys: Journeys,
    query: Query,
    parts: Sequence[Here],
    stages: Sequence[Stage],
    periods: Periods,
    limits: Callable[[], Sequence[float | None]],
) -> Block:
    """The list that the question's `people`, `at` and `group` name.

    Raises:
        UserError: a stage, a day or a length that there is not.
    """
    which, group = str(query.values["people"]), str(query.values["group"] or "")
    at = query.values["at"]
    stage = at - 1 if isinstance(at, int) and at else None
    if stage is not None and stage >= len(stages):
        raise UserError(f"There is no stage {stage + 1}.", f"There are {len(stages)}.")
    if which == "moved":
        return _moved(journeys, query, parts, stages, stage, group)
    if stage is None:
        raise UserError("A stage is missing.", "Give --at with its number in the list of stages.")
    name = stages[stage].name
    if which in ("in", "before"):
        instant = query.start if which == "before" else _end(query, periods, group)
        listed = [_in(one, stage, instant) for one in parts]
        title = T("In the stage “{stage}”", stage=name)
        return people_block(journeys, query, listed, title, when=Column("time", T("In it since"), "time"))
    if which == "went_on":
        listed = [_went_on(query, one, stage, group) for one in parts]
        when = Column("time", T("Went on"), "time")
        return people_block(journeys, query, listed, T("Went on from “{stage}”", stage=name), (_LENGTH,), when=when)
    limit = limits()[stage]
    listed = [_stuck(query, one, stage, limit) for one in parts]
    title = T("Stuck in the stage “{stage}”", stage=name)
    return people_block(journeys, query, listed, title, (_SO_FAR,), when=Column("time", T("In it since"), "time"))


def _end(query: Query, periods: Periods, group: str) -> int:
    """The instant at which people are in a stage: the end of the range, or that of the period with this first day."""
    if not group:
        return until(query)
    known = [day.isoformat() for day in periods.first]
    try:
        return min(int(periods.ends[known.index(date.fromisoformat(group).isoformat())]), until(query))
    except ValueError as error:
        raise UserError(f"There is no period {group!r}.", f"The first begins on {known[0]}.") from error


def _in(one: Here, stage: int, instant: int) -> Behind:
    state, since = states_at(one.moves, len(one.part.persons), instant)
    places = np.flatnonzero(state == stage)
    return Behind(one.part, places, since[places])


def _went_on(query: Query, one: Here, stage: int, group: str) -> Behind:
    stays = one.stays
    found = gone(query, one)
    found = found[stays.stage[found] == stage]
    length = stays.end[found] - stays.begin[found]
    if group:
        if not group.isdecimal() or int(group) > len(EDGES):
            raise UserError(f"There is no length {group!r}.", f"They are counted from 0 to {len(EDGES)}.")
        fits = np.searchsorted(EDGES, length, "right") == int(group)
        found, length = found[fits], length[fits]
    return Behind(one.part, stays.person[found], stays.end[found], {"stayed": length / SECOND})


def _stuck(query: Query, one: Here, stage: int, limit: float | None) -> Behind:
    stays = one.stays
    found = waiting(query, one)
    length = until(query) - stays.begin[found]
    fits = (stays.stage[found] == stage) & (length > limit if limit is not None else np.zeros(len(found), np.bool_))
    found, length = found[fits], length[fits]
    return Behind(one.part, stays.person[found], stays.begin[found], {"stayed": length / SECOND})


def _moved(
    journeys: Journeys, query: Query, parts: Sequence[Here], stages: Sequence[Stage], to: int | None, group: str
) -> Block:
    """Moves in the range to a stage (any, without one) and from one (0 is none before; any, without one)."""
    if group and (not group.isdecimal() or int(group) > len(stages)):
        raise UserError(f"There is no stage {group!r}.", f"There are {len(stages)}.")
    names = [ANYWHERE, *(one.name for one in stages)]
    listed = []
    for one in parts:
        moves = one.moves
        fits = moves.time >= query.start
        if to is not None:
            fits &= moves.to == to
        if group:
            fits &= moves.before == int(group) - 1
        rows = np.flatnonzero(fits)

        facts = {"from": _named(names, moves.before[rows]), "to": _named(names, moves.to[rows])}
        listed.append(Behind(one.part, moves.person[rows], moves.time[rows], facts))
    if to is not None and group:
        title = T("From “{one}” to “{other}”", one=names[int(group)], other=names[to + 1])
    elif to is not None:
        title = T("Came into “{stage}”", stage=names[to + 1])
    else:
        title = T("Left “{stage}”", stage=names[int(group)]) if group else T("Moves between stages")
    return people_block(journeys, query, listed, title, (_FROM, _TO), unit="move")


def _named(names: Sequence[str], places: Int8) -> Callable[[Int64], list[Cell]]:
    """The names of the stages of some entries; `names` begins with what stands for none."""
    return lambda entries: [names[at + 1] for at in places[entries].tolist()]
