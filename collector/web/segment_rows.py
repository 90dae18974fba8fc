"""Conditions on people as rows of a form, both ways: any condition has a row, and a row says one condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from werkzeug.datastructures import MultiDict

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.people import ALWAYS, Chain, Count, Did, PeopleCondition, Segment, Visit, When
from collector.core.people_text import parse_people
from collector.core.text import T, Text
from collector.core.times import format_duration
from collector.web.language import gettext

MOST_ROWS = 20
HAS = (("did", T("Did or is")), ("not", T("Did not, or is not")))
OPS = (
    (">=", T("at least")),
    ("=", T("exactly")),
    ("<=", T("at most")),
    (">", T("more than")),
    ("<", T("fewer than")),
    ("!=", T("not")),
)
WHENS: Sequence[tuple[str, Text]] = (
    ("", T("at any time")),
    ("last", T("in the last")),
    ("first", T("after their first event, within")),
    ("days", T("between days")),
    ("in", T("in the days of the report")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One condition in fields: texts as they were typed.

    Attributes:
        has: `did` or `not`.
        what: a matcher, or the text of any condition with all other fields left empty.
        op, times: how often; without `times` once or more.
        when: one of `WHENS`, with `length` (a duration), or `since` and `until` (days).
        then, within: what followed, and how soon after it at most.
    """

    has: str = "did"
    what: str = ""
    op: str = ">="
    times: str = ""
    when: str = ""
    length: str = ""
    since: str = ""
    until: str = ""
    then: str = ""
    within: str = ""

    @property
    def text(self) -> str:
        """The condition's text.

        Raises:
            UserError: fields that do not go together, or what cannot be read.
        """
        brackets = f"[#times{self.op}{self.times}]" if self.times else ""
        if self.when in ("last", "first"):
            brackets += f"[#{self.when}={self._needed(self.length, gettext('for how long'))}]"
        elif self.when == "days":
            brackets += f"[#from={self.since}]" if self.since else ""
            brackets += f"[#to={self.until}]" if self.until else ""
            self._needed(self.since + self.until, gettext("from which day, or to which"))
        elif self.when == "in":
            brackets += "[#in]"
        what = parse_people(self.what)
        if (brackets or self.then) and not isinstance(what, Matcher | Visit | Did):
            raise UserError(
                gettext("“%(what)s” is a condition by itself.", what=self.what),
                gettext("Leave the other fields of its row empty, or say what was done instead."),
            )
        chain = f" -> {self.then}" if self.then else ""
        if self.within:
            self._needed(self.then, gettext("what came then"))
            chain += f"[#within={self.within}]"
        return str(parse_people(f"{self.what}{brackets}{chain}"))

    def _needed(self, text: str, what: str) -> str:
        if not text:
            raise UserError(gettext("The condition “%(text)s” does not say %(what)s.", text=self.what, what=what))
        return text


NAMES = tuple(field.name for field in fields(Row))


def rows_of(form: MultiDict[str, str]) -> list[Row]:
    """The rows of a form that was sent: the n-th of each field belong together."""
    columns = {name: [text.strip()[:2_000] for text in form.getlist(name)][:MOST_ROWS] for name in NAMES}
    count = len(columns["what"])
    return [Row(**{name: texts[at] for name, texts in columns.items() if at < len(texts)}) for at in range(count)]


def texts_of(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """The texts of `where` and `where_not`; rows that say nothing are left out.

    Raises:
        UserError: what is wrong with a row.
    """
    said = [row for row in rows if row.what]
    return [row.text for row in said if row.has != "not"], [row.text for row in said if row.has == "not"]


def rows_for(segment: Segment) -> list[Row]:
    """A segment's conditions as rows."""
    return [_row(one, "did") for one in segment.where] + [_row(one, "not") for one in segment.where_not]


def _row(condition: PeopleCondition, has: str) -> Row:
    """The row whose text is the condition: in its fields where they can say it, else as its text."""
    plain = Row(has, str(condition))
    if isinstance(condition, Did):
        return _did_row(condition, has, plain)
    if isinstance(condition, Chain) and len(condition.steps) == 2:
        first, second = condition.steps
        limit = condition.within[1]
        row = _did_row(first, has, Row(has, str(first)))
        return Row(
            has,
            row.what,
            when=row.when,
            length=row.length,
            since=row.since,
            until=row.until,
            then=str(second),
            within="" if limit is None else format_duration(limit),
        )
    return plain


def _did_row(did: Did, has: str, plain: Row) -> Row:
    when = _when(did.when)
    if when is None or len(did.counts) > 1:
        return plain
    count = did.counts[0] if did.counts else Count(">=", 0)
    what = str(Did(did.what, did.visit))
    return Row(has, what, count.op, str(count.number) if did.counts else "", **when)


def _when(when: When) -> dict[str, str] | None:
    """The fields that say when; None where one of them would not do."""
    if when == ALWAYS:
        return {}
    if when == When(last=when.last) and when.last is not None:
        return {"when": "last", "length": format_duration(when.last)}
    if when == When(first=when.first) and when.first is not None:
        return {"when": "first", "length": format_duration(when.first)}
    if when == When(inside=True):
        return {"when": "in"}
    if when == When(since=when.since, until=when.until):
        return {"when": "days", "since": str(when.since or ""), "until": str(when.until or "")}
    return None
