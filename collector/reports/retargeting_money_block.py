"""The block `money`: what retargeting cost, what that brought, and what last click claims for it."""

from __future__ import annotations

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text, Value
from collector.reports import counted
from collector.reports.impact.in_all import InAll
from collector.reports.retargeting_money import Bounded, Money, cost_each, left_after, return_on
from collector.reports.scope import share

_COLUMNS = (
    Column("measure", T("Measure")),
    Column("label", T("Measure"), "label"),
    Column("value", T("Because of the ads"), "number"),
    Column("low", T("At least"), "number", T("95 % interval, from that of the effect.")),
    Column("high", T("At most"), "number"),
    Column("last_click", T("Last click claims"), "number", T("Direct visits aside, within 30 days of the click.")),
    Column("meaning", T("What it means"), "label"),
)
_UNITS = {
    **dict.fromkeys(("spend", "cost_per_conversion", "revenue", "left_after_spend"), "money"),
    "conversions": "count",
}
_UNCLEAR = T("Cannot be told: it may have brought none.")


def money_block(money: Money | None, seen: bool = False) -> Block:
    """The block `money`; without costs it says how to bring them in.

    Args:
        seen: whether ads that were only seen are known too, which the figures leave out.
    """
    return Block(
        "money",
        "table",
        T("What it cost, and what that brought"),
        _COLUMNS,
        [] if money is None else _rows(money),
        draw={"unseen": ("measure",), "units": _UNITS, "wide": True},
        note=None if money is None else _note(money, seen),
        empty=T(
            "No costs of the channel “retargeting” are known for these days. Take them in on the page Ad costs, to see "
            "what each purchase that would not have come without the ads costs."
        ),
    )


def _rows(money: Money) -> list[list[Cell]]:
    spent, conversions, revenue = money.cost.spent, money.conversions, money.revenue
    claimed = money.claimed_revenue if revenue is not None or money.claimed_revenue else None
    return [
        ["spend", str(T("Spent")), spent, None, None, spent, str(T("On days whose time for the goal is over."))],
        _row(
            "conversions",
            T("Conversions"),
            _plain(conversions),
            money.claimed,
            T("People who would not have got there without the ads."),
        ),
        _row(
            "cost_per_conversion",
            T("Cost of each"),
            cost_each(spent, conversions),
            share(spent, money.claimed),
            T("Spent, for each that would not have come without the ads."),
        ),
        _row("revenue", T("Revenue"), _plain(revenue), claimed, T("Not without the ads.")),
        *_set_against(money, claimed),
    ]


def _set_against(money: Money, claimed: float | None) -> list[list[Cell]]:
    """Revenue beside what was spent, where both are in one currency as far as is known."""
    cost, labels = money.cost, {"return_on_spend": T("Return on spend"), "left_after_spend": T("Left after the spend")}
    if not cost.comparable:
        why = str(T("Cannot be told: revenue is in {earned}, costs in {one}.", earned=cost.earned, one=cost.currency))
        return [[measure, str(label), None, None, None, None, why] for measure, label in labels.items()]
    return [
        _row(
            "return_on_spend",
            labels["return_on_spend"],
            return_on(cost.spent, money.revenue),
            None if claimed is None else share(claimed, cost.spent),
            T("Revenue for each unit spent; above 1 more came in than was spent."),
        ),
        _row(
            "left_after_spend",
            labels["left_after_spend"],
            left_after(cost.spent, money.revenue),
            None if claimed is None else claimed - cost.spent,
            T("Revenue less what the ads cost; the goods cost more."),
        ),
    ]


def _plain(brought: InAll | None) -> Bounded | None:
    return None if brought is None else Bounded(brought.difference, brought.low, brought.high)


def _row(measure: str, label: Text, figure: Bounded | None, claimed: float | None, meaning: Text) -> list[Cell]:
    if figure is None:
        why = _UNCLEAR if measure == "cost_per_conversion" else T("Cannot be told: there is no effect to count with.")
        return [measure, str(label), None, None, None, claimed, str(why)]
    return [measure, str(label), *figure, claimed, str(meaning)]


def _note(money: Money, seen: bool) -> Text:
    each, spent = cost_each(money.cost.spent, money.conversions), Value(money.cost.spent, "money")
    values: dict[str, object] = {
        "spent": spent,
        "currency": money.cost.currency,
        "claimed": Value(money.claimed, "count"),
    }
    if each is None:
        told = T(
            "{spent} {currency} were spent, and it cannot be told that they brought anybody to the goal who would not "
            "have got there; last click would claim {claimed}."
        )
    else:
        told = T(
            "{spent} {currency} were spent: {each} for each of those who would not have got there, between {low} and "
            "{high}; last click would claim {claim}."
        )
        values |= {name: Value(end, "money") for name, end in zip(("each", "low", "high"), each, strict=True)}
        values["claim"] = _claimed(money)
    said = Text(told.template, values)
    if money.cost.other:
        said = counted.told(
            money.cost.other,
            T("{said} One bill in another currency is left out."),
            T("{said} {n} bills in other currencies are left out."),
            said=said,
        )
    if seen:
        said = T(
            "{said} Only what came of visits by these ads is counted; what seeing them brought is told apart, and not "
            "to be added, since most who come by an ad have seen one.",
            said=said,
        )
    if money.cost.of_all:
        said = T(
            "{said} The ads were shown to everybody and paid for, also to people whom the filters, or an ad before "
            "these days, leave out of what they brought: ask over all time and without filters for the whole account.",
            said=said,
        )
    return said


def _claimed(money: Money) -> Text:
    each = share(money.cost.spent, money.claimed)
    if each is None:
        return T("none")
    return T("{n}, at {each} each", n=Value(money.claimed, "count"), each=Value(each, "money"))
