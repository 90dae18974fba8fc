"""The answer in a sentence, and what to mind about it."""

from __future__ import annotations

import numpy as np

from collector.core.text import T, Text, Value
from collector.core.times import DAY, MINUTE, SECOND
from collector.core.words import words
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.paths.blocks import Answer, reached
from collector.reports.paths.modes import Found
from collector.reports.paths.nodes import OTHER
from collector.reports.paths.short import Short
from collector.reports.paths.walk import ANCHOR, BEGAN, GOAL, LEFT, Walks

_SESSION_GAP = 30 * MINUTE
_LONGEST = DAY + _SESSION_GAP
_GOES = T("Of {units} that began at {place}, {share} went to {next} next; {left} left at once.")
_STAYS = T("Of {units} that began at {place}, all left at once.")


def units(answer: Answer, number: int) -> Text:
    """A number of visits or people in words."""
    if answer.sessions:
        return T("one visit") if number == 1 else T("{n} visits", n=Value(number, "count"))
    return T("one person") if number == 1 else T("{n} people", n=Value(number, "count"))


def headline(answer: Answer) -> Text:
    """The answer in one sentence."""
    found, everyone = answer.found, answer.found.count
    if not everyone:
        return _nobody(answer)
    if found.plan.mode == "landing":
        return _landing(answer)
    if found.plan.mode == "around":
        return _around(answer, everyone)
    if found.plan.mode == "goal":
        return _goal(answer, everyone)
    return _start(answer, everyone)


def _nobody(answer: Answer) -> Text:
    matcher = answer.found.plan.anchored
    if matcher is None:
        return T("Nobody came in this range.")
    return T("Nobody got to {what} in this range.", what=words(matcher, answer.query.site.goals))


def _next(answer: Answer, layer: int, start: int) -> tuple[str, int] | None:
    """The place that most went to from a node, and how many; None where nobody went to any by name."""
    flow = answer.flow
    ways = [
        (flow.between(layer, start, code), code) for code in flow.layers[layer + 1].codes if code >= 0 or code == GOAL
    ]
    many, code = max(ways, key=lambda way: way[0], default=(0, OTHER))
    return (answer.names.of(code), many) if many else None


def _before(answer: Answer, layer: int, end: int) -> tuple[str, int] | None:
    flow = answer.flow
    ways = [(flow.between(layer - 1, code, end), code) for code in flow.layers[layer - 1].codes if code >= 0]
    many, code = max(ways, key=lambda way: way[0], default=(0, OTHER))
    return (answer.names.of(code), many) if many else None


def _ratio(part: int, whole: int) -> Value:
    return Value(part / whole, "ratio")


def _landing(answer: Answer) -> Text:
    first = answer.flow.layers[0]
    code, many = first.codes[0], first.counts[0]
    place = answer.names.of(code)
    following = _next(answer, 0, code)
    if following is None:
        return Text(_STAYS.template, {"units": units(answer, many), "place": place})
    left = answer.flow.between(0, code, LEFT)
    values = {"units": units(answer, many), "place": place, "share": _ratio(following[1], many), "next": following[0]}
    return Text(_GOES.template, {**values, "left": _ratio(left, many)})


def _start(answer: Answer, everyone: int) -> Text:
    plan, goals = answer.found.plan, answer.query.site.goals
    assert plan.start is not None  # noqa: S101 - the mode says so
    start = words(plan.start, goals)
    if plan.goal is not None:
        return T(
            "Of {units} with {start}, {share} reached {goal} afterwards.",
            units=units(answer, everyone),
            start=start,
            share=_ratio(reached(answer.found.walks), everyone),
            goal=words(plan.goal, goals),
        )
    following = _next(answer, 0, ANCHOR)
    if following is None:
        return T("Of {units} with {start}, all ended there.", units=units(answer, everyone), start=start)
    return T(
        "Of {units} with {start}, {share} went to {next} next; {left} ended there.",
        units=units(answer, everyone),
        start=start,
        share=_ratio(following[1], everyone),
        next=following[0],
        left=_ratio(answer.flow.between(0, ANCHOR, LEFT), everyone),
    )


