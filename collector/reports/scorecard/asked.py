"""The question as the blocks of this room need it: what a cart and a purchase are, and which stretches of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Query
from collector.core.times import Span, day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Part
from collector.reports.local_days import Periods, bounded, day_number
from collector.reports.overview_trend import auto_interval, earlier_span, same_part, whole_span
from collector.reports.people_mask import of_range
from collector.reports.scope import choose

BOUGHT = parse_matcher("event:purchase")
_DAYS = {"day": 1, "week": 7, "month": 30}
_LINKED = ("people", "at", "group", "subset", "limit")


class Stretch(NamedTuple):
    """From an instant to the one after the last, ms UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    cart, purchase: what begins a cart and what ends it; purchase is None where the site has no goal and sent none.
    window: ms within which a cart is bought. stretch: the range. past: the whole period before it, None for all time
    and where the site's events begin later. before: what the range is compared with, cut off where the range is under
    way, None for no comparison, and `past_before` the whole period before that. short: whether the site's events begin
    within `before` or after it. periods: of the trends, from the one before the range on. under_way: whether the range
    is not over.
    """

    cart: Matcher
    purchase: Matcher | None
    window: int
    stretch: Stretch
    past: Stretch | None
    before: Span | None
    past_before: Stretch | None
    periods: Periods
    short: bool
    under_way: bool
    now: int

    def places(self, days: Int32) -> Int32:
        """The period of each day, -1 where none of the trends' holds it."""
        found = self.periods.of_days(days)
        found[days > day_number(day_of(int(self.periods.ends[-1]) - 1, self.periods.zone))] = -1
        return found

    def whole(self, period: int) -> Stretch:
        """A period of the trends as a stretch."""
        return Stretch(int(self.periods.starts[period]), int(self.periods.ends[period]))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A part, the persons of it that are asked for, and those of them who can be followed for longer than a day.

    past: such persons of the period before the range, other ones where the filters speak of the range.
    """

    part: Part
    chosen: Bool
    lasting: Bool
    past: Bool


def asked(journeys: Journeys, query: Query) -> Asked:
    """Read the question.

    Raises:
        UserError: a range of more periods than a plot should have.
    """
    span = whole_span(journeys, query)
    unit = str(query.values["interval"])
    if unit == "auto":
        unit = {"hour": "day"}.get(auto_interval(span.days), auto_interval(span.days))
    last = max(span.first, min(span.last, day_of(query.now, span.zone)))
    bounded((last - span.first).days // _DAYS[unit], unit)
    whole = query.span is not None
    earlier = earlier_span(span, str(query.values["compare"])) if whole else None
    under_way = span.start < query.now < span.end
    times = [part.bounds[0] for part in journeys.each() if part.size]
    began = day_of(min(times, default=query.now), span.zone)
    cart, window = query.values["cart"], query.values["window"]
    return Asked(
        cart=cart if isinstance(cart, Matcher) else parse_matcher("event:add_to_cart"),
        purchase=_purchase(journeys, query),
        window=window if isinstance(window, int) else 0,
        stretch=Stretch(query.start, query.end),
        past=_whole(span.previous()) if whole and span.previous().first >= began else None,
        before=same_part(span, earlier, query.now) if earlier else None,
        past_before=_whole(earlier.previous()) if earlier and earlier.previous().first >= began else None,
        periods=Periods(
            unit, Span(span.first, span.first, span.zone).cuts(unit)[0][0] - timedelta(days=1), last, span.zone
        ),
        short=earlier is not None and earlier.first < began,
        under_way=under_way,
        now=query.now,
    )


def _purchase(journeys: Journeys, query: Query) -> Matcher | None:
    """What was asked for, else the event purchase where it was ever sent, else the site's first goal."""
    given = query.values["purchase"]
    if isinstance(given, Matcher):
        return given
    if journeys.kind_ids(BOUGHT) or not query.site.goals:
        return BOUGHT if journeys.kind_ids(BOUGHT) else None
    return query.site.goals[0][1]


def _whole(span: Span) -> Stretch:
    return Stretch(span.start, span.end)


def look_at(journeys: Journeys, query: Query) -> list[Seen]:
    """Every part with the persons asked for."""
    found = []
    before = replace(query, span=query.span.previous()) if query.span is not None and of_range(query) else None
    for part in journeys.each():
        chosen = choose(journeys, part, query)
        same = query.include_cookieless or journeys.of_a_day(part) is None
        lasting = chosen if same else choose(journeys, part, query, lasting=True)
        past = lasting if before is None else choose(journeys, part, before, lasting=True)
        found.append(Seen(part, chosen, lasting, past))
    return found


def link(query: Query, which: str, at: str = "", group: str = "", subset: str = "") -> tuple[tuple[str, str], ...]:
    """The arguments of a list of people: `at` is the first day of a period of the trends."""
    kept = tuple(pair for pair in query.arguments if pair[0] not in _LINKED)
    more = (("people", which), ("at", at), ("group", group), ("subset", subset))
    return (*kept, *(pair for pair in more if pair[1]))
