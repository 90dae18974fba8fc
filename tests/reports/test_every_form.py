"""One answer in four forms: the tables of its page, its CSV, its JSON and the command line hold the same numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from flask import template_rendered
from flask.testing import FlaskClient
from markupsafe import escape

from collector.cli import main
from collector.core.blocks import Block
from collector.reports.registry import reports
from collector.web import format as shown
from collector.web import rooms
from tests.support.demo_site import DemoSite
from tests.support.drawn import Drawn, drawn
from tests.support.forms import Page, Wrong, from_json, in_csv

# The demo of this size has too few chats to be compared, but enough carts.
ASKED: Mapping[str, Mapping[str, Sequence[str]]] = {
    "impact": {"exposure": ["event:add_to_cart"], "goal": ["event:purchase"], "all-time": ["1"]}
}
# Blocks that their page draws in a way of its own; asked for alone, they are drawn like any other.
OWN = {"effect", "checks", "balance", "segments", "live", "live_people", "total"}
FLAGS = ("all-time", "include-bots")
# Whose CSV is written by the command line too: it has one way for all, and each takes opening the rooms anew.
ALSO_CSV = ("overview", "visitors", "funnel", "attribution", "explore")


@pytest.fixture(scope="module")
def browser(demo: DemoSite) -> Iterator[FlaskClient]:
    """The owner's, in a moment that does not pass."""
    client, known = demo.client(), demo.app.extensions[rooms.EXTENSION]
    with patch.dict(demo.app.extensions, {rooms.EXTENSION: replace(known, clock=lambda: demo.now)}):
        yield client


def question(name: str) -> list[tuple[str, str]]:
    """The example of a report, as pairs."""
    return [(key, text) for key, texts in ASKED.get(name, reports()[name].example).items() for text in texts]


def command_line(demo: DemoSite, name: str, *more: str) -> str:
    """What the command prints for the same question at the same moment."""
    words = ["report", name, "--site", "shop", "--data", str(demo.settings.data), "--database", demo.settings.database]
    asked = [f"--{key}" if key in FLAGS else f"--{key}={text}" for key, text in question(name)]
    with patch("collector.cli.report.now_ms", lambda: demo.now):
        done = CliRunner().invoke(main, [*words, *asked, *more])
    assert done.exit_code == 0, done.output
    return done.stdout_bytes.decode()


def page_of(demo: DemoSite, browser: FlaskClient, address: str) -> tuple[Sequence[Block], Drawn]:
    """The blocks that a page was made from, for their columns and titles, and what it shows."""
    pages: list[Any] = []

    def see(*_: object, context: dict[str, Any], **__: object) -> None:
        pages.append(context.get("page"))

    with template_rendered.connected_to(see, demo.app):
        answer = browser.get(address, follow_redirects=True)
    assert answer.status_code == 200, address
    return pages[-1].answer.blocks, drawn(answer.text)


def wrong_on_page(demo: DemoSite, browser: FlaskClient, address: str, block: Block, seen: Drawn) -> object:
    """What a page says otherwise than the JSON's block; its page of this block alone, where it leaves rows out."""
    with demo.app.test_request_context():
        page = Page(block, demo.site, demo.now)
        wrong, whole = ([], False) if block.id in OWN else compared(page, seen)
    if whole:
        return wrong
    alone = page_of(demo, browser, f"{address}&_only={block.id}")[1]
    with demo.app.test_request_context():
        more, whole = compared(page, alone)
    return [*wrong, *more] if whole else "is not shown"


def compared(page: Page, seen: Drawn) -> tuple[list[Wrong], bool]:
    """What differs from the page, and whether it shows all rows."""
    if page.block.kind == "number":
        return list(page.wrong_in_cards(seen.cards)), True
    mine = [table for table in seen.tables if table.title == shown.text(page.block.title)]
    heat = page.block.kind == "grid"
    wrong = [one for table in mine for one in (page.wrong_in_heat(table) if heat else page.wrong_in(table))]
    return wrong, any(heat or len(table.rows) == len(page.rows) for table in mine)


@pytest.mark.parametrize("where", ["list:2026-01-01-999", "segment:Gone", "stage:Gone | segment:Chatted"])
def test_what_a_question_names_and_is_gone_is_told_in_every_form(
    where: str, demo: DemoSite, browser: FlaskClient
) -> None:
    place = ["--data", str(demo.settings.data), "--database", demo.settings.database]
    told = CliRunner().invoke(main, ["report", "overview", "--site", "shop", f"--where={where}", *place])
    assert told.exit_code == 2
    said = told.stderr.removeprefix("Error: ").strip()
    assert said.startswith("There is no ")
    assert "Choose another" in said or "Known: " in said
    answers = [browser.get(f"/shop/overview{form}?{urlencode({'where': where})}") for form in ("", ".csv", ".json")]
    page, file, document = answers[0].get_data(as_text=True), answers[1].get_data(as_text=True), answers[2].get_json()
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert file.strip() == f"{document['error']} {document['hint']}" == said
    assert escape(document["error"]) in page
    assert escape(document["hint"]) in page


@pytest.mark.parametrize("name", list(reports()))
def test_a_page_its_csv_its_json_and_the_command_line_hold_the_same(
    name: str, demo: DemoSite, browser: FlaskClient
) -> None:
    query = urlencode(question(name))
    document = browser.get(f"/shop/{name}.json?{query}").get_json()
    # The command looks into the ledger again first.
    assert {**json.loads(command_line(demo, name, "--format", "json")), "as_of": document["as_of"]} == document
    blocks, seen = page_of(demo, browser, f"/shop/{name}?{query}")
    assert [block["id"] for block in document["blocks"]] == [block.id for block in blocks]
    wrong: dict[str, object] = {}
    cards = 0
    for block, said in zip(blocks, document["blocks"], strict=True):
        cards += block.kind == "number"
        if block.kind != "number" or cards == 1:
            in_file = csv.reader(io.StringIO(browser.get(f"/shop/{name}.csv?{query}&block={block.id}").text))
            assert [[cell.removeprefix("'") for cell in line] for line in in_file] == [
                [column.name for column in block.columns],
                *([in_csv(cell) for cell in row] for row in said["rows"]),
            ]
        if said["rows"] and name != "timeline":  # a person is told in sentences, and nothing is nothing
            found = wrong_on_page(demo, browser, f"/shop/{name}?{query}", from_json(block, said["rows"]), seen)
            wrong |= {block.id: found} if found else {}
    assert wrong == {}
    if name in ALSO_CSV:
        largest = max(document["blocks"], key=lambda block: len(block["rows"]))["id"]
        mine = command_line(demo, name, "--format", "csv", "--block", largest)
        assert mine == browser.get(f"/shop/{name}.csv?{query}&block={largest}").get_data(as_text=True)
