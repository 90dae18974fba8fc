"""Who is who with the real tracker and a real collector: two tabs, a login without network, a signed id, a logout."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import BrowserContext, Page

from collector.ingest.signed import identify_key, sign
from tests.tracker.real import WHO, Place, real_collector

_numbers = count(1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The collector and the site's pages."""
    with real_collector(tmp_path_factory.mktemp("identity")) as made:
        yield made


@pytest.fixture
def context(own_context: BrowserContext) -> BrowserContext:
    """A new one for each test: the site is the same for all."""
    return own_context


@pytest.fixture
def users() -> tuple[str, str]:
    """Two people whom no other test knows."""
    number = next(_numbers)
    return f"ann-{number}", f"bob-{number}"


def opened(place: Place, page: Page) -> Page:
    page.goto(place.put("127.0.0.1", "/page"))
    page.evaluate(WHO)
    return page


def tell(page: Page, *calls: tuple[object, ...]) -> None:
    """Make the calls, then leave nothing unsent."""
    with page.expect_response(lambda response: "/collect" in response.url):
        for call in calls:
            page.evaluate("args => desireline(...args)", list(call))


def tracked(place: Place, user: str) -> list[str]:
    """The custom events that are this person's."""
    place.loader.drain_all()
    return [event.kind.name for event, owner in place.ledger.export(1) if owner == user and event.kind.type == "event"]


def test_two_tabs_at_login_and_when_another_user_logs_in(
    place: Place, context: BrowserContext, users: tuple[str, str]
) -> None:
    ann, bob = users
    one, two = opened(place, context.new_page()), opened(place, context.new_page())
    tell(one, ("track", "1"))
    tell(two, ("track", "2"))
    tell(one, ("identify", ann))
    tell(two, ("track", "3"), ("identify", ann), ("track", "4"))
    assert tracked(place, ann) == ["1", "2", "3", "4"]
    tell(one, ("identify", bob))
    tell(one, ("track", "5"))
    tell(two, ("track", "6"))
    tell(two, ("identify", bob))
    tell(two, ("track", "7"))
    assert tracked(place, ann) == ["1", "2", "3", "4"]
    assert tracked(place, bob) == ["5", "6", "7"]


def test_a_login_without_network_counts_once_it_is_back(
    place: Place, page: Page, context: BrowserContext, users: tuple[str, str]
) -> None:
    ann, bob = users
    opened(place, page)
    tell(page, ("track", "before"))
    context.set_offline(True)
    for call in (("identify", ann), ("track", "ann's"), ("reset",), ("track", "nobody's"), ("identify", bob)):
        page.evaluate("args => desireline(...args)", list(call))
    page.evaluate("desireline('track', 'bob\\'s')")
    context.set_offline(False)
    page.wait_for_function("!Object.keys(localStorage).some((key) => key.includes(':q'))")
    assert tracked(place, ann) == ["before", "ann's"]
    assert tracked(place, bob) == ["nobody's", "bob's"]  # what came before a first identify is that user's


def test_a_signed_id_is_verified_and_its_signature_stays_nowhere(
    place: Place, page: Page, users: tuple[str, str]
) -> None:
    ann = users[0]
    made = sign(identify_key(place.keys.cookie[0], 1, 1), ann)
    opened(place, page)
    tell(page, ("identify", ann, {"plan": "pro", "$signature": made}))
    tell(page, ("identify", ann, {"plan": "free"}))
    place.loader.drain_all()
    person, visitors = place.ledger.person(1, ann)
    assert person is not None
    assert (dict(person.traits), person.verified) == ({"plan": "pro"}, frozenset(["plan"]))
    assert [link.reason for link in place.ledger.links(1, [visitor.id for visitor in visitors])] == ["signed"]
    assert made not in page.evaluate("JSON.stringify(localStorage)")


def test_after_a_logout_the_next_events_are_nobody_s(place: Place, page: Page, users: tuple[str, str]) -> None:
    ann = users[0]
    opened(place, page)
    tell(page, ("identify", ann))
    before = page.evaluate(WHO)
    tell(page, ("reset",))
    tell(page, ("track", "after"))
    assert page.evaluate(WHO) != before
    assert tracked(place, ann) == []
