"""The stages on pages: named without a script, checked, kept, shown in words, asked for as a condition."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.support.pages import Installation, shop_events, token_in

STAGES = (("Visit", "any"), ("Buyer", "event:purchase"), ("Regular", "event:purchase[#times>=2]"))


def send(
    client: FlaskClient, action: str, *rows: tuple[str, str], silent: tuple[str, str] = ("Lost", "10d")
) -> TestResponse:
    """Send the form as a browser does, each row's fields one after the other."""
    page = client.get("/shop/stages/edit")
    fields = [(field, text) for row in rows for field, text in zip(("name", "what"), row, strict=True)]
    sent = [*fields, ("silent", silent[0]), ("quiet", silent[1]), ("action", action), ("csrf_token", token_in(page))]
    return client.post("/shop/stages/edit", data=MultiDict(sent))


def rows_in(page: TestResponse) -> list[tuple[str, str]]:
    """What the rows of a form say, the empty ones aside."""
    names = re.findall(r'name="name" value="([^"]*)"', page.text)
    whats = re.findall(r'name="what" id="what-\d+" value="([^"]*)"', page.text)
    return [(html.unescape(name), html.unescape(what)) for name, what in zip(names, whats, strict=True) if name or what]


def kept(shop: Installation) -> Sequence[tuple[str, str]]:
    site = shop.catalog.site(shop.site_id)
    assert site is not None
    return site.options.stages


def test_stages_are_named_moved_and_dropped_without_a_script(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=20))
    client = fresh.client()
    first = client.get("/shop/stages/edit")
    assert rows_in(first)[0] == ("Visitor", "any")
    assert len(rows_in(first)) == 3, "the goals of the site"
    assert 'value="30d"' in first.text
    assert rows_in(send(client, "up-1", *STAGES)) == [STAGES[1], STAGES[0], STAGES[2]]
    assert rows_in(send(client, "drop-0", *STAGES)) == list(STAGES[1:])
    assert send(client, "add", *STAGES).text.count('name="what"') == 4
    assert not kept(fresh)
    assert send(client, "save", *STAGES, ("", "")).status_code == 302
    assert kept(fresh) == (*STAGES, ("Lost", "quiet:10d"))
    page = html.unescape(client.get("/shop/stages").text)
    assert "nothing for 10 days" in page
    assert "at least 2 times" in page
    assert "made of its goals" not in page
    assert rows_in(client.get("/shop/stages/edit")) == list(STAGES)
    assert send(client, "forget", *STAGES).status_code == 302
    assert kept(fresh) == ()
    assert "made of its goals" in client.get("/shop/stages").text


@pytest.mark.parametrize(
    ("rows", "silent", "says"),
    [
        ([("Visit", "any"), ("Bad", "nonsense")], ("", ""), "is no condition"),
        ([("Visit", "any"), ("Bad", "event:a[#last=3d]")], ("", ""), "does not say when"),
        ([("Visit", "any"), ("visit", "event:b")], ("", ""), "Two stages are named"),
        ([("Visit", "any"), ("", "event:b")], ("", ""), "needs a name"),
        ([("Visit", "any"), ("B", "")], ("", ""), "has no condition"),
        ([("Visit", "any")], ("Lost", ""), "needs a name and a time"),
        ([("Visit", "any")], ("Lost", "soon"), "is not a duration"),
        ([], ("Lost", "3d"), "There is no stage yet"),
        ([(f"S{n}", "any") for n in range(13)], ("", ""), "At most 12"),
    ],
)
def test_what_cannot_be_a_stage_is_said_and_stays_in_the_form(
    shop: Installation, rows: list[tuple[str, str]], silent: tuple[str, str], says: str
) -> None:
    answer = send(shop.client(), "save", *rows, silent=silent)
    assert answer.status_code == 400
    assert says in html.unescape(answer.text)
    assert rows_in(answer) == rows[:12]
    assert kept(shop) == ()


def test_viewers_see_the_stages_and_cannot_name_them(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=5))
    viewer = fresh.client(fresh.user("viewer@shop.example", "viewer"))
    assert "/shop/stages/edit" not in viewer.get("/shop/stages").text
    assert viewer.get("/shop/stages/edit").status_code == 403
    assert "/shop/stages/edit" in fresh.client(fresh.user("editor@shop.example", "editor")).get("/shop/stages").text


def test_the_stage_is_a_condition_whose_people_are_those_of_the_bar(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=20))
    fresh.catalog.update_site(fresh.site_id, stages=STAGES)
    client = fresh.client()
    told = client.get("/shop/stages.json?all-time=1").json
    assert told is not None
    bars = {row[0]: row[1] for row in told["blocks"][0]["rows"]}
    assert sum(bars.values()) > 0
    for name, people in bars.items():
        found = client.get(f"/shop/visitors.json?all-time=1&where=stage:{name}").json
        assert found is not None
        total = next(block for block in found["blocks"] if block["id"] == "total")
        assert total["rows"][0][0] == people
