"""Segments on pages: made from rows without a script, counted, changed, renamed, deleted; a list kept as one."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from collector.core.errors import UserError
from collector.core.people import Segment
from collector.core.people_text import parse_people
from collector.reports.by_segment import OFFERED
from collector.reports.registry import reports
from collector.web.segment_rows import NAMES, Row, rows_for, rows_of, texts_of
from tests.support.effort import examples
from tests.support.pages import Installation, send, shop_events, token_in
from tests.support.people_oracle import conditions


def build(client: FlaskClient, action: str, *rows: Row, name: str = "", old: str = "") -> TestResponse:
    """Send the form as a browser does, each row's fields one after the other."""
    page = client.get("/shop/segments/edit")
    fields = [(field, getattr(row, field)) for row in rows for field in NAMES]
    sent = [*fields, ("name", name), ("old", old), ("action", action), ("csrf_token", token_in(page))]
    return client.post("/shop/segments/edit", data=MultiDict(sent))


def whats(page: TestResponse) -> list[str]:
    """What the rows of a form say."""
    return [html.unescape(text) for text in re.findall(r'name="what" id="what-\d+" value="([^"]*)"', page.text)]


def number(client: FlaskClient, report: str, *filters: tuple[str, str]) -> int:
    """How many people a report's JSON counts."""
    told = client.get(f"/shop/{report}.json?{urlencode([*filters, ('all-time', '1')])}").json
    assert told is not None
    return int(next(block for block in told["blocks"] if block["id"] == "total")["rows"][0][0])


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(conditions(), max_size=3), st.lists(conditions(), max_size=2))
def test_a_segment_goes_through_the_forms_rows_and_back(where: list[str], where_not: list[str]) -> None:
    segment = Segment("A", tuple(map(parse_people, where)), tuple(map(parse_people, where_not)))
    rows = rows_for(segment)
    sent = rows_of(MultiDict([(name, getattr(row, name)) for row in rows for name in NAMES]))
    assert sent == rows
    texts = texts_of(sent)
    assert [list(map(parse_people, some)) for some in texts] == [list(segment.where), list(segment.where_not)]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Row(what="event:buy", op=">=", times="2"), "event:buy[#times>=2]"),
        (Row(what="event:buy", when="last", length="30d"), "event:buy[#last=30d]".replace("30d", "30d")),
        (Row(what="event:buy", when="days", until="2026-01-31"), "event:buy[#to=2026-01-31]"),
        (Row(what="page:/a", then="event:b", within="7d"), "page:/a -> event:b[#within=1w]"),
        (Row(what="page:/a", when="in", then="event:b"), "page:/a[#in] -> event:b"),
        (Row(what="device:mobile[#last=1d]", op="=", times="0"), "device:mobile[#times=0][#last=1d]"),
        (Row(what="is:new | event:a"), "is:new | event:a"),
    ],
)
def test_a_row_says_one_condition(row: Row, text: str) -> None:
    assert row.text == text


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (Row(what="is:new", when="last", length="1d"), "by itself"),
        (Row(what="segment:A", times="2"), "by itself"),
        (Row(what="event:a -> event:b", then="event:c"), "by itself"),
        (Row(what="event:a", when="last"), "for how long"),
        (Row(what="event:a", when="days"), "from which day"),
        (Row(what="event:a", within="1d"), "what came then"),
        (Row(what="event:a", times="2", then="event:b"), "counts within"),
        (Row(what="event:a", times="x"), "no number"),
        (Row(what="nonsense"), "no condition"),
    ],
)
def test_fields_that_do_not_go_together_are_said(row: Row, says: str) -> None:
    with pytest.raises(UserError, match=says):
        texts_of([row])


def test_a_segment_is_made_changed_renamed_and_deleted_without_a_script(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=20))
    client = fresh.client()
    assert "No segments yet" in client.get("/shop/segments").text
    more = build(client, "add", Row(what="event:purchase"))
    assert whats(more) == ["event:purchase", ""]
    fewer = build(client, "drop-0", Row(what="event:purchase"), Row(has="not", what="is:identified"))
    assert whats(fewer) == ["is:identified"]
    rows = Row(what="event:purchase", times="1"), Row(has="not", what="page:/nowhere")
    wanted = number(client, "visitors", ("where", "event:purchase"), ("where-not", "page:/nowhere"))
    assert wanted
    counted = build(client, "count", *rows)
    assert f"{wanted} people are in it now" in counted.text
    wrong = build(client, "save", *rows, name="")
    assert wrong.status_code == 400
    assert "needs a name" in wrong.text
    assert whats(wrong) == ["event:purchase", "page:/nowhere"]
    saved = build(client, "save", *rows, name="Buyers & co")
    page = client.get(saved.headers["Location"])
    assert page.status_code == 200
    assert "Buyers &amp; co" in page.text
    assert f"{wanted} people are in it now" in page.text
    assert number(client, "visitors", ("segment", "Buyers & co")) == wanted
    # Changed together with its name.
    assert whats(client.get("/shop/segments/edit?name=Buyers+%26+co")) == ["event:purchase", "page:/nowhere"]
    again = build(client, "save", Row(what="any"), name="All", old="Buyers & co")
    assert again.status_code == 302
    assert {name: list(map(str, one.where)) for name, one in fresh.catalog.segments(fresh.site_id).items()} == {
        "All": ["any"]
    }
    fresh.catalog.save_report(fresh.site_id, "Mine", "overview", "segment=All", fresh.now)
    one = client.get("/shop/segment?segment=All").text
    assert ">Mine</a>" in one
    send(client, "/shop/segment?segment=All", "/shop/segments/rename", name="All", new="Everyone")
    assert fresh.catalog.saved_reports(fresh.site_id)[0].arguments == "segment=Everyone"
    send(client, "/shop/segment?segment=Everyone", "/shop/segments/delete", name="Everyone")
    assert fresh.catalog.segments(fresh.site_id) == {}
    assert client.get("/shop/segments/edit?name=Everyone").status_code == 404


