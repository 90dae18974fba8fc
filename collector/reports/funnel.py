"""The funnel: how many go from step to step, where they drop, and who they are (SEMANTICS 5)."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Column, Result
from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.reports import counted
from collector.reports.base import Report
from collector.reports.funnel_actions import actions_block
from collector.reports.funnel_chain import Rows
from collector.reports.funnel_compare import PARAMS as COMPARE
from collector.reports.funnel_compare import compare_blocks
from collector.reports.funnel_differences import differences_block
from collector.reports.funnel_instead import LENGTH, instead_block
from collector.reports.funnel_late import late_block
from collector.reports.funnel_next import acts_after, next_block
from collector.reports.funnel_optional import optional_block
from collector.reports.funnel_outcome import Outcome, outcome, plan_of
from collector.reports.funnel_people import people_block
from collector.reports.funnel_plan import lasting
from collector.reports.funnel_steps import (
    breakdown_block,
    counts_by_step,
    groups,
    people_link,
    share,
    steps_block,
)
from collector.reports.funnel_subsets import SUBSET, subset
from collector.reports.funnel_times import BETWEEN, times_block
from collector.reports.funnel_trend import trend_block
from collector.reports.funnel_value import lost_block
from collector.reports.people_list import LIMIT
from collector.reports.stats import wilson


def run(journeys: Journeys, query: Query) -> Result:
    """The funnel's blocks; with `people`, the list of those people first."""
    plan = plan_of(query)
    found = outcome(journeys, query, plan)
    steps = steps_block(journeys, query, found)
    which, at = query.values["people"], query.values["at"]
    if which is not None:
        step = found.size if which == "converted" else at if isinstance(at, int) else 1
        part = subset(journeys, query, found)
        blocks = [people_block(journeys, query, found, str(which), step, _group(journeys, query, found), part), steps]
    else:
        optional = optional_block(journeys, query, found)
        blocks = [steps, *([] if optional is None else [optional]), _summary(query, found)]
        if found.size > 1:
            blocks += [times_block(query, found), *compare_blocks(journeys, query, found)]
        blocks.append(trend_block(query, found))
        if query.by is not None:
            blocks.append(breakdown_block(journeys, query, found, query.by, str(query.values["by-at"])))
        step = at if isinstance(at, int) else _greatest_drop(found)
        if step < found.size:
            lost = lost_block(journeys, query, found, step)
            late = late_block(journeys, query, found, step)
            acts = acts_after(journeys, query, found, step, LENGTH)
            blocks += [
                *([] if lost is None else [lost]),
                next_block(journeys, query, found, acts),
                instead_block(journeys, query, found, acts),
                *([] if late is None else [late]),
                differences_block(journeys, query, found, step),
                actions_block(journeys, query, found, step),
            ]
    return Result(blocks, journeys.as_of, _headline(found, query), _notes(found))


def _group(journeys: Journeys, query: Query, found: Outcome) -> tuple[str, Rows] | None:
    """The group of the breakdown whose people are asked for, if one is."""
    wanted = query.values["group"]
    if not wanted:
        return None
    if query.by is None:
        raise UserError("A group is asked for without a breakdown.", "Give --by, like device.")
    every = groups(journeys, found, query.by, str(query.values["by-at"]))
    known = next((group for group in every if group[0] == wanted), None)
    if known is None:
        raise UserError(f"Nobody here has {wanted!r}.", f"Known: {', '.join(text for text, _ in every) or 'none'}.")
    return known


def _greatest_drop(found: Outcome) -> int:
    """The step (from 1) after which most dropped."""
    return int(np.argmax(found.dropped)) + 1 if found.size > 1 else found.size


def _summary(query: Query, found: Outcome) -> Block:
    converted = found.reach == found.size
    entered, arrived = len(found.reach), int(converted.sum())
    matured, matured_arrived = int(found.matured.sum()), int((converted & found.matured).sum())
    low, high = wilson(matured_arrived, matured)
    interval = [None if np.isnan(bound) else float(bound) for bound in (low, high)]
    return Block(
        id="summary",
        kind="number",
        title=T("Conversion"),
        columns=(
            Column("people", T("Sessions") if found.sessions else T("People"), "count"),
            Column("converted", T("Converted"), "count"),
            Column("rate", T("Rate so far"), "ratio"),
            Column("open", T("Still have time"), "count", T("Not converted, and still in time to.")),
            Column(
                "matured",
                T("Had the whole time"),
                "count",
                T("Entrants who had the whole window from their beginning on."),
            ),
            Column("matured_rate", T("Rate of these"), "ratio"),
            Column("low", T("Low"), "ratio", T("Lower end of the 95 % interval of the matured rate (Wilson).")),
            Column("high", T("High"), "ratio", T("Upper end of the 95 % interval of the matured rate (Wilson).")),
        ),
        rows=[
            [
                entered,
                arrived,
                share(arrived, entered),
                int(found.open.sum()),
                matured,
                share(matured_arrived, matured),
                *interval,
            ]
        ],
        draw={"cell_links": {name: [people_link(query, which, 1)] for name, which in _LISTS.items()}},
        links=[people_link(query, "reached", 1)],
    )


