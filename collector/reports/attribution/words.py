"""The answer in one sentence, made of its numbers."""

from __future__ import annotations

import numpy as np

from collector.core.text import T, Text, Value
from collector.core.words import words
from collector.reports.attribution.answer import Answer
from collector.reports.attribution.plan import DIRECT, TOUCH
from collector.reports.counted import conversions
from collector.reports.named import NONE, OTHER

_APART = 0.02  # shares that differ by less than two points are about the same
_BY = {
    "first": T("by first touch"),
    "last": T("by last touch"),
    "last_non_direct": T("by the last touch that was not direct"),
    "linear": T("if every touch counts the same"),
    "position": T("by position"),
    "decay": T("by time decay"),
    "markov": T("by Markov’s removal effect"),
    "shapley": T("by Shapley value"),
}
_CLOSES = T("{value} gets {last} of the {n} ({goal}) by last touch, but {share} {by}: {ending}.")
_SAME = T("{value} gets {last} of the {n} ({goal}) by last touch and {share} {by}: {ending}.")


def headline(answer: Answer) -> Text:
    """The answer in one sentence."""
    count, plan = answer.paths.count, answer.plan
    goal = words(plan.goal, answer.query.site.goals)
    if not count:
        return T("Nobody reached {goal} in this range.", goal=goal)
    told: dict[str, object] = {"n": conversions(count), "goal": goal}
    linear = answer.credit["linear"].conversions
    if not linear.any():
        return Text(_untouched(answer).template, told)
    lead = answer.credit[plan.model].conversions
    best = _best(answer)
    value = answer.called(answer.paths.values[best])
    # Markov may credit what no conversion met too, where it led to what they met.
    if np.count_nonzero(linear) == 1 == np.count_nonzero(np.round(answer.credit["markov"].conversions, 9)):
        at = int(np.argmax(linear))
        told |= {"value": answer.called(answer.paths.values[at]), "share": Value(float(linear[at]) / count, "ratio")}
        return T("{value} alone led to {share} of the {n} ({goal}), whatever the model.", **told)
    first, last = (float(answer.credit[name].conversions[best]) / count for name in ("first", "last"))
    other = "first" if plan.model == "last" else plan.model
    share = float(lead[best]) / count if other == plan.model else first
    told |= {
        "value": value,
        "last": Value(last, "ratio"),
        "share": Value(share, "ratio"),
        "by": _BY[other],
        "ending": _ending(first, last),
    }
    return Text((_SAME if abs(last - share) < _APART else _CLOSES).template, told)


def _ending(first: float, last: float) -> Text:
    if last - first >= _APART:
        return T("it closes more than it opens")
    if first - last >= _APART:
        return T("it opens more than it closes")
    return T("it opens about as many as it closes")


def _untouched(answer: Answer) -> Text:
    if answer.plan.dimension == TOUCH:
        if answer.paths.count == 1:
            return T("The one conversion ({goal}) was touched by none of these before.")
        return T("None of the {n} ({goal}) was touched by any of these before.")
    if answer.paths.count == 1:
        return T("The one conversion ({goal}) has no visit before it within the lookback.")
    return T("None of the {n} ({goal}) has a visit before it within the lookback.")


def _best(answer: Answer) -> int:
    """The value with most conversions by the chosen model; direct and the like only where there is nothing else."""
    lead = np.round(answer.credit[answer.plan.model].conversions, 9)
    vague = (NONE, OTHER) if answer.plan.dimension == TOUCH else (DIRECT, NONE, OTHER)
    order = sorted(range(len(lead)), key=lambda at: (answer.paths.values[at] in vague, -lead[at], at))
    return order[0] if lead[order[0]] > 0 else int(np.argmax(lead))
