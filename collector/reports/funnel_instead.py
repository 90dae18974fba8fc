"""What the dropped of a funnel did instead: the next few acts in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.funnel_actions import action_codes
from collector.reports.funnel_next import Acts, acts_after, step_of
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import people_link, share

LENGTH = 3
MOST = 10
THEN = " → "
LEFT = "(left)"


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Acts in a row as numbers that ascend as their words do, so that only the words of a few need be written.

    number: of each of the dropped, a digit for each act. inner, last: the words of the digits of the last act and of
    those before it, 0 for (left).
    """

    number: Int64
    inner: list[str]
    last: list[str]

    def digits(self, way: int) -> list[int]:
        """The digits of a number."""
        return [way // len(self.last) ** power % len(self.last) for power in reversed(range(LENGTH))]

    def words(self, way: int) -> str:
        """A number in words; whoever left did nothing after it."""
        *before, last = self.digits(way)
        told = [self.inner[digit] for digit in before if digit]
        return THEN.join([*told, self.last[last]])


def _ways(journeys: Journeys, acts: Acts) -> Ways:
    codes, texts = action_codes(journeys)
    number = np.zeros(len(acts.entrants), dtype=np.int64)
    words: list[list[str]] = []
    # What follows an act in the words decides where it stands among longer ones that begin alike.
    for behind in (THEN, ""):
        order = sorted(range(len(texts)), key=lambda code, behind=behind: texts[code] + behind)  # type: ignore[misc]
        words.append([LEFT, *(texts[code] for code in order)])
        digit = np.zeros(len(codes) + 1, dtype=np.int64)
        place = np.empty(len(texts), dtype=np.int64)
        place[order] = np.arange(1, len(texts) + 1)
        digit[:-1] = place[codes]  # the place of -1 is the last one, as an index from the end
        for kinds in acts.kinds[: LENGTH - 1] if behind else acts.kinds[LENGTH - 1 :]:
            number = number * (len(texts) + 1) + digit[kinds]
    return Ways(number, *words)


def instead_block(journeys: Journeys, query: Query, outcome: Outcome, acts: Acts) -> Block:
    """The commonest three acts in a row of those who dropped."""
    ways = _ways(journeys, acts)
    step, entrants = acts.step, acts.entrants
    small = len(ways.last) ** LENGTH < 2**31
    every = np.sort(ways.number.astype(np.int32) if small else ways.number)
    first = np.flatnonzero(np.diff(every, prepend=-1))
    counts = np.diff(first, append=len(every))
    # The least count of those that are shown; of more with the same, the words decide.
    at_least = np.cumsum(np.bincount(counts)[::-1])[::-1]
    least = int(np.searchsorted(-at_least, -MOST, "right")) - 1
    shown = np.flatnonzero(counts >= least)
    shown = shown[np.argsort(-counts[shown], kind="stable")[:MOST]]
    told = [(ways.words(int(every[first[at]])), int(counts[at])) for at in shown]
    return Block(
        id="instead",
        kind="bars",
        title=T("Where the dropped went after step {step}", step=step),
        columns=(
            Column("path", T("Next acts"), "text", T("The three acts that followed; (left) where there were fewer.")),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("share", T("Share"), "ratio"),
        ),
        rows=[[text, count, share(count, len(entrants))] for text, count in told],
        draw={"x": "path", "y": "people", "words": {"path": "act"}},
        links=[people_link(query, "dropped", step, subset=f"then:{step}:{text}") for text, _ in told],
        empty=T("Nobody dropped here."),
    )


def who_then(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The dropped of a row, as its link names it: `STEP:ACTS`; ValueError where nobody did that."""
    number, words = text.split(":", 1)
    acts = acts_after(journeys, query, outcome, step_of(number, outcome), LENGTH)
    ways = _ways(journeys, acts)
    begin = [digit for digit, act in enumerate(ways.inner) if words.startswith(act if act == LEFT else act + THEN)]
    alike = np.unique(ways.number[np.isin(ways.number // len(ways.last) ** (LENGTH - 1), begin)]).tolist()
    way = next((one for one in alike if ways.words(one) == words), None)
    if way is None:
        raise ValueError(text)
    found: Int64 = acts.entrants[ways.number == way]
    return found
