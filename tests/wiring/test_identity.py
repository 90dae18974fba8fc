"""Who is who from the door to the ledger (SEMANTICS 4): identify, shared devices, reset, consent, privacy signals."""

from __future__ import annotations

from uuid import uuid4

import pytest

from collector.core.times import DAY
from collector.loader import now_ms
from collector.web.door import the_door
from tests.wiring.shop import Browser, Shop, identify, page


def test_a_late_identify_names_what_came_before_it_too(shop: Shop) -> None:
    browser = Browser(shop)
    visitor = browser.send(page("/a"))["visitor"]
    assert shop.paths(visitor) == ["/a"]
    assert shop.user(visitor) is None
    browser.send(page("/b"), identify("ann", plan="pro"), page("/c"))
    assert shop.paths("ann") == ["/a", "/b", "/c"]
    assert shop.user(visitor) == "ann"


def test_an_identify_before_any_page_counts(shop: Shop) -> None:
    browser = Browser(shop)
    browser.send(identify("ann"))
    browser.send(page("/a"))
    assert shop.paths("ann") == ["/a"]


def test_two_browsers_of_one_user_are_one_person(shop: Shop) -> None:
    phone, desk = Browser(shop), Browser(shop)
    phone.send(page("/phone"), identify("ann"))
    desk.send(page("/desk"), identify("ann"))
    assert shop.paths("ann") == ["/phone", "/desk"]


def test_another_user_on_the_same_device_begins_anew_and_neither_gets_the_others_pages(shop: Shop) -> None:
    browser = Browser(shop)
    first = browser.send(page("/ann"), identify("ann"))["visitor"]
    second = browser.rotate(identify("bob"), page("/bob"))["visitor"]
    assert first != second
    assert shop.paths("ann") == ["/ann"]
    assert shop.paths("bob") == ["/bob"]
    assert browser.send(page("/bob-2"))["visitor"] == second
    assert shop.paths("bob") == ["/bob", "/bob-2"]


def test_the_ledger_keeps_users_apart_where_a_client_forgets_to_rotate(shop: Shop) -> None:
    browser = Browser(shop)
    browser.send(page("/ann"), identify("ann"), page("/ann-2"), identify("bob"), page("/bob"), identify("ann"))
    browser.send(page("/ann-3"))
    assert shop.paths("ann") == ["/ann", "/ann-2", "/ann-3"]
    assert shop.paths("bob") == ["/bob"]


def test_after_reset_the_next_pages_are_nobodys_until_somebody_is_named(shop: Shop) -> None:
    browser = Browser(shop)
    browser.send(page("/ann"), identify("ann"))
    stranger = browser.rotate(page("/later"))["visitor"]
    assert shop.paths("ann") == ["/ann"]
    assert shop.user(stranger) is None


def test_a_replayed_rotation_gives_no_second_stranger_and_no_second_event(shop: Shop) -> None:
    browser = Browser(shop)
    browser.send(page("/ann"))
    event = page("/later")
    one = browser.rotate(event)
    again = browser.send(event, rotate=True)
    assert one == again
    assert shop.paths(one["visitor"]) == ["/later"]


@pytest.mark.parametrize("user", ["null", "undefined", "guest", "0", " ", "", "[object Object]", None, [], {"a": 1}])
def test_ids_that_name_nobody_are_refused_and_join_nobody(shop: Shop, user: object) -> None:
    one, other = Browser(shop), Browser(shop)
    event = identify(user)
    assert one.send(page("/one"), event)["results"][event["id"]] == "refused:user_id"
    visitor = one.send(page("/one-2"))["visitor"]
    other.send(page("/other"), identify(user))
    assert shop.paths(visitor) == ["/one", "/one-2"]
    assert shop.user(visitor) is None


def test_withdrawn_consent_deletes_the_cookie_and_the_next_visit_is_somebody_else(shop: Shop) -> None:
    browser = Browser(shop)
    before = browser.send(page("/a"))["visitor"]
    assert browser.cookie()
    last = browser.send({"id": str(uuid4()), "type": "consent", "name": "denied"}, forget=True)
    assert last["visitor"] == before
    assert not browser.cookie()
    browser.boot = str(uuid4())
    assert browser.send(page("/b"))["visitor"] != before


@pytest.mark.parametrize("policy", ["ignore", "cookieless", "off"])
@pytest.mark.parametrize(("header", "setting"), [("Sec_GPC", "policy_gpc"), ("DNT", "policy_dnt")])
def test_a_privacy_signal_does_what_the_site_chose(shop: Shop, header: str, setting: str, policy: str) -> None:
    shop.catalog.update_site(shop.site, **{"policy_gpc": "ignore", "policy_dnt": "ignore", setting: policy})
    answer = (browser := Browser(shop, **{header: "1"})).send(page("/a"))
    expected = {"ignore": "cookie"}.get(policy, policy)
    assert answer["mode"] == expected
    assert bool(browser.cookie()) == (policy == "ignore")
    assert shop.paths(answer.get("visitor", "")) == ([] if policy == "off" else ["/a"])
    if policy == "off":
        assert set(answer["results"].values()) == {"refused:privacy"}


def test_a_mode_that_is_not_known_gets_the_least(shop: Shop) -> None:
    browser = Browser(shop)
    assert browser.send(page("/a"), mode="cooky")["mode"] == "cookieless"
    assert not browser.cookie()


def test_without_a_cookie_a_visitor_is_the_same_for_a_day_and_nobody_after(shop: Shop) -> None:
    browser = Browser(shop)
    with shop.app.app_context():
        door = the_door()
    start = (now_ms() // DAY) * DAY + DAY
    seen = []
    for at in (start, start + DAY - 1, start + DAY):
        door.clock = lambda at=at: at  # type: ignore[misc]
        seen.append(browser.send(page("/a"), mode="cookieless")["visitor"])
    assert not browser.cookie()
    assert seen[0] == seen[1] != seen[2]
    door.clock = lambda: start + DAY
    assert Browser(shop, User_Agent="Other").send(page("/a"), mode="cookieless")["visitor"] != seen[2]
