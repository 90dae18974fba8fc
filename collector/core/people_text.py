"""The texts of conditions on people, read; `str` writes them (see `collector.core.people` for what they say)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from collector.core.errors import UserError
from collector.core.matcher import MAX_LENGTH, SUBJECTS, Condition, Matcher, last_condition, parse_matcher
from collector.core.people import (
    ALWAYS,
    FACTS,
    MOST_STEPS,
    STATES,
    VISIT,
    VISIT_SUBJECTS,
    AnyOf,
    Chain,
    Count,
    Did,
    Fact,
    PeopleCondition,
    Segment,
    Visit,
    When,
    segments_in,
)
from collector.core.times import parse_date, parse_duration

_ALL = (*SUBJECTS, *VISIT_SUBJECTS, *FACTS)
# A sign joins two conditions only where one begins after it, so that names may hold it.
_JOINT = re.compile(rf"\s+(->|\|)\s+(?=any(?:\s|\[|$)|(?:{'|'.join(_ALL)}):)")
_SIGN = r"(?:!=|>=|<=|=|>|<|~)"
_QUOTED = r"\"(?:[^\"\\]|\\.)*\""
# The > of a sign between conditions compares nothing: a name that merely holds a [ takes no sign with it.
_KEY = r"(?:(?!\s(?:\||->)\s)[^\[\]=!<>~])+"
_BRACKET = re.compile(rf"\[{_KEY}{_SIGN}(?:{_QUOTED}\]|[^\]]*\])", re.DOTALL)
_TRAIT = re.compile(rf"\s*trait:{_KEY}{_SIGN}{_QUOTED}", re.DOTALL)
_DEEPEST = 20
_WITHIN = "within"
_TIMES = "times"
_DURATIONS = ("last", "first", _WITHIN)
_DAYS = ("from", "to")
_HASH = (_TIMES, *_DURATIONS, *_DAYS, *VISIT)
# The same without a sign, which a matcher would take for a part of a name.
_MARK = re.compile(rf"\[#(?:in|{'|'.join(_HASH)})\]$")
_LIST = re.compile(r"\d{4}-\d\d-\d\d-[1-9]\d{0,17}", re.ASCII)
_HELP = (
    "Write what they did, like event:purchase[#times>=2][#last=30d], an order like page:/pricing -> event:signup, "
    "or what they are: device:mobile, is:identified, trait:plan=pro, segment:Name."
)


class _Piece(NamedTuple):
    """One condition of a text with what its brackets say."""

    head: PeopleCondition
    within: int | None
    text: str


def parse_people(text: str) -> PeopleCondition:
    """The condition written as `text`; that of a matcher alone is the matcher itself.

    Raises:
        UserError: what cannot be read, and what to write.
    """
    if len(text.strip()) > MAX_LENGTH:
        raise UserError("This condition is too long.", f"At most {MAX_LENGTH} characters.")
    options = tuple(dict.fromkeys(_chain(option) for option in _options(text.strip())))
    return options[0] if len(options) == 1 else AnyOf(options)


def parse_kept(text: str) -> PeopleCondition:
    """A condition that was saved, also by a version that read its text as a matcher alone."""
    try:
        return parse_people(text)
    except UserError:
        return parse_matcher(text)


def parse_one(text: str) -> Matcher:
    """The one matcher written as `text`, where a report's parameter, a step or a goal takes no condition on people.

    Raises:
        UserError: what cannot be read; or what is said of people, which as a matcher would be a name that nothing has.
    """
    for joint in _joints(text) if _JOINT.search(text) else ():
        raise UserError(
            f"{text.strip()!r} is more than one: {joint[1]} joins conditions on people.",
            "Name one here, perhaps with * for a part of its name; say the whole under Who is counted (--where).",
        )
    found = parse_matcher(text)
    said = [str(one) for one in found.conditions if one.key.startswith("#")]
    if mark := _MARK.search(found.pattern):
        said.append(mark[0])
    if said:
        raise UserError(f"{said[0]} in {text.strip()!r} is said of people.", "Put it under Who is counted (--where).")
    return found


def written(condition: PeopleCondition) -> str:
    """The condition's text, which reads as the condition again.

    Raises:
        UserError: a name in it reads otherwise within a text.
    """
    text = str(condition)
    try:
        if parse_people(text) == condition:
            return text
    except UserError:
        pass  # told below, in the words of whoever wants it written
    raise UserError(f"{text!r} cannot be kept: a name in it reads as something else.", "Use * for a part of the name.")


def check_segments(segment: Segment, known: Mapping[str, Segment]) -> None:
    """See that what a segment names exists and does not lead back to it.

    Raises:
        UserError: a name that nothing has, or a circle, with its names in order.
    """
    _walk(segment, known, (segment.name,), set())


def _walk(segment: Segment, known: Mapping[str, Segment], path: tuple[str, ...], good: set[str]) -> None:
    for name in dict.fromkeys(segment.named):
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            raise UserError(f"These segments go round in a circle: {circle}.", "Let one of them say it otherwise.")
        if name not in known:
            raise UserError(f"There is no segment {name!r}.", f"Known: {', '.join(known) or 'none yet'}.")
        if len(path) > _DEEPEST:
            raise UserError(f"{name!r} is a segment of a segment, {_DEEPEST} times over.", "Say some of them at once.")
        if name not in good:
            _walk(known[name], known, (*path, name), good)
    good.add(segment.name)


def check_named(conditions: tuple[PeopleCondition, ...], known: Mapping[str, Segment]) -> None:
    """See that all segments that these conditions name exist.

    Raises:
        UserError: a name that nothing has.
    """
    for name in (name for condition in conditions for name in segments_in(condition)):
        if name not in known:
            raise UserError(f"There is no segment {name!r}.", f"Known: {', '.join(known) or 'none yet'}.")


def _joints(text: str) -> Iterator[re.Match[str]]:
    """The signs between conditions: those outside brackets and quotes."""
    trait = _TRAIT.match(text)
    at = trait.end() if trait else 0
    while at < len(text):
        found = (_BRACKET if text[at] == "[" else _JOINT).match(text, at)
        at = found.end() if found else at + 1
        if found and found[0][0] != "[":
            yield found
            trait = _TRAIT.match(text, at)
            at = trait.end() if trait else at


def _options(text: str) -> Iterator[list[str]]:
    """The texts between `|`, each as the texts between `->`."""
    steps: list[str] = []
    begin = 0
    for joint in _joints(text):
        steps.append(text[begin : joint.start()])
        begin = joint.end()
        if joint[1] == "|":
            yield steps
            steps = []
    yield [*steps, text[begin:]]


def _chain(texts: list[str]) -> Matcher | Did | Visit | Fact | Chain:
    pieces = [_piece(text.strip()) for text in texts]
    first = pieces[0]
    if first.within is not None:
        raise UserError(f"{first.text!r} is within some time of nothing.", "Write [#within=7d] after a later step.")
    if len(pieces) == 1:
        return first.head  # type: ignore[return-value]
    if len(pieces) > MOST_STEPS:
        raise UserError(f"This order has {len(pieces)} steps.", f"At most {MOST_STEPS}.")
    return Chain(tuple(_step(piece) for piece in pieces), tuple(piece.within for piece in pieces))


def _step(piece: _Piece) -> Did:
    if isinstance(piece.head, Matcher | Visit):
        return Did(piece.head)
    if not isinstance(piece.head, Did):
        raise UserError(f"{piece.text!r} does not happen at a time.", "Leave it out of the order, as a condition too.")
    if piece.head.counts:
        raise UserError(f"{piece.text!r} counts within an order.", "Name the step twice, or count it by itself.")
    return piece.head


def _piece(text: str) -> _Piece:
    subject, colon, rest = text.partition(":")
    if colon and subject in FACTS:
        return _Piece(_fact(subject, rest.strip(), text), None, text)
    rest, found, inside = _brackets(text)
    marks = [one for one in found if one.key.startswith("#")]
    own = tuple(one for one in found if not one.key.startswith("#"))
    head = _head(rest, own, text)
    when, counts, visit, within = _said(marks, inside, text)
    plain = when == ALWAYS and not counts and not visit
    return _Piece(head if plain else Did(head, visit, counts, when), within, text)


def _head(text: str, conditions: tuple[Condition, ...], whole: str) -> Matcher | Visit:
    subject, colon, pattern = text.partition(":")
    if colon and subject in VISIT_SUBJECTS:
        if conditions:
            raise UserError(f"{whole!r}: a visit has no properties.", "Write [#last=30d] and the like, with #.")
        if not pattern.strip():
            raise UserError(f"{whole!r} names nothing after the colon.", _HELP)
        return Visit(subject, pattern.strip())
    try:
        plain = parse_matcher(text)
    except UserError as error:
        raise UserError(
            f"{whole!r} is no condition." if "not a matcher" in error.message else error.message, _HELP
        ) from (error)
    return Matcher(plain.subject, plain.pattern, conditions)


def _brackets(text: str) -> tuple[str, list[Condition], bool]:
    """The text before the brackets that it ends with, these, and whether `[#in]` is among them."""
    found: list[Condition] = []
    inside = False
    rest = text
    while True:
        if rest.endswith("[#in]"):
            rest, inside = rest.removesuffix("[#in]").rstrip(), True
        elif last := last_condition(rest):
            rest = last[0]
            found.insert(0, last[1])
        else:
            return rest, found, inside


def _said(
    marks: list[Condition], inside: bool, text: str
) -> tuple[When, tuple[Count, ...], tuple[Condition, ...], int | None]:
    """What the brackets with `#` say: when, how often, in which visits, how long after the step before."""
    durations: dict[str, int] = {}
    days = {}
    counts: list[Count] = []
    visit: list[Condition] = []
    for mark in marks:
        name = mark.key.removeprefix("#").strip()
        if name not in _HASH:
            raise UserError(
                f"{str(mark)!r} in {text!r} says nothing of people.",
                f"Known: #in, {', '.join('#' + known for known in _HASH)}.",
            )
        if name == _TIMES:
            counts.append(_count(mark))
        elif name in VISIT:
            visit.append(_of_visit(name, mark))
        elif mark.op != "=" or name in durations or name in days:
            raise UserError(f"{str(mark)!r} in {text!r} cannot be read.", f"Write [#{name}=…] once.")
        elif name in _DAYS:
            days[name] = parse_date(mark.value)
        else:
            durations[name] = parse_duration(mark.value)
    when = When(durations.get("last"), durations.get("first"), days.get("from"), days.get("to"), inside)
    if when.since and when.until and when.since > when.until:
        raise UserError(f"{text!r} begins on {when.since} and ends on {when.until}.", "Let it end later.")
    return when, tuple(counts), tuple(visit), durations.get(_WITHIN)


def _count(mark: Condition) -> Count:
    if mark.op == "~" or not mark.value.isdecimal() or not mark.value.isascii() or len(mark.value) > 9:
        raise UserError(f"{str(mark)!r} is no number of times.", "Write [#times>=2], [#times=1] or [#times<5].")
    return Count(mark.op, int(mark.value))


def _of_visit(name: str, mark: Condition) -> Condition:
    if mark.op not in ("=", "!=", "~"):
        raise UserError(f"{str(mark)!r} cannot be read.", f"Write [#{name}=…], [#{name}!=…] or [#{name}~…].")
    return Condition(name, mark.op, mark.value)


def _fact(kind: str, rest: str, text: str) -> Fact:
    if not rest:
        raise UserError(f"{text!r} names nothing after the colon.", _HELP)
    if kind == "is" and rest not in STATES:
        raise UserError(f"Nobody is {rest!r}.", f"Known: {', '.join(f'is:{state}' for state in STATES)}.")
    if kind == "list" and not _LIST.fullmatch(rest):
        raise UserError(f"{text!r} is no kept list.", "Write its day and its number: list:2026-11-22-7.")
    if kind != "trait":
        return Fact(kind, rest)
    found = last_condition(f"[{rest}]")
    if found and not found[0]:
        return Fact(kind, found[1].key, found[1])
    if set(rest) & set("[]=!<>~"):
        raise UserError(
            f"{text!r} cannot be read.", 'Write trait:plan=pro, trait:seats>=5, trait:name="a]b", trait:plan.'
        )
    return Fact(kind, rest)
