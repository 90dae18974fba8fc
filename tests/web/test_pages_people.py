"""One person's page: what it shows, and what may be done there."""

from __future__ import annotations

import json
from random import Random

from flask.testing import FlaskClient

from collector.core.event import CUSTOM, IDENTIFY, PAGE
from tests.support.pages import Installation, Teller, send, shop_events


def known(shop: Installation) -> str:
    """A person with a user id."""
    return next(user for _, user in shop.ledger.persons(shop.site_id))


def filled(fresh: Installation) -> Installation:
    fresh.append(shop_events(fresh.now, visitors=12))
    return fresh


def test_a_timeline_shows_every_event_in_order_with_its_time(shop: Installation, owner: FlaskClient) -> None:
    key = known(shop)
    page = owner.get(f"/shop/timeline?person={key}").text
    answer = owner.get(f"/shop/timeline.json?person={key}").json
    assert answer is not None
    events = next(block for block in answer["blocks"] if block["id"] == "events")
    assert page.count('<li class="event') == len(events["rows"])
    assert page.count('<section class="session"') == len(
        {row[events["columns"].index("session")] for row in events["rows"]}
    )


def test_goals_and_chats_are_marked(shop: Installation, owner: FlaskClient) -> None:
    listed = owner.get("/shop/visitors.json?all-time=1&did=event:purchase&did=event:chat_started&limit=1").json
    assert listed is not None
    block = next(block for block in listed["blocks"] if block["id"] == "visitors")
    page = owner.get("/shop/timeline", query_string={"person": block["rows"][0][0]}).text
    assert "Goal: Purchase" in page
    assert 'class="event chat"' in page


def test_nobody_by_that_key_is_said_and_can_be_searched_again(owner: FlaskClient) -> None:
    page = owner.get("/shop/timeline?person=nobody-at-all")
    assert page.status_code == 400
    assert "nobody-at-all" in page.text
    assert 'name="person"' in page.text


def test_an_export_holds_all_events_of_all_visitors_of_the_person(shop: Installation, owner: FlaskClient) -> None:
    key = known(shop)
    answer = owner.get("/shop/person/export", query_string={"person": key})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    found = json.loads(answer.text)
    _, visitors = shop.ledger.person(shop.site_id, key)
    stored = shop.ledger.timeline([visitor.id for visitor in visitors], None, 10_000)
    assert [event["id"] for event in found["events"]] == [event.uid for event in stored]
    assert found["user"] == key
    assert found["traits"] == {"plan": "pro"}
    assert {one["visitor"] for one in found["visitors"]} == {visitor.key for visitor in visitors}


def test_an_export_of_a_visitor_without_events_is_still_json(fresh: Installation) -> None:
    client = filled(fresh).client()
    found = json.loads(client.get("/shop/person/export?person=v001").text)
    assert found["asked_for"] == "v001"


def test_unlinking_asks_first_and_then_leaves_the_browser_alone(fresh: Installation) -> None:
    client = filled(fresh).client()
    key = known(fresh)
    _, visitors = fresh.ledger.person(fresh.site_id, key)
    browser = visitors[0].key
    page = f"/shop/timeline?person={key}"
    asked = send(client, page, "/shop/person/unlink", visitor=browser)
    assert asked.status_code == 200
    assert len(fresh.ledger.person(fresh.site_id, browser)[1]) == len(visitors)
    done = send(client, page, "/shop/person/unlink", visitor=browser, confirmed="1")
    assert done.status_code == 302
    assert fresh.ledger.person(fresh.site_id, browser)[0] is None
    alone = client.get(done.headers["Location"]).text
    assert browser in alone
    assert "The browser is unlinked" in alone


def test_erasing_wants_the_key_typed_and_then_removes_everything(fresh: Installation) -> None:
    client = filled(fresh).client()
    key = known(fresh)
    page = f"/shop/person/erase?person={key}"
    assert key in client.get(page).text
    wrong = send(client, page, "/shop/person/erase", person=key, confirm="somebody else")
    assert "Type the key exactly" in wrong.text
    assert fresh.ledger.person(fresh.site_id, key)[1]
    done = send(client, page, "/shop/person/erase", person=key, confirm=key)
    assert done.status_code == 302
    person, visitors = fresh.ledger.person(fresh.site_id, key)
    assert person is None
    assert not visitors
    assert client.get(f"/shop/timeline?person={key}").status_code == 400
    assert client.get(page).status_code == 404


def test_an_address_of_an_event_is_a_link_only_when_it_is_a_web_address(fresh: Installation) -> None:
    teller = Teller(Random(5), "odd", shop_events(fresh.now, 1)[0].agent)  # type: ignore[arg-type]
    teller.come(fresh.now - 60_000, None)
    teller.do(PAGE, "/fine")
    teller.do(CUSTOM, "click me")
    teller.events[1].url = "javascript:alert(1)"
    fresh.append(teller.events)
    page = fresh.client().get("/shop/timeline?person=odd").text
    assert 'href="https://shop.example/fine"' in page
    assert 'href="javascript' not in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_a_second_browser_of_a_person_stands_on_the_same_timeline(fresh: Installation) -> None:
    agent = shop_events(fresh.now, 1)[0].agent
    events = []
    for number, browser in enumerate(("phone", "laptop")):
        teller = Teller(Random(number), browser, agent)  # type: ignore[arg-type]
        teller.come(fresh.now - 3_600_000, None)
        teller.do(PAGE, f"/{browser}")
        teller.do(IDENTIFY, "ada")
        events += teller.events
    fresh.append(events)
    page = fresh.client().get("/shop/timeline?person=ada").text
    assert "/phone" in page
    assert "/laptop" in page
    assert page.count("Unlink this browser") == 2
