"""What was spent on advertising, day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpendDay:
    """The cost of one day of a channel, source and campaign ("" where the bill does not say); `day` is an ISO day."""

    day: str
    channel: str
    source: str
    campaign: str
    cost: float
    currency: str


@dataclass(frozen=True, slots=True, repr=False)
class Spend:
    """A site's whole spend. `version` is another number after every change of it."""

    rows: Sequence[SpendDay] = ()
    version: int = 0

    def __repr__(self) -> str:
        # Answers are kept under what their site looks like, which must stay short however much was spent.
        return f"Spend(version={self.version})"


def main_currency(rows: Sequence[SpendDay], wanted: str) -> str:
    """The currency to count costs in: the wanted one where some are in it, else that of most rows."""
    many = Counter(row.currency for row in rows)
    return wanted if wanted in many else min(many, key=lambda one: (-many[one], one), default="")


NO_SPEND = Spend()
