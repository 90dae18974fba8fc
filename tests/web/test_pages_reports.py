"""Report pages, their twins, and how a question is spelled in the address."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from collector.core.query import Query, flags, parse_query
from collector.reports.registry import reports
from collector.web import asking
from collector.web.tiles import SPAN
from tests.support.pages import Installation, shop_events, token_in

FUNNEL = "step=page:/&step=event:add_to_cart&step=event:purchase&window=2d"


def questions(shop: Installation) -> dict[str, str]:
    """A query string with an answer for each report."""
    person = next(user for _, user in shop.ledger.persons(shop.site_id))
    asked = {
        "funnel": FUNNEL,
        "timeline": f"person={person}",
        "impact": "exposure=event:chat_started&goal=event:purchase",
        "chat": "goal=event:purchase",
        "retargeting": "goal=event:purchase",
    }
    return {name: asked.get(name, "") for name in reports()}


@pytest.mark.parametrize("name", list(reports()))
def test_every_report_has_a_page_with_its_title_and_answer(name: str, shop: Installation, owner: FlaskClient) -> None:
    page = owner.get(f"/shop/{name}?{questions(shop)[name]}")
    assert page.status_code == 200, re.findall(r'role="alert">(.*?)</div>', page.text, re.DOTALL)
    assert "<h1>" in page.text
    assert "Events up to" in page.text


def test_a_block_downloads_as_a_file_named_after_it(owner: FlaskClient) -> None:
    twin = owner.get(f"/shop/funnel.csv?{FUNNEL}&block=summary")
    assert twin.mimetype == "text/csv"
    assert twin.headers["Content-Disposition"].startswith('attachment; filename="shop-funnel-summary.csv"')
    assert twin.headers["X-Content-Type-Options"] == "nosniff"


def test_the_people_behind_each_number_of_a_funnel_are_that_many(owner: FlaskClient) -> None:
    answer = owner.get(f"/shop/funnel.json?{FUNNEL}").json
    assert answer is not None
    steps = next(block for block in answer["blocks"] if block["id"] == "steps")
    page = owner.get(f"/shop/funnel?{FUNNEL}").text
    for row in steps["rows"]:
        number = dict(zip(steps["columns"], row, strict=True))
        for which in ("reached", "dropped", "open"):
            query = f"{FUNNEL}&people={which}&at={number['step']}"
            people = list(csv.reader(io.StringIO(owner.get(f"/shop/funnel.csv?{query}").text)))
            assert len(people) - 1 == number["people" if which == "reached" else which]
    assert len(set(re.findall(r"people=(?:reached|dropped|open)&amp;at=\d", page))) >= 6


def test_the_first_csv_is_of_the_block_that_is_more_than_a_number(owner: FlaskClient) -> None:
    assert owner.get(f"/shop/funnel.csv?{FUNNEL}").text.startswith("step,name,people,step_rate,total_rate")


def test_an_unknown_block_says_which_there_are(owner: FlaskClient) -> None:
    answer = owner.get(f"/shop/funnel.csv?{FUNNEL}&block=nothing")
    assert answer.status_code == 400
    assert "steps" in answer.text


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("step=page:/&step=&window=", "step=page:/"),
        ("step=page:/&step=page:/a&_edit=remove:step:0", "step=page:/a"),
        ("step=page:/&step=page:/a&_edit=down:step:0", "step=page:/a&step=page:/"),
        ("step=page:/&step=page:/a&_edit=up:step:1", "step=page:/a&step=page:/"),
        ("step=page:/&_edit=add:step", "step=page:/&_rows=3"),
        ("step=page:/&order=ordered&window=14d&unit=session", "step=page:/&unit=session"),
        ("step=a&step=b&window=1d&_edit=up:step:1", "step=b&step=a&window=1d"),
        ("step=any&step=any&_exclude=event:x&_after=1&_before=2", "step=any&step=any&exclude=event:x@1-2"),
        ("step=any&_exclude=&_after=1&_before=2", "step=any"),
        ("step=any&all-time=1&all-time=0&from=2026-01-01", "step=any&from=2026-01-01"),
        ("step=any&all-time=1&all-time=Off&from=2026-01-01", "step=any&from=2026-01-01"),
        ("all-time&step=any&include-bots=+&by=", "all-time=1&step=any&include-bots=1"),
    ],
)
def test_an_address_is_kept_in_one_spelling(asked: str, kept: str, owner: FlaskClient) -> None:
    answer = owner.get(f"/shop/funnel?{asked}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/shop/funnel?{kept}"


def heard(client: FlaskClient, path: str) -> Query:
    """The question that is asked where somebody opens an address, whenever and with or without saying what is usual."""
    asked: list[Query] = []

    def read(*given: Any) -> Query:
        asked.append(parse_query(*given))
        return asked[-1]

    with patch.object(asking, "parse_query", read):
        assert client.get(path, follow_redirects=True).status_code < 500
    assert len(asked) == 1, path
    return replace(asked[0], now=0, arguments=())


def test_a_bare_flag_says_yes_on_a_page_its_twins_a_shared_link_and_a_dashboard(fresh: Installation) -> None:
    owner, viewer = fresh.client(), fresh.app.test_client()
    token = token_in(owner.get("/shop/saved"))
    for name, report in reports().items():
        bare = sorted(flags(report.params))
        example = [(key, text) for key, texts in report.example.items() for text in texts if key not in SPAN]
        query = "&".join([urlencode(example), *bare])
        form = {"csrf_token": token, "report": name, "query": query, "name": name, "people": "1", "life": ""}
        link = re.findall(r"/shared/[A-Za-z0-9_-]{43}", owner.post("/shop/shared", data=form).text)[0]
        form |= {"block": "any", "dashboard": "new"}
        board = owner.post("/shop/dashboards/pin", data=form).headers["Location"]
        json = heard(owner, f"/shop/{name}.json?{query}")
        assert json.span is None
        assert json.include_bots
        assert json.include_cookieless
        assert all(json.values.get(flag, True) is True for flag in bare)
        for other in (f"/shop/{name}?{query}", f"/shop/{name}.csv?{query}", board):
            assert heard(owner, other) == json, other
        assert heard(viewer, link) == json, name
    assert 'aria-current="true">All time</a>' in owner.get("/shop/bots?all-time").text


def test_a_further_step_row_is_shown_when_it_was_asked_for(owner: FlaskClient) -> None:
    page = owner.get("/shop/funnel?step=page:/&step=page:/pricing&_rows=4").text
    assert page.count('name="step"') == 3


def test_what_cannot_be_read_is_said_with_a_hint_and_the_form_keeps_it(owner: FlaskClient) -> None:
    answer = owner.get("/shop/funnel?step=page:/&step=pricing&window=soon")
    assert answer.status_code == 400
    assert "pricing&#39; is not a matcher" in answer.text
    assert 'value="pricing"' in answer.text
    assert 'value="soon"' in answer.text


def test_a_json_twin_says_what_is_wrong_as_json(owner: FlaskClient) -> None:
    answer = owner.get("/shop/funnel.json?step=pricing")
    assert answer.status_code == 400
    assert answer.json is not None
    assert set(answer.json) == {"error", "hint"}


def test_days_that_cannot_be_read_leave_the_page_standing(owner: FlaskClient) -> None:
    answer = owner.get("/shop/overview?from=yesterday")
    assert answer.status_code == 400
    assert "is not a date" in answer.text


def test_the_navigation_has_every_report_with_a_place_in_it(owner: FlaskClient) -> None:
    page = owner.get("/shop/overview").text
    for name, report in reports().items():
        assert (f'href="/shop/{name}"' in page) == (report.menu is not None)


def test_a_presets_link_keeps_the_rest_of_the_question(owner: FlaskClient) -> None:
    page = owner.get("/shop/overview?where=page:/pricing&from=2026-01-01&to=2026-01-31").text
    assert "/shop/overview?where=page:/pricing&amp;all-time=1" in page
    assert "Jan 1, 2026 – Jan 31, 2026" in page


def test_a_list_goes_on_page_by_page_and_misses_nobody(owner: FlaskClient) -> None:
    seen: list[str] = []
    address = "/shop/visitors?limit=7&all-time=1"
    while address:
        page = owner.get(address).text
        seen += re.findall(r'href="/shop/timeline\?person=([^"]+)"', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    everybody = owner.get("/shop/visitors.json?limit=1000&all-time=1").json
    assert everybody is not None
    rows = next(block for block in everybody["blocks"] if block["id"] == "visitors")["rows"]
    assert seen == [row[0] for row in rows]
    assert len(seen) == len(set(seen)) > 20


def test_suggestions_come_from_what_was_seen_with_how_often(owner: FlaskClient) -> None:
    answer = owner.get("/shop/suggest.json?q=pric").json
    assert answer is not None
    assert answer["suggestions"][0]["matcher"] == "page:/pricing"
    assert answer["suggestions"][0]["events"] > 0


def test_a_matcher_is_checked_against_the_people(owner: FlaskClient) -> None:
    listed = owner.get("/shop/visitors.json?all-time=1&did=event:purchase").json
    assert listed is not None
    found = owner.get("/shop/match.json?matcher=event:purchase").json
    assert found is not None
    assert found["people"] == listed["blocks"][0]["rows"][0][0] > 0
    wrong = owner.get("/shop/match.json?matcher=purchase").json
    assert wrong is not None
    assert wrong["error"]
    assert wrong["hint"]


@pytest.mark.parametrize("name", ["overview", "visitors", "funnel", "chat", "retargeting", "impact"])
def test_a_site_without_events_says_what_to_do_next(name: str, fresh: Installation) -> None:
    page = fresh.client().get(f"/shop/{name}")
    assert page.status_code == 200
    assert "No events yet" in page.text
    assert 'href="/shop/install"' in page.text


def test_the_people_behind_each_group_of_a_breakdown_are_that_many(owner: FlaskClient) -> None:
    query = f"{FUNNEL}&by=device"
    page = owner.get(f"/shop/funnel?{query}").text
    answer = owner.get(f"/shop/funnel.json?{query}").json
    assert answer is not None
    block = next(block for block in answer["blocks"] if block["id"] == "breakdown")
    assert len({row[0] for row in block["rows"]}) >= 2
    for row in block["rows"]:
        number = dict(zip(block["columns"], row, strict=True))
        tail = f"people=reached&at={number['step']}&group={number['value']}"
        assert tail.replace("&", "&amp;") in page
        people = list(csv.reader(io.StringIO(owner.get(f"/shop/funnel.csv?{query}&{tail}").text)))
        assert len(people) - 1 == number["people"]


@pytest.mark.parametrize("more", ["by=device&group=toaster", "group=mobile"])
def test_a_group_that_is_none_of_the_breakdown_is_refused(more: str, owner: FlaskClient) -> None:
    assert owner.get(f"/shop/funnel?{FUNNEL}&people=reached&at=1&{more}").status_code == 400


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("impact?goal=event:purchase", "“What happened” is missing.</strong> Fill in “What happened”."),
        ("funnel?window=7d", "“Step” is missing.</strong> Fill in “Step”."),
        (f"funnel?{FUNNEL}&order=sideways", "is not a value of “Order”."),
        ("overview?limit=many", "is not a whole number for “Rows a table”."),
        (f"funnel?{FUNNEL}&people=reached&group=x", "Fill in “Break down by”, like device."),
    ],
)
def test_what_is_wrong_is_said_by_the_names_of_the_fields(asked: str, said: str, owner: FlaskClient) -> None:
    page = owner.get(f"/shop/{asked}")
    assert page.status_code == 400
    found = re.search(r'role="alert">\s*(.*?)\s*</div>', page.text, re.DOTALL)
    assert found is not None
    assert said in found[1]
    assert "--" not in found[1]


def test_presets_move_on_with_the_days_and_a_day_that_is_chosen_takes_their_place(owner: FlaskClient) -> None:
    page = owner.get("/shop/overview?where=page:/pricing&period=7d").text
    assert re.search(r"<summary><span class=\"asked-words\"><span>Last 7 days</span>", page)
    assert '<input type="hidden" name="period" value="7d">' in page
    for period in ("1d", "yesterday", "90d", "this-month", "last-month", "365d"):
        assert f'href="/shop/overview?where=page:/pricing&amp;period={period}"' in page
    assert not re.search(r'href="/shop/overview[^"]*from=', page)
    answer = owner.get("/shop/overview?period=7d&from=2026-01-01")
    assert answer.headers["Location"] == "/shop/overview?from=2026-01-01"


def test_links_to_people_keep_the_period(owner: FlaskClient) -> None:
    page = owner.get("/shop/overview?period=90d").text
    number = re.search(r'<dt>Visitors</dt>\s*<dd><a href="([^"]+)">([\d,]+)</a>', page)
    assert number is not None
    assert "period=90d" in number[1]
    listed = owner.get(number[1].replace("/visitors?", "/visitors.json?").replace("&amp;", "&")).json
    assert listed is not None
    assert listed["blocks"][0]["rows"][0][0] == int(number[2].replace(",", ""))


def test_impact_offers_what_was_seen_in_one_click(owner: FlaskClient) -> None:
    page = owner.get("/shop/impact").text
    offered = re.findall(r'<a class="btn btn-quiet" href="/shop/impact\?exposure=([^"]+)">([^<]+)</a>', page)
    assert offered[:2] == [("event:chat_started", "Chat"), ("source:retargeting", "Retargeting")]
    assert ("event:add_to_cart", "“add_to_cart”") in offered
    assert not {"event:purchase", "event:signup", "event:chat_shown"} & {matcher for matcher, _ in offered}
    assert owner.get(f"/shop/impact?exposure={offered[2][0]}").status_code == 200


@pytest.mark.parametrize("name", ["attribution", "planner", "drivers"])
def test_a_page_about_a_goal_asks_for_one_where_the_site_has_none(name: str, fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=6, seed=3))
    fresh.catalog.update_site(fresh.site_id, goals=[])
    page = fresh.client().get(f"/shop/{name}")
    assert page.status_code == 200
    assert "Which goal is it about?" in page.text
    assert 'name="goal"' in page.text
    assert "/shop/settings#goals-title" in page.text
    assert 'role="alert"' not in page.text
    assert fresh.client().get(f"/shop/{name}.json").status_code == 400
    assert "Which goal" not in fresh.client().get(f"/shop/{name}?goal=event:purchase").text
    viewer = fresh.client(fresh.user("guest@shop.example", "viewer")).get(f"/shop/{name}")
    assert viewer.status_code == 200
    assert "/shop/settings" not in viewer.text
