"""What was spent on each value of the dimension in the range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.spend import SpendDay, main_currency
from collector.reports.attribution.plan import Plan
from collector.reports.attribution.touches import called
from collector.reports.named import OTHER

SPENT_BY = ("channel", "source", "campaign")


@dataclass(frozen=True, slots=True)
class Costs:
    """What was spent in the range.

    Attributes:
        by: cost of each value, by its name in the bill.
        currency: the one that these are in.
        nameless: what was spent without a value of the dimension.
        currencies: all that there are in the range, those of most rows first.
        earned: the currency that the goal's value is in, "" where it is not known.
    """

    by: Mapping[str, float] = field(default_factory=dict)
    currency: str = ""
    nameless: float = 0.0
    currencies: tuple[str, ...] = ()
    earned: str = ""

    @property
    def comparable(self) -> bool:
        """Whether revenue may be divided by these: it is in the same currency, as far as is known."""
        return self.earned in ("", self.currency)

    @property
    def total(self) -> float:
        """All that was spent."""
        return sum(self.by.values()) + self.nameless

    def of(self, values: Sequence[str]) -> list[float | None]:
        """The cost of each of these values, None where nothing was spent.

        Case does not tell them apart: of several, the one written as in the bill has the cost, else the first.
        """
        known = {value.casefold(): value for value in reversed(values)} | {value: value for value in values}
        found: dict[str, float] = {}
        for name, cost in self.by.items():
            place = known.get(name) or known.get(name.casefold(), OTHER)
            found[place] = found.get(place, 0.0) + cost
        return [found.get(value) for value in values]


def costs_of(query: Query, plan: Plan) -> Costs | None:
    """What was spent in the range; None where nothing was, or it is not known by this dimension.

    Where no currency is chosen, that of the goal counts if something was spent in it, else that of most rows.

    Raises:
        UserError: the currency asked for is not one of the range's.
    """
    if plan.dimension not in SPENT_BY:
        return None
    rows = _inside(query)
    if not rows:
        return None
    many = Counter(row.currency for row in rows)
    currencies = tuple(sorted(many, key=lambda one: (-many[one], one)))
    asked = query.values["currency"]
    earned = query.site.currency_of(plan.goal)
    chosen = asked.upper() if isinstance(asked, str) and asked else main_currency(rows, earned)
    if chosen not in currencies:
        raise UserError(f"Nothing was spent in {chosen}.", f"Currencies here: {', '.join(currencies)}.")
    by: dict[str, float] = {}
    nameless = 0.0
    for row in rows:
        if row.currency != chosen:
            continue
        name = str(getattr(row, plan.dimension))
        if name:
            name = called(name, plan.dimension)
            by[name] = by.get(name, 0.0) + row.cost
        else:
            nameless += row.cost
    return Costs(by, chosen, nameless, currencies, earned)


def _inside(query: Query) -> list[SpendDay]:
    rows = query.site.spend.rows
    if query.span is None:
        return list(rows)
    first, last = query.span.first.isoformat(), query.span.last.isoformat()
    return [row for row in rows if first <= row.day <= last]
