"""The answer in one sentence, the metric that moved most, and the cautions."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.text import T, Text, Value
from collector.reports import counted
from collector.reports.scope import share
from collector.reports.scorecard.asked import Asked
from collector.reports.scorecard.measures import Measures
from collector.reports.scorecard.metrics import ENOUGH, Measured

# Whole sentences, not pieces: pieces cannot be translated.
_MOVED = {
    1: T("{metric} moved most, for the better: {now} after {before} in the period before."),
    -1: T("{metric} moved most, for the worse: {now} after {before} in the period before."),
}


def headline(found: Sequence[Measured], now: Measures, question: Asked) -> Text:
    """What moved most; where nothing is compared, what is so."""
    if not now.totals.people:
        return T("Nobody came in this time.")
    if question.before is None:
        return _standing(now)
    if not any(min(one.base, one.base_before) >= ENOUGH for one in found):
        return T("Too few came, now or before, to say what moved: {people}.", people=counted.people(now.totals.people))
    moved = [one for one in found if one.moved and not one.by_chance and not (question.short and one.metric.sums)]
    if not moved:
        return T("Nothing moved by more than chance alone would move it.")
    most = max(moved, key=lambda one: abs(one.moved))
    unit = most.metric.unit
    values = {"metric": most.metric.label, "now": Value(most.now, unit), "before": Value(most.before, unit)}
    return Text(_MOVED[most.metric.better if most.moved > 0 else -most.metric.better].template, values)


def _standing(now: Measures) -> Text:
    totals = now.totals
    people, visits = counted.people(totals.people), counted.visits(totals.sessions / totals.people)
    if not totals.goal_count:
        return T("{people} came, for {visits} each.", people=people, visits=visits)
    return T(
        "{rate} of {people} reached a goal; they came for {visits} each.",
        rate=Value(share(totals.converted, totals.people), "ratio"),
        people=people,
        visits=visits,
    )


def _count(number: int) -> Value:
    return Value(number, "count")


def notes(question: Asked, now: Measures, goals: int, all_time: bool) -> list[Text]:
    """What to keep in mind, and what is missing, with how to send it."""
    found = []
    if question.under_way and question.before is not None:
        found.append(T("The period is not over: it is compared with the same part of the earlier one."))
    if question.short:
        found.append(T("The site's events begin within the period before, so that it holds less than a whole one."))
    elif question.before is not None and question.past_before is None:
        found.append(T("The site's events begin too late to tell the retention of the period before."))
    if all_time:
        found.append(T("All time has no period before it: retention is told by the plot, change by a range of days."))
    if not goals:
        found.append(T("No goal is set, so there is no conversion rate. Add one, like event:purchase."))
    if now.orders and not now.valued:
        found.append(T("The purchases carry no value: send it as value or total to see revenue."))
    elif now.valued < now.orders:
        found.append(
            counted.told(
                now.orders - now.valued,
                T("One purchase carries no value and is left out of the average."),
                T("{n} purchases carry no value and are left out of the average."),
            )
        )
    return found
