"""Texts of conditions on people: what they say, that they read back as written, and what is refused in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.matcher import SUBJECTS, Condition, Matcher, parse_matcher
from collector.core.people import (
    MOST_STEPS,
    STATES,
    VISIT,
    VISIT_SUBJECTS,
    AnyOf,
    Chain,
    Count,
    Did,
    Fact,
    PeopleCondition,
    Segment,
    Visit,
    When,
    renamed,
    segments_in,
)
from collector.core.people_text import check_segments, parse_kept, parse_people, written
from collector.core.times import DAY, SECOND
from tests.support.effort import examples

NAMES = st.sampled_from(
    ["a", "/pricing", "/a/**", "Buy now", "x|y", "a->b", "[odd", "plan=pro", "Ä ö", '"q"', "any", "is:"]
)
VALUES = st.sampled_from(["pro", "100", "a]b", 'say "hi"', "", "x | event:y", "é", "-> page:/"])
OPS = ("=", "!=", ">", ">=", "<", "<=", "~")


def conditions() -> st.SearchStrategy[tuple[Condition, ...]]:
    return st.lists(
        st.builds(Condition, st.sampled_from(["plan", "a b"]), st.sampled_from(OPS), VALUES), max_size=2
    ).map(tuple)


def matchers() -> st.SearchStrategy[Matcher]:
    named = st.builds(Matcher, st.sampled_from(SUBJECTS), NAMES, conditions())
    return named | st.builds(Matcher, st.just("any"), st.just(""), conditions())


DURATIONS = st.none() | st.integers(1, 10_000_000).map(lambda seconds: seconds * SECOND)
DAYS = st.none() | st.sampled_from([date(2026, 1, 1), date(2026, 1, 31)])
WHENS = st.builds(When, DURATIONS, DURATIONS, DAYS, DAYS, st.booleans()).filter(
    lambda when: not (when.since and when.until and when.since > when.until)
)
VISITS = st.builds(Visit, st.sampled_from(VISIT_SUBJECTS), NAMES)
PLACES = st.lists(
    st.builds(Condition, st.sampled_from(VISIT), st.sampled_from(["=", "!=", "~"]), VALUES), max_size=2
).map(tuple)
COUNTS = st.lists(st.builds(Count, st.sampled_from(OPS[:-1]), st.integers(0, 10**9 - 1)), max_size=2).map(tuple)


def told(did: Did) -> PeopleCondition:
    """A `Did` that says no more than what was done is written as that."""
    return did.what if did == Did(did.what) else did


FACTS = st.one_of(
    st.builds(Fact, st.just("is"), st.sampled_from(STATES)),
    st.builds(Fact, st.sampled_from(["segment", "stage"]), st.sampled_from(["Buyers", "A & [b]", "x=1 | y", "is:new"])),
    st.builds(Fact, st.just("trait"), st.just("plan")),
    st.builds(Condition, st.sampled_from(["plan", "a b"]), st.sampled_from(OPS), VALUES).map(
        lambda test: Fact("trait", test.key, test)
    ),
)
DIDS = st.builds(Did, matchers() | VISITS, PLACES, COUNTS, WHENS).map(told)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    size = draw(st.integers(2, MOST_STEPS))
    steps = [draw(st.builds(Did, matchers() | VISITS, PLACES, st.just(()), WHENS)) for _ in range(size)]
    return Chain(tuple(steps), (None, *(draw(DURATIONS) for _ in steps[1:])))


SINGLE: st.SearchStrategy[PeopleCondition] = st.one_of(FACTS, DIDS, chains())
ANY_OF = st.lists(SINGLE, min_size=2, max_size=3, unique=True).map(lambda options: AnyOf(tuple(options)))  # type: ignore[arg-type]


# A name that holds a [, before a sign and a bracket that are another step's.
HALF = Chain((Did(Matcher("page", "[odd")), Did(Matcher("any"), (Condition("channel", "=", "a]b"),))), (None, SECOND))


@settings(max_examples=examples(400), deadline=None)
@example(HALF)
@example(AnyOf((Did(Matcher("page", "[odd"), (), (Count(">", 1),)), Matcher("event", "plan=pro"))))
@given(SINGLE | ANY_OF)
def test_a_condition_reads_back_as_it_was_written(condition: PeopleCondition) -> None:
    assert parse_people(str(condition)) == condition
    assert written(condition) == str(condition)


@settings(max_examples=examples(300), deadline=None)
@given(matchers())
def test_the_text_of_a_matcher_is_that_matcher(matcher: Matcher) -> None:
    assert parse_people(str(matcher)) == parse_matcher(str(matcher))


@settings(max_examples=examples(300), deadline=None)
@given(st.text('[]#=<>~"\\|-> :abeinpsgtv1/*times', max_size=60) | st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused_in_words(text: str) -> None:
    with suppress(UserError):
        found = parse_people(text)
        assert parse_people(str(found)) == found


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("event:a -> b", Matcher("event", "a -> b")),
        ("event:a | b", Matcher("event", "a | b")),
        ("click:[x] | event:", Matcher("click", "[x] | event:")),
        ("event:buy[note=a | event:b]", Matcher("event", "buy", (Condition("note", "=", "a | event:b"),))),
        ('any[note="x] -> page:/"]', Matcher("any", "", (Condition("note", "=", "x] -> page:/"),))),
        ("source:google", Matcher("source", "google")),
    ],
)
def test_texts_from_before_mean_what_they_meant(text: str, condition: Matcher) -> None:
    if text == "click:[x] | event:":
        with pytest.raises(UserError):
            parse_people(text)
        assert parse_kept(text) == condition
        return
    assert parse_people(text) == condition == parse_matcher(text)


def test_brackets_with_a_hash_say_how_often_and_when() -> None:
    assert parse_people("event:purchase[total>=100][#times>=2][#last=30d]") == Did(
        Matcher("event", "purchase", (Condition("total", ">=", "100"),)),
        counts=(Count(">=", 2),),
        when=When(last=30 * DAY),
    )
    assert parse_people("any[#device=mobile][#from=2026-01-01][#to=2026-01-31][#in]") == Did(
        Matcher("any"),
        visit=(Condition("device", "=", "mobile"),),
        when=When(since=date(2026, 1, 1), until=date(2026, 1, 31), inside=True),
    )


def test_an_order_binds_closer_than_a_choice() -> None:
    found = parse_people("page:/a -> event:b[#within=7d] | is:identified | device:mobile")
    assert found == AnyOf(
        (
            Chain((Did(Matcher("page", "/a")), Did(Matcher("event", "b"))), (None, 7 * DAY)),
            Fact("is", "identified"),
            Visit("device", "mobile"),
        )
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no condition"),
        ("purchase", "is no condition"),
        ("event:a | nothing:b -> is:new", "does not happen"),
        ("event:a[#within=7d]", "within some time of nothing"),
        ("event:a -> event:b[#times>=2]", "counts within an order"),
        ("event:a -> segment:B", "does not happen"),
        (" -> ".join(["event:a"] * 7), "7 steps"),
        ("event:a[#tiems>=2]", "says nothing of people"),
        ("event:a[#times>=two]", "no number of times"),
        ("event:a[#times>=-1]", "no number of times"),
        ("event:a[#times>=²]", "no number of times"),
        ("event:a[#last>30d]", "cannot be read"),
        ("event:a[#last=30d][#last=7d]", "cannot be read"),
        ("event:a[#last=soon]", "not a duration"),
        ("event:a[#from=2026-02-01][#to=2026-01-01]", "begins on"),
        ("event:a[#from=1066-10-14]", "too far"),
        ("event:a[#device>mobile]", "cannot be read"),
        ("device:mobile[plan=pro]", "has no properties"),
        ("device:", "names nothing"),
        ("event:", "names nothing"),
        ("is:rich", "Nobody is"),
        ("segment:", "names nothing"),
        ("trait:[x]", "cannot be read"),
        ("event:" + "a" * 3_000, "too long"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse_people(text)


def test_a_name_that_would_read_as_something_else_is_not_written() -> None:
    with pytest.raises(UserError, match="cannot be kept"):
        written(Matcher("event", "a | event:b"))
    assert written(Matcher("event", "a | b")) == "event:a | b"


def test_segments_may_name_segments_but_not_in_a_circle() -> None:
    def segment(name: str, *texts: str) -> Segment:
        return Segment(name, tuple(map(parse_people, texts)))

    a, b = segment("A", "segment:B"), segment("B", "event:x", "device:mobile | segment:C")
    known = {one.name: one for one in (a, b, segment("C", "any"))}
    check_segments(a, known)
    with pytest.raises(UserError, match="A → B → C → A"):
        check_segments(a, known | {"C": segment("C", "segment:A")})
    with pytest.raises(UserError, match="no segment 'D'"):
        check_segments(segment("E", "segment:D"), known)
    deep = {str(n): segment(str(n), f"segment:{n + 1}") for n in range(60)}
    with pytest.raises(UserError, match="times over"):
        check_segments(deep["0"], deep)


def test_a_name_is_changed_wherever_it_stands() -> None:
    before = parse_people("event:a -> event:b | segment:Old | segment:Older")
    assert list(segments_in(before)) == ["Old", "Older"]
    assert str(renamed(before, "Old", "New")) == "event:a -> event:b | segment:New | segment:Older"
