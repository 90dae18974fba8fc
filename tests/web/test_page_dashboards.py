"""Dashboards on pages: pinned from a report, arranged without a script, in one period, shared without people."""

from __future__ import annotations

import json
import re
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.reports.registry import reports
from collector.web import tiles
from collector.web.shares import PERSONAL
from tests.support.pages import Installation, shop_events, token_in

TREND = {"report": "overview", "block": "trend", "query": "period=7d", "title": "Over time"}
HOSTILE = "</script><script>alert(1)</script>"


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Send a form as a browser does."""
    token = token_in(client.get("/shop/saved"))
    return client.post(f"/shop/dashboards{path}", data={"csrf_token": token, **fields})


@pytest.fixture
def busy(fresh: Installation) -> Installation:
    fresh.append(shop_events(fresh.now, visitors=20))
    return fresh


def pinned(client: FlaskClient, **more: str) -> str:
    """A dashboard with one block; its address."""
    answer = send(client, "/pin", **{**TREND, "dashboard": "new", "name": "Monday", **more})
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_a_block_is_pinned_from_its_report_and_arranged_without_a_script(busy: Installation) -> None:
    client = busy.client()
    assert "No dashboard yet" in client.get("/shop/dashboards").text
    report = client.get("/shop/overview?period=7d").text
    assert 'name="block" value="trend"' in report
    assert 'name="query" value="period=7d"' in report
    path = pinned(client)
    board = path.rpartition("/")[2]
    send(client, "/pin", report="overview", block="pages", query="", title="", dashboard=board, wide="1")
    page = client.get(path).text
    assert page.index("block-trend") < page.index("block-pages")
    send(client, "/pin", **{**TREND, "dashboard": board})
    ids = re.findall(r' id="([^"]*)"', client.get(path).text)
    assert len(ids) == len(set(ids))
    send(client, f"/{board}/arrange", pin=str(busy.catalog.pins(busy.site_id, int(board))[-1].id), action="off")
    assert 'data-plot="series"' in page
    first, second = busy.catalog.pins(busy.site_id, int(board))
    assert (second.name, second.wide) == ("Overview", True)
    send(client, f"/{board}/arrange", pin=str(second.id), action="up")
    send(client, f"/{board}/arrange", pin=str(second.id), action="half")
    page = client.get(path).text
    assert page.index("block-pages") < page.index("block-trend")
    assert not busy.catalog.pins(busy.site_id, int(board))[0].wide
    send(client, f"/{board}/arrange", pin=str(first.id), action="off")
    assert "block-trend" not in client.get(path).text
    assert send(client, f"/{board}/arrange", pin=str(first.id), action="off").status_code == 404
    assert send(client, f"/{board}/arrange", pin=str(second.id), action="explode").status_code == 404
    send(client, f"/{board}/delete")
    assert client.get(path).status_code == 404


# Drawn as a part of another block, or of one person and not of a site.
BESIDE = {"total", "live_people", "time", "balance", "people"}


@pytest.mark.parametrize("name", [name for name in reports() if name not in PERSONAL])
def test_every_block_of_every_report_can_be_pinned(shop: Installation, name: str) -> None:
    client = shop.client()
    asked = urlencode(
        {key.replace("_", "-"): list(given) for key, given in reports()[name].example.items()}, doseq=True
    )
    page = client.get(f"/shop/{name}?{asked}", follow_redirects=True).text
    menus = re.findall(r'<details class="menu end no-print">.*?</details>', page, re.DOTALL)
    pins = {block for menu in menus for block in re.findall(r'(?:name="block"|<option) value="([^"]+)"', menu)}
    blocks = json.loads(client.get(f"/shop/{name}.json?{asked}").text)["blocks"]
    told = {block["id"] for block in blocks if block["rows"]}
    if "What is missing" in page:  # instead of an effect
        told.discard("effect")
    assert told <= pins | BESIDE


def test_what_has_a_drawing_of_its_own_has_it_on_a_dashboard_and_for_a_shared_link_too(busy: Installation) -> None:
    client = busy.client()
    funnel = "step=page:/&step=event:purchase&all-time=1&by=channel"
    report = client.get(f"/shop/funnel?{funnel}").text
    for block in ("steps", "breakdown", "summary"):
        assert f'name="block" value="{block}"' in report
    board = pinned(client, report="funnel", block="steps", query=funnel).rpartition("/")[2]
    for name in ("visitors", "live"):  # segments where there are any
        assert f'name="block" value="{name}"' in client.get(f"/shop/{name}").text
    send(client, "/pin", report="visitors", block="visitors", query="limit=3", title="", dashboard=board)
    page = client.get(f"/shop/dashboards/{board}").text
    assert '<a class="funnel-bar" href="/shop/funnel?' in page
    assert "/shop/timeline" in page
    assert "ask again" not in page
    form = {"csrf_token": token_in(client.get("/shop/saved")), "report": "funnel", "query": funnel}
    link = re.search(r"/shared/[\w-]{43}", client.post("/shop/shared", data=form).text)
    assert link
    shared = busy.app.test_client().get(link[0], follow_redirects=True).text
    assert '<div class="funnel-bar"><svg' in shared
    assert "/shop/" not in shared


def test_one_period_for_all_goes_before_the_blocks_own(busy: Installation) -> None:
    client = busy.client()
    path = pinned(client)
    board = path.rpartition("/")[2]
    assert "period=7d" in client.get(path).text.split("Over time · ", 1)[1].split(">", 1)[0]
    send(client, f"/{board}", name="Monday", period="28d")
    page = client.get(path).text
    assert "period=28d" in page.split("Over time · ", 1)[1].split(">", 1)[0]
    assert "is not a period" in send(client, f"/{board}", name="Monday", period="ever").text


def test_a_block_that_is_not_ready_says_so_and_the_page_looks_again(busy: Installation) -> None:
    client = busy.client()
    path = pinned(client)
    with patch.object(tiles, "PATIENCE", -1.0):
        page = client.get(path)
    assert "looks again by itself" in page.text
    assert page.headers["Refresh"] == "3"
    page = client.get(path)
    assert "Refresh" not in page.headers
    assert "block-trend" in page.text


def test_a_question_or_a_block_that_is_gone_is_told_in_its_place(busy: Installation) -> None:
    client = busy.client()
    busy.catalog.save_segment(busy.site_id, "Buyers", ["event:purchase"], [], busy.now)
    path = pinned(client, query="segment=Buyers")
    board = path.rpartition("/")[2]
    send(client, "/pin", **{**TREND, "block": "no-such-block", "dashboard": board})
    busy.catalog.delete_segment(busy.site_id, "Buyers")
    page = client.get(path)
    assert page.status_code == 200
    assert "There is no segment" in page.text
    assert "no such part" in page.text
    assert "no parameter" in send(client, "/pin", **{**TREND, "query": "x=1", "dashboard": board}).text
    for wrong in ({"report": "no"}, {"dashboard": "9999"}, {"dashboard": "x"}, {"block": ""}):
        assert send(client, "/pin", **{**TREND, "dashboard": board, **wrong}).status_code == 404


def test_a_shared_dashboard_names_nobody_and_leads_nowhere(busy: Installation) -> None:
    client = busy.client()
    path = pinned(client)
    board = path.rpartition("/")[2]
    send(client, "/pin", report="visitors", block="visitors", query="", title="Who", dashboard=board)
    assert "/shop/timeline" in client.get(path).text
    token = token_in(client.get("/shop/saved"))
    form = {"csrf_token": token, "report": "dashboard", "query": f"dashboard={board}", "people": "1"}
    made = client.post("/shop/shared", data=form)
    link = re.search(r"/shared/[\w-]{43}", made.text)
    assert link
    assert "Monday" in client.get("/shop/shared").text
    reader = busy.app.test_client()
    shared = reader.get(link[0], follow_redirects=True)
    assert shared.status_code == 200
    assert "block-trend" in shared.text
    assert "Single people are not shared." in shared.text
    assert "/shop/" not in shared.text
    assert 'method="post"' not in shared.text
    for twin in ("report.json", "trend.csv"):
        assert reader.get(shared.request.path + twin).status_code == 410
    send(client, f"/{board}/delete")
    assert reader.get(shared.request.path).status_code == 410
    assert "is deleted" in client.get("/shop/shared").text
    form["query"] = "dashboard=9999"
    assert client.post("/shop/shared", data=form).status_code == 404


def test_a_tile_says_whom_and_what_it_is_of_here_and_to_whoever_has_the_link(busy: Installation) -> None:
    client = busy.client()
    path = pinned(client)
    assert "asked-words" not in client.get(path).text, "nothing was asked beyond the report itself"
    board = path.rpartition("/")[2]
    of_some = urlencode({"step": ["page:/", "event:purchase"], "where": "is:returning", "by": "channel"}, doseq=True)
    send(client, "/pin", report="funnel", block="steps", query=of_some, title="Bought", dashboard=board)
    send(client, "/pin", report="attribution", block="models", query="", title="Spring", dashboard=board)
    send(client, "/pin", report="visitors", block="visitors", query="where=page:/", title="Who", dashboard=board)
    form = {"csrf_token": token_in(client.get("/shop/saved")), "report": "dashboard", "query": f"dashboard={board}"}
    link = re.search(r"/shared/[\w-]{43}", client.post("/shop/shared", data=form).text)
    assert link
    shown = client.get(path).text, busy.app.test_client().get(link[0], follow_redirects=True).text
    for page, whole in zip(shown, (3, 2), strict=True):
        said = re.findall(r'<p class="asked-words[^>]*>(.*?)</p>', page)
        words = [re.findall(r"<span>(.*?)</span>", one) for one in said]
        assert words[0] == ["Step: the page / → Purchase", "by Channel", "people with coming back in these days"]
        assert words[1] == ["Goal: Purchase"]
        assert len(words) == whole, "of single people a link's reader learns nothing"


def test_hostile_names_stay_names_and_another_sites_board_is_out_of_reach(busy: Installation) -> None:
    client = busy.client()
    path = pinned(client, name=HOSTILE, title=HOSTILE)
    for page in (path, "/shop/dashboards", "/shop/overview"):
        assert "<script>alert" not in client.get(page).text
    other = busy.catalog.add_site("other", ["https://other.example"], busy.now).site.id
    theirs = busy.catalog.add_dashboard(other, "Theirs", busy.now).id
    assert client.get(f"/shop/dashboards/{theirs}").status_code == 404
    assert send(client, "/pin", **{**TREND, "dashboard": str(theirs)}).status_code == 404
    assert send(client, f"/{theirs}/delete").status_code == 404
    viewer = busy.client(busy.user("viewer@boards.example", "viewer"))
    seen = viewer.get(path).text
    assert "block-trend" in seen
    assert "/arrange" not in seen
    assert "dashboards/pin" not in viewer.get("/shop/overview").text
