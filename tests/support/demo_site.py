"""The demo's site in this process: its people, goals, segments, stages, costs and marks, without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from collector.app import close_app, create_app
from collector.cli.demo_site import prepare_site
from collector.cli.rooms import open_rooms
from collector.core.query import Site
from collector.demo.simulate import simulate
from collector.demo.world import World
from collector.ingest.bots import NO_LIST
from collector.journeys.journeys import Journeys
from collector.loader import now_ms
from collector.loading import Loader
from collector.settings import Settings, prepare_data, read_settings
from collector.sites import CatalogBook


@dataclass(frozen=True, slots=True)
class DemoSite:
    """What questions are asked of, and the app whose pages show the answers; `login` works once."""

    app: Flask
    journeys: Journeys
    site: Site
    now: int
    settings: Settings
    login: str

    def client(self) -> FlaskClient:
        """A browser in which the owner is logged in, by the one link that there is."""
        client, link = self.app.test_client(), urlsplit(self.login)
        assert client.get(f"{link.path}?{link.query}").status_code == 302
        return client


@contextmanager
def demo_site(folder: Path, visitors: int) -> Iterator[DemoSite]:
    """The demo with so many visitors, sent through the way in and loaded."""
    database = f"sqlite://{folder / 'ledger.db'}"
    settings = read_settings({"DESIRELINE_DATA": str(folder), "DESIRELINE_DATABASE": database})
    prepare_data(settings)
    now = now_ms()
    app = create_app(settings)
    try:
        with open_rooms(settings) as rooms:
            made = prepare_site(rooms, World(now, visitors=visitors))
            client = app.test_client(use_cookies=False)
            events, key = simulate(made.world), {"Authorization": f"Bearer {made.secret_key}"}
            for start in range(0, len(events), 500):
                body = {"v": 1, "sent_at": now, "events": events[start : start + 500]}
                assert client.post("/collect", data=json.dumps(body), headers=key).status_code == 200
            loader = Loader(
                rooms.ledger, settings.inbox, CatalogBook(rooms.catalog), NO_LIST, lambda sites: None, lambda: 0
            )
            loader.drain_all()
            loader.close()
            record = rooms.site(made.name)
            site = rooms.catalog.question_site(record)
            yield DemoSite(app, rooms.journeys(record), site, now, settings, made.login)
    finally:
        close_app(app)
