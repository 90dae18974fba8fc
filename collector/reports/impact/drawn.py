"""Whose journeys are looked at: everybody exposed or at the goal, and of the many others a sample.

Neither of the two is common, so that they tell the most; the others stand for several each. Which are drawn is fixed
by a seed, and what drawing costs in certainty is inside the interval, since people are what intervals are clustered by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.event import AD_SEEN, CUSTOM
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int32, Int64, Part
from collector.reports.impact.lots import lots
from collector.reports.impact.plan import Plan
from collector.reports.numbers import numbers
from collector.reports.scope import choose, distinct_sorted, kind_mask, rows_of_any

MOST_ROWS = 250_000  # of people neither exposed nor at the goal, and as many of those at the goal only
MOST_EXPOSED = 100_000
TICKS_EACH = 24  # times away that a person is looked at beside the rows, where ads are seen elsewhere
NEVER = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One part's people: `place` in the part, `scale` (how many people each stands for), and the part's rows of the
    first exposure and the first goal (NEVER for none).
    """

    part: Part
    place: Int64
    scale: Float64
    exposed: Int64
    reached: Int64


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody the question is asked of, sampled or not.

    naive: goal rate, and money, of those never exposed, in as long a time from the first thing that each did in the
    range as the goal is given after an exposure; None where that is over for nobody.
    exposed: people whose first exposure lies in the range. share: the share of exposed people drawn.
    """

    drawn: list[Drawn]
    naive: tuple[float | None, float | None]
    exposed: int
    share: float


@dataclass(slots=True)
class _Found:
    part: Part
    chosen: Bool
    exposed: Int64
    reached: Int64


def draw(journeys: Journeys, query: Query, plan: Plan, rows: int = MOST_ROWS, exposed: int = MOST_EXPOSED) -> Crowd:
    """The people of an impact question.

    Args:
        rows: about how many rows of people neither exposed nor at the goal are kept, and of those at the goal only.
        exposed: about how many exposed people are kept.
    """
    found = [_find(journeys, query, plan, part) for part in journeys.each()]
    if plan.elsewhere:
        _leave_out_silent(journeys, found)
    shares = [min(1.0, rows / max(_rows_of(found, plan, won), 1)) for won in (False, True)]
    cases = sum(int(np.count_nonzero(_case(one, plan))) for one in found)
    of_exposed = min(1.0, exposed / max(cases, 1))
    drawn = [_draw(one, plan, shares, of_exposed) for one in found]
    return Crowd(drawn, _naive(journeys, query, plan, found), cases, of_exposed)


def _find(journeys: Journeys, query: Query, plan: Plan, part: Part) -> _Found:
    chosen = choose(journeys, part, query, lasting=True)
    if plan.new:
        first = part.time[part.person_row[:-1]]
        chosen &= (first >= plan.start) & (first < plan.end)
    exposed, reached = (
        first_of(rows, part.person, len(part.persons), NEVER)
        for rows in (
            exposure_rows(journeys, part, plan, query.include_bots),
            rows_of_any(journeys, part, [plan.goal], query.include_bots),
        )
    )
    # Who was exposed before the range began can be neither exposed in it nor compared with.
    early = exposed < NEVER
    early[early] = part.time[exposed[early]] < plan.start
    chosen &= ~early
    return _Found(part, chosen, exposed, reached)


def _leave_out_silent(journeys: Journeys, found: list[_Found]) -> None:
    """Leave out people whose browsers never tell of ads seen elsewhere: whether these saw any nobody knows.

    Where a server tells of impressions, that is of everybody.
    """
    agents = [one.part.agent[one.exposed[one.exposed < NEVER]] for one in found]
    told = np.unique(np.concatenate([np.empty(0, dtype=np.int32), *agents])).tolist()
    if any(number not in journeys.agents for number in told):
        return
    browsers = {journeys.agents[number].browser for number in told}
    able = np.array([number for number, agent in journeys.agents.items() if agent.browser in browsers])
    for one in found:
        tells = np.zeros(len(one.part.persons), dtype=np.bool_)
        tells[one.part.person[np.isin(one.part.agent, able)]] = True
        one.chosen &= tells


def exposure_rows(journeys: Journeys, part: Part, plan: Plan, include_bots: bool) -> Int64:
    """Ascending rows that fit any of the exposures.

    An ad that is seen elsewhere counts only where nothing else is asked for: nobody came to the site by it, so that
    its moments are of another sort.
    """
    rows = rows_of_any(journeys, part, plan.exposures, include_bots)
    return rows if plan.elsewhere else rows[~ad_kinds(journeys)[part.kind[rows]]]


def ad_kinds(journeys: Journeys) -> Bool:
    """For each kind whether it is an ad that was seen elsewhere."""
    return kind_mask(journeys, lambda kind: kind.type == CUSTOM and kind.name == AD_SEEN)


def first_of(rows: Int64, person: Int64 | Int32, people: int, never: int) -> Int64:
    """Each person's first of these ascending rows; `never` where there is none."""
    found = np.full(people, never, dtype=np.int64)
    found[person[rows[::-1]]] = rows[::-1]  # of several writes to one place the last one, here the first row, stays
    return found


