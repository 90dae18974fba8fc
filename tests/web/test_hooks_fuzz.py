"""Whatever is posted to a webhook, it answers with a code of its own, and nothing unsigned ever becomes an event."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core.event import CHAT_EVENTS
from collector.ingest.hooks.providers import TRANSLATORS
from tests.support.anything import anything
from tests.support.chats import (
    AT,
    chatwoot,
    chatwoot_resolved,
    crisp,
    crisp_message,
    intercom,
    intercom_contact,
    intercom_part,
)
from tests.support.connected import Provider, connected, provider
from tests.support.effort import examples

BASES: dict[str, list[dict[str, Any]]] = {
    "chatwoot": [
        chatwoot("message_created", 1),
        chatwoot("message_created", 3, "outgoing"),
        chatwoot(
            "message_updated", 9, content_attributes={"submitted_values": {"csat_survey_response": {"rating": 4}}}
        ),
        chatwoot_resolved(),
    ],
    "intercom": [
        intercom("conversation.user.created"),
        intercom("conversation.admin.replied", **intercom_part(3, "admin", AT)),
        intercom("conversation.admin.closed", **intercom_part(5, "admin", AT, "close")),
        intercom("conversation.rating.added", conversation_rating={"rating": 5, "created_at": AT}),
        intercom_contact(custom_attributes={"desireline_visitor": "v_" + "0" * 32}),
    ],
    "crisp": [
        crisp_message("user", 1),
        crisp_message("operator", 3),
        crisp("session:set_state", state="resolved"),
        crisp("session:sync:rating", rating={"stars": 3}),
        crisp("session:set_data", data={"desireline_visitor": "v_" + "0" * 32}),
    ],
}


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a payload."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield (*path, name)
        yield from places(item, (*path, name))


@st.composite
def payloads(draw: st.DrawFn, name: str) -> object:
    """A payload of the provider with anything at up to three of its places."""
    payload = copy.deepcopy(draw(st.sampled_from(BASES[name])))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(list(places(payload)) or [("event",)]))
        at: Any = payload
        for step in way:
            at = at[step]
        at[last] = draw(anything)
    return payload


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Provider]]:
    for place in connected(tmp_path_factory.mktemp("hooks")):
        yield {name: provider(place, name) for name in TRANSLATORS}


@pytest.mark.parametrize("name", TRANSLATORS)
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_signed_payload_is_kept_or_left_and_never_makes_it_fail(
    providers: dict[str, Provider], name: str, data: st.DataObject
) -> None:
    chat = providers[name]
    before = chat.place.waiting()
    answer = chat.post(json.dumps(data.draw(payloads(name) | anything)).encode())
    assert answer.status_code in (200, 400)
    assert chat.place.waiting() - before == (answer.json or {}).get("kept", 0)


@pytest.mark.parametrize("name", TRANSLATORS)
@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_unsigned_one_is_never_kept(providers: dict[str, Provider], name: str, data: st.DataObject) -> None:
    chat = providers[name]
    header = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)
    names = ("X-Hub-Signature", "X-Crisp-Signature", "X-Crisp-Request-Timestamp", "X-Chatwoot-Signature")
    headers = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys((*names, "X-Chatwoot-Timestamp"), header)))
    before = chat.place.waiting()
    raw = data.draw(st.binary(max_size=100) | st.just(json.dumps(BASES[name][0]).encode()))
    assert chat.post(raw, headers).status_code == 401
    assert chat.place.waiting() == before


@pytest.mark.parametrize("name", TRANSLATORS)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_translator_says_only_words_of_the_vocabulary(name: str, data: st.DataObject) -> None:
    payload = data.draw(payloads(name))
    talk = TRANSLATORS[name](payload) if isinstance(payload, dict) else None
    for said in talk.said if talk else ():
        assert said.name in CHAT_EVENTS
        assert set(said.props) <= {"role", "score"}
        assert said.at is None or said.at > 0


@settings(max_examples=examples(60), deadline=None)
@given(
    st.sampled_from(["chatwoot", "nobody", "%00", ".."]),
    st.text(max_size=120),
    st.text(max_size=120),
)
def test_a_guessed_address_is_unknown(providers: dict[str, Provider], name: str, key: str, token: str) -> None:
    client = providers["crisp"].place.app.test_client()
    for path in (["hooks", name, key], ["hooks", name, key, token]):
        answer = client.post("/" + "/".join(path), data=b"{}")
        assert answer.status_code in (404, 405, 308)
