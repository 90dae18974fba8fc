"""What paths show, rule by rule: places and their groups, reloads, loops, ends, goals, and the funnel's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.times import DAY, HOUR, MINUTE, SECOND
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.ask import ask
from collector.reports.paths import REPORT, short
from collector.reports.paths.places import Rules, grouped, page_name
from tests.support.effort import examples
from tests.support.logs import INSTANTS, MATCHERS, logs
from tests.support.worlds import E, site, world

START = 1_700_006_400_000  # 15 November 2023, midnight UTC
NOW = START + 60 * DAY
SITE = site({"Order": "event:buy"})
USERS = {"v": "ann", "w": "ann"}
Link = tuple[int, str, str]


def answer(journeys: Journeys, now: int = NOW, **more: str | Sequence[str]) -> Result:
    given = {name.rstrip("_").replace("_", "-"): [v] if isinstance(v, str) else list(v) for name, v in more.items()}
    if not {"from", "to", "period"} & given.keys():
        given["all-time"] = ["1"]
    return ask(REPORT, journeys, given, SITE, now)[1]


def flow(journeys: Journeys, **more: Any) -> dict[Link, int]:
    rows = answer(journeys, **more).block("flow").rows
    return {(int(str(step)), str(start), str(end)): int(str(many)) for step, start, end, many, *_ in rows}


def visit(*whats: str, visitor: str = "v", at: int = 0, every: int = MINUTE) -> list[E]:
    """Things one after the other; `/a` is a page."""
    named = [what if ":" in what else f"page:{what}" for what in whats]
    return [E(visitor, START + at + number * every, what) for number, what in enumerate(named)]


def told(block: Block, *names: str) -> list[list[Cell]]:
    at = [[column.name for column in block.columns].index(name) for name in names]
    return [[row[place] for place in at] for row in block.rows]


def test_with_nothing_asked_paths_begin_where_visits_land() -> None:
    log = [*visit("/", "/pricing", "/signup"), *visit("/", visitor="w"), *visit("/blog", "/", visitor="x")]
    journeys = world(log)
    assert flow(journeys) == {
        (1, "/", "/pricing"): 1,
        (1, "/", "(left)"): 1,
        (1, "/blog", "/"): 1,
        (2, "/pricing", "/signup"): 1,
        (2, "/", "(left)"): 1,
        (3, "/signup", "(left)"): 1,
    }
    assert str(answer(journeys).headline) == (
        "Of 2 visits that began at /, 50.0% went to /pricing next; 50.0% left at once."
    )
    assert answer(journeys).block("summary").rows == [[3, 1]]


def test_who_comes_back_to_the_page_of_the_start_is_on_the_list_of_that_step() -> None:
    journeys = world([*visit("/", "/a", "/", "/b"), *visit("/", "/b", visitor="w")])
    asked = {"start": "page:/", "depth": "4"}
    assert flow(journeys, **asked)[2, "/a", "/"] == 1
    for more, people in (
        ({"people": "place", "at": "1", "group": "/"}, ["w", "v"]),
        ({"people": "place", "at": "3", "group": "/"}, ["v"]),
        ({"people": "link", "at": "2", "group": "/a", "next": "/"}, ["v"]),
        ({"people": "link", "at": "3", "group": "/", "next": "/b"}, ["v"]),
    ):
        rows = answer(journeys, NOW, **asked, **more).block("people").rows
        assert sorted(str(row[0]) for row in rows) == sorted(people), more


def test_a_page_loaded_again_is_the_same_place_also_after_an_event() -> None:
    journeys = world(visit("/", "/", "/a", "event:x", "/a", "/a/", "/"))
    assert flow(journeys, depth="3") == {(1, "/", "/a"): 1, (2, "/a", "/"): 1}
    assert flow(journeys, depth="3", places="both") == {(1, "/", "/a"): 1, (2, "/a", "event:x"): 1}


def test_going_back_and_forth_is_left_out_if_asked() -> None:
    journeys = world(visit("/", "/a", "/", "/a", "/", "/b", "/c"))
    whole = "/ → /a → / → /a → / → /b → /c"
    assert told(answer(journeys).block("journeys"), "journey") == [[whole]]
    assert told(answer(journeys, loops="1").block("journeys"), "journey") == [["/ → /a → /b → /c"]]


def test_from_a_start_the_first_time_in_the_visit_counts() -> None:
    journeys = world(visit("/", "/a", "/b", "/a", "/c"))
    assert flow(journeys, start="page:/a", depth="3") == {(1, "/a", "/b"): 1, (2, "/b", "/a"): 1}


def test_a_start_may_be_an_event_which_is_no_place() -> None:
    journeys = world(visit("/", "event:x", "/", "/b"))
    assert flow(journeys, start="event:x", depth="3") == {(1, "event:x", "/"): 1, (2, "/", "/b"): 1}
    headline = answer(journeys, start="event:x").headline
    assert str(headline) == "Of one visit with “x”, 100.0% went to / next; 0.0% ended there."


def test_to_a_goal_the_places_before_it_are_shown_and_where_visits_began() -> None:
    log = [*visit("/", "/cart", "event:buy", "/thanks"), *visit("/cart", "event:buy", visitor="w")]
    journeys = world([*log, *visit("/", "/a", visitor="x")])
    assert flow(journeys, goal="event:buy", depth="3") == {
        (1, "/", "/cart"): 1,
        (1, "(began)", "/cart"): 1,
        (2, "/cart", "✓ Order"): 2,
    }
    found = answer(journeys, goal="event:buy")
    assert str(found.headline) == "Of 2 visits with Order, 100.0% came there from /cart."
    assert sorted(told(found.block("journeys"), "journey", "people", "share", "median_seconds")) == [
        ["/ → /cart → ✓ Order", 1, 0.5, 120.0],
        ["/cart → ✓ Order", 1, 0.5, 60.0],
    ]
    assert told(found.block("unreached"), "journey", "people") == [["/ → /a", 1]]
    assert found.block("summary").rows == [[2, 1]]


def test_from_a_start_to_a_goal_what_comes_after_the_goal_is_not_shown() -> None:
    log = [*visit("/", "/cart", "event:buy", "/thanks"), *visit("/", "/a", visitor="w")]
    found = answer(world(log), start="page:/", goal="event:buy")
    assert told(found.block("flow"), "step", "from", "to") == [
        [1, "/", "/cart"],
        [1, "/", "/a"],
        [2, "/cart", "✓ Order"],
        [2, "/a", "(left)"],
    ]
    assert told(found.block("journeys"), "journey", "people") == [["/ → /cart → ✓ Order", 1]]
    assert told(found.block("unreached"), "journey", "people") == [["/ → /a", 1]]
    assert str(found.headline) == "Of 2 visits with the page /, 50.0% reached Order afterwards."


def test_around_an_event_half_of_the_steps_are_before_it() -> None:
    journeys = world(visit("/a", "/b", "/c", "event:x", "/d", "/e"))
    assert list(flow(journeys, around="event:x")) == [
        (1, "/b", "/c"),
        (2, "/c", "event:x"),
        (3, "event:x", "/d"),
        (4, "/d", "/e"),
    ]
    assert list(flow(journeys, around="event:x", depth="2")) == [(1, "/c", "event:x"), (2, "event:x", "/d")]
    alone = answer(world(visit("event:x")), around="event:x")
    assert told(alone.block("flow"), "from", "to") == [["(began)", "event:x"], ["event:x", "(left)"]]
    assert str(alone.headline) == "Of one visit with “x”, nobody was anywhere before or after."


def test_the_places_few_were_at_are_taken_together() -> None:
    log = [E(f"v{n}", START + n, "page:/") for n in range(6)]
    for n, path in enumerate(("/a", "/a", "/a", "/b", "/b", "/c")):
        log.append(E(f"v{n}", START + MINUTE, f"page:{path}"))
    journeys = world(log, parts=2)
    assert flow(journeys, top="1", depth="2") == {(1, "/", "/a"): 3, (1, "/", "(other)"): 3}
    listed = answer(journeys, top="1", depth="2", people="place", at="2", group="(other)").blocks[0]
    assert {row[0] for row in listed.rows} == {"v3", "v4", "v5"}
    assert str(listed.title) == "At step 2: (other): 3 visits"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/product/17", "/product/*"),
        ("/product/17.html", "/product/*"),
        ("/order/3f2504e0-4f89-11d3-9a0c-0305e82c3301/pay", "/order/*/pay"),
        ("/s/9f86d081884c", "/s/*"),
        ("/u/Zx81kQp07LmN4bVt92cWq", "/u/*"),
        ("/blog/red-chair-12", "/blog/red-chair-12"),
        ("/decade", "/decade"),
        ("/defaced", "/defaced"),
        ("/v2/docs", "/v2/docs"),
        ("/", "/"),
    ],
)
def test_numbers_and_hashes_in_paths_are_a_star(path: str, name: str) -> None:
    assert grouped(path) == name


def test_of_rules_the_first_that_fits_counts_and_may_name_a_page_by_itself() -> None:
    rules = Rules(groups=("/step/1", "/step/*", "/blog/**"))
    assert [page_name(path, rules) for path in ("/step/1", "/step/2/", "/blog/a/b", "/a/7")] == [
        "/step/1",
        "/step/*",
        "/blog/**",
        "/a/*",
    ]
    journeys = world(visit("/step/1", "/step/2", "/step/3", "/a/7", "/a/8"))
    asked = answer(journeys, group_pages=["/step/1", "page:/step/*"])
    assert told(asked.block("journeys"), "journey") == [["/step/1 → /step/* → /a/*"]]
    assert any("taken together" in str(note) for note in asked.notes)
    plain = answer(journeys, every_page="1")
    assert told(plain.block("journeys"), "journey") == [["/step/1 → /step/2 → /step/3 → /a/7 → /a/8"]]
    assert not any("taken together" in str(note) for note in plain.notes)
    with pytest.raises(UserError, match="no rule for pages"):
        answer(journeys, group_pages="product")


def test_only_what_is_asked_for_is_a_place() -> None:
    journeys = world(visit("/", "event:x", "/a", "event:y", "event:chat_shown"))
    assert told(answer(journeys, places="events").block("journeys"), "journey") == [["event:x → event:y"]]
    only = answer(journeys, only=["event:y", "page:/*"])
    assert told(only.block("journeys"), "journey") == [["/ → /a → event:y"]]
    conditions = world([E("v", START, "event:x", props={"n": 1}), E("v", START + 1, "event:x"), *visit("/", at=2)])
    assert told(answer(conditions, only="event:x[n=1]", start="any").block("journeys"), "journey") == [["any"]]


def test_people_are_followed_over_their_visits_for_the_window() -> None:
    log = [*visit("/"), *visit("/a", at=2 * DAY), *visit("/b", at=20 * DAY)]
    journeys = world(log)
    assert told(answer(journeys).block("journeys"), "journey") == [["/"], ["/a"], ["/b"]]
    person = answer(journeys, unit="person", now=START + 200 * DAY)
    assert told(person.block("journeys"), "journey", "median_seconds") == [["/ → /a", 2 * DAY / SECOND]]
    assert told(answer(journeys, unit="person", window="20d").block("journeys"), "journey") == [["/ → /a → /b"]]
    backward = answer(journeys, unit="person", goal="page:/b", window="18d")
    assert told(backward.block("journeys"), "journey") == [["/a → ✓ /b"]]


def test_visits_whose_first_place_lies_in_the_range_count_and_are_followed_beyond_it() -> None:
    log = visit("/", "/a", "/b", at=DAY - 2 * MINUTE, every=2 * MINUTE)
    journeys = world(log)
    assert told(answer(journeys, from_="2023-11-15", to="2023-11-15").block("journeys"), "journey") == [["/ → /a → /b"]]
    later = answer(journeys, from_="2023-11-16", to="2023-11-16")
    assert later.block("flow").rows == []
    assert str(later.headline) == "Nobody came in this range."
    person = answer(journeys, from_="2023-11-16", to="2023-11-16", unit="person")
    assert told(person.block("journeys"), "journey") == [["/a → /b"]]


def test_who_may_go_on_is_said() -> None:
    journeys = world(visit("/", "/a"))
    assert any("may not be over" in str(note) for note in answer(journeys, now=START + 10 * MINUTE).notes)
    assert not any("may" in str(note) for note in answer(journeys, now=START + 3 * HOUR).notes)
    assert any("may still go on" in str(note) for note in answer(journeys, now=START + 3 * HOUR, unit="person").notes)


def test_bots_take_no_paths_unless_asked_for() -> None:
    log = [*visit("/", "/b"), E("v", START + 1, "page:/a", bot=1)]
    assert told(answer(world(log)).block("journeys"), "journey") == [["/ → /b"]]
    assert told(answer(world(log), include_bots="1").block("journeys"), "journey") == [["/ → /a → /b"]]
    early = [E("v", START, "page:/a", bot=1), *visit("/", "/b", at=1)]
    day: dict[str, Any] = {"unit": "person", "from_": "2023-11-15", "to": "2023-11-15"}
    assert told(answer(world(early), **day).block("journeys"), "journey") == [["/ → /b"]]
    assert told(answer(world(early), **day, include_bots="1").block("journeys"), "journey") == [["/a → / → /b"]]


def test_long_journeys_are_told_by_their_first_ten_places() -> None:
    pages = [f"/p{chr(97 + n)}" for n in range(12)]
    journeys = world(visit(*pages))
    assert told(answer(journeys).block("journeys"), "journey") == [[" → ".join([*pages[:10], "…"])]]
    to_goal = answer(world(visit(*pages, "event:buy")), goal="event:buy").block("journeys")
    assert told(to_goal, "journey") == [[" → ".join(["…", *pages[3:], "✓ Order"])]]


def test_an_empty_site_says_so() -> None:
    found = answer(world([]))
    assert found.block("summary").rows == [[0]]
    assert found.block("flow").rows == []
    assert str(found.headline) == "Nobody came in this range."
    assert str(answer(world([]), goal="event:buy").headline) == "Nobody got to Order in this range."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"around": "event:x", "goal": "event:y"}, "around an event"),
        ({"people": "place", "group": "/nowhere"}, "no place"),
        ({"people": "place", "at": "9", "group": "/"}, "no step 9"),
        ({"people": "link", "at": "5", "group": "/", "next": "/a"}, "no step 5"),
        ({"people": "journey", "group": "x"}, "not a journey"),
        ({"people": "journey", "group": "999"}, "no such journey"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        answer(world(visit("/", "/a")), **arguments)


@settings(max_examples=examples(120), deadline=None)
@given(
    logs(24),
    st.sampled_from(MATCHERS),
    st.sampled_from(MATCHERS),
    st.sampled_from(("session", "person")),
    st.sampled_from(("2m", "14d")),
)
def test_the_numbers_are_the_funnels(log: list[E], start: str, goal: str, unit: str, window: str) -> None:
    journeys, now = world(log, USERS, parts=2), INSTANTS[-1] + DAY
    window = "14d" if unit == "session" else window
    common = {"unit": [unit], "window": [window], "all-time": ["1"]}
    steps = ask(funnel.REPORT, journeys, {"step": [start, goal], **common}, SITE, now)[1].block("steps")
    entered, arrived = (row[0] for row in told(steps, "people"))
    both = ask(REPORT, journeys, {"start": [start], "goal": [goal], **common}, SITE, now)[1]
    assert both.block("summary").rows[0][:2] == [entered, arrived]
    alone = ask(REPORT, journeys, {"start": [start], **common}, SITE, now)[1].block("summary")
    assert alone.rows[0][0] == entered
    goals = ask(funnel.REPORT, journeys, {"step": [goal], **common}, SITE, now)[1].block("steps")
    assert [[ask(REPORT, journeys, {"goal": [goal], **common}, SITE, now)[1].block("summary").rows[0][0]]] == told(
        goals, "people"
    )


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.permutations(["/a", "/b", "/c", "/d"]), min_size=1, max_size=6), st.sampled_from(["session", "person"])
)
def test_who_goes_straight_on_is_who_a_strict_funnel_says(orders: list[list[str]], unit: str) -> None:
    log = [one for at, order in enumerate(orders) for one in visit(*order, visitor=f"v{at}")]
    journeys = world(log, parts=2)
    shown = flow(journeys, start="page:/a", unit=unit, depth="2")
    for path in ("/b", "/c", "/d"):
        given = {"step": ["page:/a", f"page:{path}"], "order": ["strict"], "unit": [unit], "all-time": ["1"]}
        steps = ask(funnel.REPORT, journeys, given, SITE, NOW)[1].block("steps")
        assert shown.get((1, "/a", path), 0) == told(steps, "people")[1][0]


@settings(max_examples=examples(60), deadline=None)
@given(logs(), st.sampled_from((1, 3)), st.booleans(), st.sampled_from(("all", "range", "filter")), st.booleans())
def test_short_visits_counted_together_are_those_walked_one_by_one(
    log: list[E], parts: int, loops: bool, of: str, late: bool
) -> None:
    more = {"loops": "1" if loops else "0", "depth": "4", "top": "2", "places": "both"}
    if of == "range":
        day = datetime.fromtimestamp(INSTANTS[len(INSTANTS) // 2] / SECOND, UTC).date().isoformat()
        more |= {"from": day, "to": day}
    if of == "filter":
        more |= {"where": "page:/a"}
    now = INSTANTS[-1] + (5 * MINUTE if late else 3 * DAY)
    together = answer(world(log, USERS, now, parts), now, **more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(short, "MOST_WAYS", 0)
        apart = answer(world(log, USERS, now, parts), now, **more)
    assert [(block.id, block.rows, block.links) for block in together.blocks] == [
        (block.id, block.rows, block.links) for block in apart.blocks
    ]
    assert (together.headline, together.notes) == (apart.headline, apart.notes)
