"""What moves the goal in plain words: one sentence first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.core.words import words
from collector.reports.drivers.candidates import LEAST
from collector.reports.drivers.discovery import FALSE, Ranked
from collector.reports.drivers.sample import Sample
from collector.reports.drivers.screening import MOST_SHARE, Screened
from collector.reports.impact.plan import Plan


def headline(plan: Plan, screened: Screened, ranked: Sequence[Ranked]) -> Text:
    """The answer in one sentence."""
    goal, clear = words(plan.goal, plan.goals), [one for one in ranked if one.clear]
    if not ranked:
        return T(
            "Nothing yet that {least} people or more did before {goal}, that others did not, and that lies {horizon} "
            "back, the time for the goal.",
            least=Value(LEAST, "count"),
            goal=goal,
            horizon=Value(plan.horizon / SECOND, "seconds"),
        )
    if not clear and screened.eligible == 1:
        return T("Of one thing that enough people did it is not clear how it changes {goal}.", goal=goal)
    if not clear:
        return T(
            "Of {n} actions, pages and touches none clearly changes how many people reach {goal}.",
            n=Value(screened.eligible, "count"),
            goal=goal,
        )
    top = clear[0]
    values = {
        "n": Value(screened.eligible, "count"),
        "goal": goal,
        "k": Value(len(clear), "count"),
        "what": words(top.finding.candidate.matcher, plan.goals),
        "more": Value(round(top.finding.difference, 3), "points"),
        "low": Value(round(top.low, 3), "points"),
        "high": Value(round(top.high, 3), "points"),
    }
    if screened.eligible == 1:
        sentence = T(
            "{what} clearly changes how many people reach {goal}, by {more} for those who met it (between {low} and "
            "{high}). Nothing else was done by enough people to be looked into."
        )
    elif len(clear) == 1:
        sentence = T(
            "Of {n} actions, pages and touches one clearly changes how many people reach {goal}: {what}, by {more} for "
            "those who met it (between {low} and {high})."
        )
    else:
        sentence = T(
            "Of {n} actions, pages and touches {k} clearly change how many people reach {goal}; most of all {what}, "
            "by {more} for those who met it (between {low} and {high})."
        )
    return Text(sentence.template, values)


def notes(plan: Plan, screened: Screened, ranked: Sequence[Ranked], drawn: Sample | None) -> list[Text]:
    """What was looked at, what the ranking assumes, and what it cannot say."""
    if drawn is None:
        return []
    return [
        T(
            "This holds as far as what was measured before explains both who does something and who reaches the goal. "
            "What nobody measured, like a plan made beforehand, can still make something look like a cause. The sure "
            "way is an experiment."
        ),
        _looked_at(screened),
        T(
            "Each effect is that of the first time somebody did it, on the goal within {horizon}, for those who did. "
            "What steps lead to comes with them: whoever fills a cart is a step nearer to buying.",
            horizon=Value(plan.horizon / SECOND, "seconds"),
        ),
        *_lowering(ranked),
        *_drawn(screened, drawn),
        *_touches(ranked),
    ]


def _looked_at(screened: Screened) -> Text:
    values = {
        "n": Value(screened.eligible, "count"),
        "least": Value(LEAST, "count"),
        "most": Value(MOST_SHARE, "ratio"),
        "looked": Value(len(screened.chosen), "count"),
        "false": Value(FALSE, "ratio"),
    }
    if screened.eligible == 1:
        told = T("It was done by at least {least} people and at most {most} of them; nothing else was.")
    elif screened.eligible == len(screened.chosen):
        told = T(
            "All {n} that at least {least} people and at most {most} of them did were looked into. Of those called "
            "clear about {false} are expected to be chance."
        )
    else:
        told = T(
            "{n} were done by at least {least} people and at most {most} of them; the {looked} that most people did, "
            "or whose plain goal rate is furthest from everybody's, were looked into. All {n} count in the guard "
            "against chance: of those called clear about {false} are expected to be."
        )
    return Text(told.template, values)


def _drawn(screened: Screened, drawn: Sample) -> list[Text]:
    if all(drawn.share(one) == 1 for one in screened.chosen):
        return []
    return [
        T(
            "Where more than {n} people did something, what was known of them before is that of as many drawn by "
            "chance; the intervals hold what that costs. The impact page looks at more of them.",
            n=Value(drawn.cases, "count"),
        )
    ]


def _lowering(ranked: Sequence[Ranked]) -> list[Text]:
    if not any(one.verdict == "lowers" for one in ranked):
        return []
    return [
        T(
            "Lowering it can also mean going another way: whoever does this is at that moment less likely to be about "
            "to reach the goal, though it is not kept from them."
        )
    ]


def _touches(ranked: Sequence[Ranked]) -> list[Text]:
    if not any(one.finding.candidate.channel >= 0 for one in ranked):
        return []
    return [
        T(
            "Visits that a touch brought are compared with visits that came another way; visits that would not have "
            "happened at all without it are not credited to it."
        )
    ]
