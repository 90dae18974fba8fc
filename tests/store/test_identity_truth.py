"""Truth tables of who is who (SEMANTICS 4, REQUIREMENTS T10), on both engines: every row is a story, read at its end.

A story is a line of acts. `p` is a page, `p@phone` on another browser; `ann` an identify; `ann!` one that the site
vouches for; `user:ann` an event of the site's server; `link:ann`, `unlink` and `forget` are done by hand. `|` ends a
request. What is read: whose each page is, in order, "-" being nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest

from collector.core.errors import UserError
from collector.core.event import Event
from collector.store import identity as rules
from collector.store.identity import derived_key
from collector.store.protocol import Ledger
from tests.store.making import custom, identify, page, uid

_sites = count(500)

STORIES = [
    # late and early identification
    ("p", "-"),
    ("p ann", "ann"),
    ("p | p | ann", "ann ann"),
    ("ann p", "ann"),
    ("ann | ann | p", "ann"),
    ("p ann p ann p", "ann ann ann"),
    # several browsers of one person
    ("p@desk ann@desk p@phone ann@phone p@desk", "ann ann ann"),
    ("p@desk ann@desk p@phone", "ann -"),
    # alice, bob and nobody on one device: only what came before the first identify is hers
    ("p ann p bob p", "ann ann bob"),
    ("p ann | p | bob | p", "ann ann bob"),
    ("ann bob p ann p bob p", "bob ann bob"),
    ("p ann p bob p eve p ann p", "ann ann bob eve ann"),
    ("ann bob p p@phone bob@phone p@phone", "bob bob bob"),
    # two known persons are never merged by an identify
    ("ann@desk bob@phone p@desk p@phone ann@phone p@phone bob@desk p@desk", "ann bob ann bob"),
    ("bob@phone ann@desk ann@phone p@phone bob@phone p@phone", "ann bob"),
    # the site's word moves nobody either
    ("p ann p bob! p", "ann ann bob"),
    ("p ann! p bob p", "ann ann bob"),
    ("p ann p ann! p", "ann ann ann"),
    ("p user:ann p", "ann ann"),
    ("p ann user:bob p", "ann bob"),
    # by hand, and back
    ("p link:ann p", "ann ann"),
    ("p ann unlink p", "- -"),
    ("p ann unlink link:bob p", "bob bob"),
    ("p ann unlink p ann p", "ann ann ann"),
    ("p ann unlink p bob p", "bob bob bob"),
    ("p link:ann p bob p", "ann ann bob"),
    ("p@desk ann@desk p@phone ann@phone forget@phone", "ann"),
]


def play(ledger: Ledger, site: int, story: str) -> None:
    waiting: list[Event] = []
    for number, act in enumerate(story.split(), 1):
        what, _, device = act.partition("@")
        key = f"v_{device or 'desk'}"
        name = what.rstrip("!")
        if act == "|" or what in ("unlink", "forget") or what.startswith("link:"):
            ledger.append(site, waiting)
            waiting = []
        if what == "p":
            event = page(number, key)
        elif what.startswith("user:"):
            event = custom(number, "x", key)
            event.user, event.verified = what[5:], True
        elif act == "|":
            continue
        elif what == "unlink":
            ledger.unlink(site, key, number)
            continue
        elif what.startswith("link:"):
            ledger.link(site, key, what[5:], number)
            continue
        elif what == "forget":
            ledger.forget(site, list(ledger.visitor_ids(site, [key]).values()), number)
            continue
        else:
            event = identify(number, name, key)
            event.verified = what.endswith("!")
        event.id = uid(number, site)
        waiting.append(event)
    ledger.append(site, waiting)


def owners(ledger: Ledger, site: int) -> str:
    return " ".join(user or "-" for event, user in ledger.export(site) if event.kind.type == "page")


def test_every_story_ends_as_it_says(ledger: Ledger) -> None:
    ended = {}
    for story, _ in STORIES:
        site = next(_sites)
        play(ledger, site, story)
        ended[story] = owners(ledger, site)
    assert ended == dict(STORIES)


def test_every_story_ends_so_too_when_each_request_comes_twice_and_late(ledger: Ledger) -> None:
    """Retries repeat what is known; their events move nobody."""
    for story, end in STORIES:
        if "link" in story or "forget" in story:
            continue
        site = next(_sites)
        play(ledger, site, story)
        play(ledger, site, story)
        assert owners(ledger, site) == end, story


def test_events_that_were_made_before_the_link_and_come_after_it_are_the_same_person_s(ledger: Ledger) -> None:
    ledger.append(1, [page(5), identify(6, "ann")])
    ledger.append(1, [page(1, time=1_000), page(2, time=1_500)])
    assert owners(ledger, 1) == "ann ann ann"
    ledger.append(1, [identify(7, "bob")])
    # Offline while ann was there, sent when bob is: the browser's order of arrival decides (B20).
    ledger.append(1, [page(3, time=5_500)])
    assert owners(ledger, 1) == "ann ann ann bob"


def test_ids_of_two_sites_have_nothing_to_do_with_each_other(ledger: Ledger) -> None:
    ledger.append(1, [page(1), identify(2, "ann")])
    ledger.append(2, [page(3)])
    assert (owners(ledger, 1), owners(ledger, 2)) == ("ann", "-")
    with pytest.raises(UserError, match="nobody"):
        ledger.unlink(2, "v_one", 1)


REASONS = [
    ("ann", ["identify"]),
    ("ann!", ["signed"]),
    ("ann ann!", ["signed"]),
    ("ann | ann!", ["signed"]),
    ("ann! ann", ["signed"]),
    ("user:ann", ["signed"]),
    ("ann user:ann", ["signed"]),
    ("p link:ann ann!", ["admin"]),
    ("ann bob!", ["identify", "signed"]),
    ("ann! bob", ["signed", "identify"]),
    ("ann bob bob! ann", ["identify", "signed"]),
]


def test_a_link_says_who_vouches_for_it(ledger: Ledger) -> None:
    found = {}
    for story, _ in REASONS:
        site = next(_sites)
        play(ledger, site, story)
        found[story] = [link.reason for link in ledger.links(site)]
    assert found == dict(REASONS)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """A person may have three visitors."""
    monkeypatch.setattr(rules, "MOST_VISITORS", 3)
    return 3


def claims(site: int, users: Sequence[str]) -> list[Event]:
    """An identify and a page each on a browser of its own."""
    made = []
    for number, user in enumerate(users):
        made += [identify(2 * number, user, f"v_{number}", {"n": number}), page(2 * number + 1, f"v_{number}")]
    for number, event in enumerate(made):
        event.id = uid(number, site)
    return made


@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_person_with_too_many_visitors_gets_no_more_and_no_event_is_lost(ledger: Ledger, few: int, size: int) -> None:
    site = next(_sites)
    events = claims(site, ["ann"] * 5 + ["bob"])
    for start in range(0, len(events), size):
        ledger.append(site, events[start : start + size])
    assert owners(ledger, site) == "ann ann ann - - bob"
    [crowd] = ledger.crowds(site, 2)
    assert (crowd.user, crowd.visitors, crowd.capped) == ("ann", few, 2)
    person, _ = ledger.person(site, "ann")
    assert person is not None
    assert person.traits == {"n": 2}
    ledger.link(site, "v_4", "ann", 1)  # a person may still decide otherwise
    assert owners(ledger, site) == "ann ann ann - ann bob"
    assert [crowd.user for crowd in ledger.crowds(site, 1)] == ["ann", "bob"]
    assert ledger.crowds(site, 5) == []


def test_a_full_person_on_somebody_s_device_takes_nothing_of_theirs(ledger: Ledger, few: int) -> None:
    site = next(_sites)
    ledger.append(site, claims(site, ["ann"] * few + ["bob"]))
    taken = [identify(90, "ann", f"v_{few}"), page(91, f"v_{few}")]
    for event in taken:
        event.id = uid(int(event.time), site)
    ledger.append(site, taken)
    assert owners(ledger, site) == "ann ann ann bob -"
    assert [event.visitor for event, _ in ledger.export(site)][-1] == derived_key(f"v_{few}", "ann")


def test_visitors_of_a_day_are_found_as_they_come(ledger: Ledger) -> None:
    daily = ["c_" + f"{n:032x}" for n in range(4)]
    assert ledger.cookieless(1) == ([], 0)
    ledger.append(1, [page(1, "v_a"), page(2, daily[0]), page(3, "c_shop-7"), page(4, daily[1])])
    first, head = ledger.cookieless(1)
    assert set(ledger.visitor_keys(1, first).values()) == set(daily[:2])
    ledger.append(2, [page(5, daily[2])])
    ledger.append(1, [page(6, daily[3]), page(7, "v_b"), identify(8, "ann", daily[0]), identify(9, "bob", daily[0])])
    then, last = ledger.cookieless(1, head)
    assert set(ledger.visitor_keys(1, then).values()) == {daily[3], derived_key(daily[0], "bob")}
    assert min(then) > max(first)
    assert ledger.cookieless(1, last) == ([], last)


def test_claims_of_traits_go_with_the_visitor_and_what_the_site_said_with_the_person(ledger: Ledger) -> None:
    signed = identify(1, "ann", "v_one", {"plan": "pro", "seats": 3})
    signed.verified = True
    ledger.append(1, [signed, identify(2, "ann", "v_two", {"plan": "free", "city": "Oslo"}, time=9_000)])

    def known() -> tuple[object, object]:
        person, _ = ledger.person(1, "ann")
        return (person.traits, person.verified) if person else (None, None)

    assert known() == ({"plan": "pro", "seats": 3, "city": "Oslo"}, {"plan", "seats"})
    ledger.unlink(1, "v_two", 1)
    assert known() == ({"plan": "pro", "seats": 3}, {"plan", "seats"})
    ledger.unlink(1, "v_one", 2)
    assert known() == ({"plan": "pro", "seats": 3}, {"plan", "seats"})
    ledger.link(1, "v_two", "bob", 3)
    assert known()[0] == {"plan": "pro", "seats": 3}
    bob, _ = ledger.person(1, "bob")
    assert bob is not None
    assert bob.traits == {}  # what v_two said of ann is no trait of bob's
