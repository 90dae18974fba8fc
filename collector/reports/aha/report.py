"""The report: its parameters, the search, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Column, Result
from collector.core.errors import UserError
from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import DAY
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.aha.blocks import (
    BANDS,
    band_label,
    bands_of,
    findings_block,
    often_block,
    people_of,
    ranked,
    standing_out,
)
from collector.reports.aha.early import DAYS, MOST
from collector.reports.aha.newcomers import Int8, Newcomers, first_days, newcomers
from collector.reports.aha.search import Finding, actions, best, count
from collector.reports.base import Report
from collector.reports.counted import told
from collector.reports.params import EVERY, wholly
from collector.reports.people_list import LIMIT, Behind, people_block

_FIRST = Column("time", T("Began"), "time")


def run(journeys: Journeys, query: Query) -> Result:
    """The actions and the best one by how often; with `people`, the list of those people."""
    goal, start = _goal(query), _matcher(query, "start", EVERY)
    again = goal.subject == "any"
    days = DAYS if query.values["days"] == "search" else (int(str(query.values["days"])) * DAY,)
    horizon = query.values["horizon"]
    after = horizon if isinstance(horizon, int) else 7 * DAY
    people = [newcomers(journeys, part, query, start, goal) for part in journeys.each()]
    states = [one.states(days, after, query.now, again) for one in people]
    which = query.values["people"]
    if which is not None:
        whole = which in _WHOLE
        listed = (
            _everybody(journeys, query, people, states, str(which))
            if whole
            else _people(journeys, query, people, after, again)
        )
        return Result([listed], journeys.as_of, listed.title)
    everybody = np.array(
        [
            sum((np.bincount(one[d][one[d] >= 0], minlength=4) for one in states), np.zeros(4, int))
            for d in range(len(days))
        ],
        dtype=np.int64,
    ).reshape(len(days), 4)
    candidates = actions(journeys, goal, start)
    count(journeys, people, states, candidates, days)
    findings = [finding for finding in (best(action, everybody) for action in candidates) if finding is not None]
    found = ranked(findings)
    named = T("coming back") if again else words(goal, query.site.goals)
    blocks = [_summary(query, people, everybody), findings_block(query, found, days, goal, named)]
    if found:
        top = found[0][0]
        counts = _often(journeys, query, people, states, top, days)
        title = T("By how often within {within}: {action}", within=_within(days[top.day]), action=_words(query, top))
        blocks.insert(1, often_block(query, top, days, counts, title))
    return Result(blocks, journeys.as_of, _headline(query, found, days, named, again), _notes(people, everybody))


def _goal(query: Query) -> Matcher:
    goals = query.site.goals
    return _matcher(query, "goal", goals[0][1] if goals else EVERY)


def _matcher(query: Query, name: str, default: Matcher) -> Matcher:
    found = query.values[name]
    return found if isinstance(found, Matcher) else default


def _words(query: Query, finding: Finding) -> Text:
    return words(finding.action.matcher, query.site.goals)


def _often(
    journeys: Journeys,
    query: Query,
    people: Sequence[Newcomers],
    states: Sequence[Sequence[Int8]],
    top: Finding,
    days: Sequence[int],
) -> Int64:
    """People by band of how often they did the action, and by whether they reached the goal; both halves."""
    counts = np.zeros((len(BANDS), 2), dtype=np.int64)
    for one, state in zip(people, states, strict=True):
        times = _times(journeys, query, one, top.action.matcher, days[top.day])
        known = state[top.day] >= 0
        reached = state[top.day][known] % 2
        band = bands_of(times[known])
        counts += np.bincount(band * 2 + reached, minlength=counts.size).reshape(counts.shape)
    return counts


def _times(journeys: Journeys, query: Query, one: Newcomers, matcher: Matcher, within: int) -> Int64:
    """How often each person of the part did it in their first `within` ms."""
    times = np.zeros(len(one.part.persons), dtype=np.int64)
    person, often = first_days(one.part, one, journeys.rows(one.part, matcher, query.include_bots), within)
    times[person] = often
    return times


def _summary(query: Query, people: Sequence[Newcomers], everybody: Int64) -> Block:
    began = sum(int(one.began.sum()) for one in people)
    counted = int(everybody[-1].sum())
    reached = int(everybody[-1][[1, 3]].sum())
    return Block(
        id="summary",
        kind="number",
        title=T("Newcomers"),
        columns=(
            Column("began", T("Began"), "count"),
            Column("counted", T("Counted"), "count", T("Their time is over, and they had not reached it before.")),
            Column("rate", T("Reached it afterwards"), "ratio"),
        ),
        rows=[[began, counted, reached / counted if counted else None]],
        draw={
            "cell_links": {
                name: [people_of(query, which)]
                for name, which in (("began", "began"), ("counted", "counted"), ("rate", "arrived"))
            }
        },
    )


_WHOLE = {
    "began": T("Who began"),
    "counted": T("Who is counted"),
    "arrived": T("Who reached it afterwards"),
}
_TITLES = {
    "did": T("Who did this early: {action}"),
    "reached": T("Who did this early and reached it: {action}"),
    "without": T("Who reached it without this: {action}"),
    "often": T("Who did this so often ({often}): {action}"),
    "often_reached": T("Who did this so often ({often}) and reached it: {action}"),
}


def _everybody(
    journeys: Journeys, query: Query, people: Sequence[Newcomers], states: Sequence[Sequence[Int8]], which: str
) -> Block:
    """The people behind a key number; `states` as of all first days."""
    listed = []
    for one, state in zip(people, states, strict=True):
        fits = {"began": one.began, "counted": state[-1] >= 0, "arrived": state[-1] % 2 == 1}[which]
        chosen = np.flatnonzero(fits & ((state[-1] >= 0) | (which == "began")))
        listed.append(Behind(one.part, chosen, one.start[chosen]))
    return people_block(journeys, query, listed, _WHOLE[which], when=_FIRST)


def _people(journeys: Journeys, query: Query, people: Sequence[Newcomers], after: int, again: bool) -> Block:
    """The people of `group`, which is the action, how often and within how many days."""
    parts = str(query.values["group"] or "").rsplit("|", 2)
    if len(parts) != 3 or not parts[1].isdecimal() or not parts[2].isdecimal():
        raise UserError("No action is named.", "Give --group 'event:invite|3|7': three times or more in seven days.")
    matcher, times, within = parse_matcher(parts[0]), int(parts[1]), int(parts[2]) * DAY
    which, listed = str(query.values["people"]), []
    band = int(bands_of(np.array([min(times, MOST)]))[0])
    for one in people:
        (state,) = one.states([within], after, query.now, again)
        often = _times(journeys, query, one, matcher, within)
        did, of_band = often >= max(times, 1), bands_of(often) == band
        reached = state % 2 == 1
        fits = {
            "did": did,
            "reached": did & reached,
            "without": ~did & reached,
            "often": of_band,
            "often_reached": of_band & reached,
        }[which]
        chosen = np.flatnonzero(fits & (state >= 0))
        listed.append(Behind(one.part, chosen, one.start[chosen]))
    title = Text(_TITLES[which].template, {"action": words(matcher, query.site.goals), "often": band_label(band)})
    return people_block(journeys, query, listed, title, when=_FIRST)


def _within(length: int) -> Text:
    return T("a day") if length == DAY else T("{days} days", days=length // DAY)


def _headline(
    query: Query, found: Sequence[tuple[Finding, float]], days: Sequence[int], named: Text, again: bool
) -> Text:
    more = standing_out(found)
    if not more:
        return T("No early action stands out so far.")
    top = more[0]
    shown = {
        "action": _words(query, top),
        "times": top.times,
        "within": _within(days[top.day]),
        "rate": Value(top.did_reached / top.did, "ratio"),
        "others": Value(top.others_reached / top.others, "ratio"),
        "goal": named,
    }
    return Text(_SENTENCES[again, top.times > 1].template, shown)


_SENTENCES = {
    (False, False): T(
        "Within {within} of starting, {action}: {rate} of those who did went on to reach {goal}, {others} of the "
        "others."
    ),
    (False, True): T(
        "Within {within} of starting, {times} times or more {action}: {rate} of those who did went on to reach "
        "{goal}, {others} of the others."
    ),
    (True, False): T(
        "Within {within} of starting, {action}: {rate} of those who did came back later, {others} of the others."
    ),
    (True, True): T(
        "Within {within} of starting, {times} times or more {action}: {rate} of those who did came back later, "
        "{others} of the others."
    ),
}


def _notes(people: Sequence[Newcomers], everybody: Int64) -> list[Text]:
    began = sum(int(one.began.sum()) for one in people)
    counted = int(everybody[-1].sum())
    if began == 1 and not counted:
        return [T("The only newcomer is not counted: their time is not over, or they had reached it early.")]
    if began and counted < began:
        return [
            told(
                began - counted,
                T("One of {began} newcomers is not counted: their time is not over, or they had reached it early."),
                T("{n} of {began} newcomers are not counted: their time is not over, or they had reached it early."),
                began=Value(began, "count"),
            )
        ]
    return []


REPORT = Report(
    name="aha",
    title=T("Aha moment"),
    summary=T("Which early actions, how often and how soon, go with reaching a goal or coming back."),
    params=(
        Param(
            "goal", "matcher", T("Goal"), T("What they reach; the site's first goal by default, any for coming back.")
        ),
        Param("start", "matcher", T("They begin with"), T("The first time ever that they did this."), default="any"),
        Param(
            "days",
            "choice",
            T("First days"),
            default="search",
            choices=(("search", T("search 1, 3 and 7")), ("1", T("1 day")), ("3", T("3 days")), ("7", T("7 days"))),
        ),
        Param("horizon", "duration", T("Reached within"), T("After the first days."), default="7d"),
        Param(
            "people",
            "choice",
            T("List of people"),
            choices=(
                ("did", T("Who did it")),
                ("reached", T("Who did it and reached it")),
                ("without", T("Who reached it without")),
                ("often", T("Who did it so often")),
                ("often_reached", T("Who did it so often and reached it")),
                *_WHOLE.items(),
            ),
        ),
        Param("group", "text", T("Action"), T("Of the list: action, times and days, like event:invite|3|7.")),
        LIMIT,
    ),
    run=run,
    example={"goal": ["any"], "all-time": ["1"]},
    menu=56,
    follows=wholly,
)
