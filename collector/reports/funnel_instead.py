"""What the dropped of a funnel did instead: the next few acts in a row."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.funnel_actions import action_text
from collector.reports.funnel_next import following, step_of
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import people_link, share
from collector.reports.scope import coded

LENGTH = 3
MOST = 10
THEN = " → "
LEFT = "(left)"


def _ways(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> tuple[Int64, Int64, list[str]]:
    """Who dropped, a number for the three acts of each that followed, and the words of each number."""
    entrants = outcome.people("dropped", step)
    most = max(journeys.kinds, default=0)
    acts, texts = coded(np.arange(most + 1), lambda number: action_text(journeys.kinds.get(number)))
    base = len(texts) + 1
    number = np.zeros(len(entrants), dtype=np.int64)
    own = outcome.rows(step - 1, entrants)
    for at, part in enumerate(outcome.parts):
        here = np.flatnonzero(outcome.part[entrants] == at)
        rows, told = own[here], np.zeros(len(here), dtype=np.int64)
        for _ in range(LENGTH):
            going = rows >= 0
            rows[going] = following(journeys, part, rows[going], outcome.sessions, query.include_bots)
            told = told * base + np.where(rows >= 0, acts[part.kind[np.maximum(rows, 0)]] + 1, 0)
        number[here] = told
    ways, place = np.unique(number, return_inverse=True)
    return entrants, place.reshape(-1), [_words(way, base, texts) for way in ways.tolist()]


def _words(way: int, base: int, texts: list[str]) -> str:
    acts = [way // base**power % base for power in reversed(range(LENGTH))]
    told = [texts[act - 1] for act in acts if act]
    return THEN.join([*told, *([LEFT] if len(told) < LENGTH else [])])


def instead_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block:
    """The commonest three acts in a row of those who dropped after step `step` (from 1)."""
    entrants, place, texts = _ways(journeys, query, outcome, step)
    counts = np.bincount(place, minlength=len(texts))
    order = sorted(range(len(texts)), key=lambda at: (-int(counts[at]), texts[at]))[:MOST]
    return Block(
        id="instead",
        kind="bars",
        title=T("Where the dropped went after step {step}", step=step),
        columns=(
            Column("path", T("Next acts"), "text", T("The three acts that followed; (left) where there were fewer.")),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("share", T("Share"), "ratio"),
        ),
        rows=[[texts[at], int(counts[at]), share(int(counts[at]), len(entrants))] for at in order],
        draw={"x": "path", "y": "people"},
        links=[people_link(query, "dropped", step, subset=f"then:{step}:{texts[at]}") for at in order],
        empty=T("Nobody dropped here."),
    )


def who_then(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The dropped of a row, as its link names it: `STEP:ACTS`; ValueError where nobody did that."""
    number, acts = text.split(":", 1)
    entrants, place, texts = _ways(journeys, query, outcome, step_of(number, outcome))
    found: Int64 = entrants[place == texts.index(acts)]
    return found
