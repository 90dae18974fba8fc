"""The list of bots against published ones: crawlers are found, and no browser of a person is."""

from __future__ import annotations

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from collector.ingest.bots import MAX_USER_AGENT, BotList, agent_reason
from collector.loader import read_bots
from tests.bots.browsers import real_browsers

# In that list, but browsers inside apps and editors: who sits there is a person.
_PEOPLE = ("Instagram 406.0.0.58.159", "MetaIAB Facebook", " Code/1.115.0 ", " Trae/1.107.1 ", " Fluid/0.9.6 ")


@pytest.fixture(scope="module")
def bots() -> BotList:
    return read_bots()


@pytest.fixture(scope="module")
def crawlers() -> list[str]:
    return [agent for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]]


def test_nearly_every_published_crawler_is_found(bots: BotList, crawlers: list[str]) -> None:
    missed = [agent for agent in crawlers if not agent_reason(agent[:MAX_USER_AGENT], bots)]
    assert len(crawlers) > 2_000
    assert 1 - len(missed) / len(crawlers) >= 0.99, missed
    assert [agent for agent in missed if not any(part in agent for part in _PEOPLE)] == []


def test_assistants_are_told_apart_from_other_crawlers(bots: BotList, crawlers: list[str]) -> None:
    reasons = {agent: agent_reason(agent[:MAX_USER_AGENT], bots) for agent in crawlers}
    for name in ("GPTBot", "ChatGPT-User", "ClaudeBot", "PerplexityBot", "Bytespider", "CCBot"):
        found = {reason for agent, reason in reasons.items() if name in agent}
        assert found == {"ai_agent"}, name
    assert {reason for agent, reason in reasons.items() if "Googlebot/" in agent} == {"ua_list"}


def test_no_browser_of_a_person_is_taken_for_a_bot(bots: BotList) -> None:
    browsers = real_browsers()
    assert len(browsers) > 900
    assert {agent: agent_reason(agent[:MAX_USER_AGENT], bots) for agent in browsers if agent_reason(agent, bots)} == {}


@pytest.mark.parametrize(
    "person",
    [
        # Phones and browsers inside apps that naive words (bot, pinterest, slack, hubspot, fever) take for robots (F3).
        "Mozilla/5.0 (Linux; Android 11; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile "
        "Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "[Pinterest/iOS]",
        "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.0.0 "
        "Mobile Safari/537.36 [Pinterest/Android]",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.38.125 "
        "Chrome/124.0.6367.118 Electron/30.0.3 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 4.4.2; FEVER Build/KOT49H) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/78.0.3904.96 Mobile Safari/537.36",
    ],
)
def test_people_with_names_like_robots_stay_people(bots: BotList, person: str) -> None:
    assert agent_reason(person, bots) == ""


def test_the_packaged_list_says_its_version_and_every_pattern_of_it_is_used(bots: BotList) -> None:
    assert bots.version.startswith("5.")
    assert bots.skipped == ()
