"""What those who dropped out of a funnel did next."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.event import PASSIVE, Kind
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import NONE, people_link, share

MOST_NEXT = 10


@dataclass(frozen=True, slots=True, eq=False)
class Acts:
    """What those who dropped after a step did next.

    kinds: of their first act after it, their second and so on an array over `entrants`, -1 where there is none.
    """

    step: int
    entrants: Int64
    kinds: list[Int32]


def acts_after(journeys: Journeys, query: Query, outcome: Outcome, step: int, length: int) -> Acts:
    """The next `length` acts of each who dropped after step `step` (from 1)."""
    entrants = outcome.people("dropped", step)
    kinds = [np.full(len(entrants), -1, dtype=np.int32) for _ in range(length)]
    own = outcome.rows(step - 1, entrants)
    for number, part in enumerate(outcome.parts):
        going = outcome.within(number, entrants)
        seek = _Seek.of(journeys, part, outcome.sessions, query.include_bots, own[going])
        for of_act in kinds:
            some, seek = seek.on()
            going = going[some]
            of_act[going] = part.kind[seek.rows]
    return Acts(step, entrants, kinds)


def next_block(journeys: Journeys, query: Query, outcome: Outcome, acts: Acts) -> Block:
    """What those who dropped did right after the last step they reached."""
    entrants, step = acts.entrants, acts.step
    counts: dict[str, int] = {}
    of_kind = np.bincount(acts.kinds[0] + 1)
    for number in np.flatnonzero(of_kind).tolist():
        text = event_text(journeys.kinds[number - 1]) if number else NONE
        counts[text] = counts.get(text, 0) + int(of_kind[number])
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0] != NONE, item[0]))[:MOST_NEXT]
    return Block(
        id="next",
        kind="bars",
        title=T("What the dropped did after step {step}", step=step),
        columns=(
            Column("event", T("Next event"), "text", T("(none) is for those who did nothing more.")),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("share", T("Share"), "ratio"),
        ),
        rows=[[text, count, share(count, len(entrants))] for text, count in ranked],
        draw={"x": "event", "y": "people", "words": {"event": "act"}},
        links=[people_link(query, "dropped", step, subset=f"next:{step}:{text}") for text, _ in ranked],
        empty=T("Nobody dropped here."),
    )


def who_next(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The dropped whose next act is the one that a link names: `STEP:ACT`."""
    number, act = text.split(":", 1)
    acts = acts_after(journeys, query, outcome, step_of(number, outcome), 1)
    named = [kind for kind, one in journeys.kinds.items() if event_text(one) == act]
    return acts.entrants[np.isin(acts.kinds[0], [-1] if act == NONE else named)]


def step_of(text: str, outcome: Outcome) -> int:
    """A step that somebody can go on from; ValueError where it is not."""
    if not 0 < int(text) < outcome.size:
        raise ValueError(text)
    return int(text)


def event_text(kind: Kind) -> str:
    """A kind as its matcher is written."""
    return f"{kind.type}:{kind.name or (f'#{kind.target}' if kind.target else '')}"


@dataclass(frozen=True, slots=True, eq=False)
class _Seek:
    """A search for the next acts that count, from some rows on.

    session: of each row, None where all of a person's acts are followed. last: the row past which nothing is theirs.
    """

    part: Part
    passive: frozenset[int]
    bots: bool
    rows: Int64
    session: Int32 | None
    last: Int64

    @classmethod
    def of(cls, journeys: Journeys, part: Part, sessions: bool, bots: bool, rows: Int64) -> _Seek:
        """From each row to the next of the same person, or of the same session."""
        passive = frozenset(number for number, kind in journeys.kinds.items() if kind in PASSIVE)
        session = part.session[rows] if sessions else None
        last = part.person_row[part.person[rows] + 1] - 1 if session is None else session_ends(part)[session]
        return cls(part, passive, bots, rows, session, last.astype(np.int64, copy=False))

    def on(self) -> tuple[Int64, _Seek]:
        """The places of those who did anything more, and the search from what they did on."""
        found = np.full(len(self.rows), -1, dtype=np.int64)
        seeking = np.flatnonzero(self.rows < self.last)
        place = self.rows[seeking] + 1
        while len(seeking):
            fits = self._counts(place, seeking)
            found[seeking[fits]] = place[fits]
            again = np.flatnonzero(~fits)
            again = again[place[again] < self.last[seeking[again]]]
            seeking, place = seeking[again], place[again] + 1
        some = np.flatnonzero(found >= 0)
        session = None if self.session is None else self.session[some]
        return some, replace(self, rows=found[some], session=session, last=self.last[some])

    def _counts(self, place: Int64, seeking: Int64) -> Bool:
        fits = np.ones(len(place), dtype=np.bool_) if self.bots else self.part.bot[place] == 0
        if self.session is not None:
            fits &= self.part.session[place] == self.session[seeking]
        for kind in self.passive:
            fits &= self.part.kind[place] != kind
        return fits


def session_ends(part: Part) -> Int32:
    """The last row of each session of the part, remembered with it: sessions of one person may be mixed."""
    return part.memo.get("session ends", lambda: _session_ends(part))


def _session_ends(part: Part) -> Int32:
    last = np.flatnonzero(part.session[1:] != part.session[:-1])
    ends = np.full(len(part.session_row), part.size - 1, dtype=np.int32)
    ends[part.session[last]] = last  # rows ascend, and of several writes to one place the last one stays
    if part.size:
        ends[part.session[-1]] = part.size - 1
    return ends
