"""The blocks of an impact answer: effect, curve, balance, who was used, before and after, people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collector.core.blocks import Block, Cell, Column, Unit
from collector.core.query import Query
from collector.core.text import T, Text
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports import people_list as shared
from collector.reports.days import by_length, days_hint
from collector.reports.impact.away import NOTHING
from collector.reports.impact.doses import Dose, doses_of
from collector.reports.impact.drawn import Drawn
from collector.reports.impact.engine import Answer
from collector.reports.impact.estimate import Effect
from collector.reports.impact.in_all import InAll, in_all, people_used
from collector.reports.impact.subgroups import Group, groups_of
from collector.reports.scope import share
from collector.reports.stats import wilson

REASONS = {
    "matched": T("compared with people alike"),
    "converted": T("had reached the goal before"),
    "open": T("the time for the goal is not over"),
    "lonely": T("nobody alike to compare with"),
    "stranger": T("never on the site before they saw it"),
    "away": T("away for longer than anybody to compare with"),
}


def number_blocks(found: Answer) -> list[Block]:
    """The answer as figures: people and money brought, in points, and what the plain comparison would claim."""
    rate, value = in_all(found, found.rate), in_all(found, found.value)
    if found.rate is None or rate is None:
        return []
    points = [float(column[-1]) for column in (found.rate.difference, found.rate.low, found.rate.high)]
    naive = None if found.naive[0] is None else float(found.rate.exposed[-1]) - found.naive[0]
    told = [
        _figure("incremental", T("People at the goal because of it"), T("People"), "count", _rounded(rate)),
        _figure("difference", T("Change of the goal rate"), T("Change"), "points", points),
    ]
    if value is not None:
        ends = [value.difference, value.low, value.high]
        told.append(_figure("revenue", T("More revenue because of it"), T("Revenue"), "money", ends))
    column = Column("value", T("Change"), "points")
    return [*told, Block("naive", "number", T("What the plain comparison would claim"), (column,), [[naive]])]


def _rounded(rate: InAll) -> list[Cell]:
    return [round(rate.difference), round(rate.low), round(rate.high)]


def _figure(block: str, title: Text, label: Text, unit: Unit, cells: Sequence[Cell]) -> Block:
    ends = Column("low", T("At least"), unit), Column("high", T("At most"), unit)
    return Block(block, "number", title, (Column("value", label, unit), *ends), [cells])


def effect_block(found: Answer) -> Block:
    """The block `effect`; its numbers are empty where the answer is refused."""
    people = people_used(found)
    rows: list[list[Cell]] = [_effect("rate", found.rate, found.naive[0], people)]
    if found.value is not None:
        rows.append(_effect("value", found.value, found.naive[1], people))
    return Block(
        "effect",
        "table",
        T("Effect"),
        (
            Column("measure", T("Of each person"), "text", T("rate: reached the goal; value: money of the goals")),
            Column("exposed", T("Exposed"), "number"),
            Column(
                "naive",
                T("Never exposed"),
                "number",
                T("Everybody else, alike or not, in as long a time from their first event in the range."),
            ),
            Column("counterfactual", T("Without it"), "number", T("The exposed, had they not been exposed.")),
            Column("difference", T("Difference"), "number"),
            Column("low", T("At least"), "number", T("95 % interval, clustered by person.")),
            Column("high", T("At most"), "number"),
            Column("lift", T("Lift"), "ratio"),
            Column("incremental", T("In all"), "number", T("Difference times the exposed people used.")),
        ),
        rows,
        draw={"y": "difference", "low": "low", "high": "high"} if found.rate is not None else {},
    )


def _effect(measure: str, effect: Effect | None, naive: float | None, people: float) -> list[Cell]:
    if effect is None:
        return [measure, *([None] * 8)]
    exposed, without, difference, low, high = (
        float(column[-1])
        for column in (effect.exposed, effect.counterfactual, effect.difference, effect.low, effect.high)
    )
    lift = share(difference, without) if without > 0 else None
    return [measure, exposed, naive, without, difference, low, high, lift, difference * people]


def curve_block(found: Answer) -> Block:
    """Goal rates of the exposed and of their counterfactual by days since the moment."""
    rows: list[list[Cell]] = []
    horizon = found.plan.horizon
    if found.rate is not None and found.matched is not None:
        rate = found.rate
        rows.append([0.0, 0.0, 0.0, 0.0, 0.0])
        for at, day in enumerate(found.matched.days.tolist()):
            exposed = float(rate.exposed[at])
            low, high = exposed - float(rate.high[at]), exposed - float(rate.low[at])
            rows.append([day, exposed, float(rate.counterfactual[at]), low, high])
    return Block(
        "curve",
        "series",
        by_length(horizon, T("Reached the goal, by days since"), T("Reached the goal, by time since")),
        (
            Column("day", by_length(horizon, T("Day"), T("Time")), "number"),
            Column("exposed", T("Exposed"), "ratio"),
            Column("counterfactual", T("Without it"), "ratio"),
            Column("low", T("Without it, at least"), "ratio"),
            Column("high", T("Without it, at most"), "ratio"),
        ),
        rows,
        draw={
            **{"x": "day", "y": ["exposed", "counterfactual"], "low": "low", "high": "high"},
            **days_hint(horizon, "day"),
        },
        empty=T("There is too little to draw."),
    )


def balance_block(found: Answer) -> Block:
    """How alike the groups were in what was known before, and how alike they were made."""
    return Block(
        "balance",
        "table",
        T("How alike the groups are"),
        (
            Column("feature", T("Known before"), "label"),
            Column("exposed", T("Exposed"), "number"),
            Column("naive", T("All others"), "number"),
            Column("matched", T("Matched"), "number"),
            Column("smd_before", T("Difference before"), "number", T("Standardised; below 0.1 is alike.")),
            Column("smd_after", T("Difference after"), "number"),
        ),
        [[str(row.label), row.exposed, row.naive, row.matched, row.before, row.after] for row in found.balance],
        draw={"y": "smd_after", "other": "smd_before"},
        empty=T("Nobody could be compared."),
    )


def status_rows(found: Answer) -> dict[str, Int64]:
    """The rows of the exposures in range, by what became of them."""
    tape = found.tape
    matched = np.empty(0, dtype=np.int64) if found.matched is None else found.matched.case_row
    left = {reason: tape.exposed[people] for reason, people in found.reasons.items()}
    return {"matched": matched, **left, "lonely": found.lonely}


def used_block(found: Answer, arguments: Sequence[tuple[str, str]]) -> Block:
    """How many of the exposed were used, and why others were not."""
    kept = tuple((name, text) for name, text in arguments if name != "people")
    groups = status_rows(found)
    return Block(
        "used",
        "bars",
        T("Who was exposed"),
        (Column("status", T("Status")), Column("meaning", T("Why"), "label"), Column("people", T("People"), "count")),
        [[status, str(REASONS[status]), len(rows)] for status, rows in groups.items()],
        draw={"y": "people", "link": "people", "unseen": ("status",)},
        links=[(*kept, ("people", status)) for status in groups],
    )


def before_after_block(found: Answer) -> Block:
    """What the matched people did as long before the exposure as after it, a person."""
    tape, plan = found.tape, found.plan
    rows = np.empty(0, dtype=np.int64) if found.matched is None else found.matched.case_row
    opens = np.arange(tape.none) == tape.first
    cells: list[list[Cell]] = []
    if len(rows):
        for name, label, mask in (
            ("sessions", T("Visits begun"), opens),
            ("pages", T("Pages"), tape.page),
            ("events", T("Events"), ~tape.page & (tape.kind != NOTHING)),
        ):
            before, after = _around(found, rows, mask, plan.horizon)
            cells.append([name, str(label), before / len(rows), after / len(rows)])
    return Block(
        "before_after",
        "table",
        T("What the exposed did before and after"),
        (
            Column("name", T("Name")),
            Column("measure", T("A person"), "label"),
            Column("before", T("Before"), "number"),
            Column("after", T("After"), "number"),
        ),
        cells,
        draw={"y": "after", "other": "before", "unseen": ("name",)},
        note=T("As many days before as after. Doing more afterwards is no effect by itself: see the comparison."),
        empty=T("Nobody could be compared."),
    )


def groups_block(found: Answer) -> Block:
    """The block `groups`: the effect by what was known of people before."""
    rows: list[list[Cell]] = []
    for told in groups_of(found):
        rows += [[str(group.kind), *group_cells(group), told.chance] for group in told.groups]
    return Block(
        "groups",
        "table",
        T("For whom it changed more"),
        (
            Column("kind", T("By"), "label"),
            *GROUP,
            Column(
                "chance", T("By chance alone"), "ratio", T("How often groups that do not differ look so different.")
            ),
        ),
        rows,
        draw={"y": "difference", "low": "low", "high": "high"},
        note=T("Each interval is right 19 times of 20, so that of many groups some stand apart by chance."),
        empty=T("There are too few people to tell groups apart."),
    )


def dose_block(found: Answer) -> Block | None:
    """The block `dose`: what came of how much of it there was; None where no dose is asked for."""
    if found.plan.dose is None:
        return None
    return doses_block("dose", T("By how much of it"), doses_of(found))


def doses_block(block: str, title: Text, doses: Sequence[Dose]) -> Block:
    """The effect of each dose where these were settled soon, else the rate of those who had it."""
    empty = T("There are too few people to tell doses apart.")
    settled: list[list[Cell]] = [
        [str(dose.name), dose.people, *_ends(dose.effect)] for dose in doses if dose.effect is not None
    ]
    if settled or not doses:
        draw = {"y": "difference", "low": "low", "high": "high"}
        return Block(block, "table", title, GROUP, settled, draw=draw, note=_SOON, empty=empty)
    columns = (*GROUP[:3], Column("low", T("At least"), "ratio"), Column("high", T("At most"), "ratio"))
    low, high = wilson([dose.reached for dose in doses], [dose.people for dose in doses])
    rows: list[list[Cell]] = [
        [str(dose.name), dose.people, dose.reached / dose.people, float(least), float(most)]
        for dose, least, most in zip(doses, low, high, strict=True)
    ]
    draw = {"y": "exposed", "low": "low", "high": "high"}
    return Block(block, "table", title, columns, rows, draw=draw, note=_LATER, empty=empty)


_SOON = T(
    "How much of it there was is known only afterwards, and whoever was about to reach the goal may have gone "
    "on for that reason: a larger effect of more is a hint, not a proof."
)
_LATER = T(
    "Goal rates, no effects: more of it comes in later visits, so that those who stay meet more of it, and those who "
    "stay reach the goal more often whatever it does."
)

GROUP = (
    Column("group", T("Group"), "label"),
    Column("people", T("Exposed"), "count"),
    Column("exposed", T("Reached the goal"), "ratio"),
    Column("counterfactual", T("Without it"), "ratio"),
    Column("difference", T("Difference"), "points"),
    Column("low", T("At least"), "points"),
    Column("high", T("At most"), "points"),
)


def group_cells(group: Group) -> list[Cell]:
    """The cells of `GROUP`."""
    return [str(group.name), group.people, *_ends(group.effect)]


def _ends(effect: Effect) -> list[float]:
    cells = (effect.exposed, effect.counterfactual, effect.difference, effect.low, effect.high)
    return [float(cell[0]) for cell in cells]


def time_block(found: Answer) -> Block:
    """The block `time`: how much sooner the goal was reached, as days of the horizon after it."""
    left, horizon = found.left, found.plan.horizon
    rows: list[list[Cell]] = []
    if left is not None:
        rows.append(
            [float(cell[0]) for cell in (left.exposed, left.counterfactual, left.difference, left.low, left.high)]
        )
    return Block(
        "time",
        "table",
        T("How much sooner"),
        (
            Column(
                "exposed",
                by_length(horizon, T("Days at the goal"), T("Time at the goal")),
                "number",
                T("Of the time for the goal, a person, on the average."),
            ),
            Column("counterfactual", T("Without it"), "number"),
            Column("difference", by_length(horizon, T("Days gained"), T("Time gained")), "number"),
            Column("low", T("At least"), "number"),
            Column("high", T("At most"), "number"),
        ),
        rows,
        draw=days_hint(horizon, "exposed", "counterfactual", "difference", "low", "high"),
        empty=T("Nobody could be compared."),
    )


def _around(
    found: Answer, rows: Int64, mask: np.ndarray[tuple[int], np.dtype[np.bool_]], horizon: int
) -> tuple[int, int]:
    tape = found.tape
    case = np.full(len(tape.code), tape.none, dtype=np.int64)
    case[tape.person[rows]] = rows
    where = np.flatnonzero(mask & (case[tape.person] < tape.none))
    own = case[tape.person[where]]
    apart = tape.time[where] - tape.time[own]
    before = int(np.count_nonzero((where < own) & (apart >= -horizon)))
    return before, int(np.count_nonzero((where > own) & (apart <= horizon)))


def people_block(journeys: Journeys, query: Query, found: Answer, asked: str) -> Block:
    """The people asked for: exposed, matched, left out, or those left out for one reason."""
    groups = dict.fromkeys(REASONS, np.empty(0, dtype=np.int64)) | status_rows(found)
    wanted = {"exposed": list(groups), "left_out": [name for name in groups if name != "matched"]}.get(asked, [asked])
    rows = np.concatenate([groups[status] for status in wanted])
    status = np.repeat(np.array(wanted), [len(groups[name]) for name in wanted])
    tape, begin, listed, horizon = found.tape, 0, [], found.plan.horizon
    for drawn in found.crowd.drawn:
        person = tape.person[rows] - begin
        here = (person >= 0) & (person < len(drawn.place))
        begin += len(drawn.place)
        listed.append(_behind(found, drawn, rows[here], person[here], status[here]))
    columns = (
        Column("status", T("Status")),
        Column("reached", T("Reached the goal"), "bool"),
        Column("days_to_goal", by_length(horizon, T("Days to the goal"), T("Time to the goal")), "number"),
    )
    when = Column("exposed_at", T("Exposed"), "time")
    told = shared.people_block(journeys, query, listed, LISTS[asked], columns, when=when)
    return replace(told, draw={**told.draw, **days_hint(horizon, "days_to_goal")})


def _behind(
    found: Answer, drawn: Drawn, rows: Int64, person: Int64, status: np.ndarray[tuple[int], np.dtype[np.str_]]
) -> shared.Behind:
    tape = found.tape
    goal = tape.reached[tape.person[rows]]
    after = (goal > rows) & (goal < tape.none)
    days = np.where(after, (tape.time[np.minimum(goal, max(tape.none - 1, 0))] - tape.time[rows]) / DAY, np.nan)
    within = np.nan_to_num(days, nan=np.inf) * DAY <= found.plan.horizon
    facts = {"status": status, "reached": within, "days_to_goal": days}
    return shared.Behind(drawn.part, drawn.place[person], tape.time[rows], facts)


LISTS: dict[str, Text] = {
    "exposed": T("People exposed"),
    "matched": T("People compared"),
    "left_out": T("People left out"),
    "converted": T("People who had reached the goal before"),
    "open": T("People whose time for the goal is not over"),
    "lonely": T("People with nobody alike to compare with"),
    "stranger": T("People who were never on the site before"),
    "away": T("People away for longer than anybody to compare with"),
}
