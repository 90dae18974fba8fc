"""The answer as blocks: the flow, the numbers at its head, and the commonest journeys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.part import Bool, Int64
from collector.reports.paths.modes import Found
from collector.reports.paths.names import ARROW, MORE, Names
from collector.reports.paths.nodes import Flow
from collector.reports.paths.ranking import Journey, commonest
from collector.reports.paths.walk import BEGAN, GOAL, LEFT, NONE, Walks
from collector.reports.scope import share

MOST_JOURNEYS = 10
_TITLES = {
    "landing": T("Where they went"),
    "start": T("Where they went"),
    "goal": T("How they came there"),
    "around": T("What was before and after"),
}
OWN = ("people", "at", "group", "next", "limit")
Link = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What all blocks are made from."""

    query: Query
    found: Found
    flow: Flow
    names: Names
    kept: Link

    @property
    def sessions(self) -> bool:
        """Whether visits are counted, and not people."""
        return self.found.asked.sessions

    def counted(self) -> Text:
        """The heading of a number of them."""
        return T("Visits") if self.sessions else T("People")

    def link(self, people: str, **more: str) -> Link:
        """The arguments that list the people behind a number."""
        return (*self.kept, ("people", people), *more.items())


def total(walks: Sequence[Walks]) -> int:
    """How many walks there are."""
    return sum(len(one.person) for one in walks)


def reached(walks: Sequence[Walks]) -> int:
    """How many of them reached the goal."""
    return sum(int(np.count_nonzero(one.reached)) for one in walks if one.reached is not None)


def summary_block(answer: Answer) -> Block:
    """How many walks there are, and what became of them at once or in the end."""
    found, everyone = answer.found, answer.found.count
    columns, row, links = [Column("people", answer.counted(), "count")], [everyone], [answer.link("all")]
    more: list[tuple[Column, int, Link]] = []
    if found.plan.mode == "goal":
        missed = total(found.never)
        more.append((Column("never", T("Did not reach it"), "count"), missed, answer.link("never")))
    elif found.plan.goal is not None:
        there = reached(found.walks)
        more.append((Column("reached", T("Reached the goal"), "count"), there, answer.link("reached")))
        more.append((Column("never", T("Did not reach it"), "count"), everyone - there, answer.link("never")))
    elif found.plan.mode in ("landing", "start") and everyone:
        second = answer.flow.layers[1]
        gone = dict(zip(second.codes, second.counts, strict=True)).get(LEFT, 0)
        link = answer.link("place", at="2", group=answer.names.of(LEFT))
        more.append((Column("left", T("Left there at once"), "count"), gone, link))
    for column, number, link in more:
        columns.append(column)
        row.append(number)
        links.append(link)
    return Block(
        id="summary",
        kind="number",
        title=answer.counted(),
        columns=columns,
        rows=[row],
        draw={"cell_links": {column.name: [link] for column, link in zip(columns, links, strict=True)}},
        links=links[:1],
    )


def flow_block(answer: Answer) -> Block:
    """The flow, a row a link; the nodes of a step by how many were there."""
    rows: list[list[Cell]] = []
    links: list[Link] = []
    starts: list[Link] = []
    ends: list[Link] = []
    name = answer.names.of
    for at, matrix in enumerate(answer.flow.links):
        here, there = answer.flow.layers[at], answer.flow.layers[at + 1]
        step, following = str(at + 1), str(at + 2)
        for start, end in _ordered(matrix):
            source, target, many = name(here.codes[start]), name(there.codes[end]), int(matrix[start, end])
            left = there.codes[end] == LEFT
            rows.append([at + 1, source, target, many, share(many, here.counts[start]), left])
            links.append(answer.link("link", at=step, group=source, next=target))
            starts.append(answer.link("place", at=step, group=source))
            ends.append(answer.link("place", at=following, group=target))
    return Block(
        id="flow",
        kind="flow",
        title=_TITLES[answer.found.plan.mode],
        columns=(
            Column("step", T("Step"), "count"),
            Column("from", T("From"), "label"),
            Column("to", T("To"), "label"),
            Column("people", answer.counted(), "count"),
            Column("share", T("Share"), "ratio", T("Of those at the place they came from.")),
            Column("left", T("Left"), "bool", T("Nothing followed.")),
        ),
        rows=rows,
        draw={
            "layer": "step",
            "from": "from",
            "to": "to",
            "value": "people",
            "muted": "left",
            "unseen": ("left",),
            "cell_links": {"from": starts, "to": ends},
        },
        links=links,
        note=None if not rows else _flow_note(answer),
        empty=T("Nobody made this way in this range."),
    )


