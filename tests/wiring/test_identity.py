"""Who is who from the door to the ledger (SEMANTICS 4): identify, shared devices, reset, consent, privacy signals."""

from __future__ import annotations

from typing import Any
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


def tabs(shop: Shop) -> tuple[Browser, Browser]:
    """Two tabs of one browser: the cookie is one, what each tab's tracker knows is its own."""
    one, two = Browser(shop), Browser(shop)
    two.client = one.client
    return one, two


def test_two_tabs_at_login_are_one_person(shop: Shop) -> None:
    one, two = tabs(shop)
    assert one.send(page("/1"))["visitor"] == two.send(page("/2"))["visitor"]
    one.send(identify("ann"))
    two.send(page("/3"))
    two.send(identify("ann"), page("/4"))
    assert shop.paths("ann") == ["/1", "/2", "/3", "/4"]


def test_what_the_other_tab_does_after_another_user_logged_in_is_that_user_s(shop: Shop) -> None:
    one, two = tabs(shop)
    one.send(page("/1"), identify("ann"))
    two.send(page("/2"))
    bob = one.rotate(identify("bob"), page("/3"))["visitor"]
    assert two.send(page("/4"))["visitor"] == bob
    # That tab has not seen the change: for it, too, bob is another one than ann.
    two.rotate(identify("bob"), page("/5"))
    one.send(page("/6"))
    assert shop.paths("ann") == ["/1", "/2"]
    assert shop.paths("bob") == ["/3", "/4", "/5", "/6"]


def test_two_tabs_that_both_reset_leave_ann_behind(shop: Shop) -> None:
    one, two = tabs(shop)
    one.send(page("/1"), identify("ann"))
    strangers = {one.rotate(page("/2"))["visitor"], two.rotate(page("/3"))["visitor"]}
    strangers.add(one.send(page("/4"))["visitor"])
    assert shop.paths("ann") == ["/1"]
    assert all(shop.user(stranger) is None for stranger in strangers)


def test_an_identify_made_offline_names_what_was_sent_with_it_and_what_follows(shop: Shop) -> None:
    browser = Browser(shop)
    browser.send(page("/online"))
    browser.send(page("/offline"), identify("ann"), page("/offline-2"), sent_at=now_ms())
    assert shop.paths("ann") == ["/online", "/offline", "/offline-2"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (0, 1, 0, 2, 1, 2, 0)])
def test_retries_in_any_order_end_in_the_same_persons(shop: Shop, order: tuple[int, ...]) -> None:
    """Three requests of one browser, each of which changes who it is: their cookies say what was before each."""
    browser = Browser(shop)
    first = browser.send(page("/0"))["visitor"]
    cookie = browser.cookie()
    boots = [browser.boot, str(uuid4()), str(uuid4())]
    requests: list[tuple[tuple[dict[str, Any], ...], dict[str, Any]]] = [
        ((page("/ann"), identify("ann")), {}),
        ((identify("bob"), page("/bob")), {"rotate": True}),
        ((page("/nobody"),), {"rotate": True}),
    ]
    for number in order:
        events, fields = requests[number]
        browser.boot = boots[number]
        browser.client.set_cookie(f"dl_v_{shop.site}", cookie)
        browser.send(*events, **fields)
    assert shop.paths("ann") == ["/0", "/ann"]
    assert shop.paths("bob") == ["/bob"]
    assert shop.user(first) == "ann"
    people = {shop.ledger.export(shop.site)[n][1] for n in range(6)}
    assert people == {"ann", "bob", ""}


def test_an_alias_of_two_known_persons_joins_nobody(shop: Shop) -> None:
    """What Segment calls alias is an identify of the other id here: neither person gets the other's browsers."""
    ann, bob = Browser(shop), Browser(shop)
    ann.send(page("/ann"), identify("ann"))
    bob.send(page("/bob"), identify("bob"))
    shop.serve({"type": "identify", "name": "ann", "visitor": bob.send(page("/bob-2"))["visitor"]})
    assert shop.paths("ann") == ["/ann"]
    assert shop.paths("bob") == ["/bob", "/bob-2"]
