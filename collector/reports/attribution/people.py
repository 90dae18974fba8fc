"""The conversions behind a number, and the people who did not convert."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64
from collector.reports.attribution.answer import MODEL_WORDS, Answer
from collector.reports.attribution.histograms import LAGS, LONGEST, lag_group
from collector.reports.attribution.models import PLACES, WHOLE
from collector.reports.attribution.paths import Conversions
from collector.reports.attribution.sequences import fits, read, sequence, table, written
from collector.reports.named import NO_TOUCH
from collector.reports.people_list import Behind, Fact, people_block

Test = Callable[[Conversions], Bool]
KNOWN = ("channel", "source", "goals")


def listed_block(journeys: Journeys, answer: Answer, which: str) -> Block:
    """The block `people` of what `people` and `group` ask for.

    Raises:
        UserError: they name nothing that the answer has.
    """
    if which == "unconverted":
        behind = [
            Behind.persons(part, persons, include_bots=answer.query.include_bots)
            for part, persons in answer.paths.unconverted
        ]
        return people_block(journeys, answer.query, behind, T("Touched and not converted"), when=None)
    title, test = _asked(answer, which, str(answer.query.values["group"] or ""))
    behind = [_behind(answer, one, np.flatnonzero(test(one))) for one in answer.paths.found]
    columns = [Column("path", T("Path")), Column("touches", T("Touches"), "count")]
    if answer.valued:
        columns.append(Column("worth", T("Worth"), "money"))
    when = Column("time", T("Converted"), "time")
    return people_block(journeys, answer.query, behind, title, columns, when=when, known=KNOWN, unit="conversion")


def _behind(answer: Answer, one: Conversions, entries: Int64) -> Behind:
    def told(shown: Int64) -> Sequence[Cell]:
        rows = table(one.runs)[one.path[entries[shown]]]
        return [written(answer, sequence(row)) for row in rows]

    facts: dict[str, Fact] = {"path": told, "touches": one.length[entries], "worth": one.worth[entries]}
    return Behind.each(one.part, one.row[entries].astype(np.int64), facts)


def _asked(answer: Answer, which: str, group: str) -> tuple[Text, Test]:
    if which in ("touched", *WHOLE):
        return _of_value(answer, which, group)
    if which == "path":
        wanted = read(answer, group)
        return T("{path}", path=written(answer, wanted)), lambda one: fits(one.runs, wanted)[one.path]
    if which in ("length", "lag"):
        number = int(group) if group.isdecimal() and len(group) < 4 else -1
        if not 0 <= number < (LONGEST + 1 if which == "length" else len(LAGS)):
            raise UserError(f"There is no group {group!r}.", "Use the link of a row.")
        if which == "lag":
            return T("First touched {days} before", days=LAGS[number][1]), lambda one: lag_group(one.lag) == number
        return _touches_words(number), lambda one: np.minimum(one.length, LONGEST) == number
    return T("All"), lambda one: np.ones(len(one.row), dtype=np.bool_)


def _touches_words(number: int) -> Text:
    if number == LONGEST:
        return T("After {n} touches and more", n=number)
    return T("After one touch") if number == 1 else T("After {n} touches", n=number)


def _of_value(answer: Answer, which: str, value: str) -> tuple[Text, Test]:
    if value == NO_TOUCH:
        return T("Without a touch"), lambda one: one.length == 0
    if value not in answer.paths.values:
        raise UserError(f"There is no {value!r} here.", "Use the link of a row.")
    code, name = answer.paths.values.index(value), answer.called(value)
    if which == "touched":
        return T("Touched by {value}", value=name), lambda one: _owners(one, np.flatnonzero(one.runs.code == code))

    def test(one: Conversions) -> Bool:
        places = PLACES[which](one)
        return _owners(one, places[one.runs.code[places] == code])

    return T("{value} by the model “{model}”", value=name, model=MODEL_WORDS[which]), test


def _owners(one: Conversions, places: Int64) -> Bool:
    """The conversions that these touches belong to."""
    mask = np.zeros(len(one.runs.length), dtype=np.bool_)
    mask[one.runs.owner[places]] = True
    return mask[one.path]
