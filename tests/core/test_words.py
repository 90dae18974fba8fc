"""Matchers in words, and numbers in plain sentences."""

from __future__ import annotations

import pytest

from collector.core.called import called
from collector.core.matcher import SUBJECTS, Matcher, parse_matcher
from collector.core.text import T, Value
from collector.core.words import words

GOALS = (("Order", parse_matcher("event:purchase")),)


@pytest.mark.parametrize(
    ("matcher", "said"),
    [
        ("event:purchase", "Order"),
        ("event:purchase[total>5]", "“purchase” with [total>5]"),
        ("event:chat_started", "chat"),
        ("click:chat_started", "a click on “chat_started”"),
        ("page:/pricing", "the page /pricing"),
        ("source:retargeting", "a visit from retargeting"),
        ("any", "anything"),
    ],
)
def test_a_matcher_in_words(matcher: str, said: str) -> None:
    assert str(words(parse_matcher(matcher), GOALS)) == said


def test_every_subject_has_words() -> None:
    assert all("x{y}" in str(words(Matcher(subject, "x{y}"))) for subject in SUBJECTS)


def test_values_of_closed_sets_have_words_and_others_none() -> None:
    assert [str(called(name, "direct")) for name in ("channel", "source")] == ["Direct", "direct"]
    assert [str(called("device", value)) for value in ("mobile", "toaster")] == ["Mobile", "toaster"]


def test_numbers_in_a_sentence_are_written_for_people() -> None:
    text = T("{a}, {b}, {c}, {d}", a=Value(12345, "count"), b=Value(0.1496, "ratio"), c=Value(-0.02, "points"), d=90.5)
    assert str(text) == "12,345, 15.0%, -2.0 points, 90.5"