def test_a_page_offers_each_segment_beside_everybody_where_there_are_segments(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=8))
    client, choice = fresh.client(), "Each segment beside everybody"
    assert choice not in client.get("/shop/overview").text
    send(client, "/shop/segments/edit", "/shop/segments", name="Buyers", where="event:purchase")
    assert {name for name in OFFERED if not reports()[name].breaks_down} == OFFERED
    for name in ("before-after", "visitors", "explore"):
        assert client.get(f"/shop/{name}").text.count(choice) == (name in OFFERED)
    ticked = client.get("/shop/overview?by=segment").text
    assert re.search(r'type="checkbox" name="by" value="segment" id="f-by" checked', ticked)
    assert "By segment" in ticked
    assert '<option value="trait:plan">Trait “plan”</option>' in client.get("/shop/explore").text
    refused = client.get("/shop/overview?by=device")
    assert refused.status_code == 400
    assert "By segment alone" in refused.text
    assert "checked" not in refused.text.partition('id="f-by"')[2].partition(">")[0]


def test_the_list_its_csv_and_the_people_behind_are_the_same_numbers(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=20))
    for name, where in (("A", "event:purchase"), ("B", "device:mobile"), ("C", "segment:A | segment:B")):
        fresh.catalog.save_segment(fresh.site_id, name, [where], [], fresh.now)
    client = fresh.client()
    told = client.get("/shop/segments.json").json
    assert told is not None
    rows = {row[0]: row[1] for row in told["blocks"][0]["rows"]}
    csv = [line.split(",") for line in client.get("/shop/segments.csv").text.splitlines()[1:]]
    assert rows == {name: int(people) for name, people, *_ in csv}
    page = html.unescape(client.get("/shop/segments").text)
    for name, people in rows.items():
        href = re.search(rf'href="([^"]*segment(?:%3A|:){name}[^"]*)">{people}</a>', page)
        assert href
        assert number(client, "visitors", ("segment", name)) == people
        assert number(client, "visitors", *parse_qsl(href[1].partition("?")[2].removesuffix("&all-time=1"))) == people
        active = next(row[3] for row in told["blocks"][0]["rows"] if row[0] == name)
        lately = re.search(rf'href="(/shop/visitors[?]where=segment(?:%3A|:){name})">{active}</a>', page)
        assert lately
        assert f"{active} people were active" in client.get(lately[1]).text
        listed = client.get(f"/shop/segment.csv?segment={name}&block=people").text.splitlines()
        assert len(listed) - 1 == people
    assert max(rows["A"], rows["B"]) <= rows["C"] <= rows["A"] + rows["B"]


@pytest.mark.parametrize(
    "asked",
    [
        "did=event:purchase&all-time=1",
        "device=mobile&channel=email&period=30d",
        "device=mobile&did=event:add_to_cart&did=page:/**",
        "identified=yes&where=event:purchase&where-not=device:mobile&all-time=1",
        "landing=/&campaign=(none)&segment=Buyers",
        "",
    ],
)
def test_the_people_of_a_list_are_kept_as_a_segment_of_the_same_people(asked: str, fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=30))
    fresh.catalog.save_segment(fresh.site_id, "Buyers", ["event:purchase"], [], fresh.now)
    client = fresh.client()
    path = f"/shop/visitors?{asked}"
    page = client.get(path, follow_redirects=True)
    form = re.search(r'action="/shop/segments">(.*?)</form>', page.text, re.DOTALL)
    assert form
    fields = re.findall(r'name="(where|where_not)" value="([^"]*)"', form[1])
    token = token_in(page)
    sent = MultiDict(
        [*((name, html.unescape(text)) for name, text in fields), ("name", "These"), ("csrf_token", token)]
    )
    assert client.post("/shop/segments", data=sent).status_code == 302
    assert people(client, path) == people(client, "/shop/visitors?segment=These&" + span(asked))


def span(asked: str) -> str:
    return "all-time=1" if "all-time" in asked else "period=30d"


def people(client: FlaskClient, path: str) -> Sequence[object]:
    told = client.get(path.replace("visitors", "visitors.json")).json
    assert told is not None
    block = next(block for block in told["blocks"] if block["id"] == "visitors")
    assert block["rows"] or "email" in path
    return sorted(row[0] for row in block["rows"])


def test_a_search_is_no_segment(shop: Installation) -> None:
    assert 'action="/shop/segments"' not in shop.client().get("/shop/visitors?search=a").text


def test_the_script_counts_rows_and_conditions(shop: Installation) -> None:
    client = shop.client()
    whole = number(client, "visitors")
    told = client.get("/shop/segments/count.json?has=did&what=any&op=%3E%3D&times=").json
    assert told == {"text": f"{whole} people are in it now: 100% of {whole}."}
    half = client.get("/shop/segments/count.json?has=did&what=event").json
    assert half is not None
    assert "no condition" in half["text"]
    everybody, nobody = (
        json.loads(client.get(f"/shop/match.json?of=people&matcher={matcher}").text)
        for matcher in ("is:anonymous | is:identified", "segment:No")
    )
    assert everybody["people"] == whole
    assert "no segment" in nobody["error"]
