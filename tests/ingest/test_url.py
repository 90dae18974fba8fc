"""What is masked in addresses and what must stay."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.url import mask_json, mask_query, mask_text, parse_place


@pytest.mark.parametrize(
    ("query", "masked"),
    [
        ("", ""),
        ("a=1&b=2", "a=1&b=2"),
        ("email=x", "email=***"),
        ("Token=abc&utm_source=news", "Token=***&utm_source=news"),
        ("q=bob%40example.com", "q=***"),
        ("q=bob@example.com&gclid=Cj0K", "q=***&gclid=Cj0K"),
        ("PHPSESSID=1&sid=2&password=3", "PHPSESSID=***&sid=***&password=***"),
        ("code=SAVE10", "code=SAVE10"),
        ("code=abc&state=xyz", "code=***&state=***"),
        ("x=eyJhbGciOiJI.eyJzdWIiOiIx.sig", "x=***"),
        ("card=1", "card=***"),
    ],
)
def test_secrets_in_a_query_are_masked_and_campaigns_stay(query: str, masked: str) -> None:
    assert mask_query(query, frozenset(["card"])) == masked


@pytest.mark.parametrize(
    ("raw", "url", "path", "query", "host"),
    [
        ("https://Shop.Example/a/b?x=1#top", "https://shop.example/a/b", "/a/b", "x=1", "shop.example"),
        ("https://shop.example", "https://shop.example/", "/", "", "shop.example"),
        ("https://shop.example:8443/a?x", "https://shop.example:8443/a", "/a", "x", "shop.example"),
        ("https://u:p@shop.example/", "https://shop.example/", "/", "", "shop.example"),
        (
            "https://shop.example/app#/orders?id=1",
            "https://shop.example/app#/orders",
            "/app#/orders",
            "id=1",
            "shop.example",
        ),
        ("https://shop.example/u/bob@x.org/edit", "https://shop.example/u/***/edit", "/u/***/edit", "", "shop.example"),
        ("https://s.example/reset/0123456789abcdef0", "https://s.example/reset/***", "/reset/***", "", "s.example"),
        ("https://s.example/a;jsessionid=1F", "https://s.example/a", "/a", "", "s.example"),
        ("https://[::1]:80/a", "https://[::1]:80/a", "/a", "", "[::1]"),
        ("file:///etc/passwd", "", "", "", ""),
        ("javascript:alert(1)", "", "", "", ""),
        ("/pricing?a=1", "/pricing", "/pricing", "a=1", ""),
        ("", "", "", "", ""),
    ],
)
def test_an_address_is_taken_apart_and_masked(raw: str, url: str, path: str, query: str, host: str) -> None:
    assert parse_place(raw) == (url, path, query, host)


@given(st.text())
def test_no_text_makes_it_raise(raw: str) -> None:
    parse_place(raw)
    parse_place("https://" + raw)
    mask_text(raw)


@given(st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.(com|org|de)", fullmatch=True), st.sampled_from(["q", "name", "x"]))
def test_no_email_survives_anywhere(email: str, name: str) -> None:
    place = parse_place(f"https://s.example/a/{email}?{name}={email}#/b/{email}")
    assert not any(email in part for part in place)
    assert email not in mask_text(f'{{"t":"{email} wrote"}}')


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 21_000,
        "eyJaaaaaaaa." * 5_000,
        "a%40" * 16_000,
        "a" * 64 + "@" + "1." * 32_000,
        ("a" * 64 + "@" + ("1" * 63 + ".") * 9) * 100,
        "a@1.1.1.1.1." * 5_000,
        '=pin"' + " " * 64_000,
    ],
)
def test_no_text_of_an_events_size_takes_long_to_mask(text: str) -> None:
    began = time.process_time()
    mask_text(text)
    assert time.process_time() - began < 0.6


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Bearer eyJhbGciOiJI.eyJzdWIiOiIx.sig-1_ end", "Bearer *** end"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx", "***"),
        ("x_eyJhbGciOiJI.eyJzdWIiOiIx.", "x_***"),
        ("eyJhbGciOiJI alone", "eyJhbGciOiJI alone"),
        ("eyJhbGciOiJI.short", "eyJhbGciOiJI.short"),
    ],
)
def test_a_json_web_token_goes_whole(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "secret", ['token=a","m":"server', '?sid=1"}],"m":"server","x":["', "password=\\", 'x@y.example"']
)
def test_a_text_cannot_break_out_of_a_document_that_is_masked(secret: str) -> None:
    event = {"url": secret, "props": {"deep": [secret]}}
    document = {"m": "cookie", "e": [event], "q": [[json.dumps(event), "unknown_type"]]}
    masked = json.loads(mask_json(json.dumps(document)))
    assert masked.keys() == document.keys()
    assert masked["m"] == "cookie"
    assert masked["e"][0].keys() == event.keys()
    assert json.loads(masked["q"][0][0]).keys() == event.keys()
    assert mask_json(json.dumps(masked)) == json.dumps(masked, separators=(",", ":"))


def test_a_masked_document_has_no_secrets_and_else_what_it_had() -> None:
    document = {
        "card": 4111111111111111,
        "time": 1700000000000,
        "password": "geheim1",
        "url": "https://x/?token=geheim2&a=1",
        "to": {"ann@x.example": ["bob@x.example"]},
    }
    masked = mask_json(json.dumps(document))
    assert json.loads(masked) == {
        "card": "***",
        "time": 1700000000000,
        "password": "***",
        "url": "https://x/?token=***&a=1",
        "to": {"***": ["***"]},
    }
    assert mask_json("not JSON, token=geheim") == "not JSON, token=***"


@given(
    st.recursive(
        st.none() | st.integers(0, 9) | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)
    )
)
def test_whatever_is_json_is_json_when_it_is_masked(document: object) -> None:
    json.loads(mask_json(json.dumps(document)))
