"""Experiments as pages: a site without one is told how to begin, one with some gets its answer and its people."""

from __future__ import annotations

import html
from uuid import uuid4

from collector.core.assignment import EXPOSED, assign
from collector.core.event import CUSTOM, Event, Json
from collector.core.times import DAY, HOUR
from tests.support.pages import Installation, shop_events


def some(fresh: Installation, people: int) -> list[Event]:
    """Exposures of an experiment half of whose people buy, all of them where they are shown it."""
    found = []
    for number in range(people):
        visitor, time = f"x{number}", fresh.now - 30 * DAY + number * HOUR
        variant = assign(visitor, "free-post", 0.5)
        props: dict[str, Json] = {"experiment": "free-post", "variant": variant, "share": 0.5}
        happened: list[tuple[int, str, dict[str, Json]]] = [(time, EXPOSED, props)]
        if variant == "on" or number % 2:
            happened.append((time + HOUR, "purchase", {}))
        found += [
            Event(str(uuid4()), CUSTOM, visitor, at, at, name=name, props=told, url="https://shop.example/", path="/")
            for at, name, told in happened
        ]
    return found


def test_a_site_without_experiments_gets_the_lines_to_begin_with(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=10))
    page = html.unescape(fresh.client().get("/shop/experiment").text)
    assert "/experiment.js" in page
    assert "desireline.assign('chat-holdout', 0.9, 'on')" in page
    assert "/shop/planner" in page


def test_an_experiment_is_answered_and_its_arms_open_their_people(fresh: Installation) -> None:
    fresh.append([*shop_events(fresh.now, visitors=10), *some(fresh, 300)])
    client = fresh.client()
    answer = client.get("/shop/experiment?goal=event%3Apurchase&all-time=1&horizon=2d")
    assert answer.status_code == 200
    page = html.unescape(answer.text)
    assert "brought about" in page
    assert "Effect of being assigned" in page
    assert "people=reached&group=on" in page
    listed = html.unescape(client.get("/shop/experiment?goal=event%3Apurchase&all-time=1&people=reached&group=on").text)
    assert "People who reached the goal (on)" in listed
    assert client.get("/shop/experiment.csv?goal=event%3Apurchase&all-time=1&block=arms").text.startswith(
        "arm,share,people"
    )
    plan = client.get("/shop/planner?goal=event%3Apurchase&all-time=1")
    assert plan.status_code == 200
    assert "takes about" in plan.text
