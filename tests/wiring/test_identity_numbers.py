"""The numbers of reports follow every change of who is who at the next refresh, and are those of a view built anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collector.core.query import Site
from collector.core.times import DAY, MINUTE
from collector.ingest.signed import identify_key, sign
from collector.journeys.view import ViewStore
from collector.reports.ask import ask
from collector.reports.registry import reports
from tests.support.worlds import UTC
from tests.wiring.shop import Browser, Shop, identify, page

Numbers = tuple[int, tuple[int, ...], str]


def numbers(shop: Shop) -> Numbers:
    """People of the overview, people at the steps of a funnel, and its note; from the view as it was brought on."""
    found = _numbers(shop, shop.views)
    anew = ViewStore(shop.folder / "anew", shop.ledger)
    anew.refresh(shop.site)
    assert _numbers(shop, anew) == found
    return found


def _numbers(shop: Shop, views: ViewStore) -> Numbers:
    shop.loader.drain_all()
    views.refresh(shop.site)
    site, now = Site(shop.site, "shop", UTC), shop.door.clock() + DAY
    journeys = views.open(shop.site)
    _, overview = ask(reports()["overview"], journeys, {"all-time": ["1"]}, site, now)
    steps = {"all-time": ["1"], "step": ["page:/a", "page:/b"], "window": ["14d"]}
    _, funnel = ask(reports()["funnel"], journeys, steps, site, now)
    people = overview.block("people").rows[0][0]
    reached = [row[2] for row in funnel.block("steps").rows]
    assert isinstance(people, int)
    notes = " ".join(str(note) for note in funnel.notes if "cookies" in str(note))
    return people, tuple(int(str(cell)) for cell in reached), notes


@pytest.fixture
def visitors(shop: Shop) -> tuple[Shop, str, str]:
    """Two browsers: on one somebody looked at /a, on the other then at /b. The second is ann's."""
    one, two = Browser(shop), Browser(shop)
    first = one.send(page("/a"))["visitor"]
    second = two.send(page("/b"), identify("ann"))["visitor"]
    assert numbers(shop) == (2, (1, 0), "")
    return shop, first, second


def test_a_link_by_hand_and_an_unlink(visitors: tuple[Shop, str, str]) -> None:
    shop, first, _ = visitors
    shop.ledger.link(shop.site, first, "ann", 1)
    assert numbers(shop) == (1, (1, 1), "")
    shop.ledger.unlink(shop.site, first, 2)
    assert numbers(shop) == (2, (1, 0), "")


def test_an_identify_of_the_other_browser_claimed_or_signed(visitors: tuple[Shop, str, str]) -> None:
    shop, _, _ = visitors
    third = Browser(shop)
    third.send(page("/a"))
    assert numbers(shop) == (3, (2, 0), "")
    third.send(identify("ann", **{"$signature": sign(identify_key(shop.door.keys.cookie[0], shop.site, 1), "ann")}))
    assert numbers(shop) == (2, (2, 0), "")
    third.send(page("/b"))
    assert numbers(shop) == (2, (2, 1), "")
    third.send(identify("ann", **{"$signature": "forged"}), page("/c"))
    assert numbers(shop) == (2, (2, 1), "")


def test_a_shared_device(shop: Shop) -> None:
    browser = Browser(shop)
    browser.send(page("/a"), identify("ann"))
    assert numbers(shop) == (1, (1, 0), "")
    browser.send(identify("bob"), page("/b"))
    assert numbers(shop) == (2, (1, 0), "")
    browser.send(identify("ann"), page("/b"))
    assert numbers(shop) == (2, (1, 1), "")


def test_a_late_identify_and_events_older_than_it(shop: Shop) -> None:
    browser, other = Browser(shop), Browser(shop)
    browser.send(page("/a"))
    other.send(page("/b"))
    assert numbers(shop) == (2, (1, 0), "")
    now = shop.door.clock()
    browser.send(identify("ann"))
    other.send(identify("ann"))
    # from the site's own records, of before anybody was identified
    paid = {"type": "page", "url": "https://shop.example/a", "user": "ann", "visitor": "till", "at": now - 90 * MINUTE}
    shop.serve(paid | {"id": ""})
    assert numbers(shop) == (1, (1, 1), "")


def test_an_erasure(visitors: tuple[Shop, str, str]) -> None:
    shop, first, second = visitors
    ids = shop.ledger.visitor_ids(shop.site, [first, second])
    shop.ledger.forget(shop.site, [ids[second]], 1)
    assert numbers(shop) == (1, (1, 0), "")


@pytest.mark.parametrize(
    ("identified", "expected"),
    [(False, (1, (0, 0))), (True, (1, (1, 1)))],
)
def test_a_browser_without_a_cookie_counts_and_is_followed_once_it_is_somebody_s(
    shop: Shop, identified: bool, expected: tuple[int, tuple[int, ...]]
) -> None:
    browser = Browser(shop)
    visitor = browser.send(page("/a"), page("/b"), mode="cookieless")["visitor"]
    people, reached, note = numbers(shop)
    assert (people, reached) == (1, (0, 0))
    assert "Of 1 person in this time one" in note
    if identified:
        browser.send(identify("ann"), mode="cookieless")
    people, reached, note = numbers(shop)
    assert (people, reached) == expected
    assert bool(note) is not identified
    if identified:
        shop.ledger.unlink(shop.site, visitor, 1)
        assert numbers(shop)[1] == (0, 0)


def at(shop: Shop, moment: int) -> Callable[[], int]:
    return lambda: moment


def test_a_visit_without_a_cookie_goes_on_over_midnight_and_ends_with_it(shop: Shop) -> None:
    midnight = (shop.door.clock() // DAY) * DAY
    browser = Browser(shop)
    for minutes, path in ((-20, "/a"), (-1, "/x"), (5, "/b"), (30, "/y"), (120, "/z")):
        shop.door.clock = at(shop, midnight + minutes * MINUTE)
        browser.send(page(path), mode="cookieless")
    shop.door.clock = at(shop, midnight + DAY - MINUTE)
    shop.loader.drain_all()
    seen: dict[str, list[str]] = {}
    for event, _ in shop.ledger.export(shop.site):
        seen.setdefault(event.visitor, []).append(event.kind.name)
    assert list(seen.values()) == [["/a", "/x", "/b", "/y"], ["/z"]]
