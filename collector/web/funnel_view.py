"""A funnel's blocks as steps with bars, and its breakdown as one row a group, for its own page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from collector.core.blocks import Result
from collector.web import format as shown
from collector.web.cells import CellView
from collector.web.draw import BlockView
from collector.web.figures import finite
from collector.web.words import value_words


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its bar and its numbers in words. Widths are per cent of the first step's people."""

    number: int
    name: str
    people: CellView
    total_rate: str
    step_rate: str
    dropped: CellView
    open: CellView
    median: str
    p90: str
    value: str
    width: float
    open_width: float
    any_before: bool
    any_open: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One group of the breakdown: people a step, and the rate from the first to the last."""

    value: str
    people: Sequence[CellView]
    rate: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The breakdown as a table: a row a group, a column a step."""

    title: str
    label: str
    csv: str
    steps: Sequence[str]
    rows: Sequence[Group]


def steps(view: BlockView) -> list[Step]:
    """The steps in order."""
    places = {head.name: at for at, head in enumerate(view.heads)}
    first = finite(view.values[0][places["people"]]) if view.values else None
    found: list[Step] = []
    before = 0.0
    for at, (row, values) in enumerate(zip(view.rows, view.values, strict=True)):
        cells = {name: row.cells[place] for name, place in places.items()}
        people = finite(values[places["people"]]) or 0.0
        value = cells["value"].text
        found.append(
            Step(
                number=at + 1,
                name=cells["name"].text,
                people=cells["people"],
                total_rate=cells["total_rate"].text,
                step_rate=cells["step_rate"].text,
                dropped=cells["dropped"],
                open=cells["open"],
                median=cells["median_seconds"].text,
                p90=cells["p90_seconds"].text,
                value="" if value == shown.EMPTY else value,
                width=_share(people, first),
                # Those of the step before who still have time may yet come here.
                open_width=_share(people + before, first),
                any_before=at > 0 and cells["step_rate"].text != shown.EMPTY,
                any_open=bool(finite(values[places["open"]])),
            )
        )
        before = finite(values[places["open"]]) or 0.0
    return found


def _share(part: float, whole: float | None) -> float:
    return round(min(100.0, 100 * part / whole), 2) if whole else 0.0


def actions(view: BlockView, result: Result, ask: Callable[[str, str], str]) -> BlockView:
    """The table of actions, each name leading to the question what that action changed.

    Args:
        ask: the address of that question, for the texts of an exposure and of the goal.
    """
    block = result.block(view.id)
    at = [column.name for column in block.columns].index("action")
    rows = []
    for row, values, link in zip(view.rows, view.values, block.links, strict=False):
        given = link or ()
        step = next((int(text) for name, text in given if name == "at"), 0)
        skipped = {text for name, text in given if name == "optional"}
        every = [text for name, text in given if name == "step"]
        steps = [text for number, text in enumerate(every, 1) if str(number) not in skipped]
        any_order = ("order", "any") in given
        cells = list(row.cells)
        if step < len(steps) and not any_order:
            cells[at] = replace(cells[at], href=ask(str(values[at]), steps[step]))
        rows.append(replace(row, cells=cells))
    return replace(view, rows=rows)


def breakdown(view: BlockView, result: Result) -> Breakdown:
    """The breakdown, one row a group in the order given."""
    block = result.block(view.id)
    places = {column.name: at for at, column in enumerate(block.columns)}
    names = list(dict.fromkeys(row.cells[places["name"]].text for row in view.rows))
    groups: dict[str, list[tuple[CellView, str]]] = {}
    for row, values in zip(view.rows, view.values, strict=True):
        cell = row.cells[places["people"]], row.cells[places["total_rate"]].text
        groups.setdefault(str(values[places["value"]]), []).append(cell)
    by = next(head.label for head in view.heads if head.name == "value")
    rows = [
        Group(value_words(by, value), [people for people, _ in cells], cells[-1][1]) for value, cells in groups.items()
    ]
    label = value_words("property", by)
    return Breakdown(view.title, label, view.csv, names, rows)
