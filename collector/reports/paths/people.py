"""The people behind a number of the flow or of the journeys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64
from collector.reports.paths.blocks import Answer, journey_words
from collector.reports.paths.nodes import at_node
from collector.reports.paths.ranking import Journey, made, parse_journey
from collector.reports.paths.walk import NONE, Walks
from collector.reports.people_list import Behind, people_block

Test = Callable[[Walks], Bool]
KNOWN = ("channel", "source", "goals")


def listed_block(journeys: Journeys, answer: Answer, which: str) -> Block:
    """The block `people` of what `people`, `at`, `group` and `next` ask for.

    Raises:
        UserError: they name nothing that the answer has.
    """
    found = answer.found
    never = which in ("never", "journey-never")
    walks = found.never if never and found.plan.mode == "goal" else found.walks
    title, test = _asked(answer, which)
    behind = [_behind(answer, one, np.flatnonzero(test(one)), never) for one in walks]
    unit = "visit" if answer.sessions else "person"
    columns = (Column("journey", T("Journey")),)
    return people_block(journeys, answer.query, behind, title, columns, known=KNOWN, unit=unit)


def _behind(answer: Answer, one: Walks, entries: Int64, never: bool) -> Behind:
    def told(shown: Int64) -> Sequence[Cell]:
        return [
            journey_words(answer, journey, never or (one.reached is not None and not one.reached[entry]))
            for entry in entries[shown].tolist()
            for journey in [_journey(one, entry)]
        ]

    return Behind(one.anchors.part, one.person[entries], one.time[entries], {"journey": told})


def _journey(one: Walks, entry: int) -> Journey:
    codes = [int(column[entry]) for column in one.journey]
    return Journey(tuple(code for code in codes if code != NONE), bool(one.longer[entry]))


def _asked(answer: Answer, which: str) -> tuple[Text, Test]:
    values = answer.query.values
    at, group, following = values["at"], values["group"], values["next"]
    layer = (at if isinstance(at, int) else 1) - 1
    first = str(group or "")
    if which in ("place", "link") and not 0 <= layer < len(answer.flow.layers) - (which == "link"):
        raise UserError(f"There is no step {layer + 1}.", f"The flow has {len(answer.flow.layers)} steps.")
    if which == "place":
        code = answer.names.code(first, answer.flow.layers[layer].codes)
        title = T("At step {step}: {place}", step=layer + 1, place=first)
        return title, lambda one: at_node(one, answer.flow, layer, code)
    if which == "link":
        here, there = answer.flow.layers[layer : layer + 2]
        start, end = answer.names.code(first, here.codes), answer.names.code(str(following or ""), there.codes)
        title = T("From {place} to {next}, at step {step}", step=layer + 1, place=first, next=str(following))
        return title, lambda one: at_node(one, answer.flow, layer, start) & at_node(one, answer.flow, layer + 1, end)
    if which in ("journey", "journey-never"):
        return _of_journey(answer, parse_journey(first), which)
    return _OUTCOMES[which], _outcome(which)


def _of_journey(answer: Answer, journey: Journey, which: str) -> tuple[Text, Test]:
    unknown = [code for code in journey.codes if code >= 0 and code not in answer.names.places.names]
    if unknown or any(code < NONE for code in journey.codes):
        raise UserError("There is no such journey.", "Use the link of one in the list of journeys.")
    title = T("{journey}", journey=journey_words(answer, journey, which == "journey-never"))
    ended = _outcome("never" if which == "journey-never" else "reached")
    if answer.found.plan.goal is None:
        ended = _outcome("all")
    return title, lambda one: ended(one) & made(one, journey)


def _outcome(which: str) -> Test:
    def test(one: Walks) -> Bool:
        everyone = np.ones(len(one.person), dtype=np.bool_)
        if which == "all" or one.reached is None:
            return everyone
        return one.reached if which == "reached" else ~one.reached

    return test


_OUTCOMES = {
    "all": T("All in the flow"),
    "reached": T("Who reached the goal"),
    "never": T("Who did not reach the goal"),
}
