"""Matchers: the grammar, what fits, and that writing one gives back the same question."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.event import Kind
from collector.core.matcher import Condition, Matcher, cell_text, fits_pattern, parse_matcher
from tests.support.effort import examples

PLAIN = (
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="[]"), min_size=1, max_size=20)
    .map(str.strip)
    .filter(bool)
)
KEYS = st.text("abcdefghij_. -$", min_size=1, max_size=8).map(str.strip).filter(bool)
CONDITIONS = st.builds(
    Condition, KEYS, st.sampled_from(["=", "!=", ">", "<", ">=", "<=", "~"]), st.text(max_size=12).map(str.strip)
).filter(lambda condition: not condition.value.startswith(("=",)))


@given(st.sampled_from(["page", "event", "click", "form", "source"]), PLAIN, st.lists(CONDITIONS, max_size=3))
def test_a_matcher_reads_back_what_it_wrote(subject: str, pattern: str, conditions: list[Condition]) -> None:
    matcher = Matcher(subject, pattern, tuple(conditions))
    assert parse_matcher(str(matcher)) == matcher


@pytest.mark.parametrize(
    ("matcher", "kind", "fits"),
    [
        ("page:/pricing", Kind("page", "/pricing"), True),
        ("page:/pricing", Kind("page", "/pricing/"), True),
        ("page:/pricing", Kind("page", "/pricing/teams"), False),
        ("page:/", Kind("page", "/"), True),
        ("page:/", Kind("page", "/a"), False),
        ("page:/blog/*", Kind("page", "/blog/hello"), True),
        ("page:/blog/*", Kind("page", "/blog/2026/hello"), False),
        ("page:/blog/**", Kind("page", "/blog/2026/hello"), True),
        ("page:/*/buy", Kind("page", "/red/buy"), True),
        ("page:/a.b", Kind("page", "/axb"), False),
        ("event:purchase", Kind("event", "purchase"), True),
        ("event:purchase", Kind("event", "Purchase"), False),
        ("event:chat_*", Kind("event", "chat_started"), True),
        ("event:purchase", Kind("page", "purchase"), False),
        ("click:Buy now", Kind("click", "Buy now", "#buy"), True),
        ("click:#buy", Kind("click", "Buy now", "#buy"), True),
        ("click:#buy", Kind("click", "#buy", ""), False),
        ("form:signup", Kind("form", "signup"), True),
        ("form:signup", Kind("form_start", "signup"), False),
        ("form_start:signup", Kind("form_start", "signup"), True),
        ("any", Kind("download", "/x.pdf"), True),
    ],
)
def test_what_fits(matcher: str, kind: Kind, fits: bool) -> None:
    assert parse_matcher(matcher).fits_kind(kind) is fits


@pytest.mark.parametrize(
    ("condition", "cell", "fits"),
    [
        (Condition("total", ">=", "100"), 100, True),
        (Condition("total", ">=", "100"), "99.5", False),
        (Condition("total", ">", "100"), "many", False),
        (Condition("plan", "=", "pro"), "pro", True),
        (Condition("plan", "=", "pro"), "Pro", False),
        (Condition("total", "=", "100"), 100.0, True),
        (Condition("flag", "=", "true"), True, True),
        (Condition("flag", "=", "1"), True, False),
        (Condition("plan", "~", "RO"), "pro", True),
        (Condition("plan", "!=", "pro"), "free", True),
        (Condition("plan", "!=", "pro"), None, True),
        (Condition("plan", "=", "pro"), None, False),
        (Condition("n", "<", "5"), float("nan"), False),
    ],
)
def test_conditions(condition: Condition, cell: float | str | bool | None, fits: bool) -> None:
    assert condition.test(cell) is fits


@pytest.mark.parametrize("text", ["", "purchase", "event:", "unknown:x", ":x", "event", "a" * 3_000])
def test_what_is_not_a_matcher_says_what_to_write(text: str) -> None:
    with pytest.raises(UserError) as error:
        parse_matcher(text)
    assert error.value.hint


def test_conditions_stand_behind_the_pattern() -> None:
    assert parse_matcher("event:purchase[plan=pro][total>=100]") == Matcher(
        "event", "purchase", (Condition("plan", "=", "pro"), Condition("total", ">=", "100"))
    )
    assert parse_matcher('any[name="a]b"]').conditions == (Condition("name", "=", "a]b"),)


def test_sources_fit_by_channel_or_name_whatever_the_case() -> None:
    assert parse_matcher("source:retargeting").fits_source("retargeting", "adnet")
    assert parse_matcher("source:Google").fits_source("organic_search", "google")
    assert not parse_matcher("source:google").fits_source("direct", "")


def test_a_star_is_no_regular_expression() -> None:
    assert fits_pattern("a.*", "a.b")
    assert not fits_pattern("a.*", "axb")


def test_cells_compare_as_they_are_read() -> None:
    assert [cell_text(cell) for cell in (None, True, 10.0, 2.5, "x")] == ["", "true", "10", "2.5", "x"]


def naive(pattern: str, name: str, path: bool) -> bool:
    """A pattern against a name by trying everything."""
    if pattern.startswith("*"):
        wide = not path or pattern.startswith("**")
        rest = pattern[2:] if pattern.startswith("**") else pattern[1:]
        return naive(rest, name, path) or bool(name and (wide or name[0] != "/") and naive(pattern, name[1:], path))
    if not pattern:
        return name in (("", "/") if path else ("",))
    return name[:1] == pattern[0] and naive(pattern[1:], name[1:], path)


@settings(max_examples=examples(600), deadline=None)
@given(st.text("*/ab", max_size=9), st.text("/ab", max_size=9), st.booleans())
def test_a_pattern_fits_what_trying_everything_finds(pattern: str, name: str, path: bool) -> None:
    assert fits_pattern(pattern, name, path) == naive(pattern.rstrip("/") if path else pattern, name, path)


@pytest.mark.parametrize(
    "pattern", ["/" + "*a" * 100 + "b", "/**" + "a*" * 300 + "b", "/**a" * 50 + "b", "*" * 900 + "b"]
)
def test_a_pattern_of_many_stars_is_tried_on_a_long_name_in_no_time(pattern: str) -> None:
    begun = time.process_time()
    assert not fits_pattern(pattern + "b", "/" + "a" * 2_000, path=True)
    assert not fits_pattern(pattern + "b", "/" + "a" * 2_000)
    assert time.process_time() - begun < 1
