"""Chat webhooks: only what the provider signed is believed; what it tells is in the ledger once, without its text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from collector.core.times import MINUTE
from collector.erasing import erase_person
from collector.loader import now_ms
from collector.sites import CatalogBook
from collector.web.door import the_door
from tests.support.chats import (
    AT,
    TEXT,
    VISITOR,
    chatwoot,
    chatwoot_resolved,
    crisp,
    crisp_message,
    intercom,
    intercom_contact,
    intercom_part,
)
from tests.support.connected import Connected, connected, provider, signature
from tests.support.pages import ORIGIN

FIRST = {
    "chatwoot": chatwoot("message_created", 1),
    "intercom": intercom("conversation.user.created"),
    "crisp": crisp_message("user", 1),
}
SURVEY = {"content_type": "input_csat", "kind": "template"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connected]:
    yield from connected(tmp_path_factory.mktemp("hooks"))


@pytest.fixture
def place(shared: Connected) -> Connected:
    """The installation with a site of the test's own."""
    return shared.another_site()


def rated(score: object) -> dict[str, Any]:
    answers = {"submitted_values": {"csat_survey_response": {"rating": score, "feedback_message": TEXT}}}
    return chatwoot("message_updated", 9, content_attributes=answers, **SURVEY)


def test_a_conversation_of_chatwoot_is_told_in_the_chat_vocabulary(place: Connected) -> None:
    chat = provider(place, "chatwoot")
    chat.says(chatwoot("message_created", 1))
    chat.says(chatwoot("message_created", 2, "template", sender=None))
    chat.says(chatwoot("message_created", 3, "outgoing"))
    chat.says(chatwoot("message_created", 4, "outgoing"))
    chat.says(chatwoot("message_created", 5, "outgoing", sender={"id": 2, "name": "Bot", "type": "agent_bot"}))
    chat.says(chatwoot_resolved())
    chat.says(rated(4))
    assert place.told() == [
        "chat_started",
        "chat_message=visitor",
        "chat_message=bot",
        "chat_agent_joined",
        "chat_message=agent",
        "chat_message=agent",
        "chat_message=bot",
        "chat_ended",
        "chat_rated=4",
    ]
    events = place.events()
    assert {event.visitor for event in events} == {"chat:chatwoot:57"}
    assert {event.props["provider"] for event in events} == {"chatwoot"}
    assert {event.time for event in events[:7]} == {AT * 1000}
    assert (events[0].url, events[0].query, events[0].source) == (f"{ORIGIN}/pricing", "", None)


