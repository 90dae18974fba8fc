"""Stages: rules one by one, and random logs against a walk through every person's events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.stages import Stage, default_stages, parse_stages
from collector.core.times import DAY, HOUR
from collector.reports.stages import REPORT
from collector.reports.timeline import REPORT as TIMELINE
from collector.reports.visitors import REPORT as VISITORS
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

BERLIN = ZoneInfo("Europe/Berlin")
# Four days before the clocks go back in Berlin.
FIRST = int(datetime(2025, 10, 22, tzinfo=BERLIN).timestamp() * 1000)
END = int(datetime(2025, 11, 5, tzinfo=BERLIN).timestamp() * 1000)
NOW = END - 12 * HOUR
STAGES = (
    ("Visit", "any"),
    ("Lead", "event:lead | page:/demo"),
    ("Customer", "event:buy"),
    ("Loyal", "event:buy[#times>=2]"),
    ("Lost", "quiet:5d"),
)


def query(stages: Sequence[tuple[str, str]] = STAGES, more: Mapping[str, str] | None = None) -> Query:
    of = replace(site(zone="Europe/Berlin"), stages=parse_stages(stages))
    asked = {"from_": "2025-10-22", "to": "2025-11-04", **(more or {})}
    return question(REPORT, NOW, of, **asked)


def ask(events: Sequence[E], users: Mapping[str, str] | None = None, parts: int = 1, **more: str) -> Result:
    return REPORT.run(world(events, users, NOW, parts), query(more=more))


def at(days: float, what: str = "page:/", visitor: str = "u", bot: int = 0) -> E:
    return E(visitor, int(FIRST + days * DAY), what, bot=bot)


def named(block: Block) -> list[dict[str, Cell]]:
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def now_of(result: Result) -> dict[Cell, tuple[Cell, ...]]:
    """Stage to people, at the beginning, came, left."""
    return {
        row["stage"]: (row["people"], row["before"], row["entered"], row["left"]) for row in named(result.block("now"))
    }


def moves(result: Result) -> dict[tuple[Cell, Cell], Cell]:
    return {(row["from"], row["to"]): row["moves"] for row in named(result.block("flow"))}


def test_people_are_in_the_furthest_stage_that_they_came_into() -> None:
    result = ask([at(9), at(10, "event:buy"), at(11, "event:lead"), at(11, visitor="v"), at(12, "page:/demo", "v")])
    assert now_of(result) == {
        "Visit": (0, 0, 2, 2),
        "Lead": (1, 0, 1, 0),
        "Customer": (1, 0, 1, 0),
        "Loyal": (0, 0, 0, 0),
        "Lost": (0, 0, 0, 0),
    }
    assert moves(result) == {("(new)", "Visit"): 2, ("Visit", "Lead"): 1, ("Visit", "Customer"): 1}


def test_a_stage_that_counts_begins_with_that_very_event() -> None:
    assert now_of(ask([at(9, "event:buy"), at(10, "event:buy")]))["Loyal"][0] == 1
    assert now_of(ask([at(9, "event:buy"), at(10, "event:lead")]))["Loyal"][0] == 0


def test_of_two_stages_at_the_same_instant_only_the_further_one_was_entered() -> None:
    assert moves(ask([at(10, "event:buy"), at(10, "event:lead")])) == {("(new)", "Customer"): 1}


def test_silence_begins_so_long_after_the_last_event_and_ends_with_the_next_one() -> None:
    result = ask([at(0, "event:lead"), at(6), at(12, "event:buy")])
    assert moves(result) == {("(new)", "Lead"): 1, ("Lead", "Lost"): 2, ("Lost", "Lead"): 1, ("Lost", "Customer"): 1}
    assert now_of(result)["Customer"] == (1, 0, 1, 0)
    assert moves(ask([at(0), at(5)]))[("(new)", "Visit")] == 1
    assert moves(ask([at(3), at(8)])) == {("(new)", "Visit"): 1, ("Visit", "Lost"): 1}, "back as it would begin"


def test_who_is_in_no_stage_cannot_be_lost() -> None:
    stages = (("Lead", "event:lead"), ("Lost", "quiet:5d"))
    events = [at(-20), at(-10), at(-9, visitor="v")]
    result = REPORT.run(world(events, None, NOW), query(stages))
    assert result.block("now").rows == []
    assert "Nobody" in str(result.headline)


def test_what_lies_after_the_range_or_in_the_future_is_not_known_yet() -> None:
    assert now_of(ask([at(9), at(13.7, "event:buy")]))["Customer"][0] == 0
    over = ask([at(0), at(5, "event:buy")], to="2025-10-24")
    assert now_of(over)["Visit"][0] == 1


def test_times_are_of_those_who_went_on_and_the_stuck_are_beyond_nine_of_ten() -> None:
    events = [one for n in range(10) for one in (at(1, visitor=f"a{n}"), at(1 + n / 10, "event:lead", f"a{n}"))]
    events += [at(0.5, visitor="late"), at(12, visitor="late"), at(13, visitor="fresh")]
    rows = {row["stage"]: row for row in named(ask(events).block("time"))}
    # The first of the ten came as a lead at once.
    assert rows["Visit"]["went_on"] == 9
    assert rows["Visit"]["stuck"] is None, "too few to say"
    events += [at(1, visitor="b"), at(2.5, "event:lead", "b")]
    rows = {row["stage"]: row for row in named(ask(events).block("time"))}
    visit = rows["Visit"]
    assert visit["median"] == pytest.approx(0.55 * 86400)
    assert (visit["went_on"], visit["still"], visit["stuck"]) == (10, 2, 1)
    stuck = ask(events, people="stuck", at="1").block("people")
    assert [row[0] for row in stuck.rows] == ["late"]
    assert "“Visit”" in str(ask(events).headline)


def test_bots_are_left_out_unless_asked_for() -> None:
    events = [at(9), at(10, "event:buy", bot=1)]
    assert now_of(ask(events))["Customer"][0] == 0
    assert now_of(ask(events, include_bots="1"))["Customer"][0] == 1


def test_persons_whose_journey_another_part_holds_now_are_not_counted() -> None:
    journeys = world([at(9), at(10, "event:buy", "v")], None, NOW)
    part = journeys.parts[0]
    left = replace(journeys, parts=[replace(part, alive=part.persons == part.persons[0])])
    rows = now_of(REPORT.run(left, query()))
    assert (rows["Visit"][0], rows["Customer"][0]) == (1, 0)


def test_filters_leave_others_out() -> None:
    events = [at(12, visitor="u"), at(12, "event:buy", "v")]
    assert now_of(ask(events, where="event:buy"))["Visit"][0] == 0


def test_an_empty_site_and_what_there_is_not_are_told() -> None:
    assert "Nobody" in str(ask([]).headline)
    for more in ({"people": "in"}, {"people": "in", "at": "9"}, {"people": "moved", "group": "9"}):
        with pytest.raises(UserError):
            ask([at(1)], None, 1, **more)
    with pytest.raises(UserError, match="period"):
        ask([at(1)], people="in", at="1", group="2020-01-01")


def test_without_names_of_ones_own_the_goals_are_the_stages() -> None:
    result = REPORT.run(world([at(10, "event:buy")], None, NOW), replace(query(), site=site({"Bought": "event:buy"})))
    assert list(now_of(result)) == ["Visitor", "Bought", "Lost"]
    assert any("goals" in str(note) for note in result.notes)


def test_a_condition_asks_for_a_stage_by_its_name() -> None:
    journeys = world([at(9), at(10, "event:buy"), at(12, visitor="v"), at(1, visitor="w")], None, NOW)
    for name, who in (("Customer", ["u"]), ("visit", ["v"]), ("Lost", ["w"])):
        of = replace(site(zone="Europe/Berlin"), stages=parse_stages(STAGES))
        found = VISITORS.run(journeys, question(VISITORS, NOW, of, where=f"stage:{name}", all_time="1"))
        assert [row[0] for row in found.block("visitors").rows] == who
    with pytest.raises(UserError, match="Known: Visit, Lead"):
        VISITORS.run(journeys, question(VISITORS, NOW, of, where="stage:Nothing"))


# -- what can be said

GOOD = (
    ("any", "any"),
    (" event:buy[total>=100][#times>=3] ", "event:buy[total>=100][#times>=3]"),
    ("event:a | page:/b/*", "event:a | page:/b/*"),
    ("event:a[#times>=1]", "event:a"),
    ("quiet:4w", "quiet:4w"),
)


@pytest.mark.parametrize(("text", "canonical"), GOOD)
def test_conditions_that_say_when_a_stage_is_entered(text: str, canonical: str) -> None:
    read = parse_stages((("First", "any"), (" Named ", text)))[1]
    assert (read.name, read.text) == ("Named", canonical)
    assert parse_stages((("First", "any"), (read.name, read.text)))[1] == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "event:a[#times=0]",
        "event:a[#times<3]",
        "event:a[#last=3d]",
        "event:a[#device=mobile]",
        "event:a -> event:b",
        "is:identified",
        "stage:First",
        "quiet:",
        "quiet:9999d",
    ],
)
def test_conditions_that_do_not_are_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UserError):
        parse_stages((("First", "any"), ("Named", text)))


@pytest.mark.parametrize(
    "stages",
    [
        (("", "any"),),
        (("A | event:b", "any"),),
        (("x" * 61, "any"),),
        (("A", "any"), ("a", "event:b")),
        (("Lost", "quiet:3d"), ("A", "any")),
        (("Lost", "quiet:3d"),),
        tuple((f"S{n}", "any") for n in range(13)),
    ],
)
def test_lists_that_are_no_stages_are_refused(stages: Sequence[tuple[str, str]]) -> None:
    with pytest.raises(UserError):
        parse_stages(stages)


def test_the_stages_made_of_goals_can_be_saved_as_they_are() -> None:
    goals = [(f"Goal {n}", Matcher("event", f"e{n}")) for n in range(20)] + [("visitor", Matcher("any"))]
    made = default_stages(goals)
    assert len(made) == 12
    assert parse_stages([(one.name, one.text) for one in made]) == made


# -- against a walk through everybody's events


def logs() -> st.SearchStrategy[list[E]]:
    one = st.builds(
        E,
        visitor=st.sampled_from("uvw"),
        time=st.integers(-8, 14).map(lambda day: FIRST + day * DAY),
        what=st.sampled_from(("page:/", "page:/demo", "event:lead", "event:buy", "event:buy")),
        bot=st.sampled_from((0, 0, 0, 0, 1)),
    )
    return st.lists(one, max_size=20)


def state(events: Sequence[E], stages: Sequence[Stage], before: int) -> str:
    """The stage after the events before an instant: the slow way."""
    known = [event for event in events if event.time < before]
    found = ""
    for stage in stages:
        if stage.quiet:
            if found and known[-1].time + stage.quiet < before:
                found = stage.name
        elif any(sum(matcher.fits_kind(event.kind) for event in known) >= n for matcher, n in stage.ways):
            found = stage.name
    return found


def walked(events: Sequence[E], stages: Sequence[Stage], until: int) -> list[tuple[int, str, str]]:
    """The moves (time, from, to) before an instant, by trying every instant at which something may change."""
    quiet = stages[-1].quiet
    instants = sorted({time for event in events for time in (event.time, event.time + quiet)})
    found = []
    for instant in (one for one in instants if one < until):
        one, other = state(events, stages, instant), state(events, stages, instant + 1)
        if one != other:
            found.append((instant, one, other))
    return found


@settings(max_examples=examples(240), deadline=None)
@given(
    logs(),
    st.dictionaries(st.sampled_from("uvwx"), st.sampled_from(("ann", "bob")), max_size=3),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from((STAGES, STAGES[:-1], STAGES[1:], STAGES[1:3])),
)
def test_numbers_and_lists_are_those_of_a_walk_through_everybodys_events(
    events: list[E], users: dict[str, str], parts: int, bots: bool, given_stages: Sequence[tuple[str, str]]
) -> None:
    journeys = world(events, users, NOW, parts)
    asked = {"include_bots": "1"} if bots else {}
    one = query(given_stages, asked)
    result = REPORT.run(journeys, one)
    stages = one.site.stages
    of: dict[str, list[E]] = {}
    for event in sorted(events, key=lambda each: each.time):
        if bots or not event.bot:
            of.setdefault(users.get(event.visitor, event.visitor), []).append(event)
    until = NOW + 1
    now = Counter(state(mine, stages, until) for mine in of.values())
    before = Counter(state(mine, stages, FIRST) for mine in of.values())
    made = [move for mine in of.values() for move in walked(mine, stages, until) if move[0] >= FIRST]
    for row in named(result.block("now")):
        name = str(row["stage"])
        assert (row["people"], row["before"]) == (now[name], before[name])
        assert row["entered"] == sum(to == name for *_, to in made)
        assert row["people"] == row["before"] + row["entered"] - row["left"]  # type: ignore[operator]
    assert moves(result) == Counter((left or "(new)", to) for _, left, to in made)
    dates = [row["date"] for row in named(result.block("over_time"))]
    for row in named(result.block("over_time")):
        end = min(int(datetime.fromisoformat(f"{row['date']}T00:00").replace(tzinfo=BERLIN).timestamp() * 1000), until)
        following = [day for day in dates if str(day) > str(row["date"])]
        stop = (
            until
            if not following
            else int(
                datetime.fromisoformat(f"{min(map(str, following))}T00:00").replace(tzinfo=BERLIN).timestamp() * 1000
            )
        )
        assert end <= stop
        assert row["people"] == sum(state(mine, stages, stop) == row["stage"] for mine in of.values())
    for block in result.blocks:
        check_lists(journeys, one, block)


#: Of each block the columns whose cells open lists, with where their links are.
LISTED = {
    "now": ("people", ("before", "entered", "left")),
    "flow": ("moves", ()),
    "time": ("went_on", ("still", "stuck")),
    "spread": ("people", ("size",)),
    "over_time": ("people", ()),
}


def check_lists(journeys: object, asked: Query, block: Block) -> None:
    """Every number's list is as long as the number says."""
    main, others = LISTED[block.id]
    for at_, row in enumerate(named(block)):
        links = {main: block.links[at_]}
        more = block.draw.get("cell_links", {})
        assert isinstance(more, dict)
        links |= {name: more[name][at_] for name in others}
        for name, link in links.items():
            if row[name] is None or (block.id == "over_time" and at_ % 7):
                continue
            assert link is not None
            listed = list_of(journeys, asked, link)
            assert listed.draw["total"] == row[name], (block.id, name, row)


