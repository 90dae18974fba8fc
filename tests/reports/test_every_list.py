"""Every number that opens a list of people is how many that list has: all reports, all blocks, as their pages link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from urllib.parse import parse_qsl, urlsplit

import pytest

from collector.core.blocks import Block, Cell
from collector.reports.ask import ask
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web.address import grouped
from collector.web.draw import linked_column
from collector.web.report_page import Links
from tests.support.demo_site import DemoSite

Pairs = Sequence[tuple[str, str]]
MOST = 6
# Counts of events or visits open the people behind them, and one name opens another report: by column or block.
OF_OTHERS = {
    ("overview", "page_views"),
    ("scorecard", "report"),
    ("experiment", "name"),
    ("explore", "events"),
    ("explore", "sessions"),
}
LATE = {"where": ["stage:Customer | is:returning"]}
PREVIOUS = {"compare": ["previous"]}
AMONG = {"where": ["device:mobile"], "where-not": ["event:chat_started"]}
# Beside the example of each report: questions of each kind that its links must carry on.
MORE: Mapping[str, Sequence[Mapping[str, Sequence[str]]]] = {
    "overview": [{**LATE, "period": ["14d"]}, {"interval": ["week"], "by": ["segment"]}, AMONG],
    "scorecard": [{**LATE, "period": ["14d"]}, {"interval": ["month"], **AMONG}],
    "visitors": [{"search": ["sim"]}],
    "segments": [{**LATE, "period": ["7d"]}, {**AMONG, "include-bots": ["1"]}],
    "funnel": [
        {"step": ["page:/", "event:purchase"], "unit": ["session"], "by": ["device"]},
        {"step": ["page:/", "event:signup"], "order": ["any"], "by": ["segment"]},
        {"step": ["any", "page:/plans", "event:purchase"], "optional": ["2"], "by": ["stage"], **AMONG, **PREVIOUS},
        {"step": ["any", "event:purchase"], "exclude": ["event:chat_started@1-2"], "by": ["channel"], "by-at": ["any"]},
    ],
    "paths": [
        {"start": ["page:/"], "all-time": ["1"], "unit": ["person"]},
        {"goal": ["event:purchase"], **LATE},
        {"around": ["page:/plans"], **AMONG},
        {},
    ],
    "stages": [{"interval": ["day"], **LATE}],
    "retention": [
        {"interval": ["month"], "by": ["trait:plan"]},
        {"recurring": ["1"], "returning": ["after"], "by": ["stage"], **LATE},
    ],
    "lifecycle": [
        {"goal": ["event:purchase"], "by": ["segment"], "from": ["2026-01-01"]},
        {"segment": ["Bought twice"], "by": ["segment"], "period": ["7d"]},
    ],
    "attribution": [
        {"goal": ["event:purchase"], "by": ["segment"], "touch": ["page:/blog/*"], "period": ["7d"]},
        {"goal": ["event:signup"], "dimension": ["landing"], "lookback": ["7d"], **AMONG},
    ],
    "explore": [
        {"event": ["event:purchase"], "by": ["product"], "across": ["trait:newsletter"], **LATE},
        {"measure": ["sessions"], "by": ["stage"], "across": ["trait:plan"]},
    ],
    "before-after": [{"window": ["14d"], **AMONG}, {"window": ["7d"], **LATE}],
    "segment": [{"segment": ["Bought twice"], "period": ["8w"]}, {**LATE, "period": ["4w"]}],
    "events": [{"search": ["page"], **LATE}],
}


def linked(block: Block) -> Iterator[tuple[str, Cell, Pairs]]:
    """(column, cell, where it leads) of all cells of a block that open a list."""
    names = [column.name for column in block.columns]
    own = block.draw.get("cell_links", {})
    assert isinstance(own, Mapping)
    for at, row in enumerate(block.rows):
        behind = block.links[at] if at < len(block.links) else None
        if behind:
            yield names[linked_column(block)], row[linked_column(block)], behind
        for name, links in own.items():
            # Like on the page, a cell without a number opens nothing.
            if name in names and links[at] is not None and row[names.index(name)]:
                yield name, row[names.index(name)], links[at]


def behind(demo: DemoSite, report: Report, pairs: Pairs, arguments: Pairs) -> int | None:
    """How many are on the list that a page's link opens; None where it opens no list."""
    with demo.app.test_request_context():
        to = urlsplit(Links("shop", report, pairs).people(arguments))
    given = grouped(parse_qsl(to.query, keep_blank_values=True))
    name = to.path.rpartition("/")[2]
    _, result = ask(reports()[name], demo.journeys, given, demo.site, demo.now)
    found = next((block for block in result.blocks if block.id == "people" and "total" in block.draw), None)
    if name == "visitors":
        return int(result.block("total").rows[0][0] or 0)
    return None if found is None else int(str(found.draw["total"]))


@pytest.mark.parametrize("name", [name for name in reports() if name not in ("live", "timeline")])
def test_every_number_is_how_many_its_list_has(name: str, demo: DemoSite) -> None:
    report, rng, wrong, looked = reports()[name], Random(3), [], 0
    for question in (report.example, *MORE.get(name, ())):
        pairs = [(key, text) for key, texts in question.items() for text in texts]
        _, result = ask(report, demo.journeys, question, demo.site, demo.now)
        most = 1 if "segment" in question.get("by", ()) else MOST
        for block in result.blocks:
            if block.id == "by_segment":
                continue  # its rows lead to their whole question
            units = {column.name: column.unit for column in block.columns}
            cells = [one for one in linked(block) if not {(name, one[0]), (name, block.id)} & OF_OTHERS]
            for column, cell, arguments in cells if len(cells) <= most else rng.sample(cells, most):
                total = behind(demo, report, pairs, arguments)
                looked += 1
                # What is no count (a share, a name) opens a list too.
                if total is None or (units[column] == "count" and total != cell):
                    wrong.append((question, block.id, column, cell, total, arguments))
    assert wrong == []
    assert looked or name in ("visitors", "planner", "impact", "retargeting", "experiment", "drivers")


def test_a_breakdown_by_segment_leads_to_the_question_of_its_row(demo: DemoSite) -> None:
    report = reports()["lifecycle"]
    question = {"goal": ["event:purchase"], "by": ["segment"], "period": ["7d"], "segment": ["Bought twice"]}
    _, result = ask(report, demo.journeys, question, demo.site, demo.now)
    block = result.block("by_segment")
    # Of fewer people a report may leave columns of its numbers out; then the cells are empty.
    assert len(block.rows) == len(demo.site.segments)
    for row, link in zip(block.rows, block.links, strict=True):
        assert link is not None
        assert link[0] == ("report", "lifecycle")
        _, alone = ask(report, demo.journeys, grouped(link[1:]), demo.site, demo.now)
        told = {
            one.id
            if len([c for c in one.columns if c.name not in ("previous", "change")]) == 1
            else f"{one.id}_{column.name}": cell
            for one in alone.blocks
            if one.kind == "number" and one.rows
            for column, cell in zip(one.columns, one.rows[0], strict=True)
        }
        here = {column.name: cell for column, cell in zip(block.columns[1:], row[1:], strict=True)}
        assert {name: told.get(name) for name in here} == here


def test_a_mistyped_property_is_told_with_the_one_that_was_sent(demo: DemoSite) -> None:
    for name in ("explore", "retention"):
        _, result = ask(reports()[name], demo.journeys, {"by": ["prodcut"]}, demo.site, demo.now)
        assert "Properties with such a name: product." in map(str, result.notes)
