"""The device behind a user agent, by the kept library `user_agents`, with a cache."""

from __future__ import annotations

from functools import lru_cache

from user_agents import parse

from collector.core.event import Agent
from collector.ingest.bots import MAX_USER_AGENT


@lru_cache(maxsize=32_768)
def parse_agent(user_agent: str) -> Agent:
    """Device kind, operating system and browser; empty texts where the library does not know them."""
    if not user_agent:
        return Agent()
    found = parse(user_agent[:MAX_USER_AGENT])
    device = "tablet" if found.is_tablet else "mobile" if found.is_mobile else "desktop" if found.is_pc else "other"
    os, browser = found.os.family or "", found.browser.family or ""
    return Agent(device, "" if os == "Other" else os, "" if browser == "Other" else browser)
