"""The rows of the people an impact question looks at, of all parts in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from collector.core.event import PAGE
from collector.core.query import Query
from collector.core.source import CHANNELS
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int32, Int64, Part
from collector.reports.impact.drawn import NEVER, Crowd, Drawn, ad_kinds, exposure_rows, first_of, values
from collector.reports.impact.plan import Plan
from collector.reports.scope import kind_mask, rows_of_any

DEVICES = ("other", "desktop", "mobile", "tablet")
NEW = len(CHANNELS)  # the code of "no earlier visit" where a channel is asked of the visit before


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Rows sorted by (person, time, arrival); `none` (the number of rows) stands for "never" in row indices.

    Row columns: person (0..P-1), time, kind, channel and device (codes, of the row's session and agent), page, goal
    and dose (bool), value (money of goals, else 0), engaged (ms), arrives (whether somebody comes to the site by it, or
    is exposed by coming), first (row where the row's session begins), before (the row before it in its session, itself
    where there is none), seen (pages of the session up to and with the row). Where ads are seen elsewhere also seat:
    the person's last row on the site up to and with the row, -1 for none. leads: whether a row belongs to the exposure
    that it leads to (`forerunners.py`); empty where none was looked for.
    Person columns: code, begin (first row; P + 1 long), scale (how many people one sampled person stands for),
    exposed, reached (row of the first exposure, of the first goal).
    """

    person: Int64
    time: Int64
    kind: Int64
    channel: Int64
    device: Int64
    page: Bool
    goal: Bool
    dose: Bool
    value: Float64
    engaged: Int64
    arrives: Bool
    first: Int64
    before: Int64
    seen: Int64
    code: Int64
    begin: Int64
    scale: Float64
    exposed: Int64
    reached: Int64
    seat: Int64
    leads: Bool = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    @property
    def none(self) -> int:
        """The row index that means never."""
        return len(self.time)

    @property
    def people(self) -> int:
        """How many people."""
        return len(self.code)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """The row columns of one part's people; `session` in the part's own numbers."""

    person: Int64
    time: Int64
    kind: Int64
    channel: Int64
    device: Int64
    page: Bool
    goal: Bool
    dose: Bool
    exposure: Bool
    value: Float64
    engaged: Int64
    session: Int64


def make_tape(journeys: Journeys, query: Query, plan: Plan, crowd: Crowd) -> Tape:
    """The tape of the people drawn; what comes later than the horizon after an exposure is cut off."""
    pieces = [_piece(journeys, query, plan, drawn) for drawn in crowd.drawn]
    whole = _joined(pieces, [len(drawn.place) for drawn in crowd.drawn])
    site = ~ad_kinds(journeys)[whole.kind]
    seat = _seats(whole.person, site) if plan.elsewhere else np.empty(0, dtype=np.int64)
    first, before, seen = _visits(whole, site, seat) if plan.elsewhere else _sessions(whole.session, whole.page)
    people = sum(len(drawn.place) for drawn in crowd.drawn)
    return Tape(
        person=whole.person,
        time=whole.time,
        kind=whole.kind,
        channel=whole.channel,
        device=whole.device,
        page=whole.page,
        goal=whole.goal,
        dose=whole.dose,
        value=whole.value,
        engaged=whole.engaged,
        # An ad that is seen elsewhere begins a session too, and nobody comes to the site by it.
        arrives=(first == np.arange(len(first))) & site,
        first=first,
        before=before,
        seen=seen,
        code=_ints([drawn.part.persons[drawn.place] for drawn in crowd.drawn]),
        begin=np.searchsorted(whole.person, np.arange(people + 1)).astype(np.int64),
        scale=np.concatenate([np.zeros(0), *(drawn.scale for drawn in crowd.drawn)]),
        exposed=first_of(np.flatnonzero(whole.exposure), whole.person, people, len(first)),
        reached=first_of(np.flatnonzero(whole.goal), whole.person, people, len(first)),
        seat=seat,
    )


def _piece(journeys: Journeys, query: Query, plan: Plan, drawn: Drawn) -> _Piece:
    part = drawn.part
    rows, owner = _rows(drawn, plan, query.include_bots)
    is_page = kind_mask(journeys, lambda kind: kind.type == PAGE)
    channels = {n: CHANNELS.index(s.channel) if s.channel in CHANNELS else 0 for n, s in journeys.sources.items()}
    agents = {n: DEVICES.index(a.device) if a.device in DEVICES else 0 for n, a in journeys.agents.items()}
    kind = part.kind[rows].astype(np.int64)

    def among(found: Int64) -> Bool:
        mask = np.zeros(part.size, dtype=np.bool_)
        mask[found] = True
        return mask[rows]

    doses = [] if plan.dose is None else [plan.dose]
    goal = among(rows_of_any(journeys, part, [plan.goal], query.include_bots))
    paid = np.zeros(len(rows))
    paid[goal] = values(journeys, part, plan, rows[goal])
    return _Piece(
        person=owner,
        time=part.time[rows],
        kind=kind,
        channel=_mapped(journeys.session_source(part, rows), channels, CHANNELS.index("direct")),
        device=_mapped(part.agent[rows], agents, 0),
        page=is_page[kind],
        goal=goal,
        dose=among(rows_of_any(journeys, part, doses, query.include_bots)),
        exposure=among(exposure_rows(journeys, part, plan, query.include_bots)),
        value=paid,
        engaged=part.engaged[rows].astype(np.int64),
        session=part.session[rows].astype(np.int64),
    )


