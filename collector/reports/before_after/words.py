"""The answer in a sentence, and what keeps it from being more than it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.reports.before_after.blocks import count_lines, rate_lines
from collector.reports.before_after.measures import Change, Pair
from collector.reports.before_after.windows import Windows
from collector.reports.cookieless import count_daily, day_note
from collector.reports.overview_counts import View

FEW = 100
_NAMED = 5

# Whole sentences, not pieces: pieces cannot be translated.
_GOAL = {
    "more": T(
        "From {day} on, {after} of people reached {goal}, up from {before}; the difference of {apart} "
        "({low} to {high}) is more than chance would bring."
    ),
    "fewer": T(
        "From {day} on, {after} of people reached {goal}, down from {before}; the difference of {apart} "
        "({low} to {high}) is more than chance would bring."
    ),
    "unclear": T(
        "From {day} on, {after} of people reached {goal}, beside {before} in the weeks before; chance alone may bring "
        "such a difference ({low} to {high})."
    ),
}
_PEOPLE = {
    "more": T("From {day} on, {after} people came in {weeks} weeks, up from {before} in as many weeks before."),
    "fewer": T("From {day} on, {after} people came in {weeks} weeks, down from {before} in as many weeks before."),
    "unclear": T(
        "From {day} on, {after} people came in {weeks} weeks, beside {before} in as many weeks before: no clear "
        "difference."
    ),
}


def headline(query: Query, days: Windows, pair: Pair) -> Text:
    """The first goal's rate, or without goals the number of people."""
    if not pair.before.people and not pair.after.people:
        return T("Nobody came in these weeks.")
    rates = rate_lines(query, pair, None)
    day = Value(days.day.isoformat(), "date")
    if rates and rates[0].change.apart is not None:
        found = rates[0].change
        values = {"day": day, "goal": rates[0].name, "before": Value(found.before, "ratio")}
        values |= {"after": Value(found.after, "ratio"), "apart": Value(found.apart, "points")}
        values |= {"low": Value(found.low, "points"), "high": Value(found.high, "points")}
        return Text(_GOAL[_side(found)].template, values)
    found = count_lines(pair, None)[0].change
    values = {"day": day, "weeks": days.weeks}
    values |= {"before": Value(found.before, "count"), "after": Value(found.after, "count")}
    return Text(_PEOPLE[_side(found)].template, values)


def _side(change: Change) -> str:
    return "unclear" if not change.clear or not change.apart else "more" if change.apart > 0 else "fewer"


def too_short(days: Windows) -> Text:
    """Why nothing is compared."""
    if days.passed < 7:
        return T(
            "Only {n} of 7 days are over since {day}: a comparison needs a whole week, so that each day of the week is "
            "there.",
            n=days.passed,
            day=Value(days.day.isoformat(), "date"),
        )
    return T(
        "There is less than a whole week of events before {day}, so that there is nothing to compare with.",
        day=Value(days.day.isoformat(), "date"),
    )


def notes(
    journeys: Journeys,
    query: Query,
    days: Windows,
    pair: Pair,
    once: tuple[Sequence[str], Sequence[str]],
    views: tuple[Sequence[View], Sequence[View]],
) -> list[Text]:
    """The cautions, the one that always holds first."""
    found: list[Text | None] = [
        T(
            "This is not an experiment: it compares days, and all else that happened then is in the difference too. "
            "What something changed for people alike, Impact estimates."
        ),
        T(
            "Compared are {first} to {middle} and {day} to {last}.",
            first=str(days.before.first),
            middle=str(days.before.last),
            day=str(days.after.first),
            last=str(days.after.last),
        ),
        _fewer_weeks(days),
        _season(days),
        _others(query, days),
        *_tracking(once),
        _both(pair),
        T("Few people came: only great differences can be told from chance.")
        if min(pair.before.people, pair.after.people) < FEW
        else None,
        _unused_span(query),
        _daily(journeys, pair, views),
        T("Bots are included.") if query.include_bots else None,
    ]
    return [one for one in found if one is not None]


def _fewer_weeks(days: Windows) -> Text | None:
    if days.weeks == days.asked:
        return None
    if days.passed // 7 == days.weeks:
        return T("Whole weeks that are over since then: {n}, of {asked} asked for.", n=days.weeks, asked=days.asked)
    return T("Whole weeks with events before it: {n}, of {asked} asked for.", n=days.weeks, asked=days.asked)


def _season(days: Windows) -> Text:
    if days.then is None:
        return T("There is nothing to compare with a year before, so that the season cannot be told from the change.")
    return T(
        "The columns “A year before” and “Beyond that” are a hint at the season: the same weeks, 52 weeks earlier, "
        "which had events of their own."
    )


def _others(query: Query, days: Windows) -> Text | None:
    first, last = days.before.first, days.after.last
    near = [one for one in query.site.annotations if first <= one.day <= last and one.day != days.day]
    same = [one for one in query.site.annotations if one.day == days.day]
    if len(same) > 1:
        near += same[1:]
    if not near:
        return None
    near.sort(key=lambda one: abs((one.day - days.day).days))
    named = "; ".join(f"{one.day} {one.text}" for one in near[:_NAMED])
    return T("Other marks in these weeks may be the reason too ({n}): {list}.", n=len(near), list=named)


def _tracking(once: tuple[Sequence[str], Sequence[str]]) -> list[Text | None]:
    gone, new = (", ".join(names[:_NAMED]) for names in once)
    return [
        T("Seen only before: {list}. Was the tracking changed?", list=gone) if gone else None,
        T("Seen only from then on: {list}. What was not counted before may look like a change.", list=new)
        if new
        else None,
    ]


def _both(pair: Pair) -> Text | None:
    if not pair.both:
        return None
    return T(
        "{n} people came on both sides, {share} of those after; they are counted on each.",
        n=Value(pair.both, "count"),
        share=Value(pair.both / pair.after.people, "ratio"),
    )


def _unused_span(query: Query) -> Text | None:
    given = any(name in ("from", "to", "period", "all-time") for name, _ in query.arguments)
    text = T("The range of days is not used here: the day and the length of each side say which days.")
    return text if given else None


def _daily(journeys: Journeys, pair: Pair, views: tuple[Sequence[View], Sequence[View]]) -> Text | None:
    if not len(journeys.cookieless):
        return None
    daily = 0
    for view in (*views[0], *views[1]):
        there = np.zeros(len(view.part.persons), dtype=np.bool_)
        there[view.person] = True
        daily += count_daily(journeys, view.part, there)
    return day_note(daily, pair.before.people + pair.after.people)
