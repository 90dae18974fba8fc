"""What keeps a difference from being more than it is, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.core.times import DAY, SECOND, Span
from collector.journeys.journeys import Journeys
from collector.reports.before_after.measures import Pair
from collector.reports.before_after.windows import Windows
from collector.reports.cookieless import count_daily, day_note
from collector.reports.counted import told
from collector.reports.impact.filters import later_note
from collector.reports.overview_counts import View

FEW = 100
_NAMED = 5


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
            first=Value(days.before.first.isoformat(), "date"),
            middle=Value(days.before.last.isoformat(), "date"),
            day=Value(days.after.first.isoformat(), "date"),
            last=Value(days.after.last.isoformat(), "date"),
        ),
        _cut(days),
        _fewer_weeks(days),
        _partial(days),
        _season(days),
        _others(query, days),
        *_tracking(once),
        *later_note(replace(query, span=Span(days.before.first, days.after.last, query.site.zone))),
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


def _cut(days: Windows) -> Text | None:
    if days.cut is None:
        return None
    length = {"given": Value(days.cut / SECOND, "seconds"), "whole": Value(days.asked * 7 * DAY / SECOND, "seconds")}
    return T("Only whole weeks are compared: {given} asked for are cut to {whole}.", **length)


def _partial(days: Windows) -> Text | None:
    if days.partial is None:
        return None
    return T(
        "The events begin on {time}: the first of these days is not whole, though it is compared as if it were.",
        time=Value(days.partial, "time"),
    )


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
    named = [T("{day} {text}", day=Value(one.day.isoformat(), "date"), text=one.text) for one in near[:_NAMED]]
    several = reduce(lambda one, other: T("{one}; {other}", one=one, other=other), named)
    return T("Other marks in these weeks may be the reason too ({n}): {list}.", n=len(near), list=several)


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
    return told(
        pair.both,
        T("One person came on both sides, {share} of those after, and is counted on each."),
        T("{n} people came on both sides, {share} of those after; they are counted on each."),
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
