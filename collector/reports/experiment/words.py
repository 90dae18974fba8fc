"""An experiment's answer in plain words: one sentence first, then what to know beside it."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.matcher import Matcher
from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.core.words import words
from collector.reports.counted import people, told
from collector.reports.experiment.analysis import Answer
from collector.reports.experiment.looks import FLOOR
from collector.reports.impact.words import apart

NONE = T("No experiment was seen yet.")
ADVICE = (
    T("Let chance decide who sees something: desireline.assign('chat-holdout', 0.9) on the page, docs/experiments.md."),
    T("How many people that takes, and how long, the page Plan an experiment tells."),
)


def headline(found: Answer, goals: Sequence[tuple[str, Matcher]]) -> Text:
    """The answer in one sentence, or why there is none."""
    values: dict[str, object] = {"name": found.plan.name, "goal": words(found.plan.goal, goals)}
    if found.treated is None or found.control is None:
        return _unfinished(found)
    one, other = found.arm(found.treated), found.arm(found.control)
    values |= {"on": one.name, "off": other.name, "horizon": Value(found.plan.horizon / SECOND, "seconds")}
    if found.rate is None:
        values |= {"n": people(one.people), "m": Value(other.people, "count"), "need": Value(FLOOR, "count")}
        return Text(_EARLY.template, values)
    if found.split_is_wrong:
        values |= {"n": people(one.people + one.open), "m": Value(other.people + other.open, "count")}
        return Text(_SPLIT.template, values)
    rate = found.rate
    more, low, high = (round(bound * one.people) for bound in (rate.estimate, rate.low, rate.high))
    values |= {
        "rate": Value(one.reached / one.people, "ratio"),
        "without": Value(other.reached / other.people, "ratio"),
    }
    if rate.low > 0:
        said, brought = _MORE, _brought(more)
    elif rate.high < 0:
        said, brought, low, high = _FEWER, _cost(-more), -high, -low
    else:
        values |= {"low": apart(low), "high": apart(high), "people": Value(one.people, "count")}
        return Text(_UNCLEAR.template, values)
    values |= {"more": brought, "low": Value(low, "count"), "high": Value(high, "count")}
    return Text(said.template, values)


def _brought(number: int) -> Text:
    if not number:
        return T("not even one person more")
    return told(number, T("about one person more"), T("about {n} more people"))


def _cost(number: int) -> Text:
    if not number:
        return T("not even one person")
    return told(number, T("about one person"), T("about {n} people"))


_EARLY = T(
    "Too early to tell of {name}: {n} in “{on}” and {m} in “{off}” have had {horizon}, and at least {need} each "
    "are needed."
)
_SPLIT = T(
    "Do not believe {name} yet: {n} in “{on}” and {m} in “{off}” is not the split that was planned, so "
    "something else than chance decides who is seen."
)
_MORE = T(
    "{name} brought {more} to {goal}, between {low} and {high}: {rate} of “{on}” against {without} "
    "of “{off}” within {horizon}, and chance alone decided who got what."
)
_FEWER = T(
    "{name} cost {more} who would have reached {goal}, between {low} and {high}: {rate} of “{on}” "
    "against {without} of “{off}” within {horizon}, and chance alone decided who got what."
)
_UNCLEAR = T(
    "No clear effect of {name} on {goal}: {rate} of “{on}” against {without} of “{off}” within {horizon}, so between "
    "{low} and {high}, of {people} people."
)


def _unfinished(found: Answer) -> Text:
    if not found.arms:
        return T("Nobody was first seen in {name} in these days.", name=found.plan.name)
    return T(
        "Only one arm of {name} was seen, {arm}: tell exposures in both arms, at the moment the choice matters.",
        name=found.plan.name,
        arm=found.arms[0].name,
    )


def notes(found: Answer, filtered: bool) -> list[Text]:
    """Who is left out, whether to stop, and what a filter may have done."""
    said = []
    still_open = sum(arm.open for arm in found.arms)
    if still_open:
        said.append(
            told(
                still_open,
                T("One person is left out, as in every arm, because their {horizon} for the goal are not over."),
                T("{n} people are left out, of every arm alike, because their {horizon} for the goal are not over."),
                horizon=Value(found.plan.horizon / SECOND, "seconds"),
            )
        )
    both = sum(arm.both for arm in found.arms)
    if both:
        said.append(
            told(
                both,
                T("One person was seen in more than one arm and counts where they were seen first."),
                T("{n} people were seen in more than one arm; they count where they were seen first."),
            )
        )
    if found.looks and not found.split_is_wrong:
        last = found.looks[-1]
        sure = last.always_low > 0 or last.always_high < 0
        said.append(_STOP if sure else _GO_ON)
    if filtered:
        said.append(
            T(
                "Filters choose people here. What they did after they were assigned must not be among them, for that "
                "undoes what chance has made alike."
            )
        )
    return said


_STOP = T("You may stop now: the difference is there also for somebody who has looked every day.")
_GO_ON = T(
    "Looked at every day, the difference is not sure yet. Go on, or judge once, on the day that was planned before."
)
