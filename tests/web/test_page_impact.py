"""The page of an impact: checks told so that they differ from their thresholds, the balance plot, hostile agents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from random import Random
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel

from collector.core.blocks import Block, Cell, Column
from collector.core.event import CUSTOM, PAGE, Event, Json, Source
from collector.core.spend import SpendDay
from collector.core.text import T
from collector.core.times import DAY, HOUR, MINUTE
from collector.web.impact_view import checks, dots
from tests.support.pages import DESKTOP, RETARGETING, SEARCH, Installation

ATTACK = "<script>alert('x')</script>"
_NAMES = ("check", "value", "threshold", "ok", "meaning")


@pytest.fixture
def words() -> Iterator[None]:
    app = Flask("impact")
    Babel(app)
    with app.test_request_context():
        yield


def block(value: float | None, threshold: float | None, ok: bool | None, way: str, unit: str) -> Block:
    row: list[Cell] = ["Check", value, threshold, ok, "Fine."]
    columns = [Column(name, T(name)) for name in _NAMES]
    return Block("checks", "table", T("Checks"), columns, [row], {"told": [(way, unit)]})


@pytest.mark.parametrize(
    ("value", "threshold", "way", "unit", "said"),
    [
        (0.04, 0.1, "most", "number", ("0.04", "at most 0.1")),
        (0.0996, 0.1, "most", "number", ("0.0996", "at most 0.1")),
        (0.10004, 0.1, "most", "number", ("0.10004", "at most 0.1")),
        (0.1, 0.1, "most", "number", ("0.1", "at most 0.1")),
        (0.4996, 0.5, "least", "ratio", ("49.96%", "at least 50%")),
        (0.25, 0.5, "least", "ratio", ("25%", "at least 50%")),
        (99.7, 100.0, "least", "count", ("99.7", "at least 100")),
        (1.63, None, "", "number", ("1.63", "")),
    ],
)
def test_a_number_close_to_its_threshold_has_the_digits_that_tell_them_apart(
    value: float, threshold: float | None, way: str, unit: str, said: tuple[str, str], words: None
) -> None:
    (found,) = checks(block(value, threshold, True, way, unit))
    assert (found.value, found.threshold) == said


def test_the_balance_plot_has_one_scale_and_begins_with_what_is_not_alike(words: None) -> None:
    columns = [Column(name, T(name)) for name in ("feature", "exposed", "naive", "matched", "smd_before", "smd_after")]
    rows: list[list[Cell]] = [["a", 1, 1, 1, 0.3, 0.05], ["b", 1, 1, 1, -0.5, 0.0], ["c", 1, 1, 1, 0.2, 0.11]]
    found = dots(Block("balance", "table", T("Balance"), columns, rows))
    assert found is not None
    assert [one.feature for one in found.rows] == ["c", "b", "a"]
    assert [one.alike for one in found.rows] == [False, True, True]
    low, high = found.edges
    assert low < found.zero < high
    places = {one.feature: (one.places.point, one.places.other) for one in found.rows}
    assert places["b"][0] == found.zero
    per = (high - low) / 0.2
    assert places["a"] == pytest.approx((found.zero + 0.05 * per, found.zero + 0.3 * per), abs=0.02)
    assert dots(Block("balance", "table", T("Balance"), columns, [])) is None


def _event(shop: Installation, number: int, visitor: str, ago: int, name: str, props: dict[str, Json]) -> Event:
    return Event(
        id=str(UUID(int=number, version=4)),
        type=CUSTOM,
        visitor=visitor,
        time=shop.now - ago,
        received=shop.now - ago,
        name=name,
        url="https://shop.example/pricing",
        path="/pricing",
        props=props,
    )


def _returns(shop: Installation) -> list[Event]:
    """Visits that come back by an ad or by themselves; an ad makes a part of them buy who would not have."""
    rng, found = Random(3), []

    def add(who: int, time: int, kind: str, name: str, source: Source | None = None) -> None:
        number = UUID(int=rng.getrandbits(128), version=4)
        page = "/" if kind == PAGE else "/checkout"
        found.append(
            Event(
                id=str(number),
                type=kind,
                visitor=f"v{who}",
                time=time,
                received=time,
                name=name,
                url=f"https://shop.example{page}",
                path=page,
                agent=DESKTOP,
                source=source,
                value=20.0 if name == "purchase" else None,
            )
        )

    for who in range(400):
        time = shop.now - 60 * DAY + int(rng.random() * 30 * DAY)
        for visit in range(4):
            ad = visit > 0 and rng.random() < 0.4
            add(who, time, PAGE, "", RETARGETING if ad else None if rng.random() < 0.7 else SEARCH)
            if rng.random() < 0.1 + 0.35 * ad:
                add(who, time + 2 * MINUTE, CUSTOM, "purchase")
                break
            time += int((0.5 + 3 * rng.random()) * DAY)
    return found


def test_the_page_of_an_effect_begins_with_its_sentence_and_each_of_its_numbers_opens_its_people(
    fresh: Installation,
) -> None:
    fresh.append(_returns(fresh))
    day = datetime.fromtimestamp((fresh.now - 40 * DAY) / 1000, UTC).date().isoformat()
    fresh.catalog.put_spend(fresh.site_id, [SpendDay(day, "retargeting", "adnet", "cart", 90.0, "EUR")])
    browser = fresh.client()
    asked = "/shop/retargeting?all-time=1&goal=event:purchase"
    text = unescape(browser.get(asked).text)
    order = (
        "because of retargeting than would have without it, between",
        "People at the goal because of it",
        "Reached the goal, by days since",
        "Because of it</th>",
        "What it cost, and what that brought",
        "Can I trust this?",
        "How alike the groups are",
        "Who was exposed",
        "The visits themselves",
    )
    places = [text.index(said) for said in order]
    assert places == sorted(places)
    assert 'name="block" value="effect"' in text
    assert "90.00 EUR were spent:" in text
    assert text.count("✓ good") >= 6
    assert 'class="edge"' in text
    numbers = re.findall(r'<a href="(/shop/retargeting\?[^"]*people=[^"]*)">([\d,]+)</a>', text)
    assert len(numbers) >= 8
    for link, number in numbers:
        answer = browser.get(link.replace("/retargeting?", "/retargeting.json?")).json
        assert answer is not None
        people = next(block for block in answer["blocks"] if block["id"] == "people")
        assert len(people["rows"]) == int(number.replace(",", ""))
    _asks_impact(browser)


def _asks_impact(browser: FlaskClient) -> None:
    """The page of early actions leads to Impact in sight, where that can be asked of the goal."""
    days = "from=2020-01-01&include-bots=1"
    early = unescape(browser.get(f"/shop/aha?goal=event:purchase&horizon=30d&days=3&{days}").text)
    asked = re.findall(r'href="(/shop/impact\?[^"]*)">Ask Impact</a>', early)
    pairs = [("exposure", "page:/"), ("goal", "event:purchase"), ("horizon", "30d"), ("dose", "page:/"), ("new", "1")]
    assert [parse_qsl(urlsplit(link).query) for link in asked] == [[*pairs, *parse_qsl(days)]]
    assert browser.get(asked[0], follow_redirects=True).status_code == 200
    back = unescape(browser.get("/shop/aha?goal=any&all-time=1").text)
    assert "whoever does anything has reached “any”" in back
    assert "Ask Impact" not in back


def test_an_agent_with_a_hostile_name_is_told_as_text_and_leads_to_whom_they_met(fresh: Installation) -> None:
    said: list[tuple[str, dict[str, Json]]] = [
        ("chat_started", {}),
        ("chat_message", {"role": "visitor"}),
        ("chat_agent_joined", {"agent": ATTACK}),
    ]
    fresh.append(
        [
            _event(fresh, 10 * who + at, f"v{who}", 2 * HOUR - at * MINUTE, name, dict(props))
            for who in range(3)
            for at, (name, props) in enumerate(said, 1)
        ]
    )
    browser = fresh.client()
    page = browser.get("/shop/chat?all-time=1")
    assert page.status_code == 200
    assert ATTACK not in page.text
    link = re.search(r'href="([^"]+people=agent[^"]*)">3</a>', page.text)
    assert link is not None
    listed = browser.get(unescape(link[1]))
    assert listed.status_code == 200
    assert ATTACK not in listed.text
    assert f"Chatted with {ATTACK}: 3 people" in unescape(listed.text)


def test_a_question_that_too_few_answer_shows_where_to_go_on_and_no_costs_that_are_not_there(
    fresh: Installation,
) -> None:
    fresh.append([one for one in _returns(fresh) if one.time > fresh.now - 50 * DAY][:60])
    text = unescape(fresh.client().get("/shop/retargeting?period=90d&goal=event:purchase&horizon=7d").text)
    assert "Too few" in text
    assert "What is missing" in text
    assert 'all-time=1">Over all time</a>' in text
    assert 'horizon=1d">With 1 day for the goal</a>' in text
    assert "With 7 days" not in text
    assert text.index("Who was exposed") < text.index("No costs of the channel")


def test_what_a_clear_answer_rests_on_is_folded_behind_its_verdict(fresh: Installation) -> None:
    fresh.append(_returns(fresh))
    text = unescape(fresh.client().get("/shop/retargeting?all-time=1&goal=event:purchase").text)
    # Each that is missed stands before the fold, and once more among all.
    missed = text[: text.index("The checks, one by one")].count("! bad")
    assert text.count("! bad") == 2 * missed
    assert ("! with care" in text) == (missed > 0)
    assert re.search(r'<details class="fold">\s*<summary><strong>The checks, one by one', text)
    assert "Days left at the goal" in text
