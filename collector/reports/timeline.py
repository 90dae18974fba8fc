"""Timeline: everything one person did, visit by visit, with who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.counted import events, visits
from collector.reports.stage_states import stages_begun
from collector.reports.timeline_events import COLUMNS, Life, Placed, cells, find_life, fits, latest, place
from collector.reports.timeline_profile import linked_block, profile_block, sessions_block


def run(journeys: Journeys, query: Query) -> Result:
    """One person's journey.

    Raises:
        UserError: nobody is known by this key.
    """
    key = str(query.values.get("person"))
    code = journeys.people.code(key)
    if code is None:
        raise UserError(
            f"Nobody is known as {key!r}.", "Use a user id or a visitor's key, as the list of visitors shows."
        )
    limit = query.values.get("limit")
    size = limit if isinstance(limit, int) else 500
    before, since = _range(query)
    life = find_life(journeys, code)
    found, more = latest(journeys, code, before, since, size)
    placed = place(journeys, life, found)
    cursor = f"{found[-1].time}_{found[-1].id}" if more else None
    if query.values.get("order") == "newest":
        placed.sort(key=lambda one: (-one.visit, one.event.time, one.event.id))
    profile = journeys.people.profile(code)
    blocks = [
        profile_block(journeys, query, key, profile, life),
        linked_block(profile),
        sessions_block(journeys, query, life),
        _events(query, placed, cursor, _stages(journeys, query, life, placed)),
    ]
    return Result(blocks, journeys.as_of, _headline(placed, more))


def _range(query: Query) -> tuple[tuple[int, int] | None, int]:
    """The key to read before and the time to read back to: the range counts only where it is asked for."""
    asked = any(name in ("period", "from", "to") for name, _ in query.arguments)
    before = _before(query.values.get("before"))
    if query.span is None or not asked:
        return before, -(2**62)
    # No event has id 0, so this key stands before every event of the instant that ends the range.
    end = (query.end, 0)
    return (end if before is None else min(before, end)), query.start


def _before(text: object) -> tuple[int, int] | None:
    if not isinstance(text, str) or not text:
        return None
    time, _, number = text.partition("_")
    try:
        return int(time), int(number)
    except ValueError as error:
        raise UserError(
            f"{text!r} is not a place in the timeline.", "Use the value that the page before gave."
        ) from error


def _stages(journeys: Journeys, query: Query, life: Life, placed: Sequence[Placed]) -> Mapping[int, str]:
    """The stages of the journey that events led into, by the events' ids; none where the site has named none."""
    if not query.site.stages or life.part is None or not len(life.rows):
        return {}
    begun = stages_begun(journeys, life.part, query, int(life.part.person[life.rows[0]]))
    found: dict[int, str] = {}
    for one in placed:
        stage = begun.get(one.event.time)
        if stage is not None and any(fits(matcher, one) for matcher, _ in stage.ways):
            del begun[one.event.time]  # of several such events at one instant the first is marked
            found[one.event.id] = stage.name
    return found


def _events(query: Query, placed: Sequence[Placed], cursor: str | None, stages: Mapping[int, str]) -> Block:
    rows: list[list[Cell]] = [cells(query, one, stages.get(one.event.id, "")) for one in placed]
    return Block(
        "events",
        "timeline",
        T("Journey"),
        COLUMNS,
        rows,
        draw={"group": "session", "mark": "mark", **({"next": ("before", cursor)} if cursor else {})},
        note=T("There are earlier events: ask again with before={cursor}.", cursor=cursor) if cursor else None,
        empty=T("Nothing is known of this person in this time."),
    )


def _headline(placed: Sequence[Placed], more: bool) -> Text:
    many = visits(len({one.visit for one in placed}))
    if not placed:
        return T("Nothing is known of this person in this time.")
    if more:
        return T("The latest {n}, in {visits}.", n=events(len(placed)), visits=many)
    return T("{n} in {visits}.", n=events(len(placed)), visits=many)


REPORT = Report(
    name="timeline",
    title=T("Timeline"),
    summary=T("Everything one person did, visit by visit, in the order it happened."),
    params=(
        Param("person", "text", T("Person"), T("A user id, or the key of a visitor."), required=1),
        Param("before", "text", T("Before"), T("Where the page before ended.")),
        Param("limit", "int", T("Events"), default="500", minimum=1, maximum=10_000),
        Param(
            "order",
            "choice",
            T("Order"),
            default="time",
            choices=(("time", T("as it happened")), ("newest", T("newest visit first"))),
        ),
    ),
    run=run,
    example={"person": ["sim-1-1"]},
    menu=None,
    people=False,
)
