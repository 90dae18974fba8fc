"""A collector with its ledger and browsers of its visitors, in one process: from the door to the ledger and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

from collector.app import close_app, create_app
from collector.catalog.catalog import Catalog
from collector.ingest.bots import NO_LIST
from collector.journeys.journeys import Journeys
from collector.journeys.view import ViewStore
from collector.loader import now_ms
from collector.loading import Loader
from collector.settings import load_keys, read_settings
from collector.sites import CatalogBook
from collector.store.open import open_ledger
from collector.store.protocol import PersonRow
from collector.web.door import Door, the_door

ORIGIN = "https://shop.example"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


def page(path: str) -> dict[str, Any]:
    return {"id": str(uuid4()), "type": "page", "url": f"{ORIGIN}{path}"}


def identify(user: object, **traits: object) -> dict[str, Any]:
    return {"id": str(uuid4()), "type": "identify", "name": user, "props": traits}


class Browser:
    """One browser of the shop's visitors, with its cookies and the identity's bootstrap id as the tracker has it."""

    def __init__(self, shop: Shop, **headers: str) -> None:
        self.shop = shop
        self.client: FlaskClient = shop.app.test_client()
        self.headers = {"Origin": ORIGIN, "User-Agent": AGENT} | {k.replace("_", "-"): v for k, v in headers.items()}
        self.boot = str(uuid4())

    def send(self, *events: dict[str, Any], path: str = "/collect", **fields: Any) -> dict[str, Any]:
        """What the collector answers."""
        body = {"v": 1, "key": self.shop.key, "boot": self.boot, "events": list(events)} | fields
        answer = self.client.post(path, data=json.dumps(body), headers=self.headers)
        assert answer.status_code == 200
        found = answer.json
        assert found is not None
        return dict(found)

    def rotate(self, *events: dict[str, Any]) -> dict[str, Any]:
        """After `reset`, or before another user."""
        self.boot = str(uuid4())
        return self.send(*events, rotate=True)

    def cookie(self) -> str:
        found = self.client.get_cookie(f"dl_v_{self.shop.site}")
        return found.value if found else ""


class Shop:
    """A collector with its ledger, loaded on demand."""

    def __init__(self, folder: Path, origins: Sequence[str] = (ORIGIN,)) -> None:
        self.folder = folder
        settings = read_settings({"DESIRELINE_DATA": str(folder), "DESIRELINE_DISK_FLOOR": "0"})
        load_keys(settings)
        self.ledger, self.catalog = open_ledger(settings.database), Catalog(settings.database)
        self.ledger.migrate()
        self.catalog.migrate()
        made = self.catalog.add_site("shop", origins, 1)
        self.site, self.key, self.secret = made.site.id, made.site.write_key, made.secret_key
        self.app = create_app(settings)
        with self.app.app_context():
            self.door: Door = the_door()
        self.views = ViewStore(folder, self.ledger)
        self.loader = Loader(
            self.ledger, settings.inbox, CatalogBook(self.catalog), NO_LIST, lambda sites: None, now_ms
        )

    def paths(self, key: str) -> list[str]:
        """The pages of the person by user id or visitor key, in order."""
        self.loader.drain_all()
        _, visitors = self.ledger.person(self.site, key)
        events = self.ledger.timeline([visitor.id for visitor in visitors])
        return [event.kind.name for event in sorted(events, key=lambda one: one.id) if event.kind.type == "page"]

    def user(self, key: str) -> str | None:
        person, _ = self.ledger.person(self.site, key)
        return person.user if person else None

    def serve(self, *events: dict[str, Any]) -> dict[str, str]:
        """What becomes of events that the shop's own server sends with the secret key."""
        headers = {"Authorization": f"Bearer {self.secret}"}
        answer = self.app.test_client().post("/collect", data=json.dumps({"events": list(events)}), headers=headers)
        assert answer.status_code == 200
        assert answer.json is not None
        return dict(answer.json["results"])

    def known(self, user: str) -> PersonRow:
        """A person that there is."""
        self.loader.drain_all()
        person, _ = self.ledger.person(self.site, user)
        assert person is not None
        return person

    def journeys(self) -> Journeys:
        """The view, after all that was sent."""
        self.loader.drain_all()
        self.views.refresh(self.site)
        return self.views.open(self.site)

    def close(self) -> None:
        close_app(self.app)
        self.loader.close()
        self.ledger.close()
        self.catalog.close()
