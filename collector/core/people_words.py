"""Conditions on people as people say them: “a purchase at least 2 times, in the last 30 days”."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.called import CHANNEL_WORDS, DEVICE_WORDS
from collector.core.matcher import Condition, Matcher
from collector.core.people import Chain, Count, Did, Fact, PeopleCondition, Visit, When
from collector.core.text import T, Text, Value
from collector.core.words import words

Goals = Sequence[tuple[str, Matcher]]
_STATES = {
    "identified": T("being known by a user id"),
    "anonymous": T("being anonymous"),
    "new": T("being new in these days"),
    "returning": T("coming back in these days"),
}
_FACTS = {"segment": T("the segment “{name}”"), "stage": T("the stage “{name}”"), "trait": T("the trait {name}")}
_VISITS = {
    "device": T("a visit on {name}"),
    "os": T("a visit on {name}"),
    "browser": T("a visit with {name}"),
    "channel": T("a visit by {name}"),
    "medium": T("a visit by the medium {name}"),
    "campaign": T("a visit by the campaign {name}"),
    "landing": T("a visit that began on {name}"),
}
_TIMES = {
    "=": T("exactly {n} times"),
    "!=": T("not {n} times"),
    ">": T("more than {n} times"),
    ">=": T("at least {n} times"),
    "<": T("fewer than {n} times"),
    "<=": T("at most {n} times"),
}
_ONE_TIME = {
    "=": T("exactly once"),
    "!=": T("not exactly once"),
    ">": T("more than once"),
    ">=": T("at least once"),
    "<=": T("at most once"),
}
_KNOWN = {"channel": CHANNEL_WORDS, "device": DEVICE_WORDS}


def people_words(condition: PeopleCondition, goals: Goals = ()) -> Text:
    """A condition in words for the middle of a sentence, after “people with”."""
    if isinstance(condition, Matcher):
        return words(condition, goals)
    if isinstance(condition, Visit):
        known = _KNOWN.get(condition.name, {}).get(condition.pattern)
        return Text(_VISITS[condition.name].template, {"name": known or condition.pattern})
    if isinstance(condition, Fact):
        return _fact(condition)
    if isinstance(condition, Did):
        return _did(condition, goals)
    if isinstance(condition, Chain):
        return _joined([_step(condition, at, goals) for at in range(len(condition.steps))], T("{one}, then {other}"))
    return _joined([people_words(option, goals) for option in condition.options], T("{one} or {other}"))


def _joined(several: Sequence[Text], template: Text) -> Text:
    whole = several[0]
    for other in several[1:]:
        whole = Text(template.template, {"one": whole, "other": other})
    return whole


def _fact(fact: Fact) -> Text:
    if fact.kind == "is":
        return _STATES[fact.name]
    if fact.kind == "list":
        day, _, number = fact.name.rpartition("-")
        return T("a place on list {number}, kept on {day}", number=number, day=day)
    name = fact.name if fact.test is None else str(fact.test)[1:-1]
    return Text(_FACTS[fact.kind].template, {"name": name})


def _step(chain: Chain, at: int, goals: Goals) -> Text:
    limit, plain = chain.within[at], people_words(chain.steps[at], goals)
    return plain if limit is None else T("{what} within {time}", what=plain, time=_length(limit))


def _did(did: Did, goals: Goals) -> Text:
    told = [people_words(did.what, goals), *map(_place, did.visit), *map(_times, did.counts), *_when(did.when)]
    return (
        told[0] if len(told) == 1 else Text(T("{one} {other}").template, {"one": told[0], "other": _listed(told[1:])})
    )


def _listed(several: Sequence[Text]) -> Text:
    return _joined(several, T("{one}, {other}"))


def _place(condition: Condition) -> Text:
    known = _KNOWN.get(condition.key, {}).get(condition.value) if condition.op == "=" else None
    return T("in a visit with {what}", what=known or f"{condition.key} {condition.op} {condition.value}")


def _times(count: Count) -> Text:
    if (count.op, count.number) in (("=", 0), ("<", 1), ("<=", 0)):
        return T("never")
    if (count.op, count.number) == (">", 0):
        return _ONE_TIME[">="]
    if count.number == 1:
        return _ONE_TIME[count.op]
    return Text(_TIMES[count.op].template, {"n": Value(count.number, "count")})


def _when(when: When) -> list[Text]:
    told = []
    if when.last is not None:
        told.append(T("in the last {time}", time=_length(when.last)))
    if when.first is not None:
        told.append(T("within {time} of their first event", time=_length(when.first)))
    if when.since and when.until:
        told.append(T("from {first} to {last}", first=str(when.since), last=str(when.until)))
    elif when.since:
        told.append(T("since {first}", first=str(when.since)))
    elif when.until:
        told.append(T("until {last}", last=str(when.until)))
    return [*told, T("in these days")] if when.inside else told


def _length(ms: int) -> Value:
    return Value(ms / 1_000, "seconds")
