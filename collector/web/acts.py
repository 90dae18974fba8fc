"""What people did in words, where cells and sentences hold matchers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collector.core.errors import UserError
from collector.core.matcher import Matcher, parse_matcher
from collector.core.words import words
from collector.web.format import text
from collector.web.language import gettext

Goals = Sequence[tuple[str, Matcher]]
# The set (by the hint `words`) of a column whose cells are written as matchers, or as several with THEN between.
ACT = "act"
THEN = " → "
# That of a column whose cells are several matchers, with a comma between; and how a funnel in any order names a step.
ACTS = "acts"
_SOME = re.compile(r"(\d+) of: (.+)", re.DOTALL)


def matcher_words(value: str, goals: Goals = ()) -> str:
    """A matcher in words for the middle of a sentence; one that cannot be read as it was written."""
    try:
        return text(words(parse_matcher(value), goals))
    except UserError:
        return value


def act_words(value: str, goals: Goals = ()) -> str:
    """What a table says that people did, one act or several in a row, beginning with a capital."""
    if some := _SOME.fullmatch(value):
        return gettext("%(number)s of: %(acts)s", number=some[1], acts=_together(some[2], goals))
    said = THEN.join(matcher_words(act, goals) for act in value.split(THEN))
    return said if said == value else said[:1].upper() + said[1:]


def acts_words(value: str, goals: Goals = ()) -> str:
    """Acts with a comma between, as a table names them."""
    said = _together(value, goals)
    return said if said == value else said[:1].upper() + said[1:]


def _together(value: str, goals: Goals) -> str:
    """Matchers with a comma between in words; as they were written where a comma is part of one of them."""
    said = []
    for act in value.split(", "):
        try:
            said.append(text(words(parse_matcher(act), goals)))
        except UserError:
            return value
    return ", ".join(said)
