"""What the search says: the actions in a table, the best of them by how often, and the people behind them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T, Text
from collector.core.times import DAY
from collector.journeys.part import Int64
from collector.reports.aha.asking import impact_of, linked_note
from collector.reports.aha.search import TIMES, Finding
from collector.reports.stats import benjamini_hochberg, chi_squared, difference, wilson

LINKED = ("people", "group", "limit")
MOST = 20
CHANCE = 0.05
BANDS = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 9), (10, 2**31))


def people_of(query: Query, which: str, group: str = "") -> tuple[tuple[str, str], ...]:
    """The arguments of a list of people; of all newcomers where no action is named."""
    kept = tuple(pair for pair in query.arguments if pair[0] not in LINKED)
    return (*kept, ("people", which), *((("group", group),) if group else ()))


def group_of(finding: Finding, days: Sequence[int]) -> str:
    """The finding as an argument: the action, how often, within how many days."""
    return _group(finding, finding.times, days)


def _group(finding: Finding, times: int, days: Sequence[int]) -> str:
    return f"{finding.action.matcher}|{times}|{days[finding.day] // DAY}"


def ranked(findings: Sequence[Finding]) -> list[tuple[Finding, float]]:
    """Findings with their p-values, strongest first.

    Chi-squared tests on the half that the findings were not chosen on, corrected for their number (Benjamini and
    Hochberg 1995); those that could not be tested are left out.
    """
    if not findings:
        return []
    numbers = np.array([[one.did_reached, one.did, one.others_reached, one.others] for one in findings])
    p_values = chi_squared(*numbers.T)
    tested = np.flatnonzero(~np.isnan(p_values))
    corrected = benjamini_hochberg(p_values[tested])
    found = [(findings[at], float(p)) for at, p in zip(tested.tolist(), corrected, strict=True)]
    return sorted(found, key=lambda row: (row[1] >= CHANCE, -abs(row[0].phi), _plainness(row[0])))


def _plainness(finding: Finding) -> tuple[int, str]:
    """Of actions that say the same, an event of the site's own is plainer than a page, and a page than a click."""
    matcher = finding.action.matcher
    order = ("event", "form", "page")
    return (order.index(matcher.subject) if matcher.subject in order else len(order)), str(matcher)


def distinct(found: Sequence[tuple[Finding, float]]) -> list[tuple[Finding, float, list[str]]]:
    """The findings without those that count the same people in every respect, which are named beside the first."""
    kept: dict[bytes, tuple[Finding, float, list[str]]] = {}
    for one, p in found:
        first = kept.setdefault(one.action.counts.tobytes(), (one, p, []))
        if first[0] is not one:
            first[2].append(str(one.action.matcher))
    return list(kept.values())


def standing_out(found: Sequence[tuple[Finding, float]]) -> list[Finding]:
    """Those that go with reaching it more often, and hardly by chance; the first is what the headline tells of."""
    return [one for one, p in found if p < CHANCE and one.phi > 0]


def findings_block(
    query: Query, found: Sequence[tuple[Finding, float]], days: Sequence[int], goal: Matcher, named: Text
) -> Block:
    """A row an action, in the form that tells most; each leads to Impact where that can be asked of the goal."""
    rows: list[list[Cell]] = []
    shown = distinct(found)[:MOST]
    for one, p, alike in shown:
        apart, low, high = difference(one.did_reached, one.did, one.others_reached, one.others)
        reached = one.did_reached + one.others_reached
        everybody = int(one.action.counts[one.day, TIMES.index(one.times)].sum())
        rows.append(
            [
                str(one.action.matcher),
                one.times,
                days[one.day] // DAY,
                everybody,
                one.did_reached / one.did,
                one.others_reached / one.others,
                float(apart),
                float(low),
                float(high),
                one.did_reached / reached if reached else None,
                p,
                ", ".join(alike[:3]),
            ]
        )
    asked = [impact_of(query, goal, one) for one, _, _ in shown]
    first = next(iter(standing_out(found)), None)
    stands_out = next((at for at, (one, _, _) in enumerate(shown) if one is first), None)
    return Block(
        id="actions",
        kind="table",
        title=T("Early actions that go with {goal}", goal=named),
        columns=(
            Column("action", T("Action")),
            Column("times", T("Times"), "count", T("So often or more often.")),
            Column("days", T("Days"), "count", T("Within so many days of the start.")),
            Column("people", T("People"), "count", T("Who did so.")),
            Column("rate", T("Reached it"), "ratio", T("Of those who did so.")),
            Column("others", T("Others"), "ratio", T("Of those who did not do so, how many reached it.")),
            Column("difference", T("Difference"), "points"),
            Column("low", T("Low"), "points", T("Lower end of the 95 % interval of the difference (Newcombe).")),
            Column("high", T("High"), "points", T("Upper end of the 95 % interval of the difference (Newcombe).")),
            Column("coverage", T("Covers"), "ratio", T("How many of all who reached it did so before.")),
            Column("p_value", T("p"), "number", T("Chi-squared test, corrected for the number of actions.")),
            Column("alike", T("The same people"), "text", T("Other actions of exactly as many.")),
        ),
        rows=rows,
        draw={
            "x": "action",
            "y": "difference",
            "low": "low",
            "high": "high",
            "link": "people",
            "unseen": ("low", "high"),
            "more": ("coverage", "alike"),
            "words": {"action": "act", "alike": "acts"},
            **({"leads": {"action": ("impact", asked)}, "stands_out": stands_out} if all(asked) else {}),
        },
        links=[people_of(query, "did", group_of(one, days)) for one, _, _ in shown],
        note=linked_note(query, goal, [one for one, _, _ in shown]),
        empty=T("No action was done, and not done, by enough people to say anything."),
    )


def bands_of(times: Int64) -> Int64:
    """For each number of times the place of its band."""
    return np.searchsorted([low for low, _ in BANDS], times, "right") - 1


def band_label(band: int) -> str:
    """How often those of a band did it."""
    low, high = BANDS[band]
    return str(low) if low == high else f"{low}+" if high > 99 else f"{low}-{high}"


def often_block(query: Query, finding: Finding, days: Sequence[int], counts: Int64, title: Text) -> Block:
    """By how often the best action was done: `counts[band, reached]`, of everybody."""
    rows: list[list[Cell]] = []
    links, arrived = [], []
    for band, (missed, reached) in enumerate(counts.tolist()):
        people = missed + reached
        if not people:
            continue
        low, high = wilson(reached, people)
        rows.append([band_label(band), people, reached, reached / people, float(low), float(high)])
        group = _group(finding, BANDS[band][0], days)
        links.append(people_of(query, "often", group))
        arrived.append(people_of(query, "often_reached", group))
    return Block(
        id="often",
        kind="series",
        title=title,
        columns=(
            Column("times", T("Times")),
            Column("people", T("People"), "count"),
            Column("reached", T("Reached it"), "count"),
            Column("rate", T("Rate"), "ratio"),
            Column("low", T("Low"), "ratio", T("Lower end of the 95 % interval (Wilson).")),
            Column("high", T("High"), "ratio", T("Upper end of the 95 % interval (Wilson).")),
        ),
        rows=rows,
        draw={
            "x": "times",
            "y": ["rate"],
            "low": "low",
            "high": "high",
            "as": "bars",
            "link": "people",
            "cell_links": {"reached": arrived},
        },
        links=links,
    )
