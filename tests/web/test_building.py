"""A view that is not there yet is built beside the requests that want it: they say so, and hold no thread for long."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.journeys.view import ViewStore
from collector.web.building import PatientViews
from collector.web.rooms import EXTENSION
from tests.support.pages import Installation, installed


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Installation]:
    """An installation whose views are gone, as after a restore."""
    yield from installed(tmp_path / "data")


class Slow(ViewStore):
    """Views whose building waits until `go` is set, and that count how often one was begun."""

    go: threading.Event
    begun = 0
    wrong: Exception | None = None

    def refresh(self, site: int) -> bool:
        self.begun += 1
        assert self.go.wait(20)
        if self.wrong:
            raise self.wrong
        return super().refresh(site)


def slowed(shop: Installation) -> tuple[Slow, PatientViews]:
    """The installation with such views and none built."""
    shutil.rmtree(shop.settings.data / "journeys")
    slow = Slow(shop.settings.data, shop.ledger)
    slow.go = threading.Event()
    views = PatientViews(slow, lambda: None)
    views.patience = 0.05
    object.__setattr__(shop.app.extensions[EXTENSION], "views", views)
    return slow, views


def test_pages_say_that_a_view_is_being_built_and_then_show_their_answer(shop: Installation) -> None:
    slow, views = slowed(shop)
    client = shop.client()
    begun = time.monotonic()
    for path in ("/shop/overview", "/shop/overview.json", "/shop/overview.csv", "/shop/stages/edit", "/shop/settings"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
        assert "being put together" in answer.text
        assert answer.headers["Refresh"] == "5"
    assert client.get("/shop/team").status_code == 200
    assert time.monotonic() - begun < 10
    assert slow.begun == 1  # whoever asks meanwhile waits for the same
    slow.go.set()
    views.patience = 20.0
    assert client.get("/shop/overview").status_code == 200
    assert client.get("/shop/overview.json").json is not None


def test_a_build_that_fails_is_tried_again_by_the_next_who_asks(shop: Installation) -> None:
    slow, views = slowed(shop)
    client = shop.client()
    views.patience, slow.wrong = 20.0, OSError("the disk is full")
    slow.go.set()
    assert client.get("/shop/overview").status_code == 500
    slow.wrong = None
    assert client.get("/shop/overview").status_code == 200
    assert slow.begun == 2


def test_a_view_that_stands_is_opened_without_a_thread(shop: Installation) -> None:
    views = ViewStore(shop.settings.data, shop.ledger)
    assert views.stands(shop.site_id)
    assert PatientViews(views, lambda: None).open(shop.site_id).generation
    assert not views.stands(10**6)
