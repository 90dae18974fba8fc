"""A value that reads like the name of a group that is none has a row and a list of people of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.event import Source
from collector.core.times import DAY, HOUR
from collector.journeys.journeys import Journeys
from collector.reports.ask import ask
from collector.reports.named import NO_TOUCH, NONE, OTHER, named, value_of
from collector.reports.registry import reports
from collector.web.draw import linked_column
from tests.support.worlds import E, site, world

NOW = 1_700_000_000_000
# How many people have each; the others, of one person each, are too many to be shown.
ODD = {OTHER: 7, NONE: 6, "": 5, f'"{OTHER}"': 4, NO_TOUCH: 3, "plain": 2}
LITERALS = st.sampled_from([*ODD, "(Other)", '"', '""', "(", f'""{NONE}""']) | st.text()
# Report, block, question.
ASKED: Sequence[tuple[str, str, Mapping[str, Sequence[str]]]] = (
    ("funnel", "breakdown", {"step": ["event:x"], "by": ["plan"]}),
    ("funnel", "breakdown", {"step": ["event:x"], "by": ["campaign"], "by-at": ["any"]}),
    ("retention", "cohorts", {"by": ["plan"], "interval": ["day"]}),
    ("explore", "values", {"by": ["plan"]}),
    ("explore", "values", {"by": ["campaign"]}),
    ("attribution", "models", {"goal": ["event:x"], "dimension": ["campaign"]}),
    ("overview", "sources", {}),
)


@given(LITERALS, LITERALS)
def test_no_two_values_have_one_name_and_each_name_leads_back_to_its_value(one: str, other: str) -> None:
    assert value_of(named(one)) == one
    assert (named(one) == named(other)) == (one == other)
    assert named(one) not in (OTHER, NO_TOUCH)
    assert (named(one) == NONE) == (one == "")


@pytest.fixture(scope="module")
def journeys() -> Journeys:
    """People by the campaign they came from, and a property of the same value."""
    many = {**ODD, **{f"value {number:03}": 1 for number in range(120)}}
    visitors = [
        (value, f"{at}-{number}") for at, (value, people) in enumerate(many.items()) for number in range(people)
    ]
    events = [
        E(visitor, NOW - 3 * DAY + at, "event:x", source=Source("email", "list", campaign=value), props={"plan": value})
        for at, (value, visitor) in enumerate(visitors)
    ]
    return world(events, {}, NOW)


def carried(pairs: Sequence[tuple[str, str]], given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What a link asks for, in the days of the question where it names none."""
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        found.setdefault(name, []).append(text)
    return {**{name: list(given[name]) for name in ("from", "to") if name not in found}, **found}


@pytest.mark.parametrize(("name", "block_id", "asked"), ASKED, ids=str)
def test_a_list_holds_those_of_its_value_and_nobody_else(
    name: str, block_id: str, asked: Mapping[str, Sequence[str]], journeys: Journeys
) -> None:
    given = {**asked, "from": ["2023-11-01"], "to": ["2023-11-20"]}
    _, result = ask(reports()[name], journeys, given, site(), NOW + HOUR)
    block = result.block(block_id)
    names, to = [column.name for column in block.columns], "visitors" if name == "overview" else name
    label = names.index("campaign") if "campaign" in names else 0
    number = next((names.index(one) for one in ("touched", "size") if one in names), linked_column(block))
    own = block.draw.get("cell_links", {})
    assert isinstance(own, Mapping)
    links = own.get(names[number], block.links)
    seen: dict[object, object] = {}
    for row, link in zip(block.rows, links, strict=True):
        if row[label] not in {*ODD, *map(named, ODD)} or (block.kind == "grid" and row[label] in seen):
            continue  # of a grid, the first cell of each row
        assert row[label] not in seen
        _, listed = ask(reports()[to], journeys, carried(link, given), site(), NOW + HOUR)
        people = listed.block("total").rows[0][0] if to == "visitors" else listed.block("people").draw["total"]
        assert people == row[number], (row, link)
        seen[row[label]] = people
    told = {value if to == "visitors" else named(value): people for value, people in ODD.items()}
    assert {name: people for name, people in seen.items() if name != OTHER or to == "visitors"} == told