def test_a_conversation_of_intercom_is_told_in_the_chat_vocabulary(place: Connected) -> None:
    chat = provider(place, "intercom")
    assert chat.says({"type": "notification_event", "topic": "ping", "data": {"item": {"type": "ping"}}}) == 0
    chat.says(intercom("conversation.user.created"))
    chat.says(intercom("conversation.operator.replied", **intercom_part(2, "bot", AT + 5)))
    chat.says(intercom("conversation.admin.replied", **intercom_part(3, "admin", AT + 20)))
    chat.says(intercom("conversation.user.replied", **intercom_part(4, "lead", AT + 30)))
    chat.says(intercom("conversation.admin.closed", **intercom_part(5, "admin", AT + 60, "close")))
    chat.says(
        intercom(
            "conversation.rating.added", conversation_rating={"rating": 5, "created_at": AT + 61, "updated_at": AT + 70}
        )
    )
    assert place.told() == [
        "chat_started",
        "chat_message=visitor",
        "chat_message=bot",
        "chat_agent_joined",
        "chat_message=agent",
        "chat_message=visitor",
        "chat_ended",
        "chat_rated=5",
    ]
    assert [event.time // 1000 - AT for event in place.events()] == [0, 0, 5, 20, 20, 30, 60, 70]
    assert {event.visitor for event in place.events()} == {"chat:intercom:66e0"}


def test_a_conversation_of_crisp_is_told_in_the_chat_vocabulary(place: Connected) -> None:
    chat = provider(place, "crisp")
    at = AT * 1000
    chat.says(crisp_message("user", 1))
    chat.says(crisp_message("operator", 2, at + 1000, automated=True))
    chat.says(crisp_message("operator", 3, at + 2000))
    assert chat.says(crisp_message("operator", 4, at + 3000, type="note")) == 0
    chat.says(crisp("session:set_state", at + 4000, state="resolved"))
    chat.says(crisp("session:sync:rating", at + 5000, rating={"stars": 3, "comment": TEXT}))
    assert place.told() == [
        "chat_started",
        "chat_message=visitor",
        "chat_message=bot",
        "chat_agent_joined",
        "chat_message=agent",
        "chat_ended",
        "chat_rated=3",
    ]


@pytest.mark.parametrize("name", FIRST)
def test_what_was_written_is_nowhere_on_disk(place: Connected, name: str) -> None:
    chat = provider(place, name)
    chat.says(FIRST[name])
    place.told()
    found = b"".join(path.read_bytes() for path in place.settings.data.rglob("*") if path.is_file())
    for private in (TEXT, "jo@people.example", "Jolanta Ferreira"):
        assert json.dumps(private)[1:-1].encode() not in found, private


@pytest.mark.parametrize("name", FIRST)
def test_a_webhook_sent_again_counts_once(place: Connected, name: str) -> None:
    chat = provider(place, name)
    for _ in range(3):
        assert chat.says(FIRST[name]) == 2
    assert place.told() == ["chat_started", "chat_message=visitor"]


@pytest.mark.parametrize("name", FIRST)
def test_nothing_is_believed_without_the_providers_signature(place: Connected, name: str) -> None:
    chat = provider(place, name)
    raw = json.dumps(FIRST[name]).encode()
    fresh = signature(name, raw, now_ms())
    tampered = {**fresh, list(fresh)[-1]: list(fresh.values())[-1][:-1] + "!"}
    for headers, code in (
        ({}, "unsigned"),
        (tampered, "signature"),
        (signature(name, raw, now_ms(), "x" * 20), "signature"),
    ):
        answer = chat.post(raw, headers)
        assert (answer.status_code, (answer.json or {})["error"]) == (401, code)
    assert chat.post(raw + b" ", fresh).status_code == 401
    assert place.told() == []
    hook = place.catalog.hooks(place.site_id)[0]
    assert (hook.seen, hook.trouble) == (0, "unsigned")


@pytest.mark.parametrize("name", ["chatwoot", "crisp"])
@pytest.mark.parametrize("late", [-6 * MINUTE, 6 * MINUTE])
def test_an_old_signature_is_refused(place: Connected, name: str, late: int) -> None:
    chat = provider(place, name)
    assert (chat.post(FIRST[name], now=now_ms() + late).json or {})["error"] == "stale"
    assert chat.post(FIRST[name], now=now_ms() + late // 2).status_code == 200


def test_a_webhook_without_its_secret_is_refused(place: Connected) -> None:
    made = place.catalog.add_hook(place.site_id, "intercom", ["intercom"], 1)
    client = place.app.test_client()
    raw = json.dumps(FIRST["intercom"]).encode()
    path = f"/hooks/intercom/{made.hook.key}"
    answer = client.post(path, data=raw, headers=signature("intercom", raw, now_ms(), ""))
    assert (answer.status_code, (answer.json or {})["error"]) == (401, "no_secret")
    assert client.head(path).status_code == 200
    assert client.get(path).status_code == 405


def test_an_address_with_a_token_is_believed_and_no_other(place: Connected) -> None:
    hook, path = place.hook("crisp", signed=False)
    client = place.app.test_client()
    raw = json.dumps(FIRST["crisp"])
    bare = path.rpartition("/")[0]
    for wrong in (bare, bare + "/", path[:-1], bare + "/" + hook.token, path.replace("crisp", "chatwoot")):
        assert client.post(wrong, data=raw).status_code == 404, wrong
    assert place.told() == []
    assert client.post(path, data=raw).json == {"kept": 2}
    token = path.rpartition("/")[2].encode()
    assert len(token) >= 43
    assert not any(token in file.read_bytes() for file in place.settings.data.rglob("*") if file.is_file())


def test_a_signed_webhook_takes_no_token_in_its_address(place: Connected) -> None:
    chat = provider(place, "chatwoot")
    assert place.app.test_client().post(chat.path + "/anything", data=b"{}").status_code == 404


def test_the_visitor_that_the_browser_gave_the_chat_is_who_it_is(place: Connected) -> None:
    chat = provider(place, "chatwoot")
    chat.says(chatwoot("message_created", 1, attributes={"desireline_visitor": VISITOR}))
    chat.says(chatwoot_resolved())  # the attribute is told once and known from then on
    assert {event.visitor for event in place.events()} == {VISITOR}


@pytest.mark.parametrize("given", ["user-17", "v_1", "c_" + "G" * 32, VISITOR.upper(), 7, ["v"], None, VISITOR + "0"])
def test_a_chat_cannot_name_a_visitor_that_could_be_guessed(place: Connected, given: object) -> None:
    provider(place, "chatwoot").says(chatwoot("message_created", 1, attributes={"desireline_visitor": given}))
    assert {event.visitor for event in place.events()} == {"chat:chatwoot:57"}


def test_contacts_of_intercom_and_sessions_of_crisp_are_remembered(place: Connected) -> None:
    intercoms, crisps = provider(place, "intercom"), provider(place, "crisp")
    assert intercoms.says(intercom_contact(custom_attributes={"desireline_visitor": VISITOR})) == 0
    assert crisps.says(crisp("session:set_data", data={"desireline_visitor": VISITOR, "type": "new"})) == 0
    intercoms.says(FIRST["intercom"])
    crisps.says(FIRST["crisp"])
    assert [event.visitor for event in place.events()] == [VISITOR] * 4
    assert place.catalog.drop_mentions(place.site_id, [VISITOR])["contact"] == 2
    intercoms.says(intercom("conversation.user.replied", **intercom_part(4, "lead", AT + 30)))
    assert place.events()[-1].visitor == "chat:intercom:66e0"


def test_the_user_that_the_site_gave_the_chat_is_a_known_person(place: Connected) -> None:
    provider(place, "intercom").says(
        intercom("conversation.user.created", contacts={"contacts": [{"id": "66e0", "external_id": "user-17"}]})
    )
    place.told()
    assert {link.reason for link in place.ledger.links(place.site_id)} == {"identify"}
    assert [user for _, user in place.ledger.persons(place.site_id)] == ["user-17"]


def test_where_user_ids_must_be_signed_the_providers_check_counts(place: Connected) -> None:
    place.catalog.update_site(place.site_id, signed_identify="required")
    chat = provider(place, "chatwoot")
    chat.says(chatwoot("message_created", 1, contact={"identifier": "user-1"}))
    place.told()
    assert list(place.ledger.links(place.site_id)) == []
    chat.says(
        chatwoot(
            "message_created",
            2,
            contact={"identifier": "user-1"},
            conversation={"contact_inbox": {"contact_id": 57, "hmac_verified": True}},
        )
    )
    place.told()
    assert {link.reason for link in place.ledger.links(place.site_id)} == {"signed"}


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("chatwoot", chatwoot("message_created", 1, conversation={"channel": "Channel::Email"})),
        ("chatwoot", chatwoot("message_created", 1, "outgoing", private=True)),
        ("chatwoot", chatwoot("conversation_updated", 1)),
        ("chatwoot", chatwoot_resolved(status="open")),
        ("chatwoot", rated(6)),
        ("intercom", intercom("conversation.user.created", source={"type": "email", "id": "1"})),
        ("intercom", intercom("conversation.admin.noted", **intercom_part(2, "admin", AT, "note"))),
        ("intercom", intercom_contact()),
        ("crisp", crisp_message("user", 1, origin="email")),
        ("crisp", crisp("session:set_state", state="pending")),
        ("crisp", crisp("session:set_data", data={"desireline_visitor": "user-1"})),
    ],
)
def test_what_is_no_chat_on_the_site_is_not_counted(place: Connected, name: str, payload: dict[str, Any]) -> None:
    assert provider(place, name).says(payload) == 0
    assert place.told() == []


