"""Which hosts are only tried out, and what becomes of events there (REQUIREMENTS F8)."""

from __future__ import annotations

from typing import Any

import pytest

from collector.core.event import Event
from collector.ingest.bots import NO_LIST, compile_list
from collector.ingest.preview import PREVIEW, host_of, is_preview
from collector.ingest.rules import Arrival, SiteRules
from collector.ingest.steps import make_event

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
RULES = SiteRules(1, frozenset(["shop.example", "shop.netlify.app", ".stage.vercel.app"]))


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "app.localhost", "shop.local", "shop.test", "devbox", "build.internal", "nas.home.arpa"),
        *("127.0.0.1", "127.8.9.1", "[::1]", "0.0.0.0", "10.1.2.3", "172.16.0.9", "192.168.178.20", "169.254.1.1"),
        *("100.64.0.1", "[fd00::5]", "[fe80::1%25eth0]", "[::ffff:10.0.0.1]"),
        *("shop-git-fix.vercel.app", "deploy-preview-3--shop.netlify.app", "a1b2.shop.pages.dev"),
        *("7f3a.ngrok.io", "7f3a.ngrok-free.app", "x-3000.app.github.dev", "a-b.trycloudflare.com", "shop.ddev.site"),
    ],
)
def test_machines_networks_tunnels_and_previews_are_where_pages_are_tried_out(host: str) -> None:
    assert is_preview(host)


@pytest.mark.parametrize(
    "host",
    [
        *("shop.example", "example.com", "localhost.example", "local.example", "notvercel.app", "vercel.app.example"),
        *("8.8.8.8", "172.32.0.1", "[2606:4700::1111]", "test.com", "127.0.0.1.example", ""),
        *("{{7*7}}", "<script>", "a b", "x" * 64, "local host", "..", "a/b.test", "$(id).local"),
    ],
)
def test_hosts_of_the_public_internet_are_not(host: str) -> None:
    assert not is_preview(host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:3000", "localhost"),
        ("https://Shop.Test", "shop.test"),
        ("http://[::1]:3000", "[::1]"),
        ("http://[::1]", "[::1]"),
        ("null", ""),
        ("file://", ""),
        ("chrome-extension://localhost", ""),
    ],
)
def test_the_host_of_an_origin(origin: str, host: str) -> None:
    assert host_of(origin) == host


def made(url: str, kind: str = "page", rules: SiteRules = RULES, **shared: Any) -> Event:
    given: dict[str, Any] = {"rules": rules, "bots": NO_LIST, "received": 5, "visitor": "v", "user_agent": CHROME}
    raw = {"id": "i", "type": kind, "url": url, "visitor": "v"} | ({"name": "u17"} if kind == "identify" else {})
    return make_event(raw, Arrival(**(given | shared)))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost:3000/x", PREVIEW),
        ("file:///home/me/index.html", PREVIEW),
        ("https://pr-3.vercel.app/", PREVIEW),
        ("https://shop.netlify.app/", ""),  # an origin of the site
        ("https://other.netlify.app/", PREVIEW),
        ("https://a.stage.vercel.app/", ""),  # a subdomain of one
        ("https://shop.example/", ""),
        ("https://elsewhere.example/", ""),
        ("/relative", ""),
    ],
)
def test_an_event_there_is_set_aside_unless_the_site_lists_the_host(url: str, reason: str) -> None:
    assert made(url).bot == reason
    assert made(url, server=True, user_agent="").bot == reason
    assert made(url, relayed=True, user_agent="").bot == reason


def test_a_site_that_lists_localhost_alone_keeps_everything() -> None:
    assert made("http://localhost:3000/", rules=SiteRules(1, frozenset(["localhost"]))).bot == ""


def test_nothing_is_kept_of_where_a_file_lies() -> None:
    event = made("file:///home/me/index.html")
    assert (event.url, event.path) == ("", "")


def test_the_door_s_word_counts_whatever_address_the_page_gives() -> None:
    assert made("https://shop.example/", hints=(PREVIEW,)).bot == PREVIEW


def test_another_reason_comes_first() -> None:
    assert made("http://localhost/", hints=(PREVIEW, "webdriver")).bot == "webdriver"
    robots = compile_list({"patterns": ["nagios"]})
    assert made("http://localhost/", bots=robots, user_agent="nagios/2").bot == "ua_list"


def test_who_is_named_there_is_nobody_the_site_knows() -> None:
    assert made("https://shop.example/", "identify").user == "u17"
    assert made("http://localhost/", "identify").user is None
    assert made("http://localhost/", "identify", judged=True).user == "u17"  # a row of our own export