def list_of(journeys: object, asked: Query, link: Sequence[tuple[str, str]]) -> Block:
    given_: dict[str, list[str]] = {}
    for name, value in link:
        given_.setdefault(name.replace("-", "_") + ("_" if name == "from" else ""), []).append(value)
    return REPORT.run(journeys, question(REPORT, asked.now, asked.site, **given_)).blocks[0]  # type: ignore[arg-type]


def test_the_list_of_visitors_and_the_timeline_tell_the_stage() -> None:
    events = [at(0), at(9, "event:lead"), at(9, "event:buy"), at(10, "event:buy"), at(11), at(12, visitor="v")]
    journeys = world(events, None, NOW)
    own = replace(site(zone="Europe/Berlin"), stages=parse_stages(STAGES))
    listed = named(VISITORS.run(journeys, question(VISITORS, NOW, own, all_time="1")).block("visitors"))
    assert {row["person"]: row["stage"] for row in listed} == {"u": "Loyal", "v": "Visit"}
    told = TIMELINE.run(journeys, question(TIMELINE, NOW, own, person="u"))
    assert [row["stage"] for row in named(told.block("events"))] == ["Visit", "", "Customer", "Loyal", ""]
    assert {row["name"]: row["value"] for row in named(told.block("profile"))}["stage"] == "Loyal"
    unnamed = site(zone="Europe/Berlin")
    plain = named(VISITORS.run(journeys, question(VISITORS, NOW, unnamed, all_time="1")).block("visitors"))
    assert all("stage" not in row for row in plain)
    quiet = TIMELINE.run(journeys, question(TIMELINE, NOW, unnamed, person="u"))
    assert not any(row["stage"] for row in named(quiet.block("events")))
