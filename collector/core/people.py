"""What a set of people is told by: what they did, how often, when and in what order, and what they are.

The text of a condition holds that of a matcher: `event:purchase[total>=100]` means people who ever did that. Beside
the properties of the event, brackets whose name begins with `#` say more of the people:

* `[#times>=2]` how often (`= != > >= < <=`; `[#times=0]` is never);
* `[#last=30d]` not longer ago than that, `[#first=7d]` not later than that after the person's first event,
  `[#from=2026-01-01]` and `[#to=2026-01-31]` on these days of the site's zone, `[#in]` in the range of the report;
* `[#device=mobile]` in such a visit (`= != ~`; see `VISIT`).

`page:/pricing -> event:signup[#within=7d]` is an order: each event after the one before it, at most so much later;
one event fills one step, and two at the same time may stand in either order. `device:mobile` is a visit like that, by
its first event. `is:identified`, `trait:plan=pro`, `segment:Buyers` and `stage:Trial` are what a person is;
`list:2026-11-22-7` is to stand on a list that was kept on that day. `A | B` holds where one of the two does. Ends of
stretches of time are inside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

from collector.core.matcher import Condition, Matcher, quoted
from collector.core.times import format_duration

# What a visit has, by its first event.
VISIT = ("channel", "source", "medium", "campaign", "device", "os", "browser", "landing")
# Kinds of visits that go by a name of their own; `source:` is a matcher already.
VISIT_SUBJECTS = tuple(name for name in VISIT if name != "source")
STATES = ("identified", "anonymous", "new", "returning")
FACTS = ("is", "trait", "segment", "stage", "list")
MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit whose `name` (one of `VISIT`) fits `pattern`, case aside; `(none)` is an empty value."""

    name: str
    pattern: str

    def __str__(self) -> str:
        return f"{self.name}:{self.pattern}"


@dataclass(frozen=True, slots=True)
class Count:
    """How often: `op` is one of `= != > >= < <=`."""

    op: str
    number: int

    def __str__(self) -> str:
        return f"[#times{self.op}{self.number}]"


@dataclass(frozen=True, slots=True)
class When:
    """Stretches of time that all hold: `last` ms before now, `first` ms after the first event, days, the range."""

    last: int | None = None
    first: int | None = None
    since: date | None = None
    until: date | None = None
    inside: bool = False

    def __str__(self) -> str:
        told = [
            f"[#last={format_duration(self.last)}]" if self.last is not None else "",
            f"[#first={format_duration(self.first)}]" if self.first is not None else "",
            f"[#from={self.since}]" if self.since else "",
            f"[#to={self.until}]" if self.until else "",
            "[#in]" if self.inside else "",
        ]
        return "".join(told)


ALWAYS = When()


@dataclass(frozen=True, slots=True)
class Did:
    """Did something: what, in which visits, how often (all of `counts` hold; once or more without) and when."""

    what: Matcher | Visit
    visit: tuple[Condition, ...] = ()
    counts: tuple[Count, ...] = ()
    when: When = ALWAYS

    def __str__(self) -> str:
        places = "".join("[#" + str(one).removeprefix("[") for one in self.visit)
        return f"{self.what}{places}{''.join(map(str, self.counts))}{self.when}"


@dataclass(frozen=True, slots=True)
class Chain:
    """Things done in this order; `within[n]` is how many ms after the one before step n may be, None for any."""

    steps: tuple[Did, ...]
    within: tuple[int | None, ...]

    def __str__(self) -> str:
        ends = ["" if limit is None else f"[#within={format_duration(limit)}]" for limit in self.within]
        return " -> ".join(f"{step}{end}" for step, end in zip(self.steps, ends, strict=True))


@dataclass(frozen=True, slots=True)
class Fact:
    """What a person is: `kind` is one of `FACTS`, `name` which; a trait's value is tested where `test` is given."""

    kind: str
    name: str
    test: Condition | None = None

    def __str__(self) -> str:
        if self.test is None:
            return f"{self.kind}:{self.name}"
        # Outside brackets a value that holds one of the signs between conditions stands in quotes too.
        if "|" in self.test.value or "->" in self.test.value:
            return f"{self.kind}:{self.name}{self.test.op}{quoted(self.test.value)}"
        return f"{self.kind}:{str(self.test)[1:-1]}"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these, or more."""

    options: tuple[Matcher | Did | Chain | Visit | Fact, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.options))


PeopleCondition: TypeAlias = Matcher | Did | Chain | Visit | Fact | AnyOf


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved set of people: those of whom all of `where` and none of `where_not` holds."""

    name: str
    where: tuple[PeopleCondition, ...] = field(default=())
    where_not: tuple[PeopleCondition, ...] = field(default=())

    @property
    def named(self) -> Iterator[str]:
        """The other segments that this one names."""
        for condition in (*self.where, *self.where_not):
            yield from segments_in(condition)


def parts_of(condition: PeopleCondition) -> tuple[Matcher | Did | Visit | Fact, ...]:
    """A condition taken apart into what is done and what people are."""
    if isinstance(condition, AnyOf):
        return tuple(part for option in condition.options for part in parts_of(option))
    return condition.steps if isinstance(condition, Chain) else (condition,)


def segments_in(condition: PeopleCondition) -> Iterator[str]:
    """The names of the saved segments in a condition."""
    return (part.name for part in parts_of(condition) if isinstance(part, Fact) and part.kind == "segment")


def lists_in(segment: Segment) -> Iterator[str]:
    """The names of the kept lists in a segment's own conditions."""
    for condition in (*segment.where, *segment.where_not):
        yield from (part.name for part in parts_of(condition) if isinstance(part, Fact) and part.kind == "list")


def renamed(condition: PeopleCondition, old: str, new: str) -> PeopleCondition:
    """The condition after a segment's name was changed."""
    if isinstance(condition, Fact) and condition.kind == "segment" and condition.name == old:
        return replace(condition, name=new)
    if isinstance(condition, AnyOf):
        options = (renamed(option, old, new) for option in condition.options)
        return AnyOf(tuple(option for option in options if not isinstance(option, AnyOf)))
    return condition
