"""One installation behind two worker processes, and what a page that waits for an answer says."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.app import close_app, create_app
from collector.core.times import DAY
from collector.web.asking import EXTENSION, Asker
from tests.support.pages import Compiled, Installation, install, shop_events
from tests.support.slow import Slow

PAGE = "/shop/slow"
PATIENCE = 0.1


class World:
    """One installation behind two worker processes (here: two apps that share nothing but its folder)."""

    def __init__(self, folder: Path, slow: Slow) -> None:
        self.slow = slow
        self.shop: Installation = install(folder)
        self.shop.append(shop_events(self.shop.now, visitors=8))
        self.apps = [self.shop.app, create_app(self.shop.settings)]
        self.apps[1].jinja_env.bytecode_cache = Compiled()
        for app in self.apps:
            self.asker(app).patience = PATIENCE
            self.asker(app).seconds = 30.0

    @staticmethod
    def asker(app: Flask) -> Asker:
        found = app.extensions[EXTENSION]
        assert isinstance(found, Asker)
        return found

    def client(self, worker: int = 0, email: str = "") -> FlaskClient:
        """A browser of the owner, or of a viewer."""
        user = self.shop.user(email, "viewer") if email else self.shop.owner
        client = self.apps[worker].test_client()
        token = self.shop.catalog.issue_token("login", self.shop.now, 1_000 * DAY, user.id)
        assert client.get(f"/login/once?token={token}").status_code == 302
        return client

    def close(self) -> None:
        self.slow.go.set()
        for app in self.apps:
            close_app(app)
        self.shop.catalog.close()
        self.shop.ledger.close()


def state_of(client: FlaskClient, page: TestResponse) -> dict[str, object]:
    """What the script of a working page hears."""
    found = re.search(r'data-state="([^"]+)"', page.text)
    assert found, "no working page"
    answer = client.get(found[1])
    assert answer.status_code == 200
    told: dict[str, object] = answer.json or {}
    return told


def until_done(client: FlaskClient, page: TestResponse) -> None:
    until = time.monotonic() + 10
    while state_of(client, page)["state"] == "working":
        assert time.monotonic() < until
        time.sleep(0.02)


def answered(client: FlaskClient, path: str = PAGE) -> TestResponse:
    """A page, once its answer is there: on a busy machine even a quick one may take longer than a page waits."""
    until = time.monotonic() + 20
    while (answer := client.get(path)).status_code == 202:
        assert time.monotonic() < until
        time.sleep(0.02)
    return answer


def asking(client: FlaskClient, answers: list[TestResponse]) -> threading.Thread:
    """Somebody who waits for the JSON of the slow report."""
    return threading.Thread(target=lambda: answers.append(client.get(f"{PAGE}.json")))