def _goal(answer: Answer, everyone: int) -> Text:
    plan = answer.found.plan
    assert plan.goal is not None  # noqa: S101 - the mode says so
    goal, last = words(plan.goal, answer.query.site.goals), plan.depth - 1
    before = _before(answer, last, GOAL)
    if before is None:
        return T("Of {units} with {goal}, all began there.", units=units(answer, everyone), goal=goal)
    values = {"units": units(answer, everyone), "goal": goal, "share": _ratio(before[1], everyone), "place": before[0]}
    began = answer.flow.between(last - 1, BEGAN, GOAL)
    if not began:
        return T("Of {units} with {goal}, {share} came there from {place}.", **values)
    return T(
        "Of {units} with {goal}, {share} came there from {place}; {began} began there.",
        **values,
        began=_ratio(began, everyone),
    )


def _around(answer: Answer, everyone: int) -> Text:
    plan = answer.found.plan
    assert plan.around is not None  # noqa: S101 - the mode says so
    values: dict[str, object] = {"units": units(answer, everyone), "event": words(plan.around, answer.query.site.goals)}
    before, after = _before(answer, plan.before, ANCHOR), _next(answer, plan.before, ANCHOR)
    if before is not None:
        values |= {"before": before[0], "came": _ratio(before[1], everyone)}
    if after is not None:
        values |= {"after": after[0], "went": _ratio(after[1], everyone)}
    if before is not None and after is not None:
        return T("Of {units} with {event}, {came} came from {before}, and {went} went to {after} next.", **values)
    if before is not None:
        return T("Of {units} with {event}, {came} came from {before}; all ended there.", **values)
    if after is not None:
        return T("Of {units} with {event}, all began there; {went} went to {after} next.", **values)
    return T("Of {units} with {event}, nobody was anywhere before or after.", **values)


def _unfinished(answer: Answer, going: int) -> Text:
    number, window = Value(going, "count"), Value(answer.found.asked.window / SECOND, "seconds")
    if answer.sessions and going == 1:
        return T("One visit may not be over yet: where it ends is where it is now.")
    if answer.sessions:
        return T("{n} visits may not be over yet: where they end is where they are now.", n=number)
    if going == 1:
        return T(
            "One person may still go on (the window is {window}): where they end is where they are now.", window=window
        )
    return T(
        "{n} people may still go on (the window is {window}): where they end is where they are now.",
        n=number,
        window=window,
    )


def notes(answer: Answer) -> list[Text]:
    """What to mind: who is still under way, and paths whose numbers were left out."""
    found = answer.found
    said = []
    now = answer.query.now
    going = sum(_going(found, one, now) for one in (*found.walks, *found.never))
    going += sum(_short_going(one, now) for one in found.short)
    if going and found.plan.mode != "goal":
        said.append(_unfinished(answer, going))
    shown = {code for layer in answer.flow.layers for code in layer.codes}
    if shown & answer.names.places.merged:
        said.append(
            T(
                "Numbers and hashes in paths are taken together as *. “Every page for itself” keeps them apart, and "
                "rules like /product/* group what you like."
            )
        )
    return said


def _going(found: Found, one: Walks, now: int) -> int:
    """How many may go on: visits with something in the last half hour, people whose window is open; arrivals do not."""
    # No visit is longer than a day, so that those begun before cannot be on.
    entries = np.flatnonzero(one.time > now - (_LONGEST if found.asked.sessions else found.asked.window))
    if found.asked.sessions:
        entries = entries[_on(one.anchors.part, one.person[entries], one.anchors.unit[entries], now)]
    return len(entries) if one.reached is None else int(np.count_nonzero(~one.reached[entries]))


def _short_going(one: Short, now: int) -> int:
    part, late = one.part, one.begun_after(now - _LONGEST)
    return int(np.count_nonzero(_on(part, part.person[part.session_row[late]], late, now)))


def _on(part: Part, person: Int64 | Int32, session: Int64 | Int32, now: int) -> Bool:
    """Which sessions are the last ones of their persons, with something in the last half hour."""
    last = part.person_row[person + 1] - 1
    found: Bool = (part.session[last] == session) & (part.time[last] > now - _SESSION_GAP)
    return found
