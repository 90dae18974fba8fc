"""Matchers as people say them: `event:purchase` is the goal's own name, or “purchase”."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.matcher import Matcher
from collector.core.text import T, Text

_KNOWN = {
    "chat_shown": T("the chat being shown"),
    "chat_opened": T("opening the chat"),
    "chat_started": T("chat"),
    "chat_agent_joined": T("an agent in the chat"),
    "chat_rated": T("rating the chat"),
}
_SUBJECTS = {
    "page": T("the page {name}"),
    "event": T("“{name}”"),
    "click": T("a click on “{name}”"),
    "form": T("sending the form “{name}”"),
    "form_start": T("beginning the form “{name}”"),
    "form_failed": T("failing at the form “{name}”"),
    "form_abandon": T("leaving the form “{name}”"),
    "outbound": T("leaving for {name}"),
    "download": T("downloading {name}"),
    "source": T("a visit from {name}"),
}


def words(matcher: Matcher, goals: Sequence[tuple[str, Matcher]] = ()) -> Text:
    """A matcher in words for the middle of a sentence; a goal of the site goes by its own name."""
    for name, goal in goals:
        if goal == matcher:
            return Text("{name}", {"name": name})
    if matcher.subject == "any":
        plain = T("anything")
    elif matcher.subject == "event" and matcher.pattern in _KNOWN:
        plain = _KNOWN[matcher.pattern]
    else:
        plain = Text(_SUBJECTS[matcher.subject].template, {"name": matcher.pattern})
    if not matcher.conditions:
        return plain
    return T("{event} with {conditions}", event=plain, conditions="".join(map(str, matcher.conditions)))
