"""The answer in a sentence, or why there is none."""

from __future__ import annotations

from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.reports.before_after.blocks import count_lines, rate_lines
from collector.reports.before_after.measures import Change, Pair
from collector.reports.before_after.windows import Windows
from collector.reports.counted import people, told, weeks

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
# With fewer people on a side an interval is too wide to say anything by: what is told is that they are few.
LEAST = 30
_TOO_FEW = T(
    "Too few came to tell a change of {goal}: it was reached by {before} of {old} in the weeks before {day}, and by "
    "{after} of {new} from then on."
)
_PEOPLE = {
    "more": T("From {day} on, {people} came in {weeks}, up from {before} in the same time before."),
    "fewer": T("From {day} on, {people} came in {weeks}, down from {before} in the same time before."),
    "unclear": T(
        "From {day} on, {people} came in {weeks}, beside {before} in the same time before: no clear difference."
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
        values: dict[str, object] = {"day": day, "goal": rates[0].name, "before": Value(found.before, "ratio")}
        values |= {"after": Value(found.after, "ratio"), "apart": Value(found.apart, "points")}
        values |= {"low": Value(found.low, "points"), "high": Value(found.high, "points")}
        if min(pair.before.people, pair.after.people) < LEAST and not found.clear:
            values |= {"old": people(pair.before.people), "new": people(pair.after.people)}
            return Text(_TOO_FEW.template, values)
        return Text(_GOAL[_side(found)].template, values)
    found = count_lines(pair, None)[0].change
    came = {"people": people(pair.after.people), "weeks": weeks(days.weeks), "before": Value(found.before, "count")}
    return Text(_PEOPLE[_side(found)].template, {"day": day, **came})


def _side(change: Change) -> str:
    return "unclear" if not change.clear or not change.apart else "more" if change.apart > 0 else "fewer"


def too_short(days: Windows) -> Text:
    """Why nothing is compared."""
    if days.passed < 7:
        return told(
            days.passed,
            T(
                "Only one of 7 days is over since {day}: a comparison needs a whole week, so that each day of the week "
                "is there."
            ),
            T(
                "Only {n} of 7 days are over since {day}: a comparison needs a whole week, so that each day of the "
                "week is there."
            ),
            day=Value(days.day.isoformat(), "date"),
        )
    return T(
        "There is less than a whole week of events before {day}, so that there is nothing to compare with.",
        day=Value(days.day.isoformat(), "date"),
    )
