"""Which arrivals are not people, each with its own reason; flagged, never dropped (SEMANTICS 12, REQUIREMENTS F)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from collector.ingest.referrers import within

MAX_USER_AGENT = 512
# Assistants and their crawlers: some fetch a page for a person who asked, so they are counted apart (F9).
_AI_AGENTS = re.compile(
    r"gptbot|chatgpt-user|oai-searchbot|claudebot|claude-user|claude-searchbot|claude-web|anthropic-ai|perplexitybot"
    r"|perplexity-user|ccbot|bytespider|amazonbot|meta-externalagent|meta-externalfetcher|facebookbot"
    r"|cohere-ai|cohere-training|mistralai-user|duckassistbot|youbot|diffbot|google-extended|googleother|applebot-extended"
    r"|timpibot|img2dataset|omgili|petalbot|xai-bot|grok(?:bot|-crawler)|deepseekbot|novaact|google-cloudvertexbot",
    re.IGNORECASE,
)
# Checkers and page testers that the list does not name (each is in the published list of crawlers that the tests use).
_MORE = re.compile(r"gtmetrix|miniature\.io/|\bylt chrome/|tsm-turingos", re.IGNORECASE)
# Reasons that come from the user agent alone: those that a site's trusted agents overrule.
BY_USER_AGENT = frozenset(("ua_list", "ai_agent"))
# Hosts that sent made-up referrers to thousands of sites, to be seen in their reports; a site adds its own (F11).
_SPAM = """
semalt.com buttons-for-website.com buttons-for-your-website.com darodar.com econom.co ilovevitaly.com priceg.com
hulfingtonpost.com blackhatworth.com best-seo-offer.com best-seo-solution.com 100dollars-seo.com
social-buttons.com simple-share-buttons.com free-social-buttons.com free-share-buttons.com get-free-traffic-now.com
free-traffic.xyz traffic2money.com trafficmonetizer.org website-analyzer.info keywords-monitoring-your-success.com
rank-checker.online success-seo.com qualitymarketzone.com event-tracking.com guardlink.org googlsucks.com
o-o-6-o-o.com cenoval.ru kambasoft.com savetubevideo.com makemoneyonline.com 7makemoneyonline.com
bestwebsitesawards.com videos-for-your-business.com copyrightclaims.org
"""
SPAM_HOSTS = frozenset(_SPAM.split())
_PREFETCH_HEADERS = (
    ("Sec-Purpose", ("prefetch", "prerender")),
    ("Purpose", ("prefetch", "preview")),
    ("X-Purpose", ("preview",)),
    ("X-Moz", ("prefetch",)),
)
_LOOKBEHIND = re.compile(r"\(\?<([!=])((?:[^()\\|]|\\.)*(?:\|(?:[^()\\|]|\\.)*)+)\)")
_CLASS_RANGE = re.compile(r"(\\[wdsWDS])-(?=[^\]])")


def to_python(pattern: str) -> str:
    """A JavaScript pattern in the dialect of `re`.

    Two differences matter in bot lists: a lookbehind whose alternatives differ in width becomes one lookbehind an
    alternative (all of them for `?<!`, any of them for `?<=`), and a dash after a class like `\\d` is literal.
    """

    def split(found: re.Match[str]) -> str:
        sign, choices = found[1], found[2].split("|")
        parts = [f"(?<{sign}{choice})" for choice in choices]
        return "".join(parts) if sign == "!" else f"(?:{'|'.join(parts)})"

    return _CLASS_RANGE.sub(r"\1\\-", _LOOKBEHIND.sub(split, pattern))


@dataclass(frozen=True, slots=True, eq=False)
class BotList:
    """A list of user agent patterns as one expression. Two are never equal: comparing would cost more than matching.

    Attributes:
        version: the list's own version, "" for none.
        skipped: patterns that even `to_python` cannot make usable.
    """

    version: str = ""
    expression: re.Pattern[str] | None = None
    skipped: Sequence[str] = field(default=())

    def fits(self, user_agent: str) -> bool:
        """Whether the list names this user agent."""
        return self.expression is not None and self.expression.search(user_agent) is not None


NO_LIST = BotList()


def compile_list(data: Mapping[str, object]) -> BotList:
    """The list in the file that the build writes: `{"version": ..., "patterns": [...]}`."""
    patterns = data.get("patterns")
    usable, skipped = [], []
    for pattern in patterns if isinstance(patterns, list) else []:
        try:
            re.compile(to_python(str(pattern)))
        except re.error:
            skipped.append(str(pattern))
        else:
            usable.append(to_python(str(pattern)))
    expression = re.compile("|".join(f"(?:{pattern})" for pattern in usable), re.IGNORECASE) if usable else None
    return BotList(str(data.get("version", "")), expression, tuple(skipped))


@lru_cache(maxsize=32_768)
def agent_reason(user_agent: str, bots: BotList) -> str:
    """`ai_agent`, `ua_list` or `no_user_agent` where the user agent is not a person's, "" where it may be."""
    if not user_agent.strip():
        return "no_user_agent"
    if _AI_AGENTS.search(user_agent):
        return "ai_agent"
    return "ua_list" if _MORE.search(user_agent) or bots.fits(user_agent) else ""


@lru_cache(maxsize=32_768)
def is_trusted(user_agent: str, trusted: tuple[str, ...]) -> bool:
    """Whether the user agent has one of the parts, case aside, that a site says are people's."""
    lowered = user_agent.lower()
    return any(part.lower() in lowered for part in trusted)


@lru_cache(maxsize=16_384)
def is_spam(host: str, more: frozenset[str]) -> bool:
    """Whether a referrer's host, or a domain that it is under, is known for made-up visits."""
    return bool(host) and (within(host, SPAM_HOSTS) or within(host, more))


def header_hints(header: Callable[[str], str | None]) -> tuple[str, ...]:
    """`("prefetch",)` where the browser says that nobody looks at the page yet (F5); `header` finds one by name."""
    for name, words in _PREFETCH_HEADERS:
        value = header(name)
        if value and any(word in value.lower() for word in words):
            return ("prefetch",)
    return ()