def _rows_of(found: list[_Found], plan: Plan, won: bool) -> int:
    """How many rows there are of people never exposed, either at the goal or not, with what is added to them."""
    each = TICKS_EACH if plan.elsewhere else 0
    return sum(int((np.diff(one.part.person_row)[_unexposed(one, won)] + each).sum()) for one in found)


def _unexposed(one: _Found, won: bool) -> Bool:
    return np.asarray(one.chosen & (one.exposed == NEVER) & ((one.reached < NEVER) == won))


def _case(one: _Found, plan: Plan) -> Bool:
    case = one.chosen & (one.exposed < NEVER)
    case[case] = one.part.time[one.exposed[case]] < plan.end
    return case


def _draw(one: _Found, plan: Plan, shares: list[float], of_exposed: float) -> Drawn:
    chance = np.ones(len(one.chosen))
    for won, share in enumerate(shares):
        chance[_unexposed(one, bool(won))] = share
    chance[_case(one, plan)] = of_exposed
    place = np.flatnonzero(one.chosen & (lots(one.part.persons) < chance))
    return Drawn(one.part, place, 1 / chance[place], one.exposed[place], one.reached[place])


def _naive(journeys: Journeys, query: Query, plan: Plan, found: list[_Found]) -> tuple[float | None, float | None]:
    people, won, money = 0, 0, 0.0
    for one in found:
        part, begun = one.part, _begun(one.part, plan, query.include_bots)
        over = one.chosen & (one.exposed == NEVER) & (begun <= plan.as_of - plan.horizon)
        rows = rows_of_any(journeys, part, [plan.goal], query.include_bots)
        person = part.person[rows]
        after = part.time[rows] - begun[person]
        rows = rows[over[person] & (after >= 0) & (after <= plan.horizon)]
        people += int(np.count_nonzero(over))
        won += distinct_sorted(part.person[rows])
        money += float(values(journeys, part, plan, rows).sum())
    return (won / people, money / people) if people else (None, None)


def _begun(part: Part, plan: Plan, include_bots: bool) -> Int64:
    """When each person first did anything within the range, ms UTC; NEVER for nothing."""
    inside = (part.time >= plan.start) & (part.time < plan.end) & part.counted(include_bots)
    return np.minimum.reduceat(np.where(inside, part.time, NEVER), part.person_row[:-1]) if part.size else part.time


def active(part: Part, plan: Plan, include_bots: bool) -> Bool:
    """Who did anything within the range."""
    low, high = part.bounds if part.size else (0, 0)
    if plan.start <= low and high < plan.end:
        rows = np.diff(part.person_row)
        others = part.person[np.flatnonzero(~part.counted(include_bots))]
        return np.asarray(rows > np.bincount(others, minlength=len(rows)))
    inside = (part.time >= plan.start) & (part.time < plan.end) & part.counted(include_bots)
    found = np.zeros(len(part.persons), dtype=np.bool_)
    found[part.person[inside]] = True
    return found


def values(journeys: Journeys, part: Part, plan: Plan, rows: Int64) -> Float64:
    """The money of these rows: of the property that is asked for, else of the event; 0 where there is none."""
    if plan.value is None:
        return np.nan_to_num(part.value[rows])
    return np.nan_to_num(numbers(journeys, part, plan.value, rows))
