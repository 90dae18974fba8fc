"""What all blocks of an attribution are made from, and how its values are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collector.core.called import CHANNEL_WORDS
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.part import Float64, Int64
from collector.reports.attribution.costs import Costs
from collector.reports.attribution.models import Credit
from collector.reports.attribution.paths import Paths
from collector.reports.attribution.plan import Plan
from collector.reports.once import once

OWN = ("people", "at", "group", "limit")
Link = tuple[tuple[str, str], ...]

MODEL_WORDS = {
    "first": T("First touch"),
    "last": T("Last touch"),
    "last_non_direct": T("Last non-direct"),
    "linear": T("Linear"),
    "position": T("Position"),
    "decay": T("Time decay"),
    "markov": T("Markov"),
    "shapley": T("Shapley"),
}


@dataclass(frozen=True, eq=False)
class Answer:
    """A question's paths with every model's credit; `kept` are the arguments that links carry on."""

    query: Query
    plan: Plan
    paths: Paths
    credit: Mapping[str, Credit]
    costs: Costs | None
    kept: Link

    @once
    def length(self) -> Int64:
        """How many touches each conversion has, part after part."""
        return joined([one.length for one in self.paths.found])

    @once
    def worth(self) -> Float64:
        """What each conversion is worth, NaN for nothing known."""
        found = [one.worth for one in self.paths.found]
        return np.concatenate(found) if found else np.empty(0)

    @once
    def valued(self) -> bool:
        """Whether any conversion is worth anything known."""
        return bool((~np.isnan(self.worth)).any())

    def link(self, people: str, group: str | None = None) -> Link:
        """The arguments that list what is behind a number."""
        return (*self.kept, ("people", people), *((("group", group),) if group is not None else ()))

    def called(self, value: str) -> Text | str:
        """A value as people say it."""
        return CHANNEL_WORDS.get(value, value) if self.plan.dimension == "channel" else value


def joined(found: list[Int64]) -> Int64:
    """Whole numbers of all parts one behind the other."""
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
