"""Lists of people: as long as the number they stand behind, the latest first, names looked up for those shown only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Column
from collector.core.event import ENGAGEMENT
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY, HOUR
from collector.journeys.journeys import Journeys
from collector.reports.people_list import LIMIT, MOST, Behind, people_block
from collector.reports.visitors import REPORT
from tests.support.effort import examples
from tests.support.visit_oracle import logs, users
from tests.support.worlds import E, Ledger, question, site, world

START = 1_763_000_000_000
NOW = START + 6 * DAY
SITE = site({"Buy": "event:buy"})
TITLE = T("Who came")


def asked(**arguments: str) -> Query:
    return question(replace(REPORT, params=(LIMIT,)), NOW, SITE, all_time="1", **arguments)


def everybody(journeys: Journeys) -> list[Behind]:
    return [Behind.persons(part, part.alive) for part in journeys.each()]


def column(block: Block, name: str) -> list[Cell]:
    at = [one.name for one in block.columns].index(name)
    return [row[at] for row in block.rows]


def shop(people: int) -> list[E]:
    return [E(f"v{at}", START + at * HOUR, "page:/") for at in range(people)]


def test_the_latest_come_first_and_the_title_says_how_many_there_are() -> None:
    journeys = world(shop(5), as_of=NOW, parts=2)
    block = people_block(journeys, asked(), everybody(journeys), TITLE, limit=3)
    assert column(block, "person") == ["v4", "v3", "v2"]
    assert column(block, "time") == [START + at * HOUR for at in (4, 3, 2)]
    assert block.draw["total"] == 5
    assert str(block.title) == "Who came: 5 people"
    assert str(block.note) == "The latest 3 of 5 are shown."


def test_the_question_says_how_many_rows_and_a_thousand_is_the_rule() -> None:
    assert asked().values["limit"] == MOST == 1_000
    journeys = world(shop(12), as_of=NOW, parts=2)
    whole = people_block(journeys, asked(limit="5000"), everybody(journeys), TITLE)
    assert (len(whole.rows), whole.note) == (12, None)
    assert len(people_block(journeys, asked(limit="7"), everybody(journeys), TITLE).rows) == 7


def test_nobody_and_somebody_alone_are_said() -> None:
    journeys = world(shop(1), as_of=NOW)
    assert str(people_block(journeys, asked(), [], TITLE).title) == "Who came: 0 people"
    assert str(people_block(journeys, asked(), everybody(journeys), TITLE).title) == "Who came: one person"
    assert str(people_block(journeys, asked(), everybody(journeys), TITLE, unit="session").title).endswith(
        "one session"
    )


def test_names_are_looked_up_for_those_shown_only(monkeypatch: pytest.MonkeyPatch) -> None:
    journeys = world(shop(50), as_of=NOW)
    seen: list[int] = []
    plain = Ledger.keys

    def counting(self: Ledger, codes: Sequence[int]) -> Mapping[int, str]:
        seen.extend(codes)
        return plain(self, codes)

    monkeypatch.setattr(Ledger, "keys", counting)
    people_block(journeys, asked(), everybody(journeys), TITLE, limit=4)
    assert len(seen) == 4


def test_facts_of_each_entry_stand_beside_it_and_nothing_is_none() -> None:
    log = [E("a", START, "event:buy", value=3.0), E("a", START + 1, "event:buy"), E("b", START + 2, "event:buy")]
    journeys = world(log, as_of=NOW)
    part = journeys.parts[0]
    rows = np.arange(3)
    costly: list[int] = []

    def named(entries: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Cell]:
        costly.extend(entries.tolist())
        return [f"row {at}" for at in entries.tolist()]

    listed = [Behind.each(part, rows, {"worth": part.value[rows], "what": named, "again": rows * 2})]
    columns = (Column("worth", T("Worth"), "money"), Column("what", T("What")), Column("again", T("Twice"), "count"))
    block = people_block(journeys, asked(), listed, TITLE, columns, unit="event", known=(), limit=2)
    assert [list(row) for row in block.rows] == [
        ["b", START + 2, None, "row 2", 4],
        ["a", START + 1, None, "row 1", 2],
    ]
    assert costly == [2, 1]
    assert block.draw["total"] == 3


def test_of_a_persons_rows_the_last_one_counts_and_codes_find_them_in_every_part() -> None:
    log = [*shop(4), E("v1", START + DAY, "page:/x")]
    journeys = world(log, as_of=NOW, parts=3)
    listed = [Behind.latest(part, np.arange(part.size)) for part in journeys.each()]
    block = people_block(journeys, asked(), listed, TITLE, when=None)
    assert column(block, "person") == ["v1", "v3", "v2", "v0"]
    assert "time" not in [one.name for one in block.columns]
    codes = np.array([code for key in ("v1", "v2") if (code := journeys.people.code(key)) is not None])
    found = people_block(journeys, asked(), Behind.codes(journeys, codes), TITLE)
    assert column(found, "person") == ["v1", "v2"]
    assert len(Behind.latest(journeys.parts[0], np.empty(0, dtype=np.int64)).person) == 0


def test_what_bots_left_is_not_when_somebody_was_last_seen() -> None:
    log = [E("a", START, "page:/"), E("a", START + HOUR, "page:/", bot=1)]
    journeys = world(log, as_of=NOW)
    part = journeys.parts[0]
    assert Behind.persons(part, part.alive).time.tolist() == [START]
    assert Behind.persons(part, part.alive, include_bots=True).time.tolist() == [START + HOUR]


@settings(max_examples=examples(100), deadline=None)
@given(logs(most=40), users(), st.sampled_from([1, 3]), st.integers(1, 9))
def test_any_cut_of_the_list_is_the_beginning_of_the_whole(
    log: list[E], known: Mapping[str, str], parts: int, limit: int
) -> None:
    journeys = world(log, known, NOW, parts)
    listed = everybody(journeys)
    whole = people_block(journeys, asked(), listed, TITLE)
    # Who left nothing but attention that belongs to no page is nobody.
    people = {known.get(e.visitor, e.visitor) for e in log if e.kind.type != ENGAGEMENT}
    assert len(whole.rows) == whole.draw["total"] == len(people)
    times = [int(str(cell)) for cell in column(whole, "time")]
    assert times == sorted(times, reverse=True)
    assert people_block(journeys, asked(), listed, TITLE, limit=limit).rows == whole.rows[:limit]
