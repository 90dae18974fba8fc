"""Retargeting: what ads that bring people back changed, whom they reached, and which carts they recovered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from collector.core.blocks import Block, Column, Result
from collector.core.matcher import Matcher
from collector.core.query import Param, Query
from collector.core.text import T
from collector.core.times import DAY, SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.base import Report
from collector.reports.chat_facts import quantile
from collector.reports.impact.report import GOAL, HORIZON, PEOPLE, VALUE
from collector.reports.scope import (
    choose,
    common_arguments,
    distinct_people,
    distinct_sorted,
    inside,
    rows_of_any,
    share,
)
from collector.reports.touch import Preset, measured, nothing_yet, number, page, seen

CAME = Matcher("source", "retargeting")


@dataclass(slots=True)
class Facts:
    """Sums over parts: visits and people by campaign, seconds since the visit before, carts left and recovered."""

    people: int = 0
    visits: int = 0
    new: int = 0
    away: list[float] = field(default_factory=list)
    campaign_people: Counter[tuple[str, str]] = field(default_factory=Counter)
    campaign_visits: Counter[tuple[str, str]] = field(default_factory=Counter)
    carts: int = 0
    recovered: int = 0


def run(journeys: Journeys, query: Query) -> Result:
    """The impact of coming by retargeting on the goal, and the visits themselves."""
    if not seen(journeys, [CAME]):
        return nothing_yet(
            journeys,
            T("Retargeting"),
            T("Nobody has come by retargeting yet."),
            (
                T("Mark the links of these ads with utm_medium=retargeting, or name the campaign so."),
                T("Without such marks, add a rule for the source, campaign or URL parameter that your ads use."),
            ),
        )
    facts = Facts()
    for part in journeys.each():
        mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
        rows = journeys.rows(part, CAME, query.include_bots)
        rows = rows[mask[rows]]
        if len(rows):
            _add(journeys, part, query, rows, facts)
    preset = Preset((CAME,), T("retargeting"), CAME, (1, 5))
    return page(journeys, query, preset, measured(journeys, query, preset), _blocks(query, facts))


def _add(journeys: Journeys, part: Part, query: Query, rows: Int64, facts: Facts) -> None:
    person = part.person[rows].astype(np.int64)
    facts.people += distinct_sorted(person)
    facts.visits += len(rows)
    again = rows > part.person_row[person]
    facts.new += int(np.count_nonzero(~again))
    facts.away += ((part.time[rows] - part.time[np.maximum(rows - 1, 0)])[again] / SECOND).tolist()
    sources = part.source[rows].astype(np.int64)
    for number_ in np.unique(sources).tolist():
        source = journeys.source_at(number_)
        own = person[sources == number_]
        label = source.source, source.campaign
        facts.campaign_visits[label] += len(own)
        facts.campaign_people[label] += int(distinct_people(np.zeros(len(own), dtype=np.int64), own, 1)[0])
    left = _left_carts(journeys, part, query, rows)
    facts.carts += distinct_sorted(person[left])
    facts.recovered += distinct_sorted(person[left & _goal_follows(journeys, part, query, rows)])


def _goals(journeys: Journeys, part: Part, query: Query) -> Int64:
    given = query.values.get("goal")
    goal = given if isinstance(given, Matcher) else query.site.goals[0][1] if query.site.goals else None
    return rows_of_any(journeys, part, [goal] if goal else [], query.include_bots)


def _latest(part: Part, events: Int64, rows: Int64) -> Int64:
    """For each row the latest of `events` before it by the same person, -1 for none."""
    if not len(events):
        return np.full(len(rows), -1, dtype=np.int64)
    place = np.searchsorted(events, rows, side="left") - 1
    found = events[np.maximum(place, 0)]
    return np.where((place >= 0) & (part.person[found] == part.person[rows]), found, -1)


def _left_carts(journeys: Journeys, part: Part, query: Query, rows: Int64) -> Bool:
    """Visits before which a cart was filled and no goal reached since."""
    given = query.values.get("cart")
    carts = rows_of_any(journeys, part, [given] if isinstance(given, Matcher) else [], query.include_bots)
    cart, goal = _latest(part, carts, rows), _latest(part, _goals(journeys, part, query), rows)
    return np.asarray((cart >= 0) & (goal < cart))


def _goal_follows(journeys: Journeys, part: Part, query: Query, rows: Int64) -> Bool:
    goals = _goals(journeys, part, query)
    if not len(goals):
        return np.zeros(len(rows), dtype=np.bool_)
    horizon = query.values.get("horizon")
    place = np.searchsorted(goals, rows, side="left")
    found = goals[np.minimum(place, len(goals) - 1)]
    fits = (place < len(goals)) & (part.person[found] == part.person[rows])
    within = horizon if isinstance(horizon, int) else 14 * DAY
    return np.asarray(fits & (part.time[found] - part.time[rows] <= within))


def _blocks(query: Query, facts: Facts) -> Sequence[Block]:
    common = common_arguments(query)
    reached = (*common, ("did", str(CAME)))
    return [
        number("reached", T("People who came back by an ad"), "count", facts.people, reached),
        number("visits", T("Visits by these ads"), "count", facts.visits),
        number("without_earlier", T("Visits without an earlier one"), "count", facts.new),
        number("away", T("Away before the return, median"), "seconds", quantile(facts.away, 0.5)),
        number("carts_left", T("Had left a cart"), "count", facts.carts),
        number("carts_recovered", T("Reached the goal after it"), "count", facts.recovered),
        Block(
            "campaigns",
            "bars",
            T("Campaigns"),
            (
                Column("source", T("Source")),
                Column("campaign", T("Campaign")),
                Column("people", T("People"), "count"),
                Column("visits", T("Visits"), "count"),
                Column("share", T("Share of visits"), "ratio"),
            ),
            [
                [*label, facts.campaign_people[label], visits, share(visits, facts.visits)]
                for label, visits in facts.campaign_visits.most_common(100)
            ],
            draw={"y": "people"},
            note=T("A cart that is left and then paid for is not yet an effect: some would have come back anyway."),
            empty=T("Nobody came by retargeting in this time."),
        ),
    ]


REPORT = Report(
    name="retargeting",
    title=T("Retargeting"),
    summary=T("What retargeting ads really changed, whom they brought back, and which carts they recovered."),
    params=(
        GOAL,
        HORIZON,
        VALUE,
        Param("cart", "matcher", T("Cart"), T("What fills a cart."), default="event:add_to_cart"),
        PEOPLE,
    ),
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=54,
    follows=lambda _: "part",
)
