"""The changes as tables: a block for each unit, with the interval of each difference, and the same a year before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.core.blocks import Block, Cell, Column, Unit
from collector.core.query import FILTERS, Query
from collector.core.text import T, Text
from collector.core.times import Span
from collector.reports.before_after.measures import Change, Pair, of_counts, of_ratios, of_shares
from collector.reports.before_after.windows import Windows
from collector.reports.scope import share

Link = tuple[tuple[str, str], ...]
_THEN = T("The same difference 52 weeks before: what the season may account for.")
_LOW = T("Lower end of the 95 % interval of the difference.")
_HIGH = T("Upper end of the 95 % interval of the difference.")


@dataclass(frozen=True, slots=True)
class Line:
    """One measure: its change, the same a year before, and how to list its people on a side (None: no such list)."""

    name: str
    change: Change
    then: Change | None = None
    link: Link | None = None
    counts: tuple[int, int] | None = None


def days_link(query: Query, span: Span, more: Link = ()) -> Link:
    """The arguments of the list of visitors of one side."""
    kept = tuple(pair for pair in query.arguments if pair[0] in FILTERS)
    return (*kept, ("from", span.first.isoformat()), ("to", span.last.isoformat()), *more)


def sides(query: Query, days: Windows, lines: Sequence[Line], columns: tuple[str, str]) -> Mapping[str, object]:
    """The links of the cells of both sides."""
    found = {}
    for name, span in zip(columns, (days.before, days.after), strict=True):
        found[name] = [None if one.link is None else days_link(query, span, one.link) for one in lines]
    return found


def changes(
    query: Query, days: Windows, block: str, title: Text, unit: Unit, lines: Sequence[Line], note: Text
) -> Block:
    """The block of some measures in one unit."""
    apart: Unit = {"ratio": "points"}.get(unit, unit)  # type: ignore[assignment]
    counted = any(one.counts for one in lines)
    columns = [Column("measure", T("Measure"), "text" if block in ("rates", "worth") else "label")]
    if counted:
        columns += [Column("people_before", T("How many before"), "count")]
        columns += [Column("people_after", T("How many after"), "count")]
    columns += [Column("before", T("Before"), unit), Column("after", T("After"), unit)]
    columns += [Column("difference", T("Difference"), apart)]
    columns += [Column("low", T("From"), apart, _LOW), Column("high", T("To"), apart, _HIGH)]
    columns += [Column("relative", T("Change"), "ratio", T("The difference as a share of before."))]
    if days.then:
        columns += [Column("then", T("A year before"), apart, _THEN)]
        columns += [Column("beyond", T("Beyond that"), apart, T("The difference less that of a year before."))]
    rows = [_row(one, counted, days.then is not None, unit == "count") for one in lines]
    linked = ("people_before", "people_after") if counted else ("before", "after")
    return Block(
        id=block,
        kind="bars",
        title=title,
        columns=columns,
        rows=rows,
        draw={
            "y": "difference",
            "low": "low",
            "high": "high",
            "wide": True,
            "cell_links": sides(query, days, lines, linked),
        },
        note=note,
    )


def _row(one: Line, counted: bool, seasonal: bool, whole: bool) -> list[Cell]:
    change, cells = one.change, list[Cell]([one.name])
    if counted:
        cells += list(one.counts or (None, None))
    relative = share(change.apart, abs(change.before)) if change.apart is not None and change.before else None
    ends = [end if end is None or not whole else round(end) for end in (change.low, change.high)]
    cells += [change.before, change.after, change.apart, *ends, relative]
    if seasonal:
        then = one.then.apart if one.then else None
        beyond = change.apart - then if change.apart is not None and then is not None else None
        cells += [then, beyond]
    return cells


def count_lines(pair: Pair, then: Pair | None) -> list[Line]:
    """People and visits."""

    def both(one: Pair) -> tuple[Change, Change]:
        return (
            of_counts(one.before.people, one.after.people, one.people_spread),
            of_counts(one.before.visits, one.after.visits, one.visits_spread),
        )

    now, old = both(pair), both(then) if then else (None, None)
    return [Line("People", now[0], old[0], ()), Line("Visits", now[1], old[1])]


def rate_lines(query: Query, pair: Pair, then: Pair | None) -> list[Line]:
    """The share of people who reached each goal."""
    found = []
    for at, (name, matcher) in enumerate(query.site.goals):
        change = _goal(pair, at)
        counts = (pair.before.goals[at], pair.after.goals[at])
        found.append(Line(name, change, _goal(then, at) if then else None, (("did", str(matcher)),), counts))
    return found


def _goal(pair: Pair, at: int) -> Change:
    before, after = pair.before, pair.after
    return of_shares(before.goals[at], before.people, after.goals[at], after.people)


def bounce_line(pair: Pair, then: Pair | None) -> Line:
    """The share of visits that were one page and nothing else."""
    old = of_ratios(then.before.bounce, then.after.bounce) if then else None
    return Line("Bounce rate", of_ratios(pair.before.bounce, pair.after.bounce), old)


def attention_line(pair: Pair, then: Pair | None) -> Line:
    """Seconds of attention a visit."""
    old = of_ratios(then.before.attention, then.after.attention) if then else None
    return Line("Attention a visit", of_ratios(pair.before.attention, pair.after.attention), old)


def worth_lines(query: Query, pair: Pair, then: Pair | None) -> list[Line]:
    """What people were worth on average, buyers or not, by each goal whose events say a value."""
    found = []
    for at, (name, _) in enumerate(query.site.goals):
        if pair.before.valued[at] or pair.after.valued[at]:
            old = of_ratios(then.before.worth[at], then.after.worth[at]) if then else None
            found.append(Line(name, of_ratios(pair.before.worth[at], pair.after.worth[at]), old))
    return found
