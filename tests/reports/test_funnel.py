"""What a funnel shows: bars, lists of people behind them, groups, trend and reasons."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from collector.core.errors import UserError
from collector.core.event import Agent, Source
from collector.core.times import DAY, HOUR, MINUTE
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.ask import ask
from tests.support.funnels import AB, NOW, START, answer, column, path
from tests.support.worlds import E, site, world


def shop() -> Journeys:
    """120 people over 30 days: half on phones, of whom fewer go on; the last days' entrants still have time."""
    log = []
    for number in range(120):
        visitor, time = f"v{number}", START + number * DAY // 4
        agent = Agent("mobile" if number % 2 else "desktop")
        source = Source("email", "letter") if number % 3 == 0 else None
        log.append(E(visitor, time, "page:/", source=source, agent=agent))
        if number % 2 == 0 or number % 10 == 1:
            log.append(E(visitor, time + HOUR, "event:cart", agent=agent, value=10.0))
            if number % 4 == 0:
                log.append(E(visitor, time + DAY, "event:buy", agent=agent, value=25.0, props={"tax": 2}))
            else:
                log.append(E(visitor, time + 2 * HOUR, "page:/help", agent=agent))
        else:
            log.append(E(visitor, time + MINUTE, "page:/blog", agent=agent))
    return world(log, parts=2)


STEPS = ("page:/", "event:cart", "event:buy")
LATE = START + 30 * DAY


@pytest.mark.parametrize("unit", ["person", "session"])
@pytest.mark.parametrize("order", ["ordered", "any"])
def test_every_number_is_the_length_of_the_list_behind_it(order: str, unit: str) -> None:
    journeys = shop()
    more = {"window": "3d", "order": order, "unit": unit, "by": "device"}
    result = answer(journeys, STEPS, LATE, **more)
    steps = result.block("steps")
    cells = steps.draw["cell_links"]
    assert isinstance(cells, dict)
    for at in range(3):
        row = dict(zip((one.name for one in steps.columns), steps.rows[at], strict=True))
        following = column(steps, "people")[at + 1] if at < 2 else row["people"]
        assert row["people"] == row["dropped"] + row["open"] + following or at == 2  # type: ignore[operator]
        linked = {"people": steps.links[at], **{name: links[at] for name, links in cells.items()}}
        for name, link in linked.items():
            given: dict[str, list[str]] = {}
            for key, text in link or ():
                given.setdefault(key, []).append(text)
            listed = ask(funnel.REPORT, journeys, given, site(), LATE)[1].block("people")
            assert len(listed.rows) == row[name]
            if unit == "person":
                assert len({person[0] for person in listed.rows}) == row[name]
    converted = answer(journeys, STEPS, LATE, people="converted", **more).block("people")
    assert len(converted.rows) == column(steps, "people")[-1]


