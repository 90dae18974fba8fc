"""What was spent on advertising, day by day."""

from __future__ import annotations

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


NO_SPEND = Spend()
