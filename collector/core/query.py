"""A question as a value: the parameters a report takes, and their reading from text arguments.

The same names are options on the command line and query parameters of a page, so a URL is a saved report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from collector.core.annotation import Annotation
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.people import PeopleCondition
from collector.core.people import Segment as Segment
from collector.core.people_text import check_named, parse_one, parse_people
from collector.core.spend import NO_SPEND, Spend
from collector.core.stages import Stage
from collector.core.text import Text
from collector.core.times import Span, day_of, parse_date, parse_duration, parse_period
from collector.core.whole import whole

ParamKind: TypeAlias = Literal["matcher", "duration", "choice", "int", "text", "property", "flag", "exclude"]
Arguments: TypeAlias = Mapping[str, Sequence[str]]
DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a report.

    Attributes:
        name: as in the URL and, with `--`, on the command line.
        kind: what its text means; `exclude` is `MATCHER@1-2`, `property` a name of a breakdown.
        repeat: may be given more than once, its value is a tuple.
        required: how many times it must be given at least (0, or more for repeated ones).
        default: the text used when it is not given; None leaves it empty.
    """

    name: str
    kind: ParamKind
    label: Text
    help: Text | None = None
    repeat: bool = False
    required: int = 0
    default: str | None = None
    choices: tuple[tuple[str, Text], ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An event that must not happen after step `after` and before step `before` (1-based)."""

    matcher: Matcher
    after: int
    before: int


def no_lists(name: str) -> Sequence[str]:
    """No list of people is kept."""
    raise UserError(f"There is no list {name!r}.", "Keep one behind any number, or with desireline segment add --list.")


@dataclass(frozen=True, slots=True)
class Site:
    """What a question must know of the site it is asked of.

    currencies: what the values of goals are in, for those of which that is known.
    lists: who stands on a kept list, as user ids and visitors' keys; UserError where there is none called so.
    """

    id: int
    name: str
    zone: ZoneInfo
    segments: Mapping[str, Segment] = field(default_factory=dict)
    goals: Sequence[tuple[str, Matcher]] = ()
    spend: Spend = NO_SPEND
    stages: Sequence[Stage] = ()
    annotations: Sequence[Annotation] = ()
    currencies: Mapping[Matcher, str] = field(default_factory=dict)
    # Read when it is asked for. Only erasing changes what a list holds, so that this tells no two questions apart.
    lists: Callable[[str], Sequence[str]] = field(default=no_lists, repr=False, compare=False)

    def currency_of(self, goal: Matcher) -> str:
        """The currency that a goal's values are in, also of one that a goal of the site is with other conditions; ""
        where it is not known."""
        plain = replace(goal, conditions=())
        same = (known for one, known in self.currencies.items() if replace(one, conditions=()) == plain)
        return self.currencies.get(goal) or next(same, "")


@dataclass(frozen=True, slots=True)
class Query:
    """A report's question, read and checked.

    Attributes:
        span: the range of days; None with `--all-time`.
        where, where_not: people of whom all / none of these hold (the segment's own added).
        by: the breakdown's property, or None.
        include_cookieless: whether people counted without cookies are followed for longer than the day they are known.
        values: the report's own parameters by name: Matcher, int (also ms of durations), str, bool, Exclusion, tuples.
        arguments: what was given, in a canonical order, to write links and to save.
        now: ms UTC.
    """

    site: Site
    span: Span | None
    now: int
    where: tuple[PeopleCondition, ...] = ()
    where_not: tuple[PeopleCondition, ...] = ()
    by: str | None = None
    include_bots: bool = False
    include_cookieless: bool = False
    values: Mapping[str, object] = field(default_factory=dict)
    arguments: tuple[tuple[str, str], ...] = ()

    @property
    def start(self) -> int:
        """First instant of the range, ms UTC."""
        return self.span.start if self.span else -(2**62)

    @property
    def end(self) -> int:
        """The instant after the range, ms UTC."""
        return self.span.end if self.span else 2**62


FILTERS = ("where", "where-not", "segment", "include-bots", "include-cookieless")
COMMON = ("period", "from", "to", "all-time", "by", *FILTERS)
_FLAGS = ("all-time", "include-bots", "include-cookieless")


def parse_flag(text: str) -> bool:
    """True for 1, true, yes, on and the empty text (a bare flag); False for 0, false, no, off."""
    lowered = text.strip().lower()
    if lowered in ("1", "true", "yes", "on", ""):
        return True
    if lowered in ("0", "false", "no", "off"):
        return False
    raise UserError(f"{text!r} is neither yes nor no.", "Write 1 or 0.")


def parse_exclusion(text: str) -> Exclusion:
    """`MATCHER@1-2`: not between steps 1 and 2."""
    head, at, steps = text.rpartition("@")
    first, dash, second = steps.partition("-")
    after, before = whole(first), whole(second)
    if not at or not dash or after is None or before is None or not 0 < after < before:
        raise UserError(
            f"{text!r} is not an exclusion.", "Write the matcher, then @ and the two steps: event:refund@1-2."
        )
    return Exclusion(parse_one(head), after, before)


def _one(param: Param, text: str) -> object:
    if param.kind == "matcher":
        return parse_one(text)
    if param.kind == "duration":
        return parse_duration(text)
    if param.kind == "exclude":
        return parse_exclusion(text)
    if param.kind == "flag":
        return parse_flag(text)
    if param.kind == "choice":
        allowed = [value for value, _ in param.choices]
        if text not in allowed:
            raise UserError(f"{text!r} is not a value of {param.name}.", f"Choose one of {', '.join(allowed)}.")
        return text
    if param.kind == "int":
        if not text.strip().removeprefix("-").isdecimal() or len(text) > 12:
            raise UserError(f"{text!r} is not a whole number for {param.name}.")
        number = int(text)
        low, high = param.minimum, param.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise UserError(f"{param.name} is {number}.", f"It must be between {low} and {high}.")
        return number
    return text.strip()


def _param_value(param: Param, given: Sequence[str]) -> object:
    texts = [text for text in given if text.strip() or param.kind == "flag"]
    if len(texts) < param.required:
        times = "" if param.required == 1 else f" at least {param.required} times"
        raise UserError(f"{param.name} is missing.", f"Give --{param.name}{times}.")
    if param.repeat:
        if param.maximum is not None and len(texts) > param.maximum:
            raise UserError(f"{param.name} is given {len(texts)} times.", f"At most {param.maximum} times.")
        return tuple(_one(param, text) for text in texts)
    if not texts:
        if param.kind == "flag":
            return False
        return None if param.default is None else _one(param, param.default)
    return _one(param, texts[-1])


def _last(arguments: Arguments, name: str) -> str | None:
    given = [text for text in arguments.get(name, ()) if text.strip()]
    return given[-1] if given else None


def flags(params: Sequence[Param]) -> frozenset[str]:
    """The names of a report's flags, its own and those of every report: without a text they say yes."""
    return frozenset((*_FLAGS, *(param.name for param in params if param.kind == "flag")))


def flag_set(arguments: Arguments, name: str) -> bool:
    """Whether a flag is set: the last word counts, a bare one says yes.

    Raises:
        UserError: the last word is neither yes nor no.
    """
    given = arguments.get(name)
    return given is not None and parse_flag(given[-1] if given else "")


def parse_span(arguments: Arguments, zone: ZoneInfo, now: int) -> Span | None:
    """The range of days asked for; None for all time; the last 30 days where nothing is said.

    Raises:
        UserError: days that cannot be read, that end before they begin, or a period beside days or all time.
    """
    rolling, last_text, first_text = (_last(arguments, name) for name in ("period", "to", "from"))
    whole = flag_set(arguments, "all-time")
    if rolling and (whole or last_text or first_text):
        raise UserError("A period and other days are asked for at once.", "Choose one of the two.")
    if whole:
        return None
    today = day_of(now, zone)
    if rolling:
        first, last = parse_period(rolling, today)
        return Span(first, last, zone)
    last = parse_date(last_text) if last_text else today
    first = parse_date(first_text) if first_text else min(last, today) - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise UserError(f"The range begins on {first} and ends on {last}.", "Let it end on or after its first day.")
    return Span(first, last, zone)


def parse_query(params: Sequence[Param], arguments: Arguments, site: Site, now: int) -> Query:
    """Read `arguments` (name to texts) as a question with these parameters.

    Raises:
        UserError: an unknown name, a missing or unreadable value; says which and what to write.
    """
    known = {param.name: param for param in params}
    unknown = [name for name in arguments if name not in known and name not in COMMON]
    if unknown:
        raise UserError(f"There is no parameter {unknown[0]!r} here.", f"Known: {', '.join([*known, *COMMON])}.")
    where = tuple(parse_people(text) for text in arguments.get("where", ()) if text.strip())
    where_not = tuple(parse_people(text) for text in arguments.get("where-not", ()) if text.strip())
    check_named((*where, *where_not), site.segments)
    name = _last(arguments, "segment")
    if name is not None:
        segment = site.segments.get(name)
        if segment is None:
            raise UserError(f"There is no segment {name!r}.", f"Known: {', '.join(site.segments) or 'none yet'}.")
        where, where_not = (*where, *segment.where), (*where_not, *segment.where_not)
    return Query(
        site=site,
        span=parse_span(arguments, site.zone, now),
        now=now,
        where=where,
        where_not=where_not,
        by=_last(arguments, "by"),
        include_bots=flag_set(arguments, "include-bots"),
        include_cookieless=flag_set(arguments, "include-cookieless"),
        values={param.name: _param_value(param, arguments.get(param.name, ())) for param in params},
        arguments=tuple(_given(known, arguments)),
    )


def _given(known: Mapping[str, Param], arguments: Arguments) -> Iterator[tuple[str, str]]:
    """What was given, in a canonical order; a bare flag is written out, since it says yes and an empty text nothing."""
    bare = flags(list(known.values()))
    for name in (*known, *COMMON):
        texts = arguments.get(name, ())
        yield from ((name, text if text.strip() else "1") for text in texts if name in bare or text.strip())
