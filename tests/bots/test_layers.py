"""Which layer flags an event, and what a site's people may overrule."""

from __future__ import annotations

from typing import Any

import pytest

from collector.core.event import Event
from collector.ingest.bots import SPAM_HOSTS, compile_list, is_spam, is_trusted
from collector.ingest.rules import Arrival, SiteRules
from collector.ingest.steps import make_event

BOTS = compile_list({"version": "9", "patterns": ["nagios", "curl/"]})
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


def made(agent: str, rules: SiteRules | None = None, hints: tuple[str, ...] = (), **raw: Any) -> Event:
    arrival = Arrival(rules or SiteRules(1), BOTS, 5, user_agent=agent, hints=hints, visitor="v")
    return make_event({"id": "i", "type": "page", "url": "https://shop.example/", **raw}, arrival)


def test_a_flagged_event_carries_the_user_agent_and_the_list_s_version() -> None:
    assert made("curl/8.1").flagged == ("curl/8.1", "9")
    assert made(CHROME).flagged is None
    assert made(CHROME, hints=("webdriver",)).flagged == (CHROME, "9")


@pytest.mark.parametrize(
    ("agent", "hints", "ref", "reason"),
    [
        ("curl/8", ("webdriver",), "https://semalt.com/", "ua_list"),
        ("GPTBot/1.2", ("webdriver",), "", "ai_agent"),
        (CHROME, ("headless_brand", "webdriver"), "https://semalt.com/", "headless_brand"),
        (CHROME, (), "https://semalt.com/x", "referrer_spam"),
        (CHROME, (), "https://www.semalt.com/x", "referrer_spam"),
        (CHROME, (), "https://notsemalt.com/x", ""),
        (CHROME, (), "https://semalt.com.example/x", ""),
        (CHROME, (), "https://news.example/", ""),
        ("", (), "", "no_user_agent"),
    ],
)
def test_the_first_layer_that_says_so_gives_the_reason(
    agent: str, hints: tuple[str, ...], ref: str, reason: str
) -> None:
    assert made(agent, hints=hints, ref=ref).bot == reason


def test_a_trusted_part_of_a_user_agent_overrules_the_lists_and_no_other_layer() -> None:
    rules = SiteRules(1, trusted_agents=("NAGIOS-check", "gptbot"))
    assert made("nagios-check/2", rules).bot == ""
    assert made("nagios-other/2", rules).bot == "ua_list"
    assert made("GPTBot/1.0", rules).bot == ""
    assert made("nagios-check/2", rules, hints=("webdriver",)).bot == "webdriver"
    assert made("nagios-check/2", rules, ref="https://semalt.com/").bot == "referrer_spam"
    assert not is_trusted("anything", ())


def test_a_site_adds_its_own_spam_referrers() -> None:
    rules = SiteRules(1, spam_hosts=frozenset(["bad.example"]))
    assert made(CHROME, rules, ref="https://a.bad.example/").bot == "referrer_spam"
    assert made(CHROME, rules, ref="https://verybad.example/").bot == ""
    assert all(is_spam(f"sub.{host}", frozenset()) for host in SPAM_HOSTS)
    assert not is_spam("", frozenset())


def test_a_server_is_asked_for_a_user_agent_only_where_it_names_one() -> None:
    arrival = Arrival(SiteRules(1, trusted_agents=("curl/8.9",)), BOTS, 5, server=True, hints=("webdriver",))
    raw = {"id": "i", "type": "event", "name": "x", "visitor": "v"}
    assert make_event(raw, arrival).bot == ""
    assert make_event(raw | {"ua": "curl/8"}, arrival).bot == "ua_list"
    assert make_event(raw | {"ua": "curl/8.9"}, arrival).bot == ""
