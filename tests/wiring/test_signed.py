"""What the site vouches for and what a browser claims (REQUIREMENTS B21): from the door to the traits and links."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest

from collector.ingest.signed import identify_key, sign
from collector.sites import CatalogBook
from tests.wiring.shop import Browser, Shop, identify, page


def signature(shop: Shop, user: str, version: int = 1, site: int = 0) -> str:
    """As the site's backend makes it, from the key as the settings page shows it."""
    key = identify_key(shop.door.keys.cookie[0], site or shop.site, version)
    made = hmac.new(key.encode(), user.encode(), hashlib.sha256).hexdigest()
    assert made == sign(key, user)
    return made


def told(shop: Shop, browser: Browser, user: object, **traits: object) -> str:
    """What becomes of an identify event."""
    event = identify(user, **traits)
    return str(browser.send(event)["results"][event["id"]])


def change(shop: Shop, **settings: Any) -> None:
    """Change the site's settings, for the door at once."""
    shop.catalog.update_site(shop.site, **settings)
    shop.door.sites = CatalogBook(shop.catalog)


def reasons(shop: Shop) -> list[str]:
    shop.loader.drain_all()
    return [link.reason for link in shop.ledger.links(shop.site)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for the tables, which take other users in every row."""
    made = Shop(tmp_path_factory.mktemp("signed"))
    yield made
    made.close()


SIGNATURES = ("none", "right", "another user's", "another site's", "an old key's", "no text", "empty")


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("given", SIGNATURES)
def test_what_becomes_of_a_claim(shared: Shop, given: str, required: bool) -> None:
    shop, ann = shared, f"ann of {given} {required}"
    change(shop, signed_identify="required" if required else "optional", identity_version=2)
    kinds: dict[str, dict[str, object]] = {
        "none": {},
        "right": {"$signature": signature(shop, ann, 2)},
        "another user's": {"$signature": signature(shop, "bob", 2)},
        "another site's": {"$signature": signature(shop, ann, 2, site=shop.site + 1)},
        "an old key's": {"$signature": signature(shop, ann, 1)},
        "no text": {"$signature": 17},
        "empty": {"$signature": ""},
    }
    browser = Browser(shop)
    status = told(shop, browser, ann, plan="pro", **kinds[given])
    if given == "none":
        assert status == ("refused:unsigned" if required else "ok")
    else:
        assert status == ("ok" if given == "right" else "refused:signature")
    browser.send(page("/after"))
    if status != "ok":
        assert shop.paths(ann) == []
        assert ann not in dict(shop.ledger.persons(shop.site)).values()
        return
    assert shop.paths(ann) == ["/after"]
    person = shop.known(ann)
    assert dict(person.traits) == {"plan": "pro"}
    assert person.verified == ({"plan"} if given == "right" else set())
    assert reasons(shop)[-1] == ("signed" if given == "right" else "identify")


def test_signatures_are_kept_nowhere(shop: Shop) -> None:
    made = signature(shop, "ann")
    told(shop, Browser(shop), "ann", **{"$signature": made, "plan": "pro"})
    shop.loader.drain_all()
    assert dict(shop.known("ann").traits) == {"plan": "pro"}
    [(event, _)] = shop.ledger.export(shop.site)
    assert dict(event.props) == {"plan": "pro", "$verified": True}
    for file in shop.folder.rglob("*"):
        assert not file.is_file() or made.encode() not in file.read_bytes(), file


def test_a_browser_cannot_mark_its_claim_as_proved(shop: Shop) -> None:
    told(shop, Browser(shop), "ann", **{"$verified": True, "verified": 1, "plan": "pro"})
    person = shop.known("ann")
    assert (dict(person.traits), person.verified) == ({"plan": "pro", "verified": 1}, frozenset())
    [(event, _)] = shop.ledger.export(shop.site)
    assert "$verified" not in event.props


def test_a_signature_of_a_replaced_installation_key_still_counts(shop: Shop) -> None:
    old = signature(shop, "ann")
    shop.door.keys = type(shop.door.keys)((b"n" * 32, *shop.door.keys.cookie), shop.door.keys.session)
    assert told(shop, Browser(shop), "ann", **{"$signature": old}) == "ok"
    assert told(shop, Browser(shop), "ann", **{"$signature": signature(shop, "ann")}) == "ok"


def test_an_id_is_signed_as_it_is_kept(shop: Shop) -> None:
    assert told(shop, Browser(shop), " 17 ", **{"$signature": signature(shop, "17")}) == "ok"
    assert told(shop, Browser(shop), 17, **{"$signature": signature(shop, "17")}) == "ok"
    assert told(shop, Browser(shop), "Änne", **{"$signature": signature(shop, "Änne")}) == "ok"


# Who told a trait last and when, and what is read: v for the site, c for a browser; the number is the time told.
TRAITS = [
    ("c1", "c1"),
    ("c1 c2", "c2"),
    ("c2 c1", "c2"),
    ("v1 c2", "v1"),
    ("c2 v1", "v1"),
    ("v1 v2", "v2"),
    ("v2 v1", "v2"),
    ("c3 v1 c4 v2", "v2"),
]


@pytest.mark.parametrize(("order", "read"), TRAITS)
@pytest.mark.parametrize("how", ["signature", "secret key"])
def test_a_claim_never_stands_before_what_the_site_says(shared: Shop, order: str, read: str, how: str) -> None:
    change(shared, signed_identify="optional", identity_version=1)
    shop, ann = shared, f"ann {order} {how}"
    browser = Browser(shop)
    start = shop.door.clock() - 60_000
    for one in order.split():
        event = identify(ann, plan=one) | {"at": start + int(one[1]) * 1_000}
        if one[0] == "v" and how == "secret key":
            shop.serve(event)
            continue
        if one[0] == "v":
            event["props"]["$signature"] = signature(shop, ann)
        browser.send(event, sent_at=shop.door.clock())
    person = shop.known(ann)
    assert dict(person.traits) == {"plan": read}
    assert ("plan" in person.verified) == (read[0] == "v")


def test_an_unlink_takes_a_visitor_s_claims_back_and_a_link_gives_them_again(shop: Shop) -> None:
    told(shop, Browser(shop), "ceo", title="CEO")
    stranger = Browser(shop)
    told(shop, stranger, "ceo", title="Clown", colour="red")
    shop.serve(identify("ceo", plan="pro"))
    assert dict(shop.known("ceo").traits) == {"title": "Clown", "colour": "red", "plan": "pro"}
    visitor = stranger.send(page("/x"))["visitor"]
    shop.ledger.unlink(shop.site, visitor, 1)
    assert dict(shop.known("ceo").traits) == {"title": "CEO", "plan": "pro"}
    shop.ledger.link(shop.site, visitor, "ceo", 2)
    assert dict(shop.known("ceo").traits) == {"title": "Clown", "colour": "red", "plan": "pro"}
    shop.ledger.forget(shop.site, [shop.ledger.visitor_ids(shop.site, [visitor])[visitor]], 3)
    assert dict(shop.known("ceo").traits) == {"title": "CEO", "plan": "pro"}


def test_a_proof_turns_a_claimed_link_into_a_signed_one_and_nothing_turns_it_back(shop: Shop) -> None:
    browser = Browser(shop)
    told(shop, browser, "ann")
    assert reasons(shop) == ["identify"]
    told(shop, browser, "ann", **{"$signature": signature(shop, "ann")})
    assert reasons(shop) == ["signed"]
    told(shop, browser, "ann")
    assert reasons(shop) == ["signed"]


@pytest.mark.parametrize("first", ["claimed", "signed"])
@pytest.mark.parametrize("second", ["claimed", "signed"])
def test_nobody_takes_a_visitor_over_signed_or_not(shop: Shop, first: str, second: str) -> None:
    def proof(kind: str, user: str) -> dict[str, object]:
        return {"$signature": signature(shop, user)} if kind == "signed" else {}

    browser = Browser(shop)
    browser.send(page("/1"), identify("ann", **proof(first, "ann")))
    browser.send(page("/2"), identify("bob", **proof(second, "bob")), page("/3"))
    browser.send(identify("ann", **proof(first, "ann")), page("/4"))
    assert shop.paths("ann") == ["/1", "/2", "/4"]
    assert shop.paths("bob") == ["/3"]


def test_a_server_with_the_secret_key_is_believed_also_where_signatures_are_required(shop: Shop) -> None:
    change(shop, signed_identify="required")
    event = {"id": "", "type": "event", "name": "paid", "visitor": "till", "user": "ann"}
    assert list(shop.serve(identify("ann", plan="pro"), event).values()) == ["ok", "ok"]
    person = shop.known("ann")
    assert dict(person.traits) == {"plan": "pro"}
    assert person.verified == {"plan"}
    assert reasons(shop) == ["signed", "signed"]


def test_refused_claims_are_counted_and_the_other_events_of_the_request_are_kept(shop: Shop) -> None:
    change(shop, signed_identify="required")
    browser = Browser(shop)
    event = identify("ann")
    answer = browser.send(page("/a"), event, page("/b"))
    assert sorted(answer["results"].values()) == ["ok", "ok", "refused:unsigned"]
    assert shop.paths(answer["visitor"]) == ["/a", "/b"]
