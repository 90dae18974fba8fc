"""Which arrivals are not people, each with its own reason; flagged, never dropped (SEMANTICS 12, REQUIREMENTS F)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

MAX_USER_AGENT = 512
# Assistants and their crawlers: some fetch a page for a person who asked, so they are counted apart (F9).
_AI_AGENTS = re.compile(
    r"gptbot|chatgpt-user|oai-searchbot|claudebot|claude-user|claude-searchbot|claude-web|anthropic-ai|perplexitybot"
    r"|perplexity-user|ccbot|bytespider|amazonbot|meta-externalagent|meta-externalfetcher|facebookbot"
    r"|cohere-ai|cohere-training|mistralai-user|duckassistbot|youbot|diffbot|google-extended|googleother|applebot-extended"
    r"|timpibot|img2dataset|omgili|petalbot|xai-bot|grok(?:bot|-crawler)|deepseekbot|novaact|google-cloudvertexbot",
    re.IGNORECASE,
)
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


@dataclass(frozen=True, slots=True)
class BotList:
    """A list of user agent patterns as one expression.

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
    return "ua_list" if bots.fits(user_agent) else ""


def header_hints(header: Callable[[str], str | None]) -> tuple[str, ...]:
    """`("prefetch",)` where the browser says that nobody looks at the page yet (F5); `header` finds one by name."""
    for name, words in _PREFETCH_HEADERS:
        value = header(name)
        if value and any(word in value.lower() for word in words):
            return ("prefetch",)
    return ()
