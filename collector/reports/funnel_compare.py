"""A funnel beside itself: of two periods, or of a segment and others, with how sure the difference of each step is.

Only days are compared whose entrants all have had the whole window, and as many days of each period; else the younger
one would look worse for no other reason than its age.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.people import Segment
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import Span
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Part
from collector.reports.funnel_days import earlier, over
from collector.reports.funnel_outcome import Outcome, outcome
from collector.reports.funnel_steps import counts_by_step, people_link, share, step_names
from collector.reports.people_mask import members
from collector.reports.stats import difference

PARAMS = (
    Param(
        "compare",
        "choice",
        T("Compare with"),
        T("Only days whose entrants have had the whole window are compared."),
        default="none",
        choices=(
            ("none", T("nothing")),
            ("previous", T("the days before")),
            ("year", T("the same days a year before")),
        ),
    ),
    Param("compare-segment", "text", T("Compare segment"), T("People of this segment, beside everybody else.")),
    Param("versus", "text", T("With segment"), T("Beside this segment instead of everybody else.")),
)
_OWN = ("period", "from", "to", "all-time", "compare", "compare-segment", "versus")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its name, how many got to each step, and what leads to their lists beside the days."""

    name: Text
    people: list[int]
    span: Span
    more: Pairs = ()

    def link(self, query: Query, step: int) -> Pairs:
        """The arguments of the list of who reached a step (from 1)."""
        kept = tuple(pair for pair in people_link(query, "reached", step) if pair[0] not in _OWN)
        days = (("from", self.span.first.isoformat()), ("to", self.span.last.isoformat()), ("all-time", "0"))
        return (*kept, *days, *self.more)


def compare_blocks(journeys: Journeys, query: Query, found: Outcome) -> list[Block]:
    """The comparisons that the question asks for."""
    blocks = []
    if query.values["compare"] != "none":
        blocks.append(_periods(journeys, query, found))
    name, other = query.values["compare-segment"], query.values["versus"]
    if isinstance(name, str) and name:
        segment = _segment(query, name)
        versus = _segment(query, other) if isinstance(other, str) and other else None
        blocks.append(_segments(journeys, query, found, segment, versus))
    elif other:
        raise UserError("A segment to compare with is named, but not which.", "Give --compare-segment too.")
    return blocks


def _segment(query: Query, name: str) -> Segment:
    segment = query.site.segments.get(name)
    if segment is None:
        raise UserError(f"There is no segment {name!r}.", f"Known: {', '.join(query.site.segments) or 'none yet'}.")
    return segment


def _periods(journeys: Journeys, query: Query, found: Outcome) -> Block:
    by = str(query.values["compare"])
    title = T("Beside the days before") if by == "previous" else T("Beside the same days a year before")
    if query.span is None:
        return _nothing("compare", title, T("All time has nothing before it: choose days."))
    span = over(query, found.longest)
    if span is None:
        return _nothing("compare", title, T("No day's entrants have had the whole window yet."))
    before = earlier(query.span, span.days, by)
    now_people = _counts(_within(journeys, query, found, span))
    then_people = _counts(_within(journeys, query, found, before))
    name = T("the days before") if by == "previous" else T("a year before")
    sides = (Side(T("these days"), now_people, span), Side(name, then_people, before))
    title = T("{title}: {first} to {last}", title=title, first=_day(before.first), last=_day(before.last))
    return _block("compare", title, query, found, sides)


def _segments(journeys: Journeys, query: Query, found: Outcome, segment: Segment, versus: Segment | None) -> Block:
    other = T("everybody else") if versus is None else T("{segment}", segment=versus.name)
    title = T("{segment} beside {other}", segment=segment.name, other=other)
    span = over(query, found.longest)
    if span is None:
        return _nothing("segments", title, T("No day's entrants have had the whole window yet."))
    everyone = _within(journeys, query, found, span)
    asked = replace(query, span=span)
    own = _belong(everyone, lambda part: members(journeys, part, asked, segment))
    rest = ~own if versus is None else _belong(everyone, lambda part: members(journeys, part, asked, versus))
    there: Pairs = (("where", f"segment:{segment.name}"),)
    beside: Pairs = (
        (("where-not", f"segment:{segment.name}"),) if versus is None else (("where", f"segment:{versus.name}"),)
    )
    sides = (
        Side(T("{segment}", segment=segment.name), _counts(everyone, own), span, there),
        Side(other, _counts(everyone, rest), span, beside),
    )
    return _block("segments", title, query, found, sides)


def _within(journeys: Journeys, query: Query, found: Outcome, span: Span) -> Outcome:
    """The funnel of these days; the one that is there where they are the question's."""
    if query.span == span:
        return found
    plan = replace(found.plan, start=span.start, end=span.end)
    return outcome(journeys, replace(query, span=span), plan)