def _rows(drawn: Drawn, plan: Plan, include_bots: bool) -> tuple[Int64, Int64]:
    """The rows of the people drawn, and for each the place of its person among them."""
    part = drawn.part
    first, last = part.person_row[drawn.place], part.person_row[drawn.place + 1]
    exposed = np.flatnonzero(drawn.exposed < NEVER)
    until = part.time[drawn.exposed[exposed]] + plan.horizon
    last[exposed] = np.minimum(last[exposed], _after(part, drawn.place[exposed], until))
    lengths = last - first
    owner = np.repeat(np.arange(len(first)), lengths)
    rows = np.arange(len(owner)) + np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
    if not part.bot.any():
        return rows, owner
    kept = part.counted(include_bots, rows)
    return rows[kept], owner[kept]


def _after(part: Part, person: Int64, time: Int64) -> Int64:
    """For each person the first row later than a time."""
    apart = np.clip(time - part.origin, 0, (1 << part.shift) - 1)
    return np.searchsorted(part.key, (person << part.shift) | apart, side="right")


def _joined(pieces: Sequence[_Piece], people: Sequence[int]) -> _Piece:
    """One piece of all, persons and sessions numbered through."""
    if not pieces:
        none, no, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_), np.empty(0)
        return _Piece(none, none, none, none, none, no, no, no, no, nothing, none, none)
    if len(pieces) == 1:
        return pieces[0]
    before = np.cumsum([0, *people])
    visits = np.cumsum([0, *(int(piece.session.max(initial=-1)) + 1 for piece in pieces)])
    moved = [
        replace(piece, person=piece.person + base, session=piece.session + visit)
        for piece, base, visit in zip(pieces, before, visits, strict=False)
    ]
    return _Piece(*(np.concatenate([getattr(piece, column.name) for piece in moved]) for column in fields(_Piece)))


def _sessions(session: Int64, page: Bool) -> tuple[Int64, Int64, Int64]:
    """For each row the first row of its session, the row before it there, and the session's pages so far.

    Sessions of two visitors who are one person may lie among each other, so that neighbours need not belong together.
    """
    order = np.argsort(session, kind="stable")
    sorted_session = session[order]
    opens = np.ones(len(order), dtype=np.bool_)
    opens[1:] = sorted_session[1:] != sorted_session[:-1]
    run = np.cumsum(opens) - 1
    begin = np.flatnonzero(opens)
    total = np.cumsum(page[order])
    first, before, seen = np.empty_like(order), order.copy(), np.empty_like(order)
    first[order] = order[begin][run] if len(order) else order
    before[order[1:]] = np.where(opens[1:], order[1:], order[:-1])
    before[order[:1]] = order[:1]
    seen[order] = total - (total - page[order])[begin][run] if len(order) else total
    return first, before, seen


def _seats(person: Int64, site: Bool) -> Int64:
    """Each row's last row on the site up to and with itself, -1 for none."""
    if not len(site):
        return np.empty(0, dtype=np.int64)
    seat = np.maximum.accumulate(np.where(site, np.arange(len(site)), -1))
    return np.where((seat >= 0) & (person[seat] == person), seat, -1)


def _visits(whole: _Piece, site: Bool, seat: Int64) -> tuple[Int64, Int64, Int64]:
    """What `_sessions` finds of rows on the site alone; an ad that is seen elsewhere belongs to the visit before it."""
    here = np.append(np.flatnonzero(site), 0)
    first, before, seen = (np.append(of, 0) for of in _sessions(whole.session[site], whole.page[site]))
    place = np.cumsum(site)[seat] - 1 if len(seat) else seat
    rows, none = np.arange(len(site)), seat < 0
    return (
        np.where(none, rows, here[first[place]]),
        np.where(none | ~site, rows, here[before[place]]),
        np.where(none, 0, seen[place]),
    )


def _ints(pieces: Sequence[Int64]) -> Int64:
    return np.concatenate([np.empty(0, dtype=np.int64), *pieces])


def _mapped(ids: Int32, codes: Mapping[int, int], none: int) -> Int64:
    lookup = np.full(max(codes, default=0) + 2, none, dtype=np.int64)
    for number, code in codes.items():
        lookup[number + 1] = code
    return lookup[ids.astype(np.int64) + 1]
