"""The report: its parameters, its blocks in order, and the people behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.lifecycle import rfm, slipping, states, sticky, visits
from collector.reports.lifecycle.asked import Active, Asked, active, asked, link
from collector.reports.lifecycle.customers import Customers, carry_value, customers
from collector.reports.params import INTERVAL, wholly
from collector.reports.people_list import KNOWN, LIMIT, Behind, people_block

# When they were last seen says again how long they are away.
_KNOWN = tuple(name for name in KNOWN if name != "last_seen")
_LAST = Column("time", T("Last active"), "time")
_BOUGHT = Column("time", T("Bought last"), "time")
_MONEY = (Column("times", T("Purchases"), "count"), Column("value", T("Spent so far"), "money"))


def run(journeys: Journeys, query: Query) -> Result:
    """All blocks; with `people`, the list of those people alone."""
    question = asked(journeys, query)
    found = [active(journeys, part, query, question) for part in journeys.each()]
    if query.values["people"] is not None:
        listed = _people(journeys, query, question, found)
        return Result([listed], journeys.as_of, listed.title)
    cycle = states.cycle(found, question)
    seen = sticky.windows(journeys, found, question)
    came = visits.frequency_of(journeys, found, query, question)
    bought = [customers(journeys, one, query, question) for one in found]
    away = [slipping.away(one, mine, question) for one, mine in zip(found, bought, strict=True)]
    money = carry_value(bought)
    blocks = [
        states.lifecycle_block(query, question, cycle),
        _summary(query, seen, came, slipping.stake(away), money),
        *sticky.active_blocks(query, seen),
        sticky.stickiness_block(query, question, found),
        visits.frequency_block(query, came),
        *rfm.rfm_blocks(query, question, rfm.score(bought)),
        slipping.slipping_block(journeys, question, away, money),
    ]
    beyond = states.beyond(question) if cycle.count.any() else None
    return Result(blocks, journeys.as_of, states.headline(question, cycle), () if beyond is None else (beyond,))


def _summary(query: Query, seen: sticky.Windows, came: visits.Frequency, stake: slipping.Stake, money: bool) -> Block:
    """The single numbers: how many a day and a month, how sticky, how often, and who is slipping away."""
    day = seen.days[-1].isoformat()
    columns = [
        Column("daily", T("People a day"), "number", T("The mean of the days that are over.")),
        Column("monthly", T("People in 30 days"), "count", T("Up to the end of the range.")),
        Column("stickiness", T("Stickiness"), "ratio", T("Daily by monthly people, the mean of the days told.")),
        Column("visits", T("Visits a person"), "number", T("Begun in the range.")),
        Column("gap", T("Between two visits"), "seconds", T("Median, from beginning to beginning.")),
        Column("slipping", T("Slipping away"), "count", T("Customers away for longer than they usually are.")),
        Column("gone", T("Gone"), "count", T("Customers away for so long that they do not slip any more.")),
    ]
    gap = None if came.gap is None else came.gap / 1000
    row: list[Cell] = [
        seen.mean(0),
        int(seen.count[2, -1]),
        seen.stickiness,
        came.each,
        gap,
        stake.slipping,
        stake.gone,
    ]
    if money:
        columns.insert(6, Column("stake", T("At stake"), "money", T("What those slipping away have spent so far.")))
        row.insert(6, stake.value)
    lists = {
        "monthly": link(query, "monthly", group=day),
        "visits": link(query, "visits"),
        "slipping": link(query, "slipping"),
        "stake": link(query, "slipping"),
        "gone": link(query, "gone"),
    }
    return Block(
        id="summary",
        kind="number",
        title=T("How often people come"),
        columns=columns,
        rows=[row],
        draw={"cell_links": {name: [pairs] for name, pairs in lists.items()}},
    )


@dataclass(frozen=True, slots=True)
class _List:
    """A list of people: who, their entries, its own columns, and what its time is."""

    title: Text
    listed: Sequence[Behind]
    columns: Sequence[Column] = ()
    when: Column = _LAST
    known: Sequence[str] = KNOWN


def _people(journeys: Journeys, query: Query, question: Asked, found: Sequence[Active]) -> Block:
    which, group, number = str(query.values["people"]), str(query.values["group"] or ""), query.values["at"]
    at = number if isinstance(number, int) else None
    if which in states.LABELS:
        chosen = _in_state(found, question, which, group)
    elif which in sticky.WINDOWS:
        day = sticky.day_called(question, group)
        title = Text(_WINDOWS[which].template, {"day": Value(day.isoformat(), "date")})
        chosen = _List(title, sticky.window_people(found, which, day))
    elif which == "times":
        times = 1 if at is None else at
        title = Text((_ONCE if times == 1 else _TIMES)[question.counted].template, {"n": times})
        chosen = _List(title, sticky.times_people(found, question, times))
    elif which == "visits":
        made = [visits.visits(journeys, one, query, question) for one in found]
        called = T("1 visit") if group == "1" else T("{n} visits", n=group)
        title = T("Who came with {visits}", visits=called) if group else T("Who came")
        chosen = _List(title, visits.visits_people(made, group), (Column("visits", T("Visits"), "count"),))
    else:
        bought = [customers(journeys, one, query, question) for one in found]
        chosen = _of_customers(found, question, bought, which, at, group)
    return people_block(
        journeys, query, chosen.listed, chosen.title, chosen.columns, when=chosen.when, known=chosen.known
    )


def _in_state(found: Sequence[Active], question: Asked, which: str, group: str) -> _List:
    told = 0 if group else states.cycle(found, question).told
    period = states.period_called(question, told, group)
    title = Text("{state} {when}", {"state": states.LABELS[which], "when": states.when(question, period)})
    return _List(title, states.behind(found, question, which, period))


def _of_customers(
    found: Sequence[Active], question: Asked, bought: Sequence[Customers], which: str, at: int | None, group: str
) -> _List:
    money = carry_value(bought)
    if which in ("rfm", "cell"):
        title = rfm.NAMES.get(group, T("Customers"))
        if which == "cell" and at is not None:
            title = T("Customers of {recency} by {second}", recency=at // 10, second=at % 10)
        return _List(title, rfm.rfm_people(rfm.score(bought), at, group), _MONEY if money else _MONEY[:1], _BOUGHT)
    away = [slipping.away(one, mine, question) for one, mine in zip(found, bought, strict=True)]
    title = T("Customers slipping away") if which == "slipping" else T("Customers gone")
    return _List(title, slipping.away_people(away, which), slipping.columns(money), known=_KNOWN)


_WINDOWS = {
    "daily": T("Active on {day}"),
    "weekly": T("Active in the seven days up to {day}"),
    "monthly": T("Active in the thirty days up to {day}"),
}
_ONCE = {
    "day": T("Active on exactly one day"),
    "week": T("Active in exactly one week"),
    "month": T("Active in exactly one month"),
}
_TIMES = {
    "day": T("Active on exactly {n} days"),
    "week": T("Active in exactly {n} weeks"),
    "month": T("Active in exactly {n} months"),
}


REPORT = Report(
    name="lifecycle",
    title=T("Lifecycle"),
    summary=T("Who is new, who stays, who comes back and who falls asleep; and which customers slip away."),
    params=(
        Param("event", "matcher", T("They are active with"), T("What makes a day active."), default="any"),
        INTERVAL,
        Param("goal", "matcher", T("Customers reached"), T("Without one, the first goal of the site.")),
        Param(
            "people",
            "choice",
            T("List of people"),
            choices=(
                *states.LABELS.items(),
                ("daily", T("Active on a day")),
                ("weekly", T("Active in seven days")),
                ("monthly", T("Active in thirty days")),
                ("times", T("Active so many times")),
                ("visits", T("Who came")),
                ("rfm", T("Of a group of customers")),
                ("cell", T("Of a cell of customers")),
                ("slipping", T("Customers slipping away")),
                ("gone", T("Customers gone")),
            ),
        ),
        Param("at", "int", T("At number"), T("Of the list: how many times, or the cell."), minimum=0, maximum=4_000),
        Param("group", "text", T("Of"), T("Of the list: a day, or a group of customers.")),
        LIMIT,
    ),
    run=run,
    example={"interval": ["week"]},
    menu=42,
    follows=wholly,
)
