"""What every report is asked by the benchmarks: one table, a line a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Arguments = Mapping[str, Sequence[str]]

ALL: Arguments = {"all-time": ["1"]}
YEAR: Arguments = {"from": ["2025-07-01"], "to": ["2026-06-30"]}
STEPS = ("page:/", "page:/products", "event:add_to_cart", "event:checkout", "event:purchase")
FUNNEL: Arguments = {"step": STEPS, "window": ["7d"]}

# (report, what is special about it, arguments). A report that is not listed is asked its example, over all time.
QUESTIONS: Sequence[tuple[str, str, Arguments]] = (
    ("overview", "30 days", {}),
    ("overview", "five years", ALL),
    ("overview", "five years, of buyers", {**ALL, "segment": ["Buyers"]}),
    ("overview", "five years, by segment", {**ALL, "by": ["segment"]}),
    ("funnel", "30 days", FUNNEL),
    ("funnel", "five years", {**FUNNEL, **ALL}),
    ("funnel", "by device", {**FUNNEL, **ALL, "by": ["device"]}),
    ("funnel", "not by those who were at the pricing between", {**FUNNEL, **ALL, "exclude": ["page:/pricing@1-3"]}),
    ("funnel", "of sessions", {**FUNNEL, **ALL, "unit": ["session"]}),
    ("funnel", "in any order", {**FUNNEL, **ALL, "order": ["any"]}),
    ("funnel", "with nothing between", {**FUNNEL, **ALL, "order": ["strict"]}),
    ("funnel", "a first step of 160 pages", {**ALL, "step": ["page:/product/*", *STEPS[2:]]}),
    ("visitors", "latest", {}),
    ("visitors", "five years, who bought", {**ALL, "where": ["event:purchase"]}),
    ("paths", "30 days, from the landing", {}),
    ("paths", "five years, from the landing", ALL),
    ("paths", "five years, from the home page to the cart", {**ALL, "start": ["page:/"], "goal": ["page:/cart"]}),
    ("paths", "five years, to a purchase", {**ALL, "goal": ["event:purchase"]}),
    ("paths", "five years, around the prices, of people", {**ALL, "around": ["page:/pricing"], "unit": ["person"]}),
    ("retention", "five years, by month", {**ALL, "interval": ["month"]}),
    ("retention", "five years, by week", {**ALL, "interval": ["week"]}),
    ("retention", "of buyers by channel", {**ALL, "start": ["event:purchase"], "by": ["channel"]}),
    ("lifecycle", "five years, by week", {**ALL, "interval": ["week"]}),
    ("scorecard", "30 days", {}),
    ("scorecard", "a year, beside the year before", YEAR),
    ("scorecard", "five years", ALL),
    ("explore", "30 days, by channel", {"by": ["channel"]}),
    ("explore", "five years, channel by device", {**ALL, "by": ["channel"], "across": ["device"]}),
    ("before-after", "28 days each side", {"day": ["2026-05-20"]}),
    ("before-after", "364 days each side, and the year before", {"day": ["2025-06-30"], "window": ["364d"]}),
    ("aha", "five years, of coming back", {**ALL, "goal": ["any"]}),
    ("aha", "five years, of buying", {**ALL, "goal": ["event:purchase"]}),
    ("stages", "30 days", {}),
    ("stages", "five years, of buyers", {**ALL, "where": ["event:purchase"]}),
    ("segments", "all saved ones", {}),
    ("segment", "who bought, by week", {"where": ["event:purchase"], "period": ["8w"]}),
    ("events", "30 days", {}),
    ("events", "five years", ALL),
    ("chat", "five years", ALL),
    ("retargeting", "five years", {**ALL, "goal": ["event:purchase"], "cart": ["event:add_to_cart"]}),
    ("attribution", "30 days", {}),
    ("attribution", "five years, by channel", ALL),
    ("attribution", "30 days, of every page", {"goal": ["page:/**"]}),
    ("attribution", "five years, of every page", {**ALL, "goal": ["page:/**"]}),
    ("attribution", "five years, by landing page", {**ALL, "dimension": ["landing"]}),
    (
        "attribution",
        "five years, articles before signing up",
        {**ALL, "goal": ["event:signup"], "touch": ["page:/blog/**"]},
    ),
    ("drivers", "five years, of buying", {**ALL, "goal": ["event:purchase"]}),
    ("impact", "of chat on buying", {**ALL, "exposure": ["event:chat_started"], "goal": ["event:purchase"]}),
    # At ten million events these two have 23,000 and 54,000 exposed.
    (
        "impact",
        "of a feature's page on buying",
        {**ALL, "exposure": ["page:/features/reports"], "goal": ["event:purchase"]},
    ),
)
# Reports without a question of their own: they show one person, or what the engine is given by hand.
UNASKED = frozenset(("timeline",))


def asked(names: Sequence[str], examples: Mapping[str, Arguments]) -> list[tuple[str, str, Arguments]]:
    """The questions of these reports, in their order; the example of those that have none."""
    found: list[tuple[str, str, Arguments]] = []
    for name in names:
        own = [question for question in QUESTIONS if question[0] == name]
        if not own and name not in UNASKED:
            given = examples[name]
            whole = {} if {"period", "from", "to"} & set(given) else ALL
            own = [(name, "its example, five years" if whole else "its example", {**given, **whole})]
        found += own
    return found


def one_each(names: Sequence[str]) -> list[tuple[str, Arguments]]:
    """One question of each of these reports that has any, over all time where there is such a one."""
    found: dict[str, Arguments] = {}
    for name, _, arguments in QUESTIONS:
        whole = "all-time" in arguments and "all-time" not in found.get(name, {})
        if name in names and (name not in found or whole):
            found[name] = arguments
    return list(found.items())
