"""The rows an impact question needs, of all parts in one: people without bots, exposures and goals marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.event import PAGE
from collector.core.query import Query
from collector.core.source import CHANNELS
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.impact.plan import MAX_ROWS, SEED, Plan
from collector.reports.scope import choose, kind_mask, rows_of_any

DEVICES = ("other", "desktop", "mobile", "tablet")
NEW = len(CHANNELS)  # the code of "no earlier visit" where a channel is asked of the visit before


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Rows sorted by (person, time, arrival); `none` (the number of rows) stands for "never" in row indices.

    Row columns: person (0..P-1), time, kind, session (0..S-1), channel and device (codes, of the row's session and
    agent), page, goal (bool), value (money of goals, else 0), first (row where the row's session begins).
    Person columns: code, begin (first row; P + 1 long), scale (how many people one sampled person stands for),
    exposed, reached (row of the first exposure, of the first goal).
    """

    person: Int64
    time: Int64
    kind: Int64
    session: Int64
    channel: Int64
    device: Int64
    page: Bool
    goal: Bool
    value: Float64
    first: Int64
    code: Int64
    begin: Int64
    scale: Float64
    exposed: Int64
    reached: Int64

    @property
    def none(self) -> int:
        """The row index that means never."""
        return len(self.time)


@dataclass(slots=True)
class _Piece:
    """What one part gives: its rows, and what is true of them."""

    part: Part
    rows: Int64
    exposure: Bool
    goal: Bool
    value: Float64
    scale: Float64


def make_tape(journeys: Journeys, query: Query, plan: Plan, cap: int = MAX_ROWS) -> Tape:
    """The tape of the people whom the question's filters leave.

    Where there are more than `cap` rows of people never exposed, people are drawn from them by a fixed seed.
    """
    pieces = [_piece(journeys, query, plan, part) for part in journeys.each()]
    rng = np.random.default_rng(SEED)
    idle = sum(int(np.count_nonzero(~_of_exposed(piece))) for piece in pieces)
    share = min(1.0, cap / idle) if idle else 1.0
    if share < 1:
        pieces = [_thin(piece, share, rng) for piece in pieces]
    return _join(journeys, pieces)


def _piece(journeys: Journeys, query: Query, plan: Plan, part: Part) -> _Piece:
    chosen = choose(journeys, part, query, lasting=True)
    kept = chosen[part.person]
    if not query.include_bots:
        kept &= part.bot == 0
    goal = np.zeros(part.size, dtype=np.bool_)
    goal[rows_of_any(journeys, part, [plan.goal], query.include_bots)] = True
    exposure = np.zeros(part.size, dtype=np.bool_)
    exposure[rows_of_any(journeys, part, plan.exposures, query.include_bots)] = True
    value = _values(journeys, part, plan)
    rows = np.flatnonzero(kept)
    paid = np.where(goal[rows], np.nan_to_num(value[rows]), 0.0)
    return _Piece(part, rows, exposure[rows], goal[rows], paid, np.ones(len(part.persons)))


def _values(journeys: Journeys, part: Part, plan: Plan) -> Float64:
    if plan.value is None:
        return part.value
    column = journeys.properties.column(part, plan.value)
    numbers = [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else np.nan for v in column.values]
    return np.array([*numbers, np.nan], dtype=np.float64)[column.code]


def _of_exposed(piece: _Piece) -> Bool:
    hit = np.zeros(len(piece.part.persons), dtype=np.bool_)
    person = piece.part.person[piece.rows]
    hit[person[piece.exposure]] = True
    return hit[person]


def _thin(piece: _Piece, share: float, rng: np.random.Generator) -> _Piece:
    drawn = rng.random(len(piece.part.persons)) < share
    exposed = _of_exposed(piece)
    keep = exposed | drawn[piece.part.person[piece.rows]]
    scale = np.full(len(piece.part.persons), 1 / share)
    scale[piece.part.person[piece.rows[exposed]]] = 1.0
    return _Piece(piece.part, piece.rows[keep], piece.exposure[keep], piece.goal[keep], piece.value[keep], scale)


def _join(journeys: Journeys, pieces: list[_Piece]) -> Tape:
    is_page = kind_mask(journeys, lambda kind: kind.type == PAGE)
    channels = {n: CHANNELS.index(s.channel) if s.channel in CHANNELS else 0 for n, s in journeys.sources.items()}
    agents = {n: DEVICES.index(a.device) if a.device in DEVICES else 0 for n, a in journeys.agents.items()}
    people, sessions = 0, 0
    columns: list[list[np.ndarray[tuple[int], np.dtype[np.int64]]]] = [[] for _ in range(6)]
    codes, scales = [], []
    for piece in pieces:
        part, rows = piece.part, piece.rows
        places, person = _compact(part.person[rows].astype(np.int64))
        first_rows = part.session_row[part.session[rows]]
        for at, column in enumerate(
            (
                person + people,
                part.time[rows],
                part.kind[rows].astype(np.int64),
                part.session[rows].astype(np.int64) + sessions,
                _mapped(part.source[first_rows], channels, CHANNELS.index("direct")),
                _mapped(part.agent[rows], agents, 0),
            )
        ):
            columns[at].append(column)
        codes.append(part.persons[places])
        scales.append(piece.scale[places])
        people, sessions = people + len(places), sessions + len(part.session_row)
    person, time, kind, session, channel, device = (_whole(column) for column in columns)
    goal = np.concatenate([piece.goal for piece in pieces]) if pieces else np.zeros(0, dtype=np.bool_)
    exposure = np.concatenate([piece.exposure for piece in pieces]) if pieces else goal
    value = np.concatenate([piece.value for piece in pieces]) if pieces else np.zeros(0)
    first, session = _session_first(session)
    return Tape(
        person=person,
        time=time,
        kind=kind,
        session=session,
        channel=channel,
        device=device,
        page=is_page[kind],
        goal=goal,
        value=value,
        first=first,
        code=_whole(codes),
        begin=np.searchsorted(person, np.arange(people + 1)).astype(np.int64),
        scale=np.concatenate(scales) if scales else np.zeros(0),
        exposed=_first_of(np.flatnonzero(exposure), person, people),
        reached=_first_of(np.flatnonzero(goal), person, people),
    )


def _whole(pieces: list[Int64]) -> Int64:
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


def _compact(person: Int64) -> tuple[Int64, Int64]:
    """Ascending person places to the different ones, and each row's place among those."""
    fresh = np.ones(len(person), dtype=np.bool_)
    fresh[1:] = person[1:] != person[:-1]
    return person[fresh], np.cumsum(fresh) - 1


def _mapped(ids: np.ndarray[tuple[int], np.dtype[np.int32]], codes: dict[int, int], none: int) -> Int64:
    lookup = np.full(max(codes, default=0) + 2, none, dtype=np.int64)
    for number, code in codes.items():
        lookup[number + 1] = code
    return lookup[ids.astype(np.int64) + 1]


def _session_first(session: Int64) -> tuple[Int64, Int64]:
    """For each row the first row of its session, and sessions numbered without gaps."""
    if not len(session):
        return session, session
    first = np.full(int(session.max()) + 1, len(session), dtype=np.int64)
    np.minimum.at(first, session, np.arange(len(session)))
    present = first < len(session)
    number = np.cumsum(present) - 1
    return first[session], number[session]


def _first_of(rows: Int64, person: Int64, people: int) -> Int64:
    found = np.full(people, len(person), dtype=np.int64)
    found[person[rows[::-1]]] = rows[::-1]  # of several writes to one place the last one, here the first row, stays
    return found