def test_the_open_are_not_dropped_and_the_matured_have_their_own_rate() -> None:
    result = answer(shop(), STEPS, LATE, window="3d")
    summary = dict(zip((c.name for c in result.block("summary").columns), result.block("summary").rows[0], strict=True))
    steps = result.block("steps")
    assert summary["people"] == 120
    assert summary["open"] == sum(column(steps, "open")) > 0  # type: ignore[arg-type]
    late = [number for number in range(120) if START + number * DAY // 4 + 3 * DAY > LATE]
    assert summary["matured"] == 120 - len(late)
    assert summary["matured_rate"] == sum(n % 4 == 0 for n in range(120) if n not in late) / (120 - len(late))
    assert summary["open"] == sum(number % 4 != 0 for number in late)


def test_who_came_back_to_the_first_step_has_the_time_of_the_later_attempt() -> None:
    journeys = world(path(("event:a", 0), ("event:a", 10 * DAY)))
    for now, ends in ((24 * DAY - 1, (0, 1)), (24 * DAY, (1, 0))):
        steps = answer(journeys, AB, START + now, window="14d").block("steps")
        assert (column(steps, "dropped")[0], column(steps, "open")[0]) == ends


def test_a_list_tells_where_each_person_stands() -> None:
    block = answer(shop(), STEPS, LATE, window="3d", people="dropped", at="2").block("people")
    assert [one.name for one in block.columns] == ["person", "entered", "latest", "step", "name", "source"]
    for person, entered, latest, step, name, source in block.rows:
        number = int(str(person)[1:])
        assert (entered, latest) == (START + number * DAY // 4, START + number * DAY // 4 + HOUR)
        assert (step, name, source) == (2, "event:cart", "letter" if number % 3 == 0 else "direct")
    times = [int(str(time)) for time in column(block, "entered")]
    assert times == sorted(times, reverse=True)


def test_steps_have_rates_times_values_and_intervals() -> None:
    steps = answer(shop(), STEPS, LATE, window="3d").block("steps")
    names = [one.name for one in steps.columns]
    counts = ["step", "name", "people", "step_rate", "total_rate", "dropped", "open"]
    assert names == [*counts, "median_seconds", "p90_seconds", "low", "high", "value", "per_entrant"]
    assert column(steps, "people") == [120, 72, 30]
    assert column(steps, "step_rate") == [1.0, 72 / 120, 30 / 72]
    assert column(steps, "total_rate") == [1.0, 72 / 120, 30 / 120]
    assert column(steps, "value") == [None, 720.0, 750.0]
    assert column(steps, "per_entrant") == [None, 720.0 / 120, 750.0 / 120]
    assert column(steps, "p90_seconds") == [None, 3_600.0, 82_800.0]
    assert steps.rows[2][9] == pytest.approx(binomtest(30, 120).proportion_ci(method="wilson").low)
    taxed = answer(shop(), STEPS, LATE, value="tax").block("steps")
    assert column(taxed, "value") == [None, None, 60.0]


def test_times_from_the_previous_step_are_told_by_their_median_and_their_ninetieth_of_a_hundred() -> None:
    log = [one for n in range(10) for one in path(("event:a", 0), ("event:b", (n + 1) * MINUTE), visitor=f"v{n}")]
    steps = answer(world(log), AB).block("steps")
    assert (column(steps, "median_seconds"), column(steps, "p90_seconds")) == ([None, 330.0], [None, 546.0])


def test_what_a_drop_may_have_cost_is_the_median_value_for_each_who_dropped() -> None:
    log = []
    for n in range(12):
        steps = [("event:a", None), ("event:b", None), ("event:c", 10.0 * (n + 1))][: 3 if n < 3 else 2 if n < 5 else 1]
        log += [E(f"v{n}", START + at * HOUR, what, value=value) for at, (what, value) in enumerate(steps)]
    block = answer(world(log), ["event:a", "event:b", "event:c"]).block("lost")
    assert block.rows == [[7, 20.0, 140.0, 0.6, pytest.approx(84.0)]]
    assert "lost" not in [one.id for one in answer(world(log), AB).blocks]


def test_groups_of_a_breakdown_add_up_to_the_whole() -> None:
    result = answer(shop(), STEPS, LATE, by="device")
    block = result.block("breakdown")
    for step in (1, 2, 3):
        parts = [row[3] for row in block.rows if row[1] == step]
        assert sum(parts) == result.block("steps").rows[step - 1][2]  # type: ignore[arg-type]
    assert {row[0] for row in block.rows} == {"desktop", "mobile"}


def test_a_breakdown_looks_at_the_first_step_the_last_or_any() -> None:
    journeys = world(path(("page:/", 0), ("page:/a", 1)))
    for where, values in {"first": {"/"}, "last": {"/a"}, "any": {"/", "/a"}}.items():
        block = answer(journeys, ["page:/", "page:/a"], by="page", by_at=where).block("breakdown")
        assert set(column(block, "value")) == values


def test_sources_and_landing_pages_are_those_of_the_session_s_first_event() -> None:
    letter = Source("email", "letter")
    log = [E("v", START, "page:/in", source=letter), *path(("event:a", MINUTE), ("event:b", 2 * MINUTE))]
    for by, value in {"channel": "email", "source": "letter", "landing": "/in"}.items():
        block = answer(world(log), AB, by=by, by_at="last").block("breakdown")
        assert set(column(block, "value")) == {value}


def test_many_groups_are_gathered_in_one_so_that_the_sum_stays() -> None:
    log = [E(f"v{n}-{m}", START, "event:a", props={"n": n}) for n in range(30) for m in range(30 - n)]
    block = answer(world(log), ["event:a"], by="n").block("breakdown")
    assert len(block.rows) == 21
    assert column(block, "value")[-1] == "(other)"
    assert sum(column(block, "people")) == len(log)  # type: ignore[arg-type]


def test_which_groups_of_one_size_are_shown_does_not_hang_on_where_people_are_stored() -> None:
    log = [E(f"v{n}", START, "event:a", props={"n": f"{n:02}"}) for n in range(30)]
    expected = [f"{n:02}" for n in range(20)] + ["(other)"]
    for stored in (world(log), world(log, parts=3), world(log[::-1]), world(log[7:] + log[:7], parts=2)):
        assert column(answer(stored, ["event:a"], by="n").block("breakdown"), "value") == expected


def test_the_trend_marks_days_whose_entrants_still_have_time() -> None:
    block = answer(shop(), STEPS, LATE, window="3d").block("trend")
    assert sum(column(block, "people")) == 120  # type: ignore[arg-type]
    assert sum(column(block, "converted")) == 30  # type: ignore[arg-type]
    finished = dict(zip(column(block, "date"), column(block, "finished"), strict=True))
    assert finished["2023-12-11"] is True
    assert finished["2023-12-12"] is False
    weeks = answer(shop(), STEPS, LATE, from_="2023-09-01", to="2023-12-31").block("trend")
    assert "2023-11-13" in column(weeks, "date")
    assert sum(column(weeks, "people")) == 120  # type: ignore[arg-type]


def test_what_the_dropped_did_next_is_counted() -> None:
    block = answer(shop(), STEPS, at="1").block("next")
    assert block.rows == [["page:/blog", 48, 1.0]]
    block = answer(shop(), STEPS, at="2").block("next")
    assert block.rows == [["page:/help", 42, 1.0]]
    alone = world([*path(("event:a", 0)), *path(("event:a", 0), ("event:c", 1), visitor="w")])
    assert answer(alone, AB).block("next").rows == [["(none)", 1, 0.5], ["event:c", 1, 0.5]]


def test_who_goes_on_is_compared_with_everybody_else() -> None:
    block = answer(shop(), STEPS, at="1").block("differences")
    row = dict(zip((one.name for one in block.columns), block.rows[0], strict=True))
    assert (row["property"], row["people"]) == ("device", 60)
    rates = {"desktop": 1.0, "mobile": 12 / 60}
    assert row["went_on"] == rates[str(row["value"])]
    assert row["difference"] == pytest.approx(row["went_on"] - row["others"])  # type: ignore[operator]
    assert isinstance(row["p_value"], float)
    assert row["p_value"] < 1e-6


def test_a_property_with_a_colon_in_its_name_has_its_own_people() -> None:
    log = [E(f"v{at}", START + at, "event:a", props={"a:b": f"{at % 2}:x"}) for at in range(60)]
    log += [E(f"v{at}", START + HOUR, "event:b") for at in range(0, 60, 2)]
    block = answer(world(log), AB, by="a:b", at="1").block("differences")
    found = [(row[1], row[2], dict(link or ())["subset"]) for row, link in zip(block.rows, block.links, strict=True)]
    assert [(value, people) for value, people, _ in found] == [("0:x", 30), ("1:x", 30)]
    for _, people, subset in found:
        listed = answer(world(log), AB, people="reached", subset=subset, by="a:b", at="1").block("people")
        assert listed.draw["total"] == people


def test_who_still_has_time_is_on_neither_side_of_the_comparison() -> None:
    log = []
    for n in range(60):
        agent = Agent("mobile" if n % 2 else "desktop")
        log.append(E(f"v{n}", START + (0 if n < 40 else 20 * DAY), "event:a", agent=agent))
        if n < 40 and n % 2:
            log.append(E(f"v{n}", START + HOUR, "event:b", agent=agent))
    block = answer(world(log), AB, START + 21 * DAY, at="1").block("differences")
    assert {(row[1], row[2], row[3]) for row in block.rows} == {("mobile", 20, 1.0), ("desktop", 20, 0.0)}


def test_the_greatest_drop_is_explained_where_no_step_is_named() -> None:
    log = []
    for n in range(10):
        log += path(
            ("event:a", 0), *([("event:b", 1)] if n else []), *([("event:c", 2)] if n > 7 else []), visitor=f"v{n}"
        )
    result = answer(world(log), ["event:a", "event:b", "event:c"])
    assert str(result.block("next").title) == "What the dropped did after step 2"
    assert str(result.headline).startswith("2 of 10 went all the way (20.0%); most are lost after step 2 (“b”): 7.")


def test_an_empty_funnel_says_so() -> None:
    for log in ([], path(("event:z", 0))):
        for order in ("ordered", "strict", "any"):
            result = answer(world(log), AB, order=order, by="channel", exclude="event:x@1-2")
            assert column(result.block("steps"), "people") == [0, 0]
            assert str(result.headline) == "Nobody made the first step in this range."


@pytest.mark.parametrize("more", [{"exclude": "event:x@1-3"}, {"at": "3"}, {"at": "0"}, {"order": "sideways"}])
def test_a_question_that_makes_no_sense_is_answered_with_what_is_wrong(more: dict[str, str]) -> None:
    with pytest.raises(UserError):
        answer(world(path(("event:a", 0))), AB, NOW, "UTC", **more)
    with pytest.raises(UserError):
        answer(world(path(("event:a", 0))), ["event:a"] * 13)


@pytest.mark.parametrize("unit", ["person", "session"])
def test_a_long_list_shows_the_latest_and_says_how_many_there_are(unit: str) -> None:
    journeys = shop()
    block = answer(journeys, STEPS, LATE, people="reached", at="1", unit=unit, limit="7").block("people")
    whole = answer(journeys, STEPS, LATE, people="reached", at="1", unit=unit).block("people")
    assert block.rows == whole.rows[:7]
    assert (len(whole.rows), block.draw["total"], whole.note) == (120, 120, None)
    assert "The latest 7 of 120" in str(block.note)
    assert str(block.title).endswith("120 people" if unit == "person" else "120 sessions")
