"""What a site never keeps: denied properties, names where nobody is named, numbers of payment cards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.event import Json
from collector.ingest.bots import NO_LIST
from collector.ingest.check import MAX_EVENT, check_events
from collector.ingest.clean import clean_json
from collector.ingest.deny import deny_list
from collector.ingest.keep_policy import ANYTHING, KeepPolicy
from collector.ingest.rules import Arrival, SiteRules
from collector.ingest.steps import make_event
from collector.ingest.url import MASK, mask_text, mask_words, parse_place
from tests.support.effort import examples

VISA, AMEX, UNIONPAY = "4111 1111 1111 1111", "3782-822463-10005", "6200000000000005"


def event(**fields: Any) -> dict[str, Any]:
    return {"type": "event", "name": "signup", **fields}


def test_a_denied_name_goes_at_any_depth_and_in_any_case() -> None:
    denied = deny_list(["Phone", "address.street", "größe"])
    props: dict[str, Json] = {
        "PHONE": "1",
        "plan": "pro",
        "address": {"street": "High 1", "city": "Ulm", "phone": "2"},
        "street": "kept",
        "people": [{"phone": "3", "name": "Ann"}],
        "GRÖSSE": "kept",
        "Größe": 4,
    }
    assert denied.strip(props) == {
        "plan": "pro",
        "address": {"city": "Ulm"},
        "street": "kept",
        "people": [{"name": "Ann"}],
        "GRÖSSE": "kept",
    }


@settings(max_examples=examples(60), deadline=None)
@given(
    st.recursive(
        st.none() | st.text(max_size=4) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from('ab\u00e9"xyz') | st.text(max_size=3), inner)
        ),
    )
)
def test_the_quick_look_never_misses_what_would_be_taken_out(document: Any) -> None:
    denied = deny_list(["a", "é", '"', "x.y"])
    if denied.strip(document) != document:
        assert denied.mentioned(json.dumps(document)) >= 0


def test_the_door_takes_denied_properties_out_of_events_and_of_quarantine() -> None:
    checked = check_events(
        [
            event(props={"phone": "555-1", "plan": "pro"}),
            {"type": "identify", "name": "ann", "props": {"contact": {"Phone": "555-2"}}},
            {"type": "nonsense", "phone": "555-3", "deep": [{"phone": "555-4"}], "note": "kept"},
            {"type": "nonsense", "note": "kept too", "phone": "555-5" * MAX_EVENT},
        ],
        1,
    )
    KeepPolicy(deny_list(["phone"])).apply(checked)
    everything = " ".join([*checked.good, *(text for text, _ in checked.quarantined)])
    assert "555-" not in everything
    assert '"plan":"pro"' in everything
    assert everything.count("kept") == 2
    assert [status for _, status in checked.statuses] == ["ok", "ok", "quarantined", "quarantined"]


def test_a_consent_is_about_the_notice_it_names_else_about_the_site_s_of_now() -> None:
    arrival = Arrival(SiteRules(1, notice_version="2026-10"), NO_LIST, 5)
    raw = {"id": "i", "type": "consent", "name": "granted"}
    assert make_event(raw, arrival).props == {"version": "2026-10"}
    assert make_event(raw | {"props": {"version": "7"}}, arrival).props == {"version": "7"}
    assert make_event(raw | {"type": "event"}, arrival).props == {}


def test_where_nobody_is_named_identify_is_refused_and_user_ids_are_left_out() -> None:
    found = [
        event(visitor="c1", user="ann"),
        {"type": "identify", "name": "ann", "visitor": "c1"},
        {"type": "page", "url": "https://shop.example/", "visitor": "c1"},
        {"type": "nonsense", "user": "ann"},
        event(visitor="user:ann"),
    ]
    checked = check_events(found, 1, server=True)
    KeepPolicy(anonymous=True).apply(checked)
    assert [status for _, status in checked.statuses] == ["ok", "refused:preset", "ok", "quarantined", "refused:preset"]
    assert [json.loads(text)["type"] for text in checked.good] == ["event", "page"]
    assert "ann" not in " ".join([*checked.good, checked.quarantined[0][0]])


def test_without_settings_everything_stays() -> None:
    checked = check_events([event(props={"phone": "1"}), {"type": "identify", "name": "ann"}, {"type": "nonsense"}], 1)
    before = (list(checked.good), list(checked.quarantined), list(checked.statuses))
    ANYTHING.apply(checked)
    assert (checked.good, checked.quarantined, checked.statuses) == before


def test_the_steps_keep_to_it_too_for_what_is_imported() -> None:
    rules = SiteRules(1, denied=deny_list(["phone"]), anonymous=True)
    arrival = Arrival(rules, NO_LIST, 5, server=True)
    made = make_event(event(id="i", visitor="v", user="ann", props={"phone": "1", "plan": "pro"}), arrival)
    assert (made.props, made.user) == ({"plan": "pro"}, None)
    told = make_event({"id": "i", "type": "identify", "name": "ann", "visitor": "v", "props": {"plan": "x"}}, arrival)
    assert (told.name, told.user, told.props) == ("", None, {})
    alone = make_event(event(id="i", visitor="user:ann"), arrival)
    assert "ann" not in alone.visitor
    assert alone.visitor == make_event(event(id="j", visitor="user:ann"), arrival).visitor


@pytest.mark.parametrize("number", [VISA, AMEX, UNIONPAY, "5555555555554444", "2223003122003222", "30569309025904"])
def test_numbers_of_payment_cards_are_masked_wherever_they_stand(number: str) -> None:
    cleaned, _ = clean_json({"note": f"pay with {number} please", "card": number, "deep": [{"n": number}]})
    assert cleaned == {"note": f"pay with {MASK} please", "card": MASK, "deep": [{"n": MASK}]}
    assert number not in mask_words(f"Card {number}")
    bare = number.replace(" ", "").replace("-", "")
    assert parse_place(f"https://shop.example/pay/{bare}?n={bare}") == (
        f"https://shop.example/pay/{MASK}",
        f"/pay/{MASK}",
        f"n={MASK}",
        "shop.example",
    )
    assert clean_json(int(bare))[0] == MASK
    assert bare not in mask_text(f'{{"x": "{bare}"}}')


@pytest.mark.parametrize(
    "kept",
    [
        "4111 1111 1111 1112",  # the check digit is wrong
        "1763750000000",  # a time in ms
        "0198f3a2-5b1c-7d10-8a4e-1f2e3d4c5b6a",
        "9999999999999999",
        "1234567890123456789012345",  # longer than any card's
        "12.4111111111111111",
        "+49 89 1234567890",
        "978-3-16-148410-0",  # a book
    ],
)
def test_other_long_numbers_stay(kept: str) -> None:
    assert clean_json({"n": kept})[0] == {"n": kept}
    assert mask_words(kept) == kept


@given(st.integers(10**12, 10**18))
def test_few_numbers_look_like_a_card(number: int) -> None:
    # Whatever is masked has the form of a card; nothing else is touched.
    cleaned, _ = clean_json(number)
    assert cleaned in (number, MASK)
