"""An impact answer in plain words: one sentence first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.core.words import words
from collector.reports.impact.engine import FLOORS, Answer
from collector.reports.impact.in_all import InAll, in_all, people_used

_NEEDED = {
    "exposed": T(
        "Too few people to tell what {exposure} changed: {have} could be used, at least {need} are needed. "
        "Wait for more, take a longer period, or give the goal less time."
    ),
    "controls": T(
        "Too few people to compare with: {have} at such a point without {exposure}, at least {need} are needed. "
        "Widen the range, or leave a part of the visitors out by chance."
    ),
    "share": T(
        "Those with {exposure} are too unlike the others: only {have} of {all} can be compared with anybody, at least "
        "half are needed. Leave a part of the visitors out by chance to learn what it changes."
    ),
    "goals": T(
        "Too few goals to tell what {exposure} changed: {have} among those compared, at least {need} are needed. "
        "Choose a goal that is reached more often, or wait."
    ),
    "alone": T(
        "What {exposure} changed cannot be told: nobody to compare with reached {goal} without it. Choose a goal that "
        "can be reached either way."
    ),
    "same": T(
        "What {exposure} changed cannot be told: of {all} who met it {have} reached {goal}, so that it comes with the "
        "goal. Choose something that comes before it."
    ),
}


def exposure_words(found: Answer) -> Text:
    """The exposure as people say it; the first of several."""
    if found.plan.elsewhere and not any(matcher.conditions for matcher in found.plan.exposures):
        return T("seeing an ad elsewhere")
    first = words(found.plan.exposures[0], found.plan.goals)
    return first if len(found.plan.exposures) == 1 else T("{event} or the like", event=first)


def headline(found: Answer, name: Text | None = None) -> Text:
    """The answer in one sentence, or why there is none.

    Args:
        name: what the exposure is called; without it what it matches, in words.
    """
    name = exposure_words(found) if name is None else name
    rate = in_all(found, found.rate)
    if found.refused or rate is None or found.rate is None:
        return _refusal(found, name)
    values: dict[str, object] = {
        "exposure": name,
        "goal": words(found.plan.goal, found.plan.goals),
        "more": _people(abs(rate.difference), fewer=rate.high < 0),
        "low": _whole(rate.low),
        "high": _whole(rate.high),
        "money": _money(in_all(found, found.value)),
        "naive": _plain(found, float(found.rate.exposed[-1])),
        "people": Value(round(people_used(found)), "count"),
    }
    if rate.low > 0:
        sentence = _MORE
    elif rate.high < 0:
        values |= {"low": _whole(-rate.high), "high": _whole(-rate.low)}
        sentence = _MORE
    else:
        values |= {"low": apart(round(rate.low)), "high": apart(round(rate.high) or 0)}
        sentence = _UNCLEAR
    return Text(sentence.template, values)


_MORE = T(
    "{more} reached {goal} because of {exposure} than would have without it, between {low} and {high}{money}{naive}."
)
_UNCLEAR = T("No clear effect of {exposure} on {goal}: between {low} and {high}, of {people} people{money}{naive}.")


def _plain(found: Answer, exposed: float) -> Text | str:
    """What comparing with everybody never exposed would claim; nothing where sooner or later all were."""
    if found.naive[0] is None:
        return ""
    return T("; the plain comparison would claim {n}", n=apart(round(people_used(found) * (exposed - found.naive[0]))))


def _money(value: InAll | None) -> Text | str:
    """What it changed in money, as it goes on in the sentence; nothing where no money is known."""
    if value is None:
        return ""
    ends = {"low": _about(value.low), "high": _about(value.high)}
    if value.low > 0:
        told = T(", and about {n} more in revenue, between {low} and {high}")
    elif value.high < 0:
        told = T(", and about {n} less in revenue, between {low} and {high}")
        ends = {"low": _about(-value.high), "high": _about(-value.low)}
    else:
        told = T(", and no clear change of revenue, between {low} less and {high} more")
        ends["low"] = _about(abs(value.low))
    return Text(told.template, {"n": _about(abs(value.difference)), **ends})


def _people(number: float, fewer: bool) -> Text:
    """How many people it made a difference for: whole ones, since there are no others."""
    whole = round(number)
    if whole > 1:
        told = T("About {n} fewer people") if fewer else T("About {n} more people")
    elif whole:
        told = T("About one person fewer") if fewer else T("About one person more")
    else:
        told = T("Not even one person fewer") if fewer else T("Not even one person more")
    return Text(told.template, {"n": Value(whole, "count")})


def _whole(number: float) -> Value | Text:
    """The end of an interval in people, where zero lies outside of it."""
    return Value(round(number), "count") if round(number) else T("less than one")


def _about(number: float) -> Value:
    """Money as a sentence has it: whole, or with a place where it is small."""
    return Value(round(number), "count") if abs(number) >= 10 else Value(round(number, 1), "number")


def apart(more: int) -> Text:
    """How many more or fewer people, with no sign to be overlooked."""
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
        "same": exposed_goals,
    }[reason]
    need = FLOORS["exposed"] if reason == "share" else FLOORS.get(reason, 0)
    values = {
        "exposure": name,
        "goal": words(found.plan.goal, found.plan.goals),
        "have": Value(have, "count"),
        "need": Value(int(need), "count"),
        "all": Value(matched if reason == "same" else found.exposed, "count"),
    }
    return Text(_NEEDED[reason].template, values)


_OPEN = T(
    "{n} exposed people are left out because the time for the goal, {horizon}, is not over for them; the others are "
    "treated alike."
)
_ONE_OPEN = T(
    "One exposed person is left out because the time for the goal, {horizon}, is not over for them; the others are "
    "treated alike."
)


def notes(found: Answer, name: Text | None = None) -> Sequence[Text]:
    """What the answer assumes, and who is left out."""
    told = []
    if name is None:
        name = T("the ad") if found.plan.elsewhere else exposure_words(found)
    if not found.refused:
        told.append(
            T(
                "This holds if what was measured before each moment explains both who met {exposure} and who reaches "
                "the goal. What nobody measured, like a plan made beforehand, it cannot see.",
                exposure=name,
            )
        )
        told += _sampled(found)
    shortfall = len(found.reasons.get("open", ()))
    if shortfall:
        sentence = _ONE_OPEN if shortfall == 1 else _OPEN
        horizon = Value(found.plan.horizon / SECOND, "seconds")
        told.append(Text(sentence.template, {"n": Value(shortfall, "count"), "horizon": horizon}))
    if found.plan.at_start and not found.refused:
        told.append(
            T(
                "Visits that came this way are compared with visits that came another way. Visits that would not have "
                "happened at all without it are not credited, so the truth can be higher."
            )
        )
    if found.plan.elsewhere and not found.refused:
        told.append(
            T(
                "Who saw it was away from the site, and is compared with people away for as long who had left it "
                "alike. Browsers that tell of no ad that was seen are left out. Where an ad is seen without being "
                "told, the truth is farther from zero."
            )
        )
    return told


def _sampled(found: Answer) -> Sequence[Text]:
    """Who was looked at where these are not all."""
    told, share = [], found.crowd.share
    if share < 1:
        told.append(
            T(
                "Of {all} exposed people {some}, drawn by chance, were looked at; numbers of people below are those "
                "looked at, and what it changed in all is counted up to everybody.",
                all=Value(found.crowd.exposed, "count"),
                some=Value(round(found.crowd.exposed * share), "count"),
            )
        )
    most = max((float(one.scale.max(initial=1.0)) for one in found.crowd.drawn), default=1.0)
    if most > max(1.0, 1 / share):
        told.append(
            T(
                "People without it are many, so a part of them was drawn by chance, each of whom stands for up to "
                "{n}. The same question draws the same people, and what drawing costs in certainty is inside the "
                "intervals.",
                n=Value(round(most, 1), "number"),
            )
        )
    return told
