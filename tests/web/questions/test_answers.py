"""An answer out of a file makes the same page, and no block of it is longer than a page unless it says so."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.core.blocks import Result
from collector.core.packed import pack, unpack
from collector.core.query import Arguments, Query, Site
from collector.core.write import block_csv, dump_json
from collector.journeys.journeys import Journeys
from collector.reports.ask import ask
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web import questions
from tests.web.questions.world import PAGE, World, answered


def packed_ask(report: Report, journeys: Journeys, arguments: Arguments, site: Site, now: int) -> tuple[Query, Result]:
    """The answer as it comes out of a file, which must write the same documents."""
    query, result = ask(report, journeys, arguments, site, now)
    back = unpack(pack(result))
    assert dump_json(report.name, query.arguments, back, site.zone) == dump_json(
        report.name, query.arguments, result, site.zone
    )
    for block, again in zip(result.blocks, back.blocks, strict=True):
        assert block_csv(again, site.zone) == block_csv(block, site.zone)
        assert repr(again.draw) == repr(dict(block.draw))
    return query, back


def lines_of(page: TestResponse) -> list[str]:
    """A page without the tokens of its forms."""
    return [line for line in page.text.splitlines() if "csrf_token" not in line]


@pytest.mark.parametrize("name", list(reports()))
def test_an_answer_out_of_a_file_makes_the_same_page(
    owner: FlaskClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [(key, text) for key, texts in reports()[name].example.items() for text in texts]
    before = owner.get(f"/shop/{name}", query_string=arguments, follow_redirects=True)
    monkeypatch.setattr("collector.web.asking.ask", packed_ask)
    after = owner.get(f"/shop/{name}", query_string=arguments, follow_redirects=True)
    assert after.status_code == before.status_code < 500
    assert lines_of(after) == lines_of(before)


def test_no_block_is_longer_than_a_page_unless_it_says_so_and_the_csv_has_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert questions.MOST_ROWS == 50_000
    monkeypatch.setattr(questions, "MOST_ROWS", 1_500)
    world.slow.go.set()
    client = world.client()
    document = client.get(f"{PAGE}.json?rows=1501").json
    assert document is not None
    (block,) = document["blocks"]
    assert len(block["rows"]) == 1_500
    assert block["note"] == "Only 1,500 of 1,501 rows are here; the CSV has all of them."
    assert "Only 1,500 of 1,501 rows are here" in answered(client, f"{PAGE}?rows=1501").text
    assert client.get(f"{PAGE}.csv?rows=1501").text.count("\r\n") == 1_502
    whole = client.get(f"{PAGE}.json?rows=1500").json
    assert whole is not None
    assert len(whole["blocks"][0]["rows"]) == 1_500
    assert whole["blocks"][0]["note"] is None
