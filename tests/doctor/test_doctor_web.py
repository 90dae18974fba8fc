"""The doctor finds what is wrong between browsers and the server: proxies, tags, policies, origins, addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from collector import outgoing
from collector.core.times import DAY
from collector.doctor import server as server_looks
from collector.doctor.fetch import fetcher
from collector.doctor.tag import allows
from collector.web.refusals import Refusals, Refused
from tests.doctor.served import answering, found, says, served, tag, told
from tests.support.pages import Installation


@contextmanager
def proxy(target: str, **headers: str) -> Iterator[str]:
    """A proxy in front of the collector, with the headers it adds."""

    def forward(handler: BaseHTTPRequestHandler) -> None:
        passed = {"X-Desireline-Proof": handler.headers.get("X-Desireline-Proof", ""), "Host": handler.headers["Host"]}
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        with urlopen(Request(target + handler.path, headers=passed | added), timeout=10) as answer:
            body = answer.read()
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    with answering(forward) as base:
        yield base


def test_8_proxies_that_are_not_believed_or_do_not_speak(shop: Installation) -> None:
    with served(shop) as settings:
        base = f"http://127.0.0.1:{settings.port}"
        with proxy(base, X_Forwarded_For="203.0.113.9") as front:
            text = told(found(replace(settings, public_url=front), shop.now), "proxy")
            assert "DESIRELINE_TRUSTED_PROXIES=1" in text
        with proxy(base, Host="inside:8000") as front:
            assert "Host" in told(found(replace(settings, public_url=front), shop.now), "proxy")
        with answering(says("another program")) as front:
            assert "does not lead" in told(found(replace(settings, public_url=front), shop.now), "public address")
    over = {"forwarded": 0, "trusted": 1, "scheme": "https", "host": "stats.example"}
    assert "anybody" in told(list(server_looks.proxies("https://stats.example", over)), "proxy")
    plain = {"forwarded": 1, "trusted": 1, "scheme": "http", "host": "stats.example"}
    assert "X-Forwarded-Proto" in told(list(server_looks.proxies("https://stats.example", plain)), "proxy")


def test_the_server_tells_nobody_else_what_it_sees(shop: Installation) -> None:
    client = shop.app.test_client()
    assert client.get("/healthz/seen").status_code == 403
    for proof in ("", "1.a", f"{shop.now}.{'0' * 64}", "x" * 5_000):
        assert client.get("/healthz/seen", headers={"X-Desireline-Proof": proof}).status_code == 403


def test_9_a_tag_that_is_missing_wrong_unloadable_or_forbidden(shop: Installation) -> None:
    with served(shop) as settings:
        base, key = f"http://127.0.0.1:{settings.port}", shop.site.site.write_key
        policy = "default-src 'self'; script-src 'self' https://cdn.example"
        cases = {
            "<h1>Shop</h1>": "Paste the line",
            tag(base, "wk_wrong"): key,
            tag("http://127.0.0.1:1", key): "Install page",
            tag(base, key).replace("</head>", f'<meta http-equiv="content-security-policy" content="{policy}">'): "CSP",
        }
        for text, wanted in cases.items():
            with answering(says(text)) as site:
                shop.catalog.update_site(shop.site_id, origins=[site])
                said = told(found(settings, shop.now), f"tag on {site}")
            assert (base in said and "script-src" in said) if wanted == "CSP" else (wanted in said), said


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("script-src https://stats.example", True),
        ("script-src *.example", True),
        ("script-src https:", True),
        ("img-src 'none'", True),
        ("default-src 'none'", False),
        ("script-src stats.example:8443", False),
        ("script-src http://stats.example", False),
        ("script-src 'self'; default-src *", False),
        ("script-src-elem https://stats.example; script-src 'none'", True),
    ],
)
def test_policies_are_read_as_browsers_read_them(policy: str, allowed: bool) -> None:
    assert allows(policy, "script-src", "https://stats.example/t.js", "https://shop.example") is allowed


def test_10_origins_that_are_not_listed_and_silence(shop: Installation) -> None:
    Refusals(shop.settings.data).note(Refused(shop.site_id, "origin", "https://www.shop.example", shop.now))
    text = told(found(shop.settings, shop.now), "site shop")
    assert "https://www.shop.example" in text
    late = found(shop.settings, shop.now + 5 * DAY)
    assert "5 days ago" in told(late, "site shop", "warn")


def test_an_https_site_cannot_load_from_http(shop: Installation) -> None:
    shop.catalog.update_site(shop.site_id, origins=["https://shop.invalid"])
    findings = found(replace(shop.settings, public_url="http://stats.invalid"), shop.now)
    assert "browsers refuse" in told(findings, "public address")


def test_redirects_are_followed_within_a_site_and_never_for_ever(shop: Installation) -> None:
    def turning(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://169.254.169.254/" if handler.path == "/away" else handler.path + "x")
        handler.end_headers()

    fetch = fetcher(shop.settings, lambda: shop.now)
    with answering(turning) as base:
        assert fetch(base + "/").status == 0
        assert fetch(base + "/away").status == 302


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
def test_a_redirect_to_www_never_leads_inside(shop: Installation, inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def turning(handler: BaseHTTPRequestHandler) -> None:
        asked.append(str(handler.headers["Host"]))
        handler.send_response(302 if len(asked) == 1 else 200)
        handler.send_header("Location", f"http://www.shop.test:{port}/")
        handler.end_headers()

    def resolved(host: str, at: int) -> list[str]:
        return ["127.0.0.1"] if host == "shop.test" else [inside]

    # Only who resolves names is not the real one: the operator's shop.test is on this machine.
    monkeypatch.setattr("collector.doctor.fetch.fetch", partial(outgoing.fetch, resolve=resolved))
    with answering(turning) as base:
        port = urlsplit(base).port
        page = fetcher(shop.settings, lambda: shop.now)(f"http://shop.test:{port}/")
    assert asked == [f"shop.test:{port}"]
    assert page.status == 0
    assert page.text


def test_the_proof_is_shown_at_the_public_address_alone(shop: Installation) -> None:
    shown: list[str | None] = []

    def asking(handler: BaseHTTPRequestHandler) -> None:
        shown.append(handler.headers.get("X-Desireline-Proof"))
        handler.send_response(302 if handler.path == "/" else 200)
        handler.send_header("Location", "/healthz/seen")
        handler.end_headers()

    with answering(asking) as base, answering(says("")) as front:
        fetch = fetcher(replace(shop.settings, public_url=front), lambda: shop.now)
        fetch(base + "/")
        fetch(base + "/healthz/seen")
        assert shown == [None, None, None]
        fetch = fetcher(replace(shop.settings, public_url=base), lambda: shop.now)
        fetch(base + "/healthz/seen")
    assert shown[3]


def test_addresses_that_are_none_in_a_page_do_not_end_the_look_at_sites(shop: Installation) -> None:
    def turning(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://[")
        handler.end_headers()

    with served(shop) as settings:
        base, key = f"http://127.0.0.1:{settings.port}", shop.site.site.write_key
        policies = [
            says(tag(base, key), Content_Security_Policy=f"script-src {odd}") for odd in ("x:99999", "http://[")
        ]
        pages = [says(tag("http://[", key)), says(tag("http://x:99999", key)), turning, *policies]
        for one in pages:
            with answering(one) as odd, answering(says("<h1>Shop</h1>")) as other:
                shop.catalog.update_site(shop.site_id, origins=[odd, other])
                findings = found(settings, shop.now)
            assert not [finding for finding in findings if finding.about == "sites"], findings
            assert "Paste the line" in told(findings, f"tag on {other}")
            assert [finding for finding in findings if finding.about == f"tag on {odd}" and finding.level != "ok"]
