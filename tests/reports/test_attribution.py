"""Attribution by hand: what a touch is, each model on worked examples, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from collector.core.errors import UserError
from collector.core.event import Source
from collector.core.times import DAY, HOUR
from collector.reports.attribution import REPORT
from collector.reports.attribution.alike import alike
from collector.reports.attribution.markov import markov
from collector.reports.attribution.paths import Conversions, Paths, Runs
from tests.reports.attributing import MAIL, NOW, SEARCH, SITE, START, approx, ask, column, visits
from tests.support.worlds import E, question, site, world


@pytest.mark.parametrize(
    ("path", "model", "wanted"),
    [
        ("SMOD", "first", {"S": 1, "M": 0, "O": 0, "D": 0}),
        ("SMOD", "last", {"S": 0, "M": 0, "O": 0, "D": 1}),
        ("SMOD", "last_non_direct", {"S": 0, "M": 0, "O": 1, "D": 0}),
        ("DDD", "last_non_direct", {"D": 1}),
        ("SMOD", "linear", {"S": 0.25, "M": 0.25, "O": 0.25, "D": 0.25}),
        ("SSMD", "linear", {"S": 0.5, "M": 0.25, "D": 0.25}),
        ("SMOD", "position", {"S": 0.4, "M": 0.1, "O": 0.1, "D": 0.4}),
        ("SMS", "position", {"S": 0.8, "M": 0.2}),
        ("SM", "position", {"S": 0.5, "M": 0.5}),
        ("S", "position", {"S": 1.0}),
        ("SSSM", "shapley", {"S": 0.5, "M": 0.5}),
        ("SMOD", "markov", {"S": 0.25, "M": 0.25, "O": 0.25, "D": 0.25}),
    ],
)
def test_each_model_on_one_path(path: str, model: str, wanted: dict[str, float]) -> None:
    result = ask(visits("a", path, 10.0))
    assert column(result, model) == approx(**wanted)


def test_decay_halves_with_every_half_life() -> None:
    events = [*visits("a", "SM", step=7 * DAY), E("a", START + 14 * DAY, "event:buy")]
    # The purchase begins a visit of its own, which is a direct touch at its very instant: 1/4 + 1/2 + 1.
    assert column(ask(events), "decay") == approx(S=0.25 / 1.75, M=0.5 / 1.75, D=1 / 1.75)
    assert column(ask(events, half_life="14d"), "decay") == approx(
        S=0.5 / (1.5 + 2**-0.5), M=2**-0.5 / (1.5 + 2**-0.5), D=1 / (1.5 + 2**-0.5)
    )


def test_decay_with_a_half_life_that_leaves_nothing_still_gives_all_away() -> None:
    events = [*visits("a", "SM", step=20 * DAY), E("a", START + 20 * DAY + HOUR // 4, "event:buy")]
    assert column(ask(events, half_life="1s"), "decay") == approx(S=0, M=1)


def test_markov_by_hand() -> None:
    # S then M converts, M alone converts, S alone does not. Each is a start half or two thirds of the time:
    # start -> S 2/3, M 1/3; S -> M 1/2, lost 1/2; M -> won. The chance is 2/3 * 1/2 + 1/3 = 2/3.
    # Without S: 1/3, so its effect is 1/2. Without M: none, so its effect is 1. Shares 1/3 and 2/3 of 2 conversions.
    events = [*visits("a", "SM", 30.0), *visits("b", "M", 70.0), *visits("c", "S")]
    result = ask(events, model="markov")
    assert column(result, "markov") == approx(S=2 / 3, M=4 / 3)
    assert column(result, "revenue") == approx(S=100 / 3, M=200 / 3)
    assert column(result, "share") == approx(S=1 / 3, M=2 / 3)
    assert result.block("summary").rows[0][-1] == 1


def runs(paths: Sequence[str], names: str) -> Runs:
    start = np.concatenate(([0], np.cumsum([len(path) for path in paths]))).astype(np.int64)
    return Runs(start, np.array([names.index(letter) for path in paths for letter in path], dtype=np.int64))


def of(won: Sequence[str], lost: Sequence[str], names: str) -> Paths:
    part = world([E("a", START, "page:/")]).parts[0]
    found, nothing = runs(won, names), np.empty(0, dtype=np.int64)
    each = np.ones(len(found.length), dtype=np.int64)
    whole = Conversions(
        part,
        nothing,
        np.empty(0),
        nothing,
        each,
        found,
        nothing,
        np.zeros(len(found.code), dtype=np.bool_),
        *alike(found.start, found.code),
    )
    return Paths(list(names), [whole], [runs(lost, names)])


def test_markov_counts_a_value_met_again_and_again_once_for_being_there() -> None:
    # From a it goes to a again half the time, and then it is won all the same: as with a alone.
    assert markov(of(["aa", "b"], ["b"], "ab")) == pytest.approx([0.5, 0.5])
    assert markov(of(["a", "b"], ["b"], "ab")) == pytest.approx([0.5, 0.5])


def test_markov_and_the_rules_agree_with_another_implementation() -> None:
    # ChannelAttribution 2.2.5 (Python), markov_model(order=1, max_step=500, nsim_start=2_000_000, conv_par=0.01,
    # seed=1), which simulates the chain and stops within 1 %; and its heuristic_models, which are exact.
    won = {"abc": 5, "ab": 6, "b": 9, "ca": 1, "aab": 8, "dc": 4, "d": 1, "cbd": 3, "acd": 2, "bb": 6}
    lost = {"a": 35, "b": 20, "c": 29, "d": 39, "ad": 11, "da": 20, "cc": 5, "bca": 18, "dda": 31}
    paths = of(
        [path for path, many in won.items() for _ in range(many)],
        [path for path, many in lost.items() for _ in range(many)],
        "abcd",
    )
    assert markov(paths) * 45 == pytest.approx([7.150095, 22.590760, 8.061235, 7.197910], rel=0.01)
    letters = {"a": "S", "b": "M", "c": "O", "d": "D"}
    events = [
        event
        for path, many in won.items()
        for at in range(many)
        for event in visits(f"{path}{at}", "".join(letters[letter] for letter in path), 10.0)
    ]
    result = ask(events)
    assert column(result, "first") == approx(S=21, M=15, O=4, D=5)
    assert column(result, "last") == approx(S=1, M=29, O=9, D=6)
    assert column(result, "linear") == approx(S=11.166667, M=23.333333, O=5.833333, D=4.666667)


def test_credit_of_a_part_and_of_all_parts_is_the_same() -> None:
    events = [
        event
        for at, path in enumerate(["SMOD", "DS", "OOM", "D", "MS"])
        for event in visits(f"v{at}", path, 10.0 * at if at % 2 else None)
    ]
    one, many = ask(events), ask(events, parts=3)
    assert [block.rows for block in one.blocks] == [block.rows for block in many.blocks]


def test_a_touch_of_the_lookbacks_first_instant_counts_and_none_before() -> None:
    events = [E("a", START, "page:/", source=SEARCH), E("a", START + 30 * DAY, "event:buy")]
    assert column(ask(events), "first") == approx(S=1, D=0)
    events = [E("a", START - 1, "page:/", source=SEARCH), events[1]]
    assert column(ask(events), "first") == approx(D=1)


def test_conversions_of_one_person_have_a_path_each_and_can_begin_anew() -> None:
    events = [*visits("a", "SM", 10.0), *visits("a", "O", 20.0, begin=START + 5 * DAY)]
    assert column(ask(events), "touched") == {"paid_search": 2, "email": 2, "organic_social": 1}
    cut = ask(events, cut="1")
    assert column(cut, "touched") == {"paid_search": 1, "email": 1, "organic_social": 1}
    assert column(cut, "revenue") == approx(S=5, M=5, O=20)


def test_a_second_purchase_of_the_same_visit_has_no_touch_of_its_own_when_cut() -> None:
    events = [*visits("a", "S", 10.0), E("a", START + HOUR // 2, "event:buy", value=5.0)]
    result = ask(events, cut="1")
    assert column(result, "linear") == {"paid_search": 1.0, "(no touch)": 1.0}
    assert column(result, "revenue") == {"paid_search": 10.0, "(no touch)": 5.0}
    assert "One of 2 conversions has no touch" in " ".join(map(str, result.notes))
    assert column(ask(events), "linear") == {"paid_search": 2.0}


def test_purchases_of_one_instant_share_their_touches_when_cut() -> None:
    events = [*visits("a", "S", 10.0), *visits("a", "S", 10.0)[1:]]
    assert column(ask(events, cut="1"), "linear") == {"paid_search": 2.0}


def test_repeats_in_a_row_can_count_once() -> None:
    events = visits("a", "SSMSS", 10.0)
    assert column(ask(events), "linear") == approx(S=0.8, M=0.2)
    assert column(ask(events, collapse="1"), "linear") == approx(S=2 / 3, M=1 / 3)
    assert [row[0] for row in ask(events).block("paths").rows] == ["Paid search ×2 → Email → Paid search ×2"]
    assert [row[0] for row in ask(events, collapse="1").block("paths").rows] == ["Paid search → Email → Paid search"]


@pytest.mark.parametrize(
    ("dimension", "wanted"),
    [
        ("source", {"google", "news", "x", "direct"}),
        ("campaign", {"brand", "may", "(none)", "direct"}),
        ("content", {"blue", "(none)", "direct"}),
        ("landing", {"/"}),
    ],
)
def test_visits_are_told_apart_by(dimension: str, wanted: set[str]) -> None:
    assert set(column(ask(visits("a", "SMOD", 1.0), dimension=dimension), "touched")) == wanted


def test_the_last_visit_that_was_not_direct_is_known_by_landing_pages_too() -> None:
    events = [
        E("a", START, "page:/offer", source=MAIL),
        E("a", START + DAY, "page:/home/"),
        E("a", START + DAY + 1, "event:buy"),
    ]
    result = ask(events, dimension="landing")
    assert column(result, "last") == {"/offer": 0, "/home": 1}
    assert column(result, "last_non_direct") == {"/offer": 1, "/home": 0}


def test_touches_can_be_pages_and_features() -> None:
    events = [
        E("a", START, "page:/blog/one"),
        E("a", START + 1, "page:/blog/two/"),
        E("a", START + 2, "event:export"),
        E("a", START + 3, "event:buy"),
        E("b", START, "event:buy"),
    ]
    touch = ["page:/blog/**", "event:*"]
    result = ask(events, touch=touch)
    assert column(result, "linear") == pytest.approx(
        {"/blog/one": 1 / 3, "/blog/two": 1 / 3, "export": 1 / 3, "(no touch)": 1}
    )
    assert result.block("models").columns[0].name == "touch"
    assert "last_non_direct" in str(result.block("models").draw["unseen"])
    by = ask(events, touch=touch, touch_by="matcher")
    assert column(by, "linear") == pytest.approx({"page:/blog/**": 2 / 3, "event:*": 1 / 3, "(no touch)": 1})
    assert column(ask(events, touch=touch, touch_by="matcher", collapse="1"), "linear")["event:*"] == 0.5


def test_a_goal_is_no_touch_of_itself() -> None:
    with pytest.raises(UserError, match="both touch and goal"):
        ask(visits("a", "S", 1.0), touch=["event:buy"])


def test_without_a_goal_one_is_asked_for() -> None:
    with pytest.raises(UserError, match="No goal"):
        ask(visits("a", "S", 1.0), of=site())


def test_the_range_is_that_of_conversions_and_touches_may_lie_before_it() -> None:
    events = visits("a", "SM", 10.0, step=3 * DAY)
    assert column(ask(events, all_time="0", from_="2025-11-16", to="2025-11-16"), "first") == approx(S=1, M=0)
    assert ask(events, all_time="0", from_="2025-11-17", to="2025-11-18").block("models").rows == []


def test_bots_lead_to_nothing_until_asked_for() -> None:
    events = [replace(event, bot=1) for event in visits("a", "S", 10.0)]
    assert ask(events).block("summary").rows[0][0] == 0
    assert column(ask(events, include_bots="1"), "linear") == approx(S=1)


def test_people_without_cookies_are_followed_only_when_asked_for() -> None:
    assert REPORT.follows(question(REPORT, NOW, SITE)) == "whole"
    assert REPORT.follows(question(REPORT, NOW, SITE, lookback="24h")) == ""


def test_more_values_than_anybody_reads_are_taken_together_and_nothing_is_lost() -> None:
    events = [
        event
        for at in range(130)
        for event in [
            E(f"v{at}", START, "page:/", source=Source("referral", f"s{at:03}")),
            E(f"v{at}", START + 1, "event:buy", value=1.0),
        ]
    ]
    found = column(ask(events, dimension="source"), "linear")
    assert len(found) == 101
    assert found["(other)"] == 30
    assert sum(float(str(one)) for one in found.values()) == pytest.approx(130)


def test_a_value_property_is_summed_in_place_of_the_events_own_value() -> None:
    events = [*visits("a", "S"), E("a", START + 1, "event:buy", value=9.0, props={"margin": 4, "note": "x"})]
    assert column(ask(events, value="margin"), "revenue") == approx(S=4)
    spelled = [*visits("a", "S"), E("a", START + 1, "event:buy", props={"margin": "4.5"})]
    assert column(ask(spelled, value="margin"), "revenue") == approx(S=4.5)
    without = ask(events, value="note")
    assert "revenue" not in [one.name for one in without.block("models").columns]
    assert "No event of the goal carries a number in the property note" in str(without.notes[0])
    assert not any("carries a number" in str(note) for note in ask(events, value="margin").notes)


def crowd(*paths: str) -> list[E]:
    return [event for at, path in enumerate(paths) for event in visits(f"v{at}", path, 10.0)]


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["MS", "OS", "DS", "M"], "Paid search gets 75.0% of the 4 conversions (Purchase) by last touch, but 37.5% "),
        (["MS", "OS", "DS", "M"], "it closes more than it opens."),
        (["SM", "SO", "SD", "M"], "it opens more than it closes."),
        (["SMS", "S", "DMD"], "it opens about as many as it closes."),
        (["S", "SS"], "Paid search alone led to 100.0% of the 2 conversions (Purchase), whatever the model."),
    ],
)
def test_the_headline_is_made_of_the_numbers(paths: Sequence[str], said: str) -> None:
    result = ask(crowd(*paths))
    assert said in str(result.headline)
    assert "Only" in str(result.notes[0])


def test_what_markov_credits_besides_the_one_that_all_met_is_not_told_away() -> None:
    result = ask([*visits("a", "S", 10.0), *visits("b", "MS")])
    assert column(result, "markov") == approx(S=2 / 3, M=1 / 3)
    assert "whatever the model" not in str(result.headline)


def test_an_empty_site_and_a_visit_without_a_purchase_say_so() -> None:
    for events in ([], visits("a", "S")):
        result = ask(events)
        assert str(result.headline) == "Nobody reached Purchase in this range."
        assert [block.rows for block in result.blocks[1:]] == [[], [], [], []]
        assert result.block("summary").rows[0][0] == 0


def test_conversions_without_any_touch_say_so() -> None:
    result = ask([E("a", START, "event:buy")], touch=["page:/blog/**"])
    assert str(result.headline) == "The one conversion (Purchase) was touched by none of these before."
    assert column(result, "markov") == {"(no touch)": 1.0}


def test_how_long_it_took_is_counted_from_the_first_touch() -> None:
    rows = ask([*visits("a", "SM", 10.0, step=10 * DAY), *visits("b", "S", 5.0)]).block("lag").rows
    assert {str(row[0]): row[1] for row in rows if row[1]} == {"less than 1 day": 1, "7 to 13 days": 1}
    assert [row[1] for row in ask(visits("a", "SM", 1.0)).block("length").rows] == [0, 1]


def test_long_paths_count_by_their_last_touches() -> None:
    result = ask([*visits("a", "SM" * 6, 10.0), *visits("b", "OO" + "SM" * 5, 10.0)])
    row = result.block("paths").rows[0]
    assert str(row[0]).startswith("… → Paid search → Email → ")
    assert row[1] == 2
    assert row[3] == 12.0


@pytest.mark.parametrize(
    ("people", "group"),
    [
        ("touched", "nobody"),
        ("path", "no json"),
        ("path", '["nobody"]'),
        ("path", '{"a": 1}'),
        ("length", "99"),
        ("lag", "-1"),
    ],
)
def test_a_list_of_nothing_that_there_is_is_refused(people: str, group: str) -> None:
    with pytest.raises(UserError):
        ask(visits("a", "S", 1.0), people=people, group=group)


def test_a_list_tells_the_path_of_each_conversion() -> None:
    block = ask(crowd("SM", "S"), people="first", group="paid_search").blocks[0]
    at = [one.name for one in block.columns].index("path")
    assert {row[at] for row in block.rows} == {"Paid search → Email", "Paid search"}
    assert str(block.title) == "Paid search by the model “First touch”: 2 conversions"
