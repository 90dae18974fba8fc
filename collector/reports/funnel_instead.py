"""What the dropped of a funnel did instead: the next few acts in a row, and how many came to the next step too late."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.funnel_actions import action_text
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_people import following
from collector.reports.funnel_steps import people_link, share
from collector.reports.scope import coded
from collector.reports.stats import quantile

LENGTH = 3
MOST = 10
THEN = " → "
LEFT = "(left)"
_HELP = T("Who dropped, and did the next step's event later: after the window, in another session, or not right after.")


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
    entrants, place, texts = _ways(journeys, query, outcome, _step(number, outcome))
    return entrants[place == texts.index(acts)]


def _step(text: str, outcome: Outcome) -> int:
    if not 0 < int(text) < outcome.size:
        raise ValueError(text)
    return int(text)


def _late(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> tuple[Int64, Int64, int]:
    """The dropped who did the next step's event after all, the ms each took, and how many dropped."""
    entrants = outcome.people("dropped", step)
    own = outcome.rows(step - 1, entrants)
    took = np.full(len(entrants), -1, dtype=np.int64)
    for number, part in enumerate(outcome.parts):
        here = np.flatnonzero(outcome.part[entrants] == number)
        rows = journeys.rows(part, outcome.plan.steps[step], query.include_bots)
        if not len(rows) or not len(here):
            continue
        # Later rows of the same person are later events: of the same instant at most, and then the fold saw them.
        place = np.searchsorted(rows, own[here], "right")
        found = rows[np.minimum(place, len(rows) - 1)]
        came = (place < len(rows)) & (part.person[found] == part.person[own[here]])
        took[here[came]] = part.time[found[came]] - part.time[own[here][came]]
    return entrants[took >= 0], took[took >= 0], len(entrants)


def late_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block | None:
    """How many of the dropped did the next step's event later all the same; None where steps have no order."""
    if outcome.plan.order == "any":
        return None
    late, took, dropped = _late(journeys, query, outcome, step)
    middle = quantile(took, 0.5)
    return Block(
        id="late",
        kind="number",
        title=T("Came to step {step} all the same, too late", step=step + 1),
        columns=(
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count", _HELP),
            Column("share", T("Of the dropped"), "ratio"),
            Column("median_seconds", T("Median time"), "seconds", T("From the step they dropped after.")),
        ),
        rows=[[len(late), share(len(late), dropped), None if middle is None else middle / SECOND]],
        links=[people_link(query, "dropped", step, subset=f"late:{step}")],
    )


def who_late(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The people of `late_block`, by the step; ValueError where it has none."""
    step = _step(text, outcome)
    if outcome.plan.order == "any":
        raise ValueError(text)
    return _late(journeys, query, outcome, step)[0]
