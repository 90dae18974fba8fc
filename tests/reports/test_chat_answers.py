"""Chats by how fast and by whom they were answered: beside plain Python, with as many people behind each number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.times import DAY, MINUTE, SECOND
from collector.reports import chat
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
NOW = START + 60 * DAY
GIVEN = {"all_time": "1", "goal": "event:purchase", "horizon": "7d"}
HOSTILE = ("<script>alert(1)</script>", "=1+1|cmd", "{group} %s %(n)s", 'a"b]', "Zoë\u202e", "true")


@dataclass(frozen=True)
class Talk:
    """A chat of a visitor: the day, seconds until an agent answers (None: never), who, the rating, when they buy."""

    visitor: str
    day: int
    wait: int | None
    agent: str
    score: int | None
    buys: int | None

    @property
    def asked(self) -> int:
        return START + self.day * DAY

    @property
    def reached(self) -> bool:
        return self.buys is not None and self.buys <= 7 * DAY

    @property
    def band(self) -> str:
        if self.wait is None:
            return "never"
        edges = {"30s": 30, "2m": 120, "10m": 600}
        return next((name for name, end in edges.items() if self.wait < end), "later")


def told(talk: Talk) -> list[E]:
    log = [
        E(talk.visitor, talk.asked - 2_000, "page:/pricing"),
        E(talk.visitor, talk.asked - 1_000, "event:chat_started", page="/pricing"),
        E(talk.visitor, talk.asked, "event:chat_message", props={"role": "visitor"}),
    ]
    if talk.wait is not None:
        props = {"agent": talk.agent, "team": talk.agent[:1]} if talk.agent else {}
        log.append(
            E(talk.visitor, talk.asked + talk.wait * SECOND, "event:chat_message", props={"role": "agent", **props})
        )
    if talk.score is not None:
        log.append(E(talk.visitor, talk.asked + 20 * MINUTE, "event:chat_rated", props={"score": talk.score}))
    if talk.buys is not None:
        log.append(E(talk.visitor, talk.asked + talk.buys, "event:purchase"))
    return log


def ask(log: list[E], parts: int = 1, **arguments: str) -> Result:
    return chat.REPORT.run(world(log, as_of=NOW, parts=parts), question(chat.REPORT, NOW, site(), **GIVEN, **arguments))


def rows(block: Block) -> list[dict[str, Cell]]:
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def total(log: list[E], parts: int, arguments: object) -> object:
    assert isinstance(arguments, tuple)
    given = {name: text for name, text in arguments if text}
    return ask(log, parts, **given).block("people").draw["total"]


def behind(block: Block, column: str, at: int) -> object:
    links = block.draw["cell_links"]
    assert isinstance(links, Mapping)
    return links[column][at]


# One chat a visitor, or a second one a day later, on whole days: all are over by the end but those of the last week.
TALKS = st.lists(
    st.builds(
        Talk,
        visitor=st.sampled_from([f"v{n}" for n in range(12)]),
        day=st.sampled_from([3, 10, 30, 55]),
        wait=st.sampled_from([None, 5, 29, 30, 119, 120, 599, 600]),
        agent=st.sampled_from(["", "Ann", "Bob"]),
        score=st.sampled_from([None, 2, 4, 5]),
        buys=st.sampled_from([None, 30 * MINUTE, 7 * DAY - 1, 7 * DAY + 1]),
    ),
    max_size=14,
    unique_by=lambda talk: talk.visitor,
)


@settings(max_examples=examples(30))
@given(TALKS, st.sampled_from([1, 3]))
def test_the_first_response_and_the_goal_afterwards_are_what_plain_python_finds(talks: list[Talk], parts: int) -> None:
    log = [event for talk in talks for event in told(talk)]
    if not talks:
        return
    block = ask(log, parts).block("response")
    found = {row["band"]: row for row in rows(block)}
    for band in ("30s", "2m", "10m", "later", "never"):
        mine = [talk for talk in talks if talk.band == band]
        over = [talk for talk in mine if talk.asked + 7 * DAY <= NOW]
        won = [talk for talk in over if talk.reached]
        if not mine:
            assert band not in found
            continue
        row = found[band]
        assert (row["people"], row["followed"], row["reached"]) == (len(mine), len(over), len(won))
        if not over:
            assert (row["rate"], row["low"], row["high"]) == (None, None, None)
            continue
        ends = binomtest(len(won), len(over)).proportion_ci(0.95, method="wilson")
        assert (row["rate"], row["low"], row["high"]) == pytest.approx((len(won) / len(over), ends.low, ends.high))


@settings(max_examples=examples(30))
@given(TALKS, st.sampled_from([1, 3]))
def test_agents_are_told_by_their_chats_waits_ratings_and_people(talks: list[Talk], parts: int) -> None:
    log = [event for talk in talks for event in told(talk)]
    if not talks:
        return
    found = {row["agent"]: row for row in rows(ask(log, parts).block("agents"))}
    named = [talk for talk in talks if talk.agent and talk.wait is not None]
    assert set(found) == {talk.agent for talk in named}
    for agent, row in found.items():
        mine = [talk for talk in named if talk.agent == agent]
        waits, scores = sorted(talk.wait or 0 for talk in mine), [talk.score for talk in mine if talk.score]
        middle = (waits[(len(waits) - 1) // 2] + waits[len(waits) // 2]) / 2
        assert (row["people"], row["chats"], row["first_response"]) == (len(mine), len(mine), middle)
        assert (row["rated"], row["csat"]) == (
            len(scores),
            pytest.approx(sum(score >= 4 for score in scores) / len(scores)) if scores else None,
        )


def test_behind_each_number_of_the_chats_stand_as_many_people_also_where_names_are_hostile() -> None:
    talks = [
        Talk(
            f"v{n}",
            3,
            (5, 60, 300, 900, None)[n % 5],
            HOSTILE[n % len(HOSTILE)],
            5 if n % 2 else None,
            DAY if n % 3 else None,
        )
        for n in range(30)
    ]
    log = [event for talk in talks for event in told(talk)]
    result = ask(log)
    assert {row["agent"] for row in rows(result.block("agents"))} == set(HOSTILE)
    for name in ("response", "agents", "teams"):
        block = result.block(name)
        for at, row in enumerate(rows(block)):
            assert total(log, 2, behind(block, "people", at)) == row["people"]
            assert total(log, 2, behind(block, "reached", at)) == row["reached"]
    for name in ("before_start", "start_pages"):
        block = result.block(name)
        for row, link in zip(rows(block), block.links, strict=True):
            assert (0 if link is None else total(log, 2, link)) == row["people"]
    for name in ("messages", "unanswered"):
        assert total(log, 2, result.block(name).links[0]) == result.block(name).rows[0][0]
    assert total(log, 1, result.block("csat").links[0]) == 15


def test_of_two_chats_of_a_person_the_first_is_what_counts_and_both_are_the_agents() -> None:
    log = told(Talk("a", 3, 10, "Ann", None, None)) + told(Talk("a", 5, 400, "Ann", None, DAY))
    result = ask(log)
    assert [(row["band"], row["people"], row["reached"]) for row in rows(result.block("response"))] == [("30s", 1, 1)]
    assert [(row["people"], row["chats"]) for row in rows(result.block("agents"))] == [(1, 2)]


def test_whoever_joins_is_known_before_they_write() -> None:
    log = [
        *told(Talk("a", 3, 60, "", None, None)),
        E("a", START + 3 * DAY + 500, "event:chat_agent_joined", props={"agent": "Eve"}),
    ]
    assert [row["agent"] for row in rows(ask(log).block("agents"))] == ["Eve"]


def test_where_nobody_is_named_it_is_said_how_to() -> None:
    result = ask(told(Talk("a", 3, 60, "", None, None)))
    assert result.block("agents").rows == []
    assert "chat_agent_joined" in str(result.block("agents").empty)
    assert "teams" not in [block.id for block in result.blocks]


def test_without_a_goal_there_is_no_rate() -> None:
    log = told(Talk("a", 3, 60, "Ann", 5, None))
    result = chat.REPORT.run(world(log, as_of=NOW), question(chat.REPORT, NOW, site(), all_time="1"))
    assert rows(result.block("response"))[0]["rate"] is None
    assert rows(result.block("agents"))[0]["csat"] == 1.0


def test_a_band_that_there_is_not_is_refused() -> None:
    with pytest.raises(UserError, match="There is no first response"):
        ask(told(Talk("a", 3, 60, "Ann", 5, None)), people="response", group="soon")
