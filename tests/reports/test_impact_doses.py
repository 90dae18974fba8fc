"""What is told of how much of an exposure there was."""

from __future__ import annotations

import numpy as np
import pytest

from collector.core.blocks import Block
from collector.core.text import T
from collector.reports.impact.blocks import doses_block
from collector.reports.impact.doses import Dose
from collector.reports.impact.estimate import Effect
from collector.reports.stats import wilson

NUMBERS = (0.25, 0.1, 0.15, 0.05, 0.25)
EFFECT = Effect(*(np.array([number]) for number in NUMBERS))


def block(*doses: Dose) -> Block:
    return doses_block("dose", T("By how much of it"), doses)


def test_a_dose_settled_at_once_has_its_effect() -> None:
    told = block(Dose(T("2 to 3"), 40, 10, EFFECT))
    assert told.rows == [["2 to 3", 40, *NUMBERS]]
    assert told.draw["y"] == "difference"


def test_a_dose_that_goes_on_in_later_visits_has_the_rate_of_those_who_had_it_and_no_effect() -> None:
    told = block(Dose(T("2 to 3"), 40, 10, None))
    assert [column.name for column in told.columns] == ["group", "people", "exposed", "low", "high"]
    low, high = wilson(10, 40)
    assert told.rows == [["2 to 3", 40, 0.25, pytest.approx(float(low)), pytest.approx(float(high))]]
    assert (told.draw["y"], "no effects" in str(told.note)) == ("exposed", True)


def test_without_doses_the_block_says_so() -> None:
    assert block().rows == []
