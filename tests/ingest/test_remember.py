"""What the steps remember of texts stays small, whatever is sent."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from collector.ingest.referrers import name_channel
from collector.ingest.remember import LONGEST, remembered
from collector.ingest.source import campaign_source
from collector.ingest.url import mask_words, parse_place


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (parse_place, "https://shop.example/{}" + "😀" * 2_000),
        (campaign_source, "utm_source={}&utm_campaign=" + "😀" * 2_000),
        (name_channel, "{}" + "😀" * 2_000),
        (mask_words, "{}@" + "😀" * 1_000),
    ],
)
def test_long_texts_are_not_remembered(ask: Callable[[str], object], text: str) -> None:
    tracemalloc.start()
    try:
        for number in range(300):
            ask(text.format(number))
        assert tracemalloc.get_traced_memory()[0] < 400_000
    finally:
        tracemalloc.stop()


def test_short_texts_are_remembered_with_what_else_was_asked() -> None:
    asked = []

    @remembered(10)
    def length(text: str, more: int = 0) -> int:
        asked.append(text)
        return len(text) + more

    assert [length("a"), length("a"), length("a", 1), length("x" * LONGEST), length("x" * LONGEST)] == [
        1,
        1,
        2,
        512,
        512,
    ]
    assert asked == ["a", "a", "x" * LONGEST]
    assert [length("x" * (LONGEST + 1)), length("x" * (LONGEST + 1))] == [513, 513]
    assert len(asked) == 5


def test_a_host_that_no_name_can_be_is_none() -> None:
    assert parse_place("https://" + "a" * 254 + "/x").host == ""
    assert parse_place("https://" + "a" * 253 + "/x").host == "a" * 253
