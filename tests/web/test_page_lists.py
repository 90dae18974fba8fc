"""Any list of people behind a number can be kept as a segment: these people, as they are today."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from collector.core.errors import UserError
from collector.core.event import IDENTIFY, PAGE
from collector.core.people import Fact
from collector.core.times import HOUR
from collector.erasing import erase_person
from tests.support.pages import DESKTOP, Installation, Teller, installed, send

FUNNEL = "/shop/funnel?" + urlencode(
    [("step", "page:/**"), ("step", "event:purchase"), ("window", "1h"), ("people", "dropped"), ("at", "1")]
)

# Reports whose forms are made in different ways.
CHOOSING = ("overview", "visitors", "funnel", "paths", "impact", "before-after", "segments")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Installation]:
    """An installation with people, to write to."""
    yield from installed(tmp_path / "data")


def listed(client: FlaskClient, address: str) -> set[str]:
    """The people in a report's list."""
    path, _, query = address.partition("?")
    told = client.get(f"{path}.json?{query}&limit=100000").json
    assert told is not None
    block = next(block for block in told["blocks"] if block["id"] == "people")
    return {row[0] for row in block["rows"]}


def keep(client: FlaskClient, address: str, name: str) -> None:
    """Send the form that stands beside a list, as the page has it."""
    page = client.get(address, follow_redirects=True)
    form = re.search(r'<form[^>]*action="/shop/segments/list".*?</form>', page.text, re.DOTALL)
    assert form, "the list cannot be kept"
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    answer = client.post("/shop/segments/list", data={"name": name, **{of: unescape(v) for of, v in fields.items()}})
    assert answer.status_code == 302, answer.text
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["segment"] == [name]


def members(client: FlaskClient, name: str) -> set[str]:
    """Who is in a segment now."""
    return listed(client, f"/shop/segment?{urlencode([('segment', name)])}")


@pytest.mark.parametrize(
    "address",
    [
        FUNNEL,
        FUNNEL + "&unit=session",
        "/shop/lifecycle?people=new",
        "/shop/explore?people=1",
        "/shop/stages?people=in",
        "/shop/segment?where=event:purchase&period=8w&people=in&at={week}",
    ],
)
def test_the_people_of_a_list_are_the_people_of_the_segment(made: Installation, address: str) -> None:
    client = made.client()
    if "{week}" in address:
        told = client.get("/shop/segment.json?where=event:purchase&period=8w").json
        assert told is not None
        weeks = next(block for block in told["blocks"] if block["id"] == "weeks")["rows"]
        address = address.format(week=weeks[-1][0])
    elif "funnel" not in address:
        # The address behind the first number of the page that opens a list.
        page = client.get(address.partition("?")[0])
        found = re.search(rf'href="({re.escape(address.partition("?")[0])}\?[^"]*people=[^"]*)"', page.text)
        assert found, "no number of the page opens a list"
        address = unescape(found[1])
    people = listed(client, address)
    assert people
    keep(client, address, "Kept")
    assert members(client, "Kept") == people
    assert listed(client, FUNNEL + "&segment=Kept") <= people


def test_nobody_joins_a_list_later_and_a_link_takes_its_visitor_along(made: Installation) -> None:
    client = made.client()
    keep(client, FUNNEL, "Dropped")
    before = members(client, "Dropped")
    anonymous = sorted(person for person in before if person.startswith("v"))[0]
    teller = Teller(Random(5), anonymous, DESKTOP)
    teller.come(made.now - HOUR, None)
    teller.do(PAGE, "/")
    teller.do(IDENTIFY, "late-comer")
    newcomer = Teller(Random(6), "newcomer", DESKTOP)
    newcomer.come(made.now - 3 * HOUR, None)
    newcomer.do(PAGE, "/pricing")
    made.append([*teller.events, *newcomer.events])
    assert "newcomer" in listed(client, FUNNEL)
    assert members(client, "Dropped") == before - {anonymous} | {"late-comer"}


def test_whoever_is_erased_leaves_the_list_for_good(made: Installation) -> None:
    client = made.client()
    keep(client, FUNNEL, "Dropped")
    before = members(client, "Dropped")
    gone = sorted(before)[0]
    (fact,) = made.catalog.segments(made.site_id)["Dropped"].where
    assert isinstance(fact, Fact)
    erase_person(made.ledger, made.catalog, made.views, made.settings.inbox, made.site_id, gone, made.now)
    assert members(client, "Dropped") == before - {gone}
    assert set(made.catalog.people_on(made.site_id, fact.name)) == before - {gone}


def test_a_list_says_its_day_on_its_page_and_is_renamed_and_deleted_like_any_segment(made: Installation) -> None:
    client = made.client()
    keep(client, FUNNEL, "Dropped")
    (fact,) = made.catalog.segments(made.site_id)["Dropped"].where
    assert isinstance(fact, Fact)
    page = client.get("/shop/segment?segment=Dropped")
    assert f"kept on {fact.name.rpartition('-')[0]}" in page.text
    assert f"list:{fact.name}" in client.get("/shop/segments/edit?name=Dropped").text
    assert send(client, "/shop/segments/edit", "/shop/segments/rename", name="Dropped", new="Gone").status_code == 302
    assert members(client, "Gone")
    assert send(client, "/shop/segments/edit", "/shop/segments/delete", name="Gone").status_code == 302
    with pytest.raises(UserError, match="no list"):
        made.catalog.people_on(made.site_id, fact.name)


def test_what_is_no_list_is_not_kept(made: Installation) -> None:
    client = made.client()
    for report, query, status in (
        ("nothing", "", 404),
        ("overview", "", 400),
        ("funnel", "step=page:/", 400),
        ("funnel", "step=event:never&people=reached&at=1", 400),
    ):
        answer = send(client, "/shop/segments/edit", "/shop/segments/list", name="A", report=report, query=query)
        assert answer.status_code == status, (report, query)
    viewer = made.client(made.user("viewer@shop.example", "viewer"))
    assert "/shop/segments/list" not in viewer.get(FUNNEL).text
    assert made.catalog.segments(made.site_id) == {}


def test_a_list_can_be_chosen_wherever_people_are_counted(made: Installation) -> None:
    client = made.client()
    keep(client, FUNNEL, "Dropped")
    offered = '<option value="Dropped">Dropped</option>'
    missing = [name for name in CHOOSING if offered not in client.get(f"/shop/{name}").text]
    assert missing == []
    chosen = client.get("/shop/paths?segment=Dropped").text
    assert '<option value="Dropped" selected>' in chosen
    assert "segment “Dropped”" in chosen
