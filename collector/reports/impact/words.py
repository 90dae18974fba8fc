"""An impact answer in plain words: one sentence first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.core.words import words
from collector.reports.impact.engine import FLOORS, Answer

_NEEDED = {
    "exposed": T(
        "Too few people to tell what {exposure} changed: {have} could be used, at least {need} are needed. "
        "Wait for more, take a longer period, or give the goal less time."
    ),
    "controls": T(
        "Too few people to compare with: {have} were at such a point without {exposure}, at least {need} are needed. "
        "Widen the range, or leave a part of the visitors out by chance."
    ),
    "share": T(
        "Those with {exposure} are too unlike the others: only {have} of {all} have anybody comparable, at least half "
        "are needed. Leave a part of the visitors out by chance to learn what it changes."
    ),
    "goals": T(
        "Too few goals to tell what {exposure} changed: {have} among those compared, at least {need} are needed. "
        "Choose a goal that is reached more often, or wait."
    ),
    "alone": T(
        "What {exposure} changed cannot be told: nobody to compare with reached {goal} without it. Choose a goal that "
        "can be reached either way."
    ),
}


def exposure_words(found: Answer) -> Text:
    """The exposure as people say it; the first of several."""
    first = words(found.plan.exposures[0], found.plan.goals)
    return first if len(found.plan.exposures) == 1 else T("{event} or the like", event=first)


def headline(found: Answer) -> Text:
    """The answer in one sentence, or why there is none."""
    name = exposure_words(found)
    if found.refused or found.rate is None or found.matched is None:
        return _refusal(found, name)
    rate, people = found.rate, len(found.matched.case)
    more, low, high = (float(column[-1]) * people for column in (rate.difference, rate.low, rate.high))
    values: dict[str, object] = {
        "exposure": name,
        "goal": words(found.plan.goal, found.plan.goals),
        "more": Value(abs(round(more)), "count"),
        "low": Value(round(low), "count"),
        "high": Value(round(high), "count"),
        "naive": _claim(round(people * (float(rate.exposed[-1]) - (found.naive[0] or 0.0)))),
        "people": Value(people, "count"),
    }
    if low > 0:
        sentence = T(
            "About {more} more people reached {goal} because of {exposure}, between {low} and {high}; the plain "
            "comparison would claim {naive}."
        )
    elif high < 0:
        values |= {"low": Value(-round(high), "count"), "high": Value(-round(low), "count")}
        sentence = T(
            "About {more} fewer people reached {goal} because of {exposure}, between {low} and {high}; the plain "
            "comparison would claim {naive}."
        )
    else:
        sentence = T(
            "No clear effect of {exposure} on {goal}: between {low} and {high} people of {people}; the plain "
            "comparison would claim {naive}."
        )
    return Text(sentence.template, values)


def _claim(more: int) -> Text:
    if more < 0:
        return T("{n} fewer", n=Value(-more, "count"))
    return T("{n} more", n=Value(more, "count"))


def _refusal(found: Answer, name: Text) -> Text:
    matched = 0 if found.matched is None else len(found.matched.case)
    reason = found.refused or "exposed"
    exposed_goals = 0 if found.matched is None else int((found.matched.cases.delay < float("inf")).sum())
    have = {
        "exposed": found.exposed,
        "controls": found.control_people,
        "share": matched,
        "goals": found.goals + exposed_goals,
        "alone": 0,
    }[reason]
    need = FLOORS["exposed"] if reason == "share" else FLOORS.get(reason, 0)
    values = {
        "exposure": name,
        "goal": words(found.plan.goal, found.plan.goals),
        "have": Value(have, "count"),
        "need": Value(int(need), "count"),
        "all": Value(found.exposed, "count"),
    }
    return Text(_NEEDED[reason].template, values)


def notes(found: Answer, shortfall: int) -> Sequence[Text]:
    """What the answer assumes, and who is left out."""
    told = []
    if not found.refused:
        told.append(
            T(
                "This holds if what was measured before each moment explains both who met {exposure} and who reaches "
                "the goal. What nobody measured, like a plan made beforehand, it cannot see.",
                exposure=exposure_words(found),
            )
        )
    if shortfall:
        told.append(
            T(
                "{n} exposed people are left out because the time for the goal, {horizon}, is not over for them; "
                "the others are treated alike.",
                n=Value(shortfall, "count"),
                horizon=Value(found.plan.horizon / SECOND, "seconds"),
            )
        )
    if found.plan.at_start and not found.refused:
        told.append(
            T(
                "Visits that came this way are compared with visits that came another way. Visits that would not have "
                "happened at all without it are not credited, so the truth can be higher."
            )
        )
    return told
