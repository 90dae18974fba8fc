"""What those who dropped out of a funnel did next."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.event import PASSIVE, Kind
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64, Part
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import NONE, people_link, share

MOST_NEXT = 10


def next_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block:
    """What those who dropped after `step` did right after the last step they reached."""
    entrants, kinds = _next_kinds(journeys, query, outcome, step)
    counts: dict[str, int] = {}
    for kind, count in zip(*(one.tolist() for one in np.unique(kinds, return_counts=True)), strict=True):
        text = NONE if kind < 0 else event_text(journeys.kinds[kind])
        counts[text] = counts.get(text, 0) + count
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
        draw={"x": "event", "y": "people"},
        links=[people_link(query, "dropped", step, subset=f"next:{step}:{text}") for text, _ in ranked],
        empty=T("Nobody dropped here."),
    )


def _next_kinds(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> tuple[Int64, Int64]:
    """Who dropped after the step, and the kind of each one's next act, -1 where there is none."""
    entrants = outcome.people("dropped", step)
    kinds = np.full(len(entrants), -1, dtype=np.int64)
    own = outcome.rows(step - 1, entrants)
    for number, part in enumerate(outcome.parts):
        here = np.flatnonzero(outcome.part[entrants] == number)
        found = following(journeys, part, own[here], outcome.sessions, query.include_bots)
        some = found >= 0
        kinds[here[some]] = part.kind[found[some]]
    return entrants, kinds


def who_next(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The dropped whose next act is the one that a link names: `STEP:ACT`."""
    number, act = text.split(":", 1)
    entrants, kinds = _next_kinds(journeys, query, outcome, step_of(number, outcome))
    named = [kind for kind, one in journeys.kinds.items() if event_text(one) == act]
    return entrants[np.isin(kinds, [-1] if act == NONE else named)]


def step_of(text: str, outcome: Outcome) -> int:
    """A step that somebody can go on from; ValueError where it is not."""
    if not 0 < int(text) < outcome.size:
        raise ValueError(text)
    return int(text)


def event_text(kind: Kind) -> str:
    """A kind as its matcher is written."""
    return f"{kind.type}:{kind.name or (f'#{kind.target}' if kind.target else '')}"


def following(journeys: Journeys, part: Part, rows: Int64, sessions: bool, bots: bool) -> Int64:
    """The next act of the same person (or session) that counts, -1 where there is none."""
    owner = part.session if sessions else part.person
    active = np.array([journeys.kinds.get(number) not in PASSIVE for number in range(len(part.kind_start))])
    last = part.person_row[part.person[rows].astype(np.int64) + 1]
    found = np.full(len(rows), -1, dtype=np.int64)
    seeking = np.arange(len(rows))
    place = rows + 1
    while len(seeking):
        inside = place < last[seeking]
        seeking, place = seeking[inside], place[inside]
        fits = (owner[place] == owner[rows[seeking]]) & active[part.kind[place]]
        if not bots:
            fits &= part.bot[place] == 0
        found[seeking[fits]] = place[fits]
        seeking, place = seeking[~fits], place[~fits] + 1
    return found
