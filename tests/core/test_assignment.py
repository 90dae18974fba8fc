"""Assignment: the same answer everywhere, spread evenly, and one experiment knowing nothing of another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from collector.core.assignment import assign, murmur3, position
from collector.core.errors import UserError

VECTORS = json.loads((Path(__file__).parent / "assignment.json").read_text())
UNITS = [f"mb{at}.{at * 7919}" for at in range(4_000)]


@pytest.mark.parametrize(
    ("text", "seed", "expected"),
    [
        ("", 0, 0),
        ("", 1, 0x514E28B7),
        ("test", 0, 0xBA6BD213),
        ("test", 0x9747B28C, 0x704B81DC),
        ("Hello, world!", 0, 0xC0363E43),
        ("The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723),
    ],
)
def test_the_hash_is_the_published_one(text: str, seed: int, expected: int) -> None:
    assert murmur3(text.encode(), seed) == expected


@pytest.mark.parametrize("vector", VECTORS["assignments"], ids=lambda vector: f"{vector['name']}-{vector['unit']}")
def test_everybody_who_assigns_says_the_same(vector: dict[str, object]) -> None:
    assert assign(str(vector["unit"]), str(vector["name"]), vector["share"]) == vector["variant"]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["chat-holdout", "a", "pricing page 2", "preis-ü"])
def test_units_are_spread_evenly(name: str) -> None:
    places = np.array([position(unit, name) for unit in UNITS])
    assert places.min() >= 0
    assert places.max() < 1
    assert chisquare(np.bincount((places * 50).astype(int), minlength=50)).pvalue > 1e-4
    shares = np.array([assign(unit, name, 0.3) == "on" for unit in UNITS])
    assert abs(shares.mean() - 0.3) < 4 * (0.21 / len(UNITS)) ** 0.5


def test_neighbouring_units_of_a_counter_are_spread_evenly_too() -> None:
    on = sum(assign(f"user-{at}", "x", 0.5) == "on" for at in range(4_000))
    assert abs(on / 4_000 - 0.5) < 4 * (0.25 / 4_000) ** 0.5


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("test-1", "test-2"), ("chat", "chat2"), ("x", "x ")])
def test_two_experiments_know_nothing_of_each_other(one: str, other: str) -> None:
    table = np.zeros((4, 4))
    for unit in UNITS:
        table[int(position(unit, one) * 4), int(position(unit, other) * 4)] += 1
    assert chi2_contingency(table).pvalue > 1e-4


def test_a_larger_share_keeps_those_who_had_it() -> None:
    few = {unit for unit in UNITS if assign(unit, "rise", 0.1) == "on"}
    many = {unit for unit in UNITS if assign(unit, "rise", 0.5) == "on"}
    assert few
    assert few < many
    assert {assign(unit, "rise", 0) for unit in UNITS} == {"off"}
    assert {assign(unit, "rise", 1) for unit in UNITS} == {"on"}


def test_several_variants_get_their_shares_and_off_the_rest() -> None:
    got = [assign(unit, "page", {"short": 0.5, "long": 0.3}) for unit in UNITS]
    for variant, share in (("short", 0.5), ("long", 0.3), ("off", 0.2)):
        assert abs(got.count(variant) / len(UNITS) - share) < 0.03


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), {"a": 0.6, "b": 0.6}])
def test_shares_that_are_none_are_refused(share: float) -> None:
    with pytest.raises(UserError):
        assign("u", "x", share)
