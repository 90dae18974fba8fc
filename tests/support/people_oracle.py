"""Who fits a condition on people, found by slow loops over the log: what the masks are held to."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from collector.core.event import Agent
from collector.core.matcher import Condition, Matcher, fits_pattern
from collector.core.people import AnyOf, Chain, Did, Fact, PeopleCondition, Segment, When
from collector.core.people import Visit as VisitCondition
from tests.support.visit_oracle import Visit, fits, visits
from tests.support.worlds import E

_OPS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What conditions are asked under: the range as days, the moment, the segments, and whether bots count."""

    zone: ZoneInfo
    days: tuple[date, date] | None
    now: int
    segments: Mapping[str, Segment]
    bots: bool = False

    def in_range(self, time: int) -> bool:
        return self.days is None or self.days[0] <= self.day(time) <= self.days[1]

    def day(self, time: int) -> date:
        return datetime.fromtimestamp(time / 1000, self.zone).date()


@dataclass(frozen=True, slots=True)
class Happened:
    """One event with the visit it belongs to."""

    visit: Visit
    number: int
    event: E

    @property
    def time(self) -> int:
        return self.event.time


def journeys_of(log: Sequence[E], users: Mapping[str, str], bots: bool) -> dict[str, list[Happened]]:
    """For each person the events that count, in order of time; everybody with any event is a key."""
    found: dict[str, list[Happened]] = {}
    for visit in visits(log, users):
        mine = found.setdefault(visit.person, [])
        mine += [Happened(visit, number, e) for number, e in visit.events if bots or not e.bot]
    return {person: sorted(mine, key=lambda one: (one.time, one.number)) for person, mine in found.items()}


def member(segment: Segment, mine: list[Happened], known: bool, asked: Question) -> bool:
    """Whether all of `where` and none of `where_not` holds of a person with these events."""
    return all(holds(one, mine, known, asked) for one in segment.where) and not any(
        holds(one, mine, known, asked) for one in segment.where_not
    )


def holds(condition: PeopleCondition, mine: list[Happened], known: bool, asked: Question) -> bool:
    """Whether a condition holds of a person with these events; `known` by a user id."""
    if isinstance(condition, AnyOf):
        return any(holds(option, mine, known, asked) for option in condition.options)
    if isinstance(condition, Fact):
        return _is(condition, mine, known, asked)
    if isinstance(condition, Chain):
        return _follow(condition, 0, [], mine, asked)
    did = condition if isinstance(condition, Did) else Did(condition)
    times = sum(_fits(did, one, mine, asked) for one in mine)
    return all(_OPS[count.op](times, count.number) for count in did.counts) if did.counts else times > 0


def _is(fact: Fact, mine: list[Happened], known: bool, asked: Question) -> bool:
    if fact.kind == "segment":
        return member(asked.segments[fact.name], mine, known, asked)
    if fact.name in ("identified", "anonymous"):
        return known == (fact.name == "identified")
    inside = [asked.in_range(one.time) for one in mine]
    return bool(mine) and (inside[0] if fact.name == "new" else any(inside) and mine[0].time < _start(asked))


def _start(asked: Question) -> float:
    if asked.days is None:
        return float("-inf")
    return datetime.combine(asked.days[0], datetime.min.time(), asked.zone).timestamp() * 1000


def _follow(chain: Chain, step: int, done: list[Happened], mine: list[Happened], asked: Question) -> bool:
    """Whether some different events fill the steps from this one on."""
    if step == len(chain.steps):
        return True
    limit = chain.within[step]
    for one in mine:
        if one in done or (done and one.time < done[-1].time) or not _fits(chain.steps[step], one, mine, asked):
            continue
        if done and limit is not None and one.time - done[-1].time > limit:
            continue
        if _follow(chain, step + 1, [*done, one], mine, asked):
            return True
    return False


def _fits(did: Did, one: Happened, mine: list[Happened], asked: Question) -> bool:
    return (
        _is_what(did.what, one)
        and all(_passes(condition, one.visit) for condition in did.visit)
        and _in_time(did.when, one, mine, asked)
    )


def _is_what(what: Matcher | VisitCondition, one: Happened) -> bool:
    if isinstance(what, Matcher):
        return fits(what, one.visit, one.number, one.event)
    pattern = "" if what.pattern == "(none)" else what.pattern.casefold()
    text = _of(what.name, one.visit).casefold()
    return one.number == one.visit.events[0][0] and fits_pattern(pattern, text, what.name == "landing")


def _of(name: str, visit: Visit) -> str:
    first = visit.events[0][1]
    if name == "landing":
        return first.path
    return str(getattr(visit.source if hasattr(visit.source, name) else first.agent or Agent(), name))


def _passes(condition: Condition, visit: Visit) -> bool:
    text, asked = _of(condition.key, visit), "" if condition.value == "(none)" else condition.value
    if condition.op == "~":
        return asked.casefold() in text.casefold()
    if condition.key == "landing":
        text, asked = text.rstrip("/"), asked.rstrip("/")
    return (text == asked) == (condition.op == "=")


def _in_time(when: When, one: Happened, mine: list[Happened], asked: Question) -> bool:
    return (
        (when.last is None or asked.now - when.last <= one.time <= asked.now)
        and (when.first is None or one.time - mine[0].time <= when.first)
        and (when.since is None or asked.day(one.time) >= when.since)
        and (when.until is None or asked.day(one.time) <= when.until)
        and (not when.inside or asked.in_range(one.time))
    )


_WHAT = (
    "page:/",
    "page:/pricing",
    "page:/**",
    "event:add",
    "event:buy",
    "event:*",
    "any",
    "any[total>=5]",
    "source:google",
    "source:retargeting",
)
_VISIT = ("device:mobile", "device:other", "browser:fire*", "channel:email", "campaign:(none)", "landing:/pricing")
_PLACE = ("", "", "", "[#device=mobile]", "[#source!=google]", "[#landing=/]", "[#campaign~CAR]", "[#os=(none)]")
_WHEN = (
    "",
    "",
    "",
    "[#last=1d]",
    "[#first=31m]",
    "[#from=2025-11-14]",
    "[#to=2025-11-14]",
    "[#in]",
    "[#first=1d][#in]",
)
_TIMES = ("", "", "[#times>=2]", "[#times=0]", "[#times!=1]", "[#times>1][#times<4]", "[#times<=2]")
_WITHIN = ("", "", "[#within=1s]", "[#within=30m]", "[#within=1d]")
_FACT = ("is:identified", "is:anonymous", "is:new", "is:returning", "segment:Buyers", "segment:Late")


def _joined(*choices: Sequence[str]) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from(choice) for choice in choices)).map("".join)


def conditions() -> st.SearchStrategy[str]:
    """Texts of conditions on the people of `visit_oracle.logs`."""
    one = _joined((*_WHAT, *_VISIT), _PLACE, _TIMES, _WHEN)
    first, later = _joined((*_WHAT, *_VISIT), _PLACE, _WHEN), _joined((*_WHAT, *_VISIT), _PLACE, _WHEN, _WITHIN)
    plain, plain_later = _joined(_WHAT), _joined(_WHAT, _WITHIN)
    chain = st.one_of(
        st.tuples(first, later),
        st.tuples(plain, plain_later),
        st.tuples(plain, plain_later, plain_later),
        st.tuples(plain, plain_later, plain_later, plain_later),
    ).map(" -> ".join)
    single = one | chain | st.sampled_from(_FACT)
    return single | st.lists(single, min_size=2, max_size=3).map(" | ".join)
