"""The page of ad costs: a table is looked at before it is kept, and whatever is sent is checked."""

from __future__ import annotations

import html
import io
import json
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.web import spend
from tests.support.pages import Installation, send, token_in

PAGE = "/shop/spend"
TABLE = "day,campaign,cost\n2026-01-05,<b>brand</b>,10.5\n2026-01-06,<b>brand</b>,20\nTotal,,30\n"
GIVEN = {"channel": "paid_search", "source": "google", "currency": "EUR"}


def look(client: FlaskClient, data: bytes, name: str = "costs.csv", **fields: str) -> TestResponse:
    """Upload a table."""
    given = {"csrf_token": token_in(client.get(PAGE)), "file": (io.BytesIO(data), name), **fields}
    return client.post(PAGE + "/look", data=given, content_type="multipart/form-data")


def table_in(page: TestResponse) -> str:
    found = re.search(r'name="table" value="([^"]*)"', page.text)
    assert found
    return html.unescape(found[1])


def test_a_table_is_shown_then_kept_then_deleted(fresh: Installation) -> None:
    owner = fresh.client()
    assert "No costs yet" in owner.get(PAGE).text
    seen = look(owner, TABLE.encode(), **GIVEN)
    assert seen.status_code == 200
    for words in ("Is this right?", "2 daily costs, 30.50 EUR", "Line 4", "&lt;b&gt;brand", "Paid search"):
        assert words in seen.text
    assert fresh.catalog.spend(fresh.site_id).rows == ()
    assert send(owner, PAGE, PAGE + "/keep", table=table_in(seen)).status_code == 302
    page = owner.get(PAGE)
    assert "Kept: 2 new days, 0 replaced." in page.text
    assert "30.50 EUR" in page.text
    send(owner, PAGE, PAGE + "/keep", table=table_in(seen))
    assert "Kept: 0 new days, 2 replaced." in owner.get(PAGE).text
    assert "cost" in owner.get("/shop/attribution.csv?goal=event:purchase&all-time=1&block=models").text.splitlines()[0]
    gone = {"channel": "paid_search", "source": "google", "campaign": "<b>brand</b>"}
    assert send(owner, PAGE, PAGE + "/delete", **gone).status_code == 302
    assert "No costs yet" in owner.get(PAGE).text
    assert send(owner, PAGE, PAGE + "/delete", **gone).status_code == 404
    assert send(owner, PAGE, PAGE + "/delete", all="1").status_code == 404


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "x.csv", "No file is chosen"),
        (b"PK\x03\x04xx", "x.xlsx", "packed, or a workbook"),
        (b"x" * 1_001, "x.csv", "too large for a page"),
        (b"day,campaign\n2026-01-05,a\n", "x.csv", "No column says the cost"),
        (b"day,campaign,cost\nTotal,a,3\n", "x.csv", "No row can be read. Line 2"),
        (b"   \n", "../../x.csv", "is empty"),
        (b'{"day":"2026-01-05","campaign":"a"}\n', "x.jsonl", "No column says the cost"),
    ],
)
def test_what_is_no_table_of_costs_is_said(
    fresh: Installation, monkeypatch: pytest.MonkeyPatch, data: bytes, name: str, said: str
) -> None:
    monkeypatch.setattr(spend, "MOST_BYTES", 1_000)
    answer = look(fresh.client(), data, name, currency="EUR")
    assert answer.status_code == 400
    assert said in html.unescape(answer.text)


@pytest.mark.parametrize("table", ["", "{", "[1]", '[["a"]]', '["abcdef"]', "null"])
def test_a_form_that_no_page_made_is_refused(fresh: Installation, table: str) -> None:
    assert send(fresh.client(), PAGE, PAGE + "/keep", table=table).status_code == 400
    assert fresh.catalog.spend(fresh.site_id).rows == ()


def test_rows_in_a_made_up_form_are_checked_like_any_other(fresh: Installation) -> None:
    good = ["2026-01-05", "email", "", "", 5, "EUR"]
    rows = [["2026-01-05", "tv", "", "", 5, "EUR"], [*good[:4], float("nan"), "EUR"], [*good[:4], {}, ""]]
    assert send(fresh.client(), PAGE, PAGE + "/keep", table=json.dumps(rows)).status_code == 400
    assert send(fresh.client(), PAGE, PAGE + "/keep", table=json.dumps([*rows, good])).status_code == 302
    assert [one.cost for one in fresh.catalog.spend(fresh.site_id).rows] == [5.0]