def _ordered(matrix: Int64) -> list[tuple[int, int]]:
    """The links between two steps: those of the greatest node first, and of each node the greatest first."""
    start, end = np.nonzero(matrix)
    order = np.lexsort((end, -matrix[start, end], start))
    return list(zip(start[order].tolist(), end[order].tolist(), strict=True))


def _flow_note(answer: Answer) -> Text:
    if answer.found.plan.mode == "goal":
        return T("“(began)” is where a journey begins. “(other)” holds the places that few were at.")
    if answer.found.plan.mode == "around":
        return T("“(began)” and “(left)” are the ends of a journey. “(other)” holds the places that few were at.")
    return T("“(left)” is where a journey ends. “(other)” holds the places that few were at.")


def journey_text(names: Names, journey: Journey, backwards: bool, arrived: bool) -> str:
    """A journey as its places with arrows between them."""
    codes = [code for code in journey.codes if code not in (NONE, LEFT, BEGAN, GOAL)]
    told = [names.of(code) for code in codes] + ([MORE] if journey.longer else [])
    if backwards:
        told.reverse()
    if arrived:
        told.append(names.of(GOAL))
    return ARROW.join(told)


def around_text(names: Names, journey: Journey) -> str:
    """What was right before and after an event."""
    return ARROW.join(names.of(code) for code in journey.codes if code != NONE)


def journeys_blocks(answer: Answer) -> list[Block]:
    """The commonest journeys; to the goal, and without it, where there is one."""
    found, goal = answer.found, answer.found.plan.goal
    everyone = [np.ones(len(one.person), dtype=np.bool_) for one in found.walks]
    if goal is None:
        return [_journeys(answer, "journeys", "journey", T("The commonest journeys"), found.walks, everyone)]
    if found.plan.mode == "goal":
        missed = [np.ones(len(one.person), dtype=np.bool_) for one in found.never]
        walks: Sequence[Walks] = found.never
        arrived = everyone
    else:
        arrived = [
            one.reached if one.reached is not None else none for one, none in zip(found.walks, everyone, strict=True)
        ]
        missed = [~mask for mask in arrived]
        walks = found.walks
    return [
        _journeys(answer, "journeys", "journey", T("The commonest journeys to the goal"), found.walks, arrived),
        _journeys(
            answer, "unreached", "journey-never", T("The commonest journeys that never got there"), walks, missed
        ),
    ]


def _journeys(
    answer: Answer,
    name: str,
    which: str,
    title: Text,
    walks: Sequence[Walks],
    masks: Sequence[Bool],
) -> Block:
    short = answer.found.short
    everyone = sum(int(np.count_nonzero(mask)) for mask in masks) + sum(len(one.way) for one in short)
    ranked = commonest(walks, masks, MOST_JOURNEYS, short)
    columns = [
        Column("journey", T("Journey")),
        Column("people", answer.counted(), "count"),
        Column("share", T("Share"), "ratio"),
    ]
    timed = answer.found.plan.mode != "around"
    if timed:
        help_ = T("From the first place to the last, or to the goal.")
        columns.append(Column("median_seconds", T("Median time"), "seconds", help_))
    rows: list[list[Cell]] = []
    for one in ranked:
        text = journey_words(answer, one.journey, name == "unreached")
        rows.append([text, one.count, share(one.count, everyone), *([one.seconds] if timed else [])])
    return Block(
        id=name,
        kind="bars",
        title=title,
        columns=columns,
        rows=rows,
        draw={"x": "journey", "y": "people", "link": "people", "wide": True},
        links=[answer.link(which, group=str(one.journey)) for one in ranked],
        empty=T("Nobody."),
    )


def journey_words(answer: Answer, journey: Journey, never: bool) -> str:
    """The text of a journey in this answer; `never` for one of those who did not reach the goal."""
    plan = answer.found.plan
    if plan.mode == "around":
        return around_text(answer.names, journey)
    return journey_text(answer.names, journey, plan.mode == "goal" and not never, plan.goal is not None and not never)
