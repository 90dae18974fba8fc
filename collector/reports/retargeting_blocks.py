"""The blocks of the retargeting page beside those of its impact and of its money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.chat_facts import quantile
from collector.reports.followed import DRAWN, RATE, followed, rate_cells
from collector.reports.impact.blocks import GROUP, group_cells
from collector.reports.impact.engine import RATE as AT
from collector.reports.impact.engine import Answer
from collector.reports.impact.estimate import effect
from collector.reports.impact.subgroups import LEAST, Group
from collector.reports.retargeting_facts import GAPS, SAW, Facts, bands
from collector.reports.retargeting_seen import WAYS
from collector.reports.scope import choose, common_arguments, inside, share
from collector.reports.touch import behind, number


def own_blocks(query: Query, facts: Facts, how: Matcher) -> list[Block]:
    """The visits themselves: figures, time away, campaigns."""
    reached = (*common_arguments(query), ("did", str(how)))
    figures = (
        ("visits", T("Visits by these ads"), facts.visits),
        ("without_earlier", T("Visits without an earlier one"), facts.new),
        ("carts_left", T("Had left a cart"), facts.carts),
        ("carts_recovered", T("Reached the goal after it"), facts.recovered),
    )
    told = [
        number(name, title, "count", value, behind(name, at="") if value else None) for name, title, value in figures
    ]
    return [
        number("reached", T("People who came back by an ad"), "count", facts.people, reached),
        *told,
        number("away", T("Away before the return, median"), "seconds", quantile(facts.away, 0.5)),
        _recency(facts),
        _campaigns(facts),
    ]


def _recency(facts: Facts) -> Block:
    rows: list[list[Cell]] = [
        [name, str(GAPS[name][0]), one.people, *rate_cells(one.over, one.reached)]
        for name, one in facts.recency.items()
        if one.people
    ]
    groups = [str(row[0]) for row in rows]
    people, won = ([behind("recency", group, subset, at="") for group in groups] for subset in ("", "reached"))
    return Block(
        "recency",
        "table",
        T("How long they had been away"),
        (
            Column("band", T("Band")),
            Column("away", T("Away before their first visit by an ad"), "label"),
            Column("people", T("People"), "count"),
            *RATE,
        ),
        rows,
        draw={**DRAWN, "unseen": ("band",), "cell_links": {"people": people, "reached": won}},
        note=T("Who was here lately is closer to the goal, ad or not: this is what followed, not yet an effect."),
        empty=T("Nobody came by retargeting in this time."),
    )


def recency_effect(found: Answer) -> Block | None:
    """The effect by how long people had been away; None where fewer than two groups can be told apart."""
    matched, state, fit = found.matched, found.state, found.fitted
    if matched is None or state is None or fit is None or not found.plan.at_start:
        return None
    rows = []
    case, control = bands(state.gap[matched.case]), bands(state.gap[matched.control])
    for name, (words, _) in GAPS.items():
        mine, theirs = case[name], control[name]
        people = int(np.count_nonzero(mine))
        if people < LEAST or len(np.unique(matched.controls.person[theirs & (matched.weight > 0)])) < LEAST:
            continue
        whole = effect(fit, mine, theirs)
        if whole is not None:
            rows.append(group_cells(Group(T("Away"), words, people, whole.part(slice(AT, AT + 1)))))
    if len(rows) < 2:
        return None
    return Block(
        "recency_effect",
        "table",
        T("What it changed, by how long they had been away"),
        GROUP,
        rows,
        draw={"y": "difference", "low": "low", "high": "high"},
        note=T("Compared with people alike who came back by themselves. Each interval is right 19 times of 20."),
    )


def ways_block(journeys: Journeys, query: Query, ways: Sequence[tuple[str, Matcher]]) -> Block:
    """Clicks and impressions apart: how many people, how often, and what followed the first."""
    rows: list[list[Cell]] = []
    for name, matcher in ways:
        people = times = over = reached = 0
        for part in journeys.each():
            mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
            found = journeys.rows(part, matcher, query.include_bots)
            found = found[mask[found]]
            first = first_rows(part.person[found].astype(np.int64), found)
            then = followed(journeys, part, query, first)
            people, times = people + len(first), times + len(found)
            over += int(np.count_nonzero(then.over))
            reached += int(np.count_nonzero(then.reached))
        rows.append([name, str(WAYS[name]), people, times, *rate_cells(over, reached)])
    return Block(
        "ways",
        "table",
        T("Clicked and seen, apart"),
        (
            Column("way", T("Way")),
            Column("how", T("How the ad was met"), "label"),
            Column("people", T("People"), "count"),
            Column("times", T("Times"), "count"),
            *RATE,
        ),
        rows,
        draw={
            **DRAWN,
            "unseen": ("way",),
            "cell_links": {
                "people": [behind("ways", name, at="") for name, _ in ways],
                "reached": [behind("ways", name, "reached", at="") for name, _ in ways],
            },
        },
        note=T(
            "What followed the first of each, not what it changed: some would have come back anyway. What it changed "
            "stands in the table before, compared with people alike."
        ),
    )


def first_rows(person: Int64, rows: Int64) -> Int64:
    """The first row of each person; both ascend."""
    return rows[np.append(True, person[1:] != person[:-1])] if len(rows) else rows


def _campaigns(facts: Facts) -> Block:
    most = facts.campaign_visits.most_common(100)
    return Block(
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
        [[*label, facts.campaign_people[label], visits, share(visits, facts.visits)] for label, visits in most],
        draw={
            "y": "people",
            "cell_links": {
                "people": [behind("campaigns", campaign, at=source) for (source, campaign), _ in most],
                "visits": [behind("campaigns", campaign, "visits", at=source) for (source, campaign), _ in most],
            },
        },
        note=T("A cart that is left and then paid for is not yet an effect: some would have come back anyway."),
        empty=T("Nobody came by retargeting in this time."),
    )


def has_seen(journeys: Journeys) -> bool:
    """Whether impressions are known at all."""
    return any(SAW.fits_kind(kind) for kind in journeys.kinds.values())
