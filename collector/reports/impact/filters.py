"""Filters on people beside a question of cause: one that names what happened, or the goal, has decided the answer.

Of people who all chatted those who had not yet are compared with those who will; of people who all bought everybody
buys. Other filters on what people did may choose by what came afterwards, which is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TypeAlias

from collector.core.errors import UserError
from collector.core.event import PAGE, Kind, Source
from collector.core.matcher import Condition, Matcher, fits_pattern
from collector.core.people import Did, Fact, PeopleCondition, Visit, parts_of
from collector.core.query import Query
from collector.core.text import T, Text
from collector.core.times import day_start
from collector.journeys.journeys import Journeys
from collector.reports.named import value_of

_CAME = ("channel", "source", "medium", "campaign")
_BECAME = ("trait", "stage", "list")  # what people are told by now, whenever they became it
_KNOWN = ("identified", "anonymous")
Part: TypeAlias = Matcher | Did | Visit | Fact


def refuse_deciding(journeys: Journeys, query: Query, exposures: Sequence[Matcher], goal: Matcher) -> None:
    """See that no filter says who met an exposure or who reached the goal.

    Raises:
        UserError: one does; the first of them.
    """
    for text, part in _unbounded(query):
        for matchers, what in ((exposures, "met what is judged"), ((goal,), "reached the goal")):
            if _names(journeys, query, part, matchers):
                raise UserError(f"The filter {text} says who {what}, and so decides the answer.", "Take it away.")


def decided(journeys: Journeys, query: Query, matcher: Matcher) -> bool:
    """Whether one of the question's filters says who met this."""
    return any(_names(journeys, query, part, (matcher,)) for _, part in _unbounded(query))


def later_note(query: Query) -> list[Text]:
    """That filters may have chosen people by what came afterwards, where one of them may."""
    if not any(_may_be_later(part) for _, part in _unbounded(query)):
        return []
    return [
        T(
            "Filters that say what people did or became may choose them by what came afterwards, and so move the "
            "answer. One that looks at days before the range alone, like [#to=2026-01-31], cannot."
        )
    ]


def _unbounded(query: Query) -> Iterator[tuple[str, Part]]:
    """What the filters ask of people, those of named segments too, with the text of the filter; what lies before the
    range, and so before every exposure, aside.
    """
    seen: set[str] = set()

    def parts(conditions: Sequence[PeopleCondition], text: str = "") -> Iterator[tuple[str, Part]]:
        for condition in conditions:
            for part in parts_of(condition):
                told = text or str(condition)
                segment = query.site.segments.get(part.name) if isinstance(part, Fact) else None
                if not isinstance(part, Fact) or part.kind != "segment":
                    if not _before(query, part):
                        yield told, part
                elif segment is not None and part.name not in seen:
                    seen.add(part.name)
                    yield from parts((*segment.where, *segment.where_not), told)

    return parts((*query.where, *query.where_not))


def _before(query: Query, part: Part) -> bool:
    until = part.when.until if isinstance(part, Did) else None
    return until is not None and day_start(until + timedelta(days=1), query.site.zone) <= query.start


def _may_be_later(part: Part) -> bool:
    if isinstance(part, Fact):
        return part.kind in _BECAME or (part.kind == "is" and part.name in _KNOWN)
    if isinstance(part, Visit):
        return part.name in (*_CAME, "landing")  # a device is what people have, more than what they do
    return part != Matcher("any")


def _names(journeys: Journeys, query: Query, part: Part, matchers: Sequence[Matcher]) -> bool:
    if isinstance(part, Fact):
        return any(_shared(journeys, way, matcher) for way in _ways(query, part) for matcher in matchers)
    what = part.what if isinstance(part, Did) else part
    came = part.visit if isinstance(part, Did) else ()
    asked = [what, *(Visit(one.key, one.value) for one in came if one.op == "=")]
    return any(_shared(journeys, one, matcher) for one in asked for matcher in matchers)


def _ways(query: Query, fact: Fact) -> list[Matcher]:
    """What leads into a stage and into those after it, which whoever is in it has not come into."""
    names = [stage.name for stage in query.site.stages]
    if fact.kind != "stage" or fact.name not in names:
        return []
    return [way for stage in query.site.stages[names.index(fact.name) :] for way, _ in stage.ways]


def _shared(journeys: Journeys, asked: Matcher | Visit, matcher: Matcher) -> bool:
    """Whether one event or beginning of a visit can be both; `any` names nothing."""
    if "any" in (getattr(asked, "subject", ""), matcher.subject):
        return False
    if matcher.is_source:
        return any(_of_source(asked, one) and _of_source(matcher, one) for one in journeys.sources.values())
    if _apart(getattr(asked, "conditions", ()), matcher.conditions):
        return False
    return any(_of_kind(asked, kind) and matcher.fits_kind(kind) for kind in journeys.kinds.values())


def _of_source(asked: Matcher | Visit, source: Source) -> bool:
    if isinstance(asked, Matcher):
        return asked.is_source and asked.fits_source(source.channel, source.source)
    return asked.name in _CAME and fits_pattern(
        value_of(asked.pattern).casefold(), str(getattr(source, asked.name)).casefold()
    )


def _of_kind(asked: Matcher | Visit, kind: Kind) -> bool:
    if isinstance(asked, Matcher):
        return not asked.is_source and asked.fits_kind(kind)
    return asked.name == "landing" and kind.type == PAGE and fits_pattern(value_of(asked.pattern), kind.name, path=True)


def _apart(some: Sequence[Condition], others: Sequence[Condition]) -> bool:
    """Whether two sets of conditions ask for different values of one property, so that no event fits both."""
    asked = {one.key: one.value for one in some if one.op == "="}
    return any(one.op == "=" and asked.get(one.key, one.value) != one.value for one in others)