def _belong(found: Outcome, mask: Callable[[Part], Bool]) -> Bool:
    """Which entrants are among the persons of a mask over each part."""
    pieces = [
        mask(part)[chain.unit if persons is None else persons[chain.unit]]
        for part, chain, persons in zip(found.parts, found.chains, found.persons, strict=True)
    ]
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.bool_)


def _counts(found: Outcome, which: Bool | None = None) -> list[int]:
    reach: NDArray[np.int8] = found.reach if which is None else found.reach[which]
    return counts_by_step(reach, found.size)


def _nothing(block_id: str, title: Text, why: Text) -> Block:
    return Block(block_id, "table", title, (Column("step", T("Step"), "count"),), [], empty=why)


def _block(block_id: str, title: Text, query: Query, found: Outcome, sides: tuple[Side, Side]) -> Block:
    this, other = sides
    whole = difference(this.people, [this.people[0]] * found.size, other.people, [other.people[0]] * found.size)
    before = ([people[0], *people[:-1]] for people in (this.people, other.people))
    this_before, other_before = before
    step = difference(this.people, this_before, other.people, other_before)
    rows: list[list[Cell]] = []
    for at, name in enumerate(step_names(found)):
        apart = [_number(one[at]) if at else None for one in (*whole, *step)]
        rates = (share(this.people[at], this.people[0]), share(other.people[at], other.people[0]))
        rows.append([at + 1, name, this.people[at], rates[0], other.people[at], rates[1], *apart])
    steps = range(1, found.size + 1)
    low = T("Lower end of the 95 % interval of the difference (Newcombe).")
    high = T("Upper end of the 95 % interval of the difference (Newcombe).")
    unit = T("Sessions") if found.sessions else T("People")
    return Block(
        id=block_id,
        kind="bars",
        title=title,
        columns=(
            Column("step", T("Step"), "count"),
            Column("name", T("What"), "text"),
            Column("people", T("{unit}, {side}", unit=unit, side=this.name), "count"),
            Column("rate", T("Rate, {side}", side=this.name), "ratio", T("From the first step.")),
            Column("other_people", T("{unit}, {side}", unit=unit, side=other.name), "count"),
            Column("other_rate", T("Rate, {side}", side=other.name), "ratio", T("From the first step.")),
            Column("difference", T("Difference"), "points", T("Of the rates from the first step.")),
            Column("low", T("Low"), "points", low),
            Column("high", T("High"), "points", high),
            Column("step_difference", T("Of the step alone"), "points", T("Of the rates from the previous step.")),
            Column("step_low", T("Low"), "points", low),
            Column("step_high", T("High"), "points", high),
        ),
        rows=rows,
        draw={
            "x": "name",
            "y": "rate",
            "other": "other_rate",
            "words": {"name": "act"},
            "cell_links": {"other_people": [other.link(query, step) for step in steps]},
        },
        links=[this.link(query, step) for step in steps],
        note=_sentence(query, sides, rows[-1][6:9]),
    )


def _number(found: float) -> float | None:
    return None if np.isnan(found) else float(found)


def _sentence(query: Query, sides: tuple[Side, Side], apart: list[Cell]) -> Text:
    """What the comparison says of the whole way, and which days it is of."""
    told = _verdict(sides, apart)
    if query.span == sides[0].span:
        return told
    if query.span is None:
        return T(
            "{told} Of those who entered until {last}: later ones still have time.",
            told=told,
            last=_day(sides[0].span.last),
        )
    return T(
        "{told} Of those who entered from {first} to {last}: later ones still have time.",
        told=told,
        first=_day(sides[0].span.first),
        last=_day(sides[0].span.last),
    )


def _day(day: date) -> Value:
    return Value(day.isoformat(), "date")


def _verdict(sides: tuple[Side, Side], apart: list[Cell]) -> Text:
    gap, low, high = (value if isinstance(value, float) else None for value in apart)
    if gap is None or low is None or high is None:
        return T("There is nothing to compare: one side has nobody, or the funnel one step.")
    this, other = sides
    values = {
        "rate": Value(this.people[-1] / this.people[0], "ratio"),
        "other": Value(other.people[-1] / other.people[0], "ratio"),
        "side": other.name,
        "gap": Value(gap, "points"),
        "low": Value(low, "points"),
        "high": Value(high, "points"),
    }
    if low <= 0 <= high:
        return T(
            "{rate} went all the way, against {other} ({side}): {gap}. So small a difference may be chance "
            "(95 % interval {low} to {high}).",
            **values,
        )
    return T(
        "{rate} went all the way, against {other} ({side}): {gap}. That is more than chance makes "
        "(95 % interval {low} to {high}).",
        **values,
    )
