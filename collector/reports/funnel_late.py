"""Who dropped out of a funnel and came to the next step all the same, too late."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.funnel_next import step_of
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import people_link, share
from collector.reports.stats import quantile

_HELP = T("Who dropped, and did the next step's event later: after the window, in another session, or not right after.")


def _late(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> tuple[Int64, Int64, int]:
    """The dropped who did the next step's event after all, the ms each took, and how many dropped."""
    entrants = outcome.people("dropped", step)
    own = outcome.rows(step - 1, entrants)
    late, took = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for number, part in enumerate(outcome.parts):
        here = outcome.within(number, entrants)
        rows = journeys.hits(part, outcome.plan.steps[step], query.include_bots).rows
        # Few did it later at all, and only for those the first time has to be looked for.
        latest = np.full(len(part.persons), -1, dtype=np.int32)
        latest[part.person[rows]] = rows  # rows ascend, and of several writes to one place the last one stays
        came = np.flatnonzero(latest[outcome.person(number, entrants[here])] > own[here])
        last = own[here][came]
        # Later rows of the same person are later events: of the same instant at most, and then the fold saw them.
        found = rows[np.searchsorted(rows, last, "right")]
        late.append(entrants[here][came])
        took.append(part.time[found] - part.time[last])
    return np.concatenate(late), np.concatenate(took), len(entrants)


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
    step = step_of(text, outcome)
    if outcome.plan.order == "any":
        raise ValueError(text)
    return _late(journeys, query, outcome, step)[0]