# The numbers of the summary, beside the first, and the lists behind them.
_LISTS = {"converted": "converted", "open": "waiting", "matured": "over"}


def _headline(found: Outcome, query: Query) -> Text:
    entered = len(found.reach)
    if not entered:
        return T("Nobody made the first step in this range.")
    people = counts_by_step(found.reach, found.size)
    values = {
        "converted": Value(people[-1], "count"),
        "entered": Value(entered, "count"),
        "rate": Value(people[-1] / entered, "ratio"),
    }
    if found.size == 1:
        return T(
            "{entered} made the step.", entered=counted.sessions(entered) if found.sessions else counted.people(entered)
        )
    step = _greatest_drop(found)
    dropped = found.dropped[step - 1]
    if not dropped:
        return T("{converted} of {entered} went all the way ({rate}).", **values)
    return T(
        "{converted} of {entered} went all the way ({rate}); most are lost after step {step} ({name}): {dropped}.",
        **values,
        step=step,
        name=T("any {n}", n=step) if found.plan.order == "any" else words(found.plan.steps[step - 1], query.site.goals),
        dropped=Value(dropped, "count"),
    )


def _notes(found: Outcome) -> list[Text]:
    notes = []
    still = int(found.open.sum())
    if still:
        notes.append(
            counted.told(
                still,
                T("One who entered still has time to go on (the window is {window}) and does not count as dropped."),
                T("{n} who entered still have time to go on (the window is {window}): they do not count as dropped."),
                window=Value(found.plan.window / SECOND, "seconds"),
            )
        )
    if found.plan.order == "any":
        notes.append(T("In any order, step n counts who did any n of the steps within the window of the first."))
    return notes


def _follows(query: Query) -> str:
    window = query.values["window"]
    return "whole" if lasting(query.values["unit"] == "session", window if isinstance(window, int) else 0) else ""


REPORT = Report(
    name="funnel",
    title=T("Funnels"),
    summary=T("How many people go from step to step, where they drop out, and who they are."),
    params=(
        Param(
            "step",
            "matcher",
            T("Step"),
            T("What counts as the step, like page:/pricing or event:purchase[total>=100]; 1 to 12 steps."),
            repeat=True,
            required=1,
            maximum=12,
        ),
        Param("window", "duration", T("Window"), T("Time from the first step to the last."), default="14d"),
        Param(
            "order",
            "choice",
            T("Order"),
            T("In order, other things may happen between."),
            default="ordered",
            choices=(
                ("ordered", T("In this order")),
                ("strict", T("Nothing in between")),
                ("any", T("In any order")),
            ),
        ),
        Param(
            "unit",
            "choice",
            T("Count"),
            default="person",
            choices=(("person", T("People")), ("session", T("Sessions"))),
        ),
        Param(
            "exclude",
            "exclude",
            T("Without"),
            T("An event that must not happen between two steps: event:refund@1-2."),
            repeat=True,
            maximum=12,
        ),
        Param(
            "people",
            "choice",
            T("List of people"),
            choices=(
                ("reached", T("Who reached the step")),
                ("dropped", T("Who dropped after the step")),
                ("stopped", T("Who got no further than the step")),
                ("open", T("Who still has time after the step")),
                ("converted", T("Who went all the way")),
                ("waiting", T("Who still has time")),
                ("over", T("Who had the whole time")),
            ),
        ),
        Param("at", "int", T("At step"), T("The step of the list, or of the reasons."), minimum=1, maximum=12),
        Param(
            "by-at",
            "choice",
            T("Breakdown at"),
            default="first",
            choices=(
                ("first", T("When they first began")),
                ("last", T("The last step reached")),
                ("any", T("Any step")),
            ),
        ),
        Param("group", "text", T("Group"), T("Of the breakdown, whose people are listed.")),
        Param(
            "optional",
            "int",
            T("May be skipped"),
            T("The number of a step between the first and the last that not everybody must do."),
            repeat=True,
            minimum=2,
            maximum=11,
        ),
        SUBSET,
        LIMIT,
        BETWEEN,
        *COMPARE,
        Param("value", "property", T("Value"), T("The property to add up; the event's own value if none is named.")),
    ),
    run=run,
    example={"step": ["page:/", "page:/plans", "event:signup"], "window": ["7d"]},
    menu=30,
    follows=_follows,
    breaks_down=True,
    own_by=True,
)
