"""All segments of a site: how many people each has now, and how many of those were here in the range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.deadline import Stopped, check
from collector.core.errors import UserError
from collector.core.people import Fact, Segment
from collector.core.query import FILTERS, Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Part
from collector.reports.base import Report
from collector.reports.counted import people
from collector.reports.people_mask import members, of_range
from collector.reports.scope import choose, common_arguments, inside
from collector.reports.visitors import EVER

_COLUMNS = (
    Column("segment", T("Segment")),
    Column("people", T("People"), "count", T("Who belongs to it now, whenever they were here last.")),
    Column("share", T("Of everybody"), "ratio", T("Segments may overlap: shares need not add up to the whole.")),
    Column("active", T("Active"), "count", T("Of those, who was here in the chosen days.")),
)


def run(journeys: Journeys, query: Query) -> Result:
    """A row a segment; the question's own filters leave others out of all of them."""
    segments = list(query.site.segments.values())
    counts = np.zeros((len(segments), 2), dtype=np.int64)
    everybody, wrong = 0, dict[str, UserError]()
    for part in journeys.each():
        left = choose(journeys, part, query) & members(journeys, part, query, Segment(""))
        active = _active(part, query, left)
        everybody += int(np.count_nonzero(left))
        for at, segment in enumerate(segments):
            check()
            try:
                mask = members(journeys, part, query, segment) & left
            except Stopped:
                raise
            except UserError as error:
                wrong[segment.name] = error  # it names what there is no more; the others still have their people
                continue
            counts[at] += np.count_nonzero(mask), np.count_nonzero(mask & active)
    rows: list[list[Cell]] = [
        [segment.name, None, None, None]
        if segment.name in wrong
        else [segment.name, int(people), int(people) / everybody if everybody else None, int(here)]
        for segment, (people, here) in zip(segments, counts, strict=True)
    ]
    notes = [T("“{segment}” finds nobody: {why}", segment=name, why=str(error)) for name, error in wrong.items()]
    block = Block(
        "segments",
        "table",
        T("Segments"),
        _COLUMNS,
        rows,
        links=[_link(query, segment.name) for segment in segments],
        note=T("One person may be in several segments.") if len(rows) > 1 else None,
        empty=T("No segments yet."),
    )
    return Result([block], journeys.as_of, _headline(len(segments), everybody), notes)


def _link(query: Query, name: str) -> Sequence[tuple[str, str]]:
    """Whoever belongs to a segment, whenever they were here; filters of the range keep their range."""
    named = Fact("segment", name)
    if of_range(replace(query, where=(*query.where, named))):
        return (("where", str(named)), *common_arguments(query), ("at", EVER))
    return (("where", str(named)), *(pair for pair in query.arguments if pair[0] in FILTERS), ("all-time", "1"))


def _active(part: Part, query: Query, left: Bool) -> Bool:
    mask = np.zeros(len(part.persons), dtype=np.bool_)
    mask[part.person[np.flatnonzero(inside(part, query, left, query.start, query.end))]] = True
    return mask


def _headline(segments: int, everybody: int) -> Text | None:
    if not segments:
        return None
    if segments == 1:
        return T("One segment of {everybody}.", everybody=people(everybody))
    return T("{n} segments of {everybody}.", n=Value(segments, "count"), everybody=people(everybody))


REPORT = Report(
    name="segments",
    title=T("Segments"),
    summary=T("Sets of people by what they did and are, to choose on every report."),
    params=(),
    run=run,
    example={"period": ["30d"]},
    menu=25,
)
