"""What those who dropped out of a funnel did next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.event import PASSIVE, Kind
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int32, Int64
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_seek import Seek
from collector.reports.funnel_steps import people_link, share
from collector.reports.named import NONE

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
    passive = frozenset(number for number, kind in journeys.kinds.items() if kind in PASSIVE)
    for number, part in enumerate(outcome.parts):
        going = np.arange(len(entrants))[outcome.within(number, entrants)]
        seek = Seek.of(part, own[going], outcome.sessions, query.include_bots, passive)
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
