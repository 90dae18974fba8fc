"""Who the client is said to be: by configured proxies alone, whatever else a request claims (REQUIREMENTS D16, D17)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask, request

from collector.web.proxies import clean_address
from tests.support.pages import install

CLAIMS = {
    "X-Forwarded-For": "198.51.100.1, 198.51.100.2, 198.51.100.3",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "198.51.100.9",
    "Forwarded": "for=198.51.100.9;proto=https;host=evil.example",
    "CF-Connecting-IP": "198.51.100.9",
    "True-Client-IP": "198.51.100.9",
    "X-Client-IP": "198.51.100.9",
    "X-HTTP-Method-Override": "POST",
    "X-Original-URL": "/shop/team",
    "X-Rewrite-URL": "/shop/team",
}


def app_with(folder: Path, hops: int) -> Flask:
    """The real app with that many proxies trusted, and an address that says what it makes of a request."""
    app = install(folder, DESIRELINE_TRUSTED_PROXIES=str(hops)).app
    app.add_url_rule(
        "/seen-as", "seen_as", lambda: [request.remote_addr, request.scheme, request.host, request.script_root]
    )
    return app


def seen_as(app: Flask, headers: Mapping[str, str]) -> list[str]:
    answer = app.test_client().get("/seen-as", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.status_code == 200
    return list(answer.json or [])


def test_nothing_that_a_request_claims_is_believed_by_default(tmp_path: Path) -> None:
    assert seen_as(app_with(tmp_path, 0), CLAIMS) == ["192.0.2.1", "http", "localhost", ""]


@pytest.mark.parametrize(("hops", "client"), [(1, "198.51.100.3"), (2, "198.51.100.2"), (3, "198.51.100.1")])
def test_entries_are_counted_from_the_right(hops: int, client: str, tmp_path: Path) -> None:
    app = app_with(tmp_path, hops)
    assert seen_as(app, {"X-Forwarded-For": CLAIMS["X-Forwarded-For"]})[0] == client
    # Fewer entries than proxies: somebody came past them, and is who the connection says.
    short = {"X-Forwarded-For": ", ".join(["198.51.100.7"] * (hops - 1))}
    assert seen_as(app, short if hops > 1 else {})[0] == "192.0.2.1"


def test_only_for_proto_and_host_are_taken_from_a_trusted_proxy(tmp_path: Path) -> None:
    assert seen_as(app_with(tmp_path, 1), CLAIMS) == ["198.51.100.3", "https", "evil.example", ""]


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        (" 198.51.100.1 ", "198.51.100.1"),
        ("198.51.100.1:50123", "198.51.100.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("[::ffff:198.51.100.1]:80", "198.51.100.1"),
        ("fe80::1%eth0", "fe80::1"),
        *((garbage, "") for garbage in ("", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "<script>", "x" * 9_999)),
        *((garbage, "") for garbage in ("999.1.1.1", "1.2.3.4:port", "[::1", "::1]", "2001:db8::1:::", "1.2.3.4\x00")),
    ],
)
def test_an_address_has_one_spelling_and_garbage_is_nobodys(told: str, address: str) -> None:
    assert clean_address(told) == address


def test_garbage_from_a_proxy_does_no_harm(tmp_path: Path) -> None:
    app = app_with(tmp_path, 1)
    for told in ("unknown", "a b", "'; DROP TABLE site", "\u00e9".encode().decode("latin-1"), "1.2.3.4:50123"):
        headers = {"X-Forwarded-For": told, "X-Forwarded-Proto": told, "X-Forwarded-Host": "a"}
        assert seen_as(app, headers)[0] == ("1.2.3.4" if "." in told else "")
        assert app.test_client().get("/login", headers=headers).status_code == 200
        assert app.test_client().get("/login/once?token=x", headers=headers).status_code == 410
