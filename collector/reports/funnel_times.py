"""How long a funnel takes from one step to another: the times as a histogram, with the people of each of its bars."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import DAY, HOUR, MINUTE, SECOND
from collector.journeys.part import Int64
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import people_link, share
from collector.reports.stats import quantile

BETWEEN = Param(
    "between",
    "text",
    T("Time between steps"),
    T("The two steps whose times are drawn, like 2-3; the first and the last where none are named."),
)
# Lengths that people say, each about twice the one before.
_LADDER = (
    *(seconds * SECOND for seconds in (1, 2, 5, 10, 20, 30)),
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 20, 30)),
    *(hours * HOUR for hours in (1, 2, 4, 8, 12)),
    *(days * DAY for days in (1, 2, 4, 7, 14, 30, 60, 90, 180, 365, 730, 1_460, 3_650)),
)
_FEW, _MANY = 4, 10
_PAIR = re.compile(r"(\d{1,2})-(\d{1,2})")


def pair_of(query: Query, size: int) -> tuple[int, int]:
    """The two steps (from 1) whose times are asked for.

    Raises:
        UserError: not two steps of the funnel in their order.
    """
    text = query.values["between"]
    return read_pair(text, size) if isinstance(text, str) and text else (1, size)


def read_pair(text: str, size: int) -> tuple[int, int]:
    """`2-3` as two steps (from 1) of a funnel of `size` steps; a `UserError` where they are not."""
    found = _PAIR.fullmatch(text)
    first, last = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 < first < last <= size:
        raise UserError(f"{text!r} are not two steps.", f"Write two numbers from 1 to {size}, like 1-2.")
    return first, last


def took(outcome: Outcome, first: int, last: int) -> tuple[Int64, Int64]:
    """The entrants who reached step `last` (from 1), and the milliseconds each took to it from step `first`."""
    there = outcome.people("reached", last)
    return there, outcome.times(last - 1, there) - outcome.times(first - 1, there)


def edges(taken: Int64) -> list[int]:
    """Where the bars of these times begin and the last one ends, in ms: lengths that people say, about twice the last.

    The fastest and the slowest hundredth widen the outer bars instead of adding more. Times that lie close together are
    cut into equal pieces.
    """
    if not len(taken):
        return []
    least, most = int(taken.min()), int(taken.max())
    low = int(np.quantile(taken, 0.01, method="lower"))
    high = int(np.quantile(taken, 0.99, method="higher"))
    inner = [edge for edge in _LADDER if low < edge <= high]
    if len(inner) < _FEW:
        step = next((one for one in (1, *_LADDER) if (high - low) / one <= _MANY), DAY)
        inner = list(range((low // step + 1) * step, high + 1, step))
    known = (0, *sorted({*_LADDER, *inner}))
    begin = known[bisect_right(known, least) - 1]
    end = next((edge for edge in known[bisect_left(known, most) :] if edge > most), most + 1)
    return [begin, *(edge for edge in inner if begin < edge < end), end]


def times_block(query: Query, outcome: Outcome) -> Block:
    """A bar for each stretch of time, with how many took that long from one step to the other."""
    first, last = pair_of(query, outcome.size)
    _, taken = took(outcome, first, last)
    cuts = edges(taken)
    counts = np.histogram(taken, np.array(cuts, dtype=np.int64))[0] if cuts else np.empty(0, dtype=np.int64)
    rows: list[list[Cell]] = []
    links = []
    so_far = 0
    for low, high, count in zip(cuts, cuts[1:], counts.tolist(), strict=False):
        so_far += count
        rows.append([low / SECOND, high / SECOND, count, share(count, len(taken)), share(so_far, len(taken))])
        links.append(people_link(query, "reached", last, subset=f"took:{first}-{last}:{low}:{high}"))
    return Block(
        id="times",
        kind="series",
        title=T("Time from step {first} to step {last}", first=first, last=last),
        columns=(
            Column("from", T("From"), "seconds"),
            Column("to", T("To less than"), "seconds"),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("share", T("Share"), "ratio"),
            Column("arrived", T("Arrived by then"), "ratio", T("Of all who arrived, how many took no longer.")),
        ),
        rows=rows,
        draw={"x": "from", "y": "people", "as": "bars"},
        links=links,
        note=_words(outcome, taken),
        empty=T("Nobody went from the one to the other."),
    )


def _words(outcome: Outcome, taken: Int64) -> Text | None:
    half, most = quantile(taken, 0.5), quantile(taken, 0.9)
    if half is None or most is None:
        return None
    told = T(
        "Half took up to {median}, 90 % up to {p90}.",
        median=Value(half / SECOND, "seconds"),
        p90=Value(most / SECOND, "seconds"),
    )
    if not outcome.open.any():
        return told
    return T("{times} Some still have time, so that long ones may follow.", times=told)


def of_length(outcome: Outcome, text: str) -> Int64:
    """The entrants of a bar, as its link names it: `1-3:LOW:HIGH`, milliseconds, the second excluded."""
    pair, low, high = text.split(":")
    there, taken = took(outcome, *read_pair(pair, outcome.size))
    return there[(taken >= int(low)) & (taken < int(high))]
