"""Long questions of one reader leave room for others, and nobody waits for ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from unittest.mock import patch

import pytest
from werkzeug.exceptions import ServiceUnavailable

from collector.core.deadline import Deadline, TooLong, within
from collector.core.matcher import parse_matcher
from collector.web import asking
from collector.web.turns import EXTENSION, Turns
from tests.support.pages import Installation, installed


def test_a_reader_holds_so_many_and_others_still_get_theirs() -> None:
    turns = Turns(whole=4, each=2, wait=0.05)
    with turns.take("ann"), turns.take("ann"):
        with pytest.raises(ServiceUnavailable), turns.take("ann"):
            pass
        with turns.take("bob"), turns.take("bob"), pytest.raises(ServiceUnavailable), turns.take("cid"):
            pass
    with turns.take("ann"), turns.take("ann"), turns.take("cid"):
        pass


def test_who_waits_gets_the_turn_that_comes_free_also_after_an_error() -> None:
    turns, entered, done = Turns(whole=1, wait=5), threading.Event(), threading.Event()

    def wait() -> None:
        with turns.take("bob"):
            done.set()

    def fail() -> None:
        with turns.take("ann"):
            entered.set()
            thread.start()
            assert not done.wait(0.05)
            raise ValueError

    thread = threading.Thread(target=wait)
    with pytest.raises(ValueError):
        fail()
    thread.join(5)
    assert done.is_set()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("turns")
    yield from installed(folder)


@pytest.mark.parametrize("form", ["", ".json", ".csv"])
def test_a_page_without_a_turn_says_so_and_the_way_in_does_not_care(shop: Installation, form: str) -> None:
    client = shop.client()
    turns = shop.app.extensions[EXTENSION] = Turns(whole=1, wait=0.01)
    with turns.take("somebody"):
        answer = client.get(f"/shop/overview{form}")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert b"just now" in answer.data
        assert client.get("/shop/install").status_code == 200
        assert shop.app.test_client().get("/t.js").status_code == 200
    assert client.get(f"/shop/overview{form}").status_code == 200


def test_a_count_beside_a_field_waits_for_its_turn_and_says_so(shop: Installation) -> None:
    client, asker, known = shop.client(), shop.app.extensions[asking.EXTENSION], shop.app.extensions[EXTENSION]
    number = "/shop/match.json?matcher=event:*pur**ch*se*"
    rows = "/shop/segments/count.json?what=event:purchase"
    with patch.object(asker, "patience", 0.02):
        shop.app.extensions[EXTENSION] = turns = Turns(whole=1, wait=20)
        with turns.take("somebody"):
            assert [client.get(path).json for path in (number, rows)] == [
                {"again": True, "text": "Still counting …"}
            ] * 2
            assert "Still counting …" in client.get("/shop/segments/edit?where=event:purchase").text
    shop.app.extensions[EXTENSION] = known
    assert json.loads(client.get(number).text)["people"] > 0


@pytest.mark.parametrize("matcher", ["event:*a*b*c*d*", "any[total~1]", "page:/**/x/**/y"])
def test_a_count_beside_a_field_ends_when_its_time_is_over(shop: Installation, matcher: str) -> None:
    with patch.object(shop.app.extensions[asking.EXTENSION], "seconds", 0.0):
        told = shop.client().get(f"/shop/match.json?matcher={matcher}").text
    assert "so it was stopped" in json.loads(told)["error"]


@pytest.mark.parametrize(("matcher", "looks"), [("event:*a*b*c*d*e*", 1), ("any[total~2]", 2)])
def test_names_and_values_without_end_are_looked_through_within_the_time(
    shop: Installation, matcher: str, looks: int
) -> None:
    journeys, clock = shop.views.open(shop.site_id), count()
    part = next(part for part in journeys.each() if part.size)
    # The time ends with the look that comes after those at the whole matcher and at its conditions.
    with within(Deadline(lambda: next(clock), looks - 0.5, 60)), pytest.raises(TooLong):
        journeys.persons_with(part, parse_matcher(matcher))
