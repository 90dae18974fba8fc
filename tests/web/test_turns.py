"""Long questions of one reader leave room for others, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.exceptions import ServiceUnavailable

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
