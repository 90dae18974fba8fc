"""What to mind about an attribution."""

from __future__ import annotations

from collector.core.text import T, Text, Value
from collector.reports.attribution.answer import Answer
from collector.reports.attribution.blocks import untouched
from collector.reports.counted import conversions, told

FEW = 30


def notes(answer: Answer) -> list[Text]:
    """What to mind."""
    said = []
    count, (rest, _) = answer.paths.count, untouched(answer)
    if 0 < count < FEW:
        said.append(T("Only {n}: a few more would change these shares.", n=conversions(count)))
    if rest and count > rest:
        said.append(
            told(
                rest,
                T("One of {all} conversions has no touch within the lookback; it is a row of its own."),
                T("{n} of {all} conversions have no touch within the lookback; they are a row of their own."),
                all=Value(count, "count"),
            )
        )
    if count:
        said.append(
            T(
                "A touch before a conversion need not have caused it. What a channel changed is the question of the "
                "impact page."
            )
        )
    return [*said, *_costs(answer)]


def _costs(answer: Answer) -> list[Text]:
    costs = answer.costs
    if costs is None:
        return []
    said = []
    if answer.valued and not costs.comparable:
        said.append(
            T(
                "Revenue is in {earned} and these costs are in {one}, so that there is no ROAS; CPA is in {one}.",
                earned=costs.earned,
                one=costs.currency,
            )
        )
    elif answer.valued and not costs.earned:
        said.append(T("Costs are in {one}; revenue is taken to be as well.", one=costs.currency))
    if len(costs.currencies) > 1:
        said.append(
            T(
                "Costs are in {all}; only those in {one} count here. Choose another currency to see the rest.",
                all=", ".join(costs.currencies),
                one=costs.currency,
            )
        )
    if costs.nameless:
        said.append(
            T(
                "{cost} {one} was spent without a name of this kind and is in no row.",
                cost=Value(costs.nameless, "money"),
                one=costs.currency,
            )
        )
    return said
