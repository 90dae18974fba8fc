"""Timelines by key, columns by visitor, properties of any name, exports and totals."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.store.protocol import Ledger
from tests.store.making import custom, identify, page
from tests.support.effort import examples

NAMES = [
    "plan", "a.b", 'a"b', "$x", "a[0]", "0", "имя", "", "\\", '"', "🦄", "'", "%", "?", "a b", "\n", "$.plan",
    "plan\": 1, \"x", "constructor", "\u2028",
]  # fmt: skip


def test_a_timeline_is_paged_by_key_without_gap_or_repetition(ledger: Ledger) -> None:
    events = [page(number, f"v_{number % 3}", time=1_000 * (number // 4)) for number in range(40)]
    ledger.append(1, events)
    visitors = [row.id for row in ledger.visitors(1) if row.key != "v_2"]
    wanted = sorted(
        ((event.time, event.id) for event, _ in ledger.export(1) if event.visitor != "v_2"),
        reverse=True,
    )
    seen: list[tuple[int, int]] = []
    before = None
    while found := ledger.timeline(visitors, before, 7):
        seen += [(event.time, event.id) for event in found]
        before = seen[-1]
    assert seen == wanted


def test_a_timeline_of_nobody_is_empty(ledger: Ledger) -> None:
    assert ledger.timeline([]) == []


def test_scanning_visitors_gives_their_columns_in_order_of_id(ledger: Ledger) -> None:
    ledger.append(1, [page(number, f"v_{number % 5}") for number in range(50)])
    ledger.append(2, [page(number, f"v_{number % 5}") for number in range(5)])
    chosen = ledger.visitor_ids(1, ["v_1", "v_4", "unknown"])
    everything = ledger.scan(1, 0, 1_000)
    columns = ledger.scan_visitors(1, list(chosen.values()))
    keep = [number in chosen.values() for number in everything.visitor.tolist()]
    assert columns.id.tolist() == everything.id[keep].tolist()
    assert len(columns.id) == 20
    assert len(ledger.scan_visitors(1, []).id) == 0


def test_a_scan_goes_on_after_an_id_up_to_a_limit(ledger: Ledger) -> None:
    for start in range(0, 50, 10):
        ledger.append(1, [page(number) for number in range(start, start + 10)])
        ledger.append(2, [page(number) for number in range(start, start + 10)])
    seen: list[int] = []
    while len(found := ledger.scan(1, seen[-1] if seen else 0, 7).id):
        assert len(found) <= 7
        seen += found.tolist()
    assert len(seen) == 50
    assert seen == sorted(set(seen))
    assert seen[-1] == ledger.head(1)


@pytest.mark.parametrize("name", NAMES)
def test_a_property_of_any_name_is_found_by_that_name_only(ledger: Ledger, name: str) -> None:
    others = {other: f"value of {other}" for other in NAMES}
    ledger.append(
        1,
        [
            custom(1, "x", props={name: "mine"}),
            custom(2, "x", props={other: cell for other, cell in others.items() if other != name}),
            custom(3, "x", props={"inside": {name: 1}, "text": f'"{name}":'}),
            custom(4, "x", props=others),
            page(5),
        ],
    )
    first, last = ledger.scan(1, 0, 1).id[0], ledger.head(1)
    assert list(ledger.property_values(1, name, 0, last)) == [(first, "mine"), (first + 3, f"value of {name}")]
    assert list(ledger.property_values(1, name, first, last - 2)) == []
    assert list(ledger.property_values(2, name, 0, last)) == []


_sites = count(100)
CELLS: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(documents=st.lists(st.dictionaries(st.sampled_from(NAMES), CELLS, max_size=4), min_size=1, max_size=6))
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_property_values_are_what_was_stored(ledger: Ledger, documents: list[dict[str, Any]]) -> None:
    site = next(_sites)
    ledger.append(site, [custom(number, "x", props=document) for number, document in enumerate(documents)])
    ids = ledger.scan(site, 0, 100).id.tolist()
    for name in NAMES:
        wanted = [(number, doc[name]) for number, doc in zip(ids, documents, strict=True) if name in doc]
        assert list(ledger.property_values(site, name, 0, ids[-1])) == wanted
    assert [event.props for event, _ in ledger.export(site)] == documents


def test_properties_are_read_in_pages_to_the_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.store.reading._PAGE", 3)
    ledger.append(1, [custom(n, "x", props={"a": n} if n % 2 else {"b": f'"a":{n}'}) for n in range(30)])
    assert [cell for _, cell in ledger.property_values(1, "a", 0, ledger.head(1))] == list(range(1, 30, 2))


def test_property_names_come_most_used_first(ledger: Ledger) -> None:
    ledger.append(1, [custom(n, "x", props={"often": 1} | ({"rare": 1} if n == 3 else {})) for n in range(5)])
    assert ledger.property_names(1) == ["often", "rare"]
    assert ledger.property_names(1, 1) == ["often"]
    assert ledger.property_names(2) == []


def test_an_export_goes_on_after_an_id_and_names_the_person(ledger: Ledger) -> None:
    ledger.append(1, [page(1), identify(2, "ann"), page(3, "v_two")])
    first = ledger.export(1, 0, 2)
    rest = ledger.export(1, first[-1][0].id)
    assert [(event.visitor, user) for event, user in [*first, *rest]] == [
        ("v_one", "ann"),
        ("v_one", "ann"),
        ("v_two", ""),
    ]


def test_totals_count_bots_by_reason(ledger: Ledger) -> None:
    ledger.append(1, [page(1), page(2, bot="webdriver"), page(3, bot="webdriver"), page(4, "v_two", bot="ua_list")])
    ledger.append(1, [identify(5, "ann"), page(1)])
    ledger.quarantine(1, b"x", "bad", 1)
    ledger.quarantine(None, b"y", "no site", 1)
    assert ledger.counts(1) == {
        "events": 5,
        "visitors": 2,
        "persons": 1,
        "quarantined": 1,
        "bot:ua_list": 1,
        "bot:webdriver": 2,
    }
    reasons = [ledger.bot_reasons[number] for number in ledger.scan(1, 0, 10).bot]
    assert reasons == ["", "webdriver", "webdriver", "ua_list", ""]


def test_what_was_set_aside_is_listed_and_let_go(ledger: Ledger) -> None:
    for number, site in enumerate((1, None, 1)):
        ledger.quarantine(site, bytes([number, 0, 255]), f"reason {number}", number)
    rows = ledger.quarantined()
    assert [(row.site, row.raw, row.reason, row.time) for row in rows] == [
        (1, b"\x00\x00\xff", "reason 0", 0),
        (None, b"\x01\x00\xff", "reason 1", 1),
        (1, b"\x02\x00\xff", "reason 2", 2),
    ]
    assert [row.id for row in ledger.quarantined(1, rows[0].id)] == [rows[2].id]
    assert ledger.release([rows[0].id, rows[1].id]) == 2
    assert [row.id for row in ledger.quarantined()] == [rows[2].id]


def test_people_are_found_by_a_part_of_their_name_with_every_character_taken_literally(ledger: Ledger) -> None:
    users = ["Ann@Example.org", "100%_sure", "École", "ann!"]
    ledger.append(1, [identify(number, user, f"v_{number}") for number, user in enumerate(users)])
    names = dict(ledger.persons(1))

    def found(text: str) -> list[str]:
        return [names[number] for number in ledger.search(1, text, 10)[0]]

    assert found("ANN@") == ["Ann@Example.org"]
    assert found("%_") == ["100%_sure"]
    assert found("_") == ["100%_sure"]
    assert found("!") == ["ann!"]
    assert found("École") == ["École"]
    assert found("nobody") == []
    persons, visitors = ledger.search(1, "V_2", 10)
    assert (persons, list(ledger.visitor_keys(1, visitors).values())) == ([], ["v_2"])
    assert ledger.user_ids(1, list(names)) == names
    assert [link.visitor for link in ledger.links(1, visitors)] == visitors
    assert ledger.search(2, "ann", 10) == ([], [])
