"""What a page asks, in the words of its summary line: the period, who is counted, and the report's own options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.people_text import parse_people
from collector.core.people_words import people_words
from collector.core.query import parse_exclusion
from collector.core.words import words
from collector.web.acts import Goals, matcher_words
from collector.web.bare import is_set
from collector.web.fields import FieldView
from collector.web.format import day, length, text
from collector.web.language import gettext
from collector.web.words import value_words

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def asked(period: str, fields: Sequence[FieldView], given: Mapping[str, Sequence[str]], goals: Goals) -> list[str]:
    """The parts of the line: what the address says, and of what it leaves to the report the lengths of time.

    Args:
        period: the name of the days, "" where they cannot be read.
        fields: the report's own options as the page shows them.
        given: the arguments by name.
    """

    def last(name: str) -> str:
        values = [value for value in given.get(name, ()) if value.strip()]
        return values[-1] if values else ""

    said = [period]
    said += [_field(one, goals) for one in fields if one.given or (one.kind == "duration" and one.value)]
    if by := last("by"):
        said.append(gettext("by %(property)s", property=value_words("property", by)))
    if segment := last("segment"):
        said.append(gettext("segment “%(name)s”", name=segment))
    if did := [value for value in given.get("where", ()) if value.strip()]:
        said.append(gettext("people with %(what)s", what=_all(did, goals)))
    if did_not := [value for value in given.get("where-not", ()) if value.strip()]:
        said.append(gettext("people without %(what)s", what=_all(did_not, goals)))
    if is_set(given, "include-bots"):
        said.append(gettext("bots too"))
    if is_set(given, "include-cookieless"):
        said.append(gettext("people without cookies too"))
    return [one for one in said if one]


def settled(fields: Sequence[FieldView], answer: Result | None) -> list[FieldView]:
    """The options as the answer took them: what it chose for one that was left open, or cut short."""
    texts = answer.settled if answer else {}
    return [replace(one, values=[texts[one.name]]) if one.name in texts else one for one in fields]


def _all(conditions: Sequence[str], goals: Goals) -> str:
    return gettext(" and ").join(_people(one, goals) for one in conditions)


def _people(value: str, goals: Goals) -> str:
    """A condition on people in words; one that cannot be read as it was written."""
    try:
        return text(people_words(parse_people(value), goals))
    except UserError:
        return value


def _field(field: FieldView, goals: Goals) -> str:
    """One option with what it is set to; a flag that is on is its label alone."""
    if field.kind == "flag":
        return field.label if field.checked else ""
    labels = dict(field.choices)
    values = [value for value in field.values if value.strip()] or [field.default]
    if field.kind == "matcher":
        values = [matcher_words(value, goals) for value in values]
    elif field.kind == "property":
        values = [value_words("property", value) for value in values]
    elif field.kind == "duration":
        values = [length(value) for value in values]
    elif field.kind == "exclude":
        values = [_excluded(value, goals) for value in values]
    elif field.kind == "text":
        values = [day(value) if _DAY.fullmatch(value) else value for value in values]
    else:
        values = [labels.get(value, value) for value in values]
    return f"{field.label}: {(' → ' if field.name == 'step' else ', ').join(values)}"


def _excluded(value: str, goals: Goals) -> str:
    """What is left out between two steps, in words; as it was written where it cannot be read."""
    try:
        found = parse_exclusion(value)
    except UserError:
        return value
    what = text(words(found.matcher, goals))
    return gettext("%(what)s between steps %(first)s and %(second)s", what=what, first=found.after, second=found.before)
