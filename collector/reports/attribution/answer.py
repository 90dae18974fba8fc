"""What all blocks of an attribution are made from, and how its values are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collector.core.called import CHANNEL_WORDS
from collector.core.query import Query
from collector.core.text import T, Text
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
    def valued(self) -> bool:
        """Whether any conversion is worth anything known."""
        return any(one.weighed.worth is not None for one in self.paths.found)

    @once
    def revenue(self) -> float:
        """What all conversions are worth together."""
        return sum(float(one.weighed.worth.sum()) for one in self.paths.found if one.weighed.worth is not None)

    def link(self, people: str, group: str | None = None) -> Link:
        """The arguments that list what is behind a number."""
        return (*self.kept, ("people", people), *((("group", group),) if group is not None else ()))

    def called(self, value: str) -> Text | str:
        """A value as people say it."""
        return CHANNEL_WORDS.get(value, value) if self.plan.dimension == "channel" else value
