"""Who an event belongs to (SEMANTICS 4): links in order of arrival, shared devices, traits, links by hand."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.event import Event
from collector.store.identity import DIGITS, derived_key
from collector.store.protocol import Ledger
from tests.store.making import custom, identify, page, uid
from tests.support.effort import examples


def placed(ledger: Ledger, site: int = 1) -> list[tuple[str, str]]:
    """(visitor key, user) of every event in order of arrival."""
    return [(event.visitor, user) for event, user in ledger.export(site)]


def test_an_identify_also_gives_the_events_before_it(ledger: Ledger) -> None:
    ledger.append(1, [page(1), page(2)])
    ledger.append(1, [identify(3, "ann"), page(4)])
    assert placed(ledger) == [("v_one", "ann")] * 4
    [link] = ledger.links(1)
    assert (link.reason, link.time) == ("identify", 3_000)


def test_another_user_on_the_device_gets_a_visitor_of_their_own_from_then_on(ledger: Ledger) -> None:
    ledger.append(1, [page(1), identify(2, "ann"), page(3)])
    ledger.append(1, [identify(4, "bob"), page(5), identify(6, "bob"), page(7)])
    ledger.append(1, [identify(8, "ann"), page(9)])
    bob = (derived_key("v_one", "bob"), "bob")
    ann = ("v_one", "ann")
    assert placed(ledger) == [ann] * 3 + [bob] * 4 + [ann] * 2
    assert sorted(user for _, user in ledger.persons(1)) == ["ann", "bob"]


def test_what_is_older_than_the_takeover_of_a_device_is_its_first_owners(ledger: Ledger) -> None:
    """As an import of an old log may be; what is not older by more than clocks differ goes by its arrival."""
    minute = 60_000
    ledger.append(1, [page(1, time=0), identify(2, "ann", time=10 * minute), identify(3, "bob", time=60 * minute)])
    ledger.append(1, [page(4, time=20 * minute), page(5, time=59 * minute), page(6, time=70 * minute)])
    bob = (derived_key("v_one", "bob"), "bob")
    ann = ("v_one", "ann")
    assert placed(ledger) == [ann, ann, bob, ann, bob, bob]


def test_a_server_event_with_a_user_links_too(ledger: Ledger) -> None:
    event = custom(1, "order_paid")
    event.user = "ann"
    ledger.append(1, [event])
    assert placed(ledger) == [("v_one", "ann")]


def test_several_devices_of_one_person_are_found_by_any_of_them(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann", "v_phone", {"plan": "pro"}), identify(2, "ann", "v_desk"), page(3, "v_other")])
    for key in ("ann", "v_phone", "v_desk"):
        person, visitors = ledger.person(1, key)
        assert person is not None
        assert (person.user, person.traits) == ("ann", {"plan": "pro"})
        assert {row.key for row in visitors} == {"v_desk", "v_phone"}
    person, visitors = ledger.person(1, "v_other")
    assert (person, [row.key for row in visitors]) == (None, ["v_other"])
    assert ledger.person(1, "nobody") == (None, [])
    assert ledger.person(2, "ann") == (None, [])


def test_traits_are_the_latest_told_of_each_whatever_the_order_of_arrival(ledger: Ledger) -> None:
    ledger.append(1, [identify(5, "ann", traits={"plan": "pro", "a.b": 1})])
    ledger.append(1, [identify(6, "ann", traits={"plan": "old", "city": "Oslo", "a.b": None}, time=2_000)])
    ledger.append(1, [identify(7, "ann", traits={"seats": [1, {"x": 2}]})])
    person, _ = ledger.person(1, "ann")
    assert person is not None
    assert person.traits == {"plan": "pro", "city": "Oslo", "a.b": 1, "seats": [1, {"x": 2}]}


def test_the_user_id_is_kept_out_of_the_names_of_events(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann"), identify(2, "bob", "v_two")])
    assert [(kind.type, kind.name) for _, kind in ledger.kinds(1)] == [("identify", "")]


def test_a_link_by_hand_can_be_taken_back_exactly(ledger: Ledger) -> None:
    ledger.append(1, [page(1), identify(2, "ann", "v_two")])
    before = (placed(ledger), [row.visitor for row in ledger.links(1)])
    ledger.link(1, "v_one", "ann", 9_000)
    assert placed(ledger) == [("v_one", "ann"), ("v_two", "ann")]
    ledger.link(1, "v_one", "ann", 9_001)
    ledger.unlink(1, "v_one", 9_002)
    assert (placed(ledger), [row.visitor for row in ledger.links(1)]) == before
    one = next(row.id for row in ledger.visitors(1) if row.key == "v_one")
    assert [(change.kind, change.visitor) for change in ledger.changes(1, 0)][-2:] == [("link", one), ("unlink", one)]


def test_two_persons_are_not_merged_by_a_link(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann")])
    with pytest.raises(UserError, match="Unlink it first"):
        ledger.link(1, "v_one", "bob", 9_000)
    with pytest.raises(UserError, match="no visitor"):
        ledger.link(1, "v_unknown", "bob", 9_000)
    with pytest.raises(UserError, match="cannot name"):
        ledger.link(1, "v_one", "undefined", 9_000)
    assert [user for _, user in ledger.persons(1)] == ["ann"]


def test_only_what_is_linked_can_be_unlinked(ledger: Ledger) -> None:
    ledger.append(1, [page(1)])
    with pytest.raises(UserError, match="nobody"):
        ledger.unlink(1, "v_one", 1)
    with pytest.raises(UserError, match="no visitor"):
        ledger.unlink(1, "v_unknown", 1)


def test_a_derived_key_given_to_somebody_else_by_hand_is_not_used_for_its_first_user(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann"), identify(2, "bob"), identify(3, "ann")])
    short = derived_key("v_one", "bob")
    ledger.unlink(1, short, 9_000)
    ledger.link(1, short, "eve", 9_001)
    ledger.append(1, [identify(4, "bob")])
    assert placed(ledger)[-1] == (derived_key("v_one", "bob", DIGITS[1]), "bob")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["device", "phone", "x~y"]),
        st.sampled_from(["", "", "ann", "bob", "eve"]),
        st.sampled_from(["go on", "go on", "go on", "cut", "replay", "unlink"]),
    ),
    max_size=30,
)
_sites = count(100)


class Oracle:
    """The rule of SEMANTICS 4 in its plainest form: one event after the other over three dicts."""

    def __init__(self) -> None:
        self.owner: dict[str, str] = {}
        self.current: dict[str, str] = {}
        self.placed: list[str] = []

    def take(self, key: str, user: str) -> None:
        name = self.current.get(key, key)
        if user and self.owner.setdefault(name, user) != user:
            name = key if self.owner.get(key) == user else derived_key(key, user)
            self.owner.setdefault(name, user)
            self.current[key] = name
        self.placed.append(name)


@given(steps=STEPS)
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_links_are_those_of_a_plain_oracle_whatever_is_interleaved(
    ledger: Ledger, steps: list[tuple[str, str, str]]
) -> None:
    site, oracle = next(_sites), Oracle()
    waiting: list[Event] = []
    sent: list[Event] = []
    for number, (key, user, action) in enumerate(steps):
        event = custom(number, "x", key)
        event.id, event.user = uid(number, site), user or None
        waiting.append(event)
        oracle.take(key, user)
        if action == "go on":
            continue
        ledger.append(site, waiting)
        sent, waiting = sent + waiting, []
        if action == "replay":
            ledger.append(site, sent[::2])
        if action == "unlink" and key in oracle.owner:
            ledger.unlink(site, key, 1)
            del oracle.owner[key]
    ledger.append(site, waiting)
    assert [event.visitor for event, _ in ledger.export(site)] == oracle.placed
    names = {row.id: row.key for row in ledger.visitors(site)}
    users = dict(ledger.persons(site))
    assert {names[link.visitor]: users[link.person] for link in ledger.links(site)} == oracle.owner


def test_one_trait_of_everybody_is_what_each_of_them_is_told_to_have(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann", traits={"plan": "pro", "a.b": 1}), identify(2, "bob", "v_two", {"plan": 5})])
    vouched = identify(3, "ann", "v_three", {"plan": "team", "note": '"plan":'}, time=500)
    vouched.verified = True
    ledger.append(1, [vouched, identify(4, "bob", "v_four", {"plan": None, "seats": 2}, time=9_000)])
    ledger.append(1, [identify(5, "cleo", "v_five", {"city": "Oslo"}), identify(6, "dan", "v_six", {"plan": "free"})])
    ledger.append(2, [identify(7, "eve", "v_seven", {"plan": "pro"})])
    ledger.unlink(1, "v_six", 9_500)
    for name in ("plan", "a.b", "note", "seats", "city", "nothing", 'pl"an'):
        wanted = {}
        for number, user in ledger.persons(1):
            person, _ = ledger.person(1, user)
            if person is not None and name in person.traits:
                wanted[number] = person.traits[name]
        assert ledger.trait_values(1, name) == wanted
    plans = {user: ledger.trait_values(1, "plan").get(number) for number, user in ledger.persons(1)}
    assert plans == {"ann": "team", "bob": None, "cleo": None, "dan": None}
    assert ledger.trait_names(1) == ["plan", "a.b", "city", "note", "seats"]
    assert ledger.trait_names(1, 1) == ["plan"]
    assert ledger.trait_names(3) == []
