"""The token of the linker: whom it names, and every way in which it names nobody; visits over midnight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.times import MINUTE, SECOND
from collector.ingest.link import LIFE, Followed, mint_link, read_link
from collector.ingest.overnight import GAP, Overnight
from collector.ingest.url import parse_place

KEYS = (b"k" * 32,)
NOW = 1_763_750_000_000
VISITOR, NUMBER, HOST, AGENT = "v_" + "ab" * 16, "0123456789abcdef", "b.example:8080", "Firefox"
TOKEN = mint_link(KEYS, 1, VISITOR, HOST, AGENT, NOW, NUMBER)


def read(token: str = TOKEN, **changed: object) -> Followed | None:
    given = {"site": 1, "host": HOST, "user_agent": AGENT, "now_ms": NOW} | changed
    return read_link(KEYS, token=token, **given)  # type: ignore[arg-type]


def test_it_names_the_visitor_it_was_made_for() -> None:
    assert read() == Followed(VISITOR, NUMBER)
    assert read(now_ms=NOW + LIFE) == Followed(VISITOR, NUMBER)
    rotated = (b"n" * 32, *KEYS)
    assert read_link(rotated, 1, TOKEN, HOST, AGENT, NOW) == Followed(VISITOR, NUMBER)


@pytest.mark.parametrize(
    "changed",
    [
        {"site": 2},
        {"host": "c.example"},
        {"host": "b.example"},
        {"user_agent": "Chrome"},
        {"now_ms": NOW + LIFE + SECOND},
        {"now_ms": NOW - MINUTE},
        {"token": ""},
        {"token": TOKEN + "0"},
        {"token": TOKEN.upper()},
        {"token": TOKEN.replace("ab", "cd", 1)},
    ],
    ids=str,
)
def test_anything_else_names_nobody(changed: dict[str, object]) -> None:
    assert read(**changed) is None  # type: ignore[arg-type]


@given(at=st.integers(0, len(TOKEN) - 1), sign=st.characters())
def test_no_changed_sign_is_overlooked(at: int, sign: str) -> None:
    changed = TOKEN[:at] + sign + TOKEN[at + 1 :]
    assert (read(changed) is None) == (changed != TOKEN)


@pytest.mark.parametrize(
    ("url", "query"),
    [
        (f"https://b.example/?_dl={TOKEN}", ""),
        (f"https://b.example/?a=1&_dl={TOKEN}&b=2", "a=1&b=2"),
        ("https://b.example/?x_dl=1&_dl=", "x_dl=1"),
    ],
)
def test_it_is_no_part_of_an_address(url: str, query: str) -> None:
    assert parse_place(url).query == query


# Steps of (minutes, today's key, yesterday's key), and the key that each belongs to.
NIGHTS = [
    ([(0, "a", "")], "a"),
    ([(0, "a", ""), (10, "b", "a")], "aa"),
    ([(0, "a", ""), (30, "b", "a")], "aa"),
    ([(0, "a", ""), (31, "b", "a")], "ab"),
    ([(0, "a", ""), (20, "b", "a"), (45, "b", "a"), (70, "b", "a")], "aaaa"),
    ([(0, "a", ""), (20, "b", "a"), (60, "b", "a"), (61, "b", "a")], "aabb"),
    ([(0, "a", ""), (40, "b", "a"), (41, "b", "a")], "abb"),
    ([(5, "b", "a")], "b"),
    ([(5, "b", "a"), (6, "b", "")], "bb"),
    # what another worker took earlier is loaded later
    ([(0, "a", ""), (20, "b", "a"), (10, "b", "a")], "aaa"),
]


@pytest.mark.parametrize(("steps", "keys"), NIGHTS, ids=[str(n) for n in range(len(NIGHTS))])
def test_a_visit_goes_on_over_midnight_while_it_lasts(steps: list[tuple[int, str, str]], keys: str) -> None:
    overnight = Overnight()
    found = [overnight.visitor(1, today, before, NOW + minutes * MINUTE) for minutes, today, before in steps]
    assert "".join(found) == keys
    assert overnight.visitor(2, "z", "a", NOW) == "z"


def test_only_those_of_late_are_remembered() -> None:
    overnight = Overnight(many=50)
    for number in range(500):
        overnight.visitor(1, f"{number}", "", NOW + number * MINUTE)
    assert len(overnight._last) <= 50
    assert overnight.visitor(1, "new", "499", NOW + 499 * MINUTE + GAP) == "499"
