"""The chat and retargeting pages: their own facts, their people, and what they say when there is nothing."""

from __future__ import annotations

from collector.core.blocks import Cell, Result
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports import chat, events, retargeting, visitors
from collector.reports.base import Report
from tests.support.effects import NOW as LATE
from tests.support.effects import World, tell
from tests.support.visit_oracle import SOURCES
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
NOW = START + 40 * DAY


def ask(report: Report, log: list[E], **arguments: str) -> Result:
    given = {"all_time": "1", "goal": "event:purchase"} | arguments
    return report.run(world(log, as_of=NOW), question(report, NOW, site(), **given))


def value(result: Result, block: str) -> Cell:
    return result.block(block).rows[0][0]


def talk(visitor: str, at: int, wait: int, score: int | None = None) -> list[E]:
    log = [
        E(visitor, at, "page:/pricing"),
        E(visitor, at + 1_000, "event:chat_opened", page="/pricing"),
        E(visitor, at + 2_000, "event:chat_started", page="/pricing"),
        E(visitor, at + 3_000, "event:chat_message", props={"role": "visitor"}),
        E(visitor, at + 4_000, "event:chat_message", props={"role": "bot"}),
    ]
    if wait:
        log.append(E(visitor, at + 3_000 + wait, "event:chat_message", props={"role": "agent"}))
        log.append(E(visitor, at + 4_000 + wait, "event:chat_ended"))
    if score is not None:
        log.append(E(visitor, at + 9_000 + wait, "event:chat_rated", props={"score": score}))
    return log


def test_the_first_response_is_the_agents_not_the_bots() -> None:
    log = talk("a", START, 20_000) + talk("b", START, 60_000) + talk("c", START, 0)
    result = ask(chat.REPORT, log)
    assert value(result, "first_response") == 40.0
    assert value(result, "unanswered") == 1
    assert value(result, "messages") == 8
    assert value(result, "chats") == 3


def test_what_an_agent_says_before_the_visitor_is_no_answer() -> None:
    greeting = E("a", START + 2_500, "event:chat_message", props={"role": "agent"})
    assert value(ask(chat.REPORT, [*talk("a", START, 20_000), greeting]), "first_response") == 20.0
    assert value(ask(chat.REPORT, [*talk("a", START, 0), greeting]), "unanswered") == 1


def test_two_chats_in_one_visit_have_each_their_own_first_response() -> None:
    result = ask(chat.REPORT, talk("a", START, 10_000) + talk("a", START + 5 * MINUTE, 30_000))
    assert value(result, "first_response") == 20.0


def test_csat_is_the_share_of_fours_and_fives() -> None:
    log = [row for n, score in enumerate((1, 3, 4, 5)) for row in talk(f"v{n}", START, 1_000, score)]
    assert value(ask(chat.REPORT, log), "csat") == 0.5


def test_chats_are_told_by_where_and_when_they_begin() -> None:
    log = [E("a", START - 5_000, "page:/"), *talk("a", START, 1_000), *talk("b", START, 1_000)]
    result = ask(chat.REPORT, log)
    assert result.block("start_pages").rows == [["/pricing", 2, 1.0]]
    assert {row[0]: row[1] for row in result.block("before_start").rows if row[1]} == {"1": 1, "2": 1}


def test_without_any_chat_the_page_says_what_to_do() -> None:
    result = ask(chat.REPORT, [E("a", START, "page:/")])
    assert str(result.headline) == "No chat has been seen yet."
    assert len(result.notes) == 2


def test_the_chat_page_tells_the_same_impact_as_the_impact_page_would() -> None:
    journeys = tell(World(effect=0.14), 1).journeys
    result = chat.REPORT.run(journeys, question(chat.REPORT, LATE, site({"Buy": "event:purchase"}), all_time="1"))
    assert "because of chat" in str(result.headline) or "No clear effect" in str(result.headline)
    assert result.block("effect").rows[0][1] is not None


def test_without_a_goal_the_page_says_so_and_shows_the_chats() -> None:
    result = chat.REPORT.run(world(talk("a", START, 1_000)), question(chat.REPORT, NOW, site(), all_time="1"))
    assert "No goal" in str(result.notes[0])
    assert value(result, "chats") == 1


def back(visitor: str, at: int) -> E:
    return E(visitor, at, "page:/come-back", source=SOURCES[3])


def test_a_cart_is_recovered_when_it_was_left_before_the_ad_and_paid_for_after_it() -> None:
    log = [
        *(
            E("left", START, "event:add_to_cart"),
            back("left", START + 2 * DAY),
            E("left", START + 3 * DAY, "event:purchase"),
        ),
        *(E("gone", START, "event:add_to_cart"), back("gone", START + 2 * DAY)),
        *(E("paid", START, "event:add_to_cart"), E("paid", START + 1, "event:purchase"), back("paid", START + 2 * DAY)),
        *(
            E("late", START, "event:add_to_cart"),
            back("late", START + DAY),
            E("late", START + 30 * DAY, "event:purchase"),
        ),
        back("new", START),
    ]
    result = ask(retargeting.REPORT, log)
    assert (value(result, "carts_left"), value(result, "carts_recovered")) == (3, 1)
    assert (value(result, "reached"), value(result, "visits"), value(result, "without_earlier")) == (5, 5, 1)
    assert result.block("campaigns").rows == [["adnet", "cart", 5, 5, 1.0]]


def test_the_time_away_is_since_the_last_thing_done_before() -> None:
    log = [E("a", START, "page:/"), E("a", START + HOUR // 4, "page:/b"), back("a", START + HOUR // 4 + 2 * DAY)]
    assert value(ask(retargeting.REPORT, log), "away") == 2 * 86_400.0


def test_the_people_who_came_back_are_listed() -> None:
    log = [back("a", START), back("a", START + DAY), E("b", START, "page:/")]
    result = ask(retargeting.REPORT, log)
    link = result.block("reached").links[0]
    assert link is not None
    listed = visitors.REPORT.run(world(log), question(visitors.REPORT, NOW, site(), **dict(link)))
    assert value(listed, "total") == value(result, "reached") == 1


def test_without_retargeting_the_page_says_how_to_mark_it() -> None:
    result = ask(retargeting.REPORT, [E("a", START, "page:/")])
    assert "utm_medium=retargeting" in str(result.notes[0])


def test_everything_seen_is_listed_with_its_matcher_most_people_first() -> None:
    log = [
        E("a", START, "page:/"),
        E("b", START, "page:/"),
        E("a", START + 1, "event:add"),
        E("a", START + 2, "event:add"),
    ]
    rows = events.REPORT.run(world(log), question(events.REPORT, NOW, site(), all_time="1")).block("events").rows
    assert [row[:5] for row in rows] == [["page:/", "page", "/", 2, 2], ["event:add", "event", "add", 1, 2]]


def test_what_was_seen_is_searched_by_a_part_of_its_name() -> None:
    log = [E("a", START, "page:/pricing"), E("a", START + 1, "event:add")]
    asked = question(events.REPORT, NOW, site(), all_time="1", search="PRIC")
    found = events.REPORT.run(world(log), asked)
    assert [row[0] for row in found.block("events").rows] == ["page:/pricing"]
    assert str(found.headline) == "One of 2 different things has “PRIC” in its name."
    nothing = events.REPORT.run(world(log), question(events.REPORT, NOW, site(), all_time="1", search="x"))
    assert "has this in its name" in str(nothing.block("events").empty)