def test_once_a_webhook_tells_of_conversations_the_browsers_word_on_them_is_not_counted_twice(place: Connected) -> None:
    chat = provider(place, "chatwoot")
    browser = place.app.test_client()

    def send(*names: str, provider: str = "chatwoot") -> list[str]:
        events = [
            {"id": f"0198f3a2-5b1c-7d10-8a4e-{n:012x}", "type": "event", "name": name, "props": {"provider": provider}}
            for n, name in enumerate(names, len(place.events()))
        ]
        body = json.dumps({"key": place.site.site.write_key, "events": events})
        answer = browser.post("/collect", data=body, headers={"Origin": ORIGIN})
        return list((answer.json or {})["results"].values())

    assert send("chat_shown", "chat_started") == ["ok", "ok"]
    chat.says(FIRST["chatwoot"])
    _forget_what_is_known(place)
    assert send("chat_shown", "chat_started", "chat_opened", "chat_message") == [
        "ok",
        "ok",
        "refused:webhook",
        "refused:webhook",
    ]
    assert send("chat_started", provider="tawk.to") == ["ok"]
    place.catalog.delete_hook(place.site_id, place.catalog.hooks(place.site_id)[0].id)
    _forget_what_is_known(place)
    assert send("chat_started") == ["ok"]


def _forget_what_is_known(place: Connected) -> None:
    """Sites are remembered for some seconds; this is after them."""
    with place.app.app_context():
        the_door().sites = CatalogBook(place.catalog)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 90_000, b'{"event": NaN}'])
@pytest.mark.parametrize("name", FIRST)
def test_a_body_that_is_no_object_is_refused_in_words(place: Connected, name: str, body: bytes) -> None:
    answer = provider(place, name).post(body)
    assert answer.status_code == 400
    assert (answer.json or {}).keys() == {"error", "hint"}


def test_a_body_that_is_too_large_is_refused(place: Connected) -> None:
    assert provider(place, "crisp").post(b" " * 1_000_001).status_code == 413


def test_an_erased_person_is_no_chat_contact_any_more(place: Connected) -> None:
    chat = provider(place, "chatwoot")
    chat.says(chatwoot("message_created", 1, attributes={"desireline_visitor": VISITOR}))
    place.told()
    hook = place.catalog.hooks(place.site_id)[0]
    assert place.catalog.contact_visitor(hook.id, "57") == VISITOR
    erase_person(
        place.ledger, place.catalog, place.views, place.settings.inbox, place.site_id, VISITOR, place.now + MINUTE
    )
    assert place.catalog.contact_visitor(hook.id, "57") == ""
    assert place.told() == []
