"""What the door accepts: accounting adds up whatever arrives, limits cut, one bad event never spoils its batch."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.event import TYPES
from collector.ingest.check import MAX_BODY, BodyError, check_events, read_body
from collector.ingest.clean import MAX_DEPTH
from tests.support.effort import examples

ID = "0198f3a2-5b1c-7d10-8a4e-1f2e3d4c5b6b"

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.just("\0\ud800x")
)
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
almost_events = st.fixed_dictionaries(
    {},
    optional={
        "id": st.uuids().map(str) | anything,
        "type": st.sampled_from(TYPES) | anything,
        "name": anything,
        "at": anything,
        "url": anything,
        "ref": anything,
        "title": anything,
        "pid": anything,
        "props": anything,
        "visitor": anything,
        "user": anything,
        "ua": anything,
    },
)


def event(**fields: Any) -> dict[str, Any]:
    return {"id": ID, "type": "event", "name": "signup", "at": 1_763_750_000_000} | fields


def only(raw: object, server: bool = False) -> tuple[str, dict[str, Any]]:
    checked = check_events([raw], 1, server)
    assert len(checked.statuses) == 1
    return checked.statuses[0][1], json.loads(checked.good[0]) if checked.good else {}


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(anything | almost_events, max_size=8), st.booleans())
def test_whatever_arrives_every_event_gets_one_status_and_the_sums_agree(found: list[object], server: bool) -> None:
    checked = check_events(found, 7, server)
    statuses = [status for _, status in checked.statuses]
    assert len(statuses) == len(found)
    assert statuses.count("ok") == len(checked.good)
    assert statuses.count("quarantined") == len(checked.quarantined)
    assert all(s in ("ok", "quarantined") or s.startswith("refused:") for s in statuses)
    for text in checked.good:
        kept = json.loads(text, parse_constant=pytest.fail)
        uuid.UUID(kept["id"])
        json.dumps(kept, ensure_ascii=False).encode("utf-8")  # no lone surrogate is left
        assert "\0" not in json.dumps(kept, ensure_ascii=False)


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=300) | anything.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_read_or_refused_with_a_reason_and_nothing_else_is_raised(raw: bytes) -> None:
    refusal = None
    try:
        body = read_body(raw)
    except BodyError as error:
        refusal = error
    else:
        check_events(body.events, 1)
    assert refusal is None or (refusal.status in (400, 413) and refusal.code and refusal.hint)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_json"),
        (b"[1]", "not_an_object"),
        (b'{"events":{}}', "no_events"),
        (b'{"v":2,"events":[]}', "version"),
        (b'{"events":[NaN]}', "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' + b"9" * 5_000 + b"}", "not_json"),
        (b" " * (MAX_BODY + 1), "too_large"),
        (b'{"events":[' + b",".join([b"1"] * 501) + b"]}", "too_many"),
        (b'{"events":["\xff\xfe"]}', "not_json"),
    ],
)
def test_a_body_that_cannot_be_used_says_why(raw: bytes, code: str) -> None:
    with pytest.raises(BodyError) as caught:
        read_body(raw)
    assert caught.value.code == code


def test_a_missing_id_is_derived_so_that_a_retry_is_the_same_event_but_another_site_s_is_not() -> None:
    raw = event()
    del raw["id"]
    first, again, elsewhere = (check_events([dict(raw)], site).statuses[0][0] for site in (1, 1, 2))
    assert first == again != elsewhere
    assert check_events([raw | {"name": "other"}], 1).statuses[0][0] != first


def test_a_sender_finds_its_own_spelling_of_an_id_in_the_answer() -> None:
    checked = check_events([event(id=ID.upper()), event(id="my-7")], 1)
    assert [shown for shown, _ in checked.statuses] == [ID.upper(), "my-7"]
    assert json.loads(checked.good[0])["id"] == ID


def test_what_is_quarantined_stays_the_event_that_it_was() -> None:
    raw = {"id": "x", "type": "odd", "url": 'https://x/?token=abc","user":"boss', "props": {"a": "?sid=1\\"}}
    (kept, _), *_ = check_events([raw], 1).quarantined
    assert json.loads(kept).keys() == raw.keys()
    assert "abc" not in kept


def test_an_unknown_type_is_quarantined_with_its_neighbours_kept() -> None:
    checked = check_events([event(type="teleport", url="https://x/?token=abc"), event(), 5], 1)
    assert [status for _, status in checked.statuses] == ["quarantined", "ok", "quarantined"]
    assert [reason for _, reason in checked.quarantined] == ["unknown_type", "not_an_object"]
    assert "abc" not in checked.quarantined[0][0]


def test_fields_are_cut_and_marked_never_refused() -> None:
    status, kept = only(event(name="n" * 900, url="https://x/" + "u" * 9_000, title="t" * 9_000))
    assert status == "ok"
    assert (len(kept["name"]), len(kept["url"]), len(kept["title"]), kept["cut"]) == (200, 2_048, 1_024, 1)
    assert "cut" not in only(event())[1]
    many = {f"k{n}": n for n in range(400)} | {"long": "x" * 20_000}
    status, kept = only(event(props=many))
    assert (status, len(kept["props"]), kept["cut"]) == ("ok", 255, 1)


def test_numbers_that_no_store_holds_become_text_or_nothing() -> None:
    status, kept = only(event(props={"big": 2**70, "max": 2**63 - 1, "inf": float("inf"), "x": 1.5}))
    assert status == "ok"
    assert kept["props"] == {"big": str(2**70), "max": 2**63 - 1, "inf": None, "x": 1.5}


def test_depth_is_limited() -> None:
    nested: object = 1
    for _ in range(MAX_DEPTH):
        nested = {"a": nested}
    assert only(event(props=nested))[0] == "ok"
    assert only(event(props={"a": nested}))[0] == "refused:too_deep"


def test_an_event_over_64_kb_is_refused_alone() -> None:
    big = {f"k{n}": "x" * 8_000 for n in range(20)}
    checked = check_events([event(props=big), event()], 1)
    assert [status for _, status in checked.statuses] == ["refused:too_large", "ok"]


@pytest.mark.parametrize(
    "user", [None, "", "  ", "null", "undefined", "Guest", "0", "[object Object]", "'none'", True, {}]
)
def test_ids_that_name_nobody_are_refused(user: object) -> None:
    assert only(event(type="identify", name=user))[0] == "refused:user_id"


def test_events_without_what_they_need_are_refused_with_the_reason() -> None:
    assert only(event(name=" "))[0] == "refused:no_name"
    assert only({"id": ID, "type": "page"})[0] == "refused:no_url"


def test_the_public_may_not_say_whom_an_event_is_about() -> None:
    kept = only(event(visitor="v_x", user="ceo", ua="curl"))[1]
    assert not {"visitor", "user", "ua"} & kept.keys()


def test_a_server_must_say_whom_an_event_is_about() -> None:
    assert only(event(), server=True)[0] == "refused:no_visitor"
    assert only(event(visitor="a", user="null"), server=True)[0] == "refused:user_id"
    kept = only(event(visitor=" a ", user="u1", ua="UA"), server=True)[1]
    assert (kept["visitor"], kept["user"], kept["ua"]) == ("a", "u1", "UA")
    assert only(event(type="identify", name="u1"), server=True)[1]["visitor"] == "user:u1"


def test_the_envelope_is_read() -> None:
    body = read_body(b'{"key":"wk","sent_at":5,"boot":"b","mode":"cookieless","rotate":true,"bot":["phantom","x",1]}')
    assert (body.key, body.sent, body.boot, body.mode, body.rotate, body.forget) == (
        "wk",
        5,
        "b",
        "cookieless",
        True,
        False,
    )
    assert body.hints == ("phantom",)
    assert read_body(b'{"sent_at":true}').sent is None
