"""Who is no person: the packaged list, assistants, browsers that say so, and prefetches."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from collector.ingest.bots import NO_LIST, agent_reason, compile_list, header_hints, to_python

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
LIST = compile_list(
    {"version": "5", "patterns": ["bot(?![a-z])", r"(?<! cu)bot/", "curl/", r"^mozilla/\d\.\d\s\([\w\d-.]+\)$"]}
)
BUILT = Path(__file__).parents[2] / "collector" / "static" / "dist" / "isbot.json"


def test_javascript_patterns_are_rewritten_with_the_same_meaning() -> None:
    google = re.compile(to_python("(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))"), re.IGNORECASE)
    assert google.search("Google-Thing")
    assert not google.search("x channel/google")
    assert not google.search("google/google")
    assert re.compile(to_python("(?<=a|bcd)x")).search("bcdx")
    assert re.compile(to_python(r"[\w\d-.]+")).fullmatch("a-1.b")
    assert to_python(r"[\w-]") == r"[\w-]"


def test_a_pattern_that_cannot_be_used_is_skipped_and_named() -> None:
    bots = compile_list({"patterns": ["curl", "(?<name>x)"]})
    assert bots.skipped == ("(?<name>x)",)
    assert bots.fits("curl/8")
    assert compile_list({}).expression is None


@pytest.mark.parametrize(
    ("user_agent", "reason"),
    [
        (CHROME, ""),
        ("curl/8.0", "ua_list"),
        ("", "no_user_agent"),
        ("Mozilla/5.0 AppleWebKit/537.36; compatible; GPTBot/1.2; +https://openai.com/gptbot", "ai_agent"),
        ("Mozilla/5.0 (compatible; ChatGPT-User/1.0)", "ai_agent"),
        ("Mozilla/5.0 (compatible; PerplexityBot/1.0)", "ai_agent"),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/100 Mobile Safari/537.36", ""),
    ],
)
def test_a_user_agent_has_a_reason_or_may_be_a_person(user_agent: str, reason: str) -> None:
    bots = compile_list({"patterns": ["(?<! cu)bot", "curl/"]})
    assert agent_reason(user_agent, bots) == reason


def test_without_a_list_only_assistants_are_known() -> None:
    assert agent_reason("curl/8.0", NO_LIST) == ""
    assert agent_reason("ClaudeBot/1.0", NO_LIST) == "ai_agent"


@pytest.mark.parametrize(
    ("headers", "hints"),
    [
        ({"Sec-Purpose": "prefetch;prerender"}, ("prefetch",)),
        ({"Purpose": "prefetch"}, ("prefetch",)),
        ({"X-Moz": "prefetch"}, ("prefetch",)),
        ({"X-Purpose": "preview"}, ("prefetch",)),
        ({"Accept": "*/*"}, ()),
    ],
)
def test_a_prefetch_is_seen_in_the_headers(headers: dict[str, str], hints: tuple[str, ...]) -> None:
    assert header_hints(headers.get) == hints


def test_the_built_list_compiles_whole_and_tells_bots_from_people() -> None:
    bots = compile_list(json.loads(BUILT.read_text()))
    assert bots.skipped == ()
    assert bots.version
    for bot in (
        "Googlebot/2.1",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "curl/8.0",
        "python-requests/2.31",
        "HeadlessChrome/120",
    ):
        assert bots.fits(bot), bot
    people = (
        CHROME,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/100.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) Chrome/120.0 Mobile Safari/537.36 [Pinterest/Android]",
    )
    assert [person for person in people if bots.fits(person)] == []
