"""A collector's door on a bare Flask app: real inbox, real checks, sites from a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import TestResponse

from collector.inbox.box import Inbox
from collector.inbox.drain import BoxReader
from collector.inbox.record import Record, decode
from collector.salts import DailySalts
from collector.settings import Keys
from collector.web import collect, health, impression, segment, tracker_files
from collector.web.door import CollectSite, Door, LazyInbox, install

ORIGIN = "https://shop.example"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
SITE = CollectSite(1, (ORIGIN, "https://*.shop.example"))


@dataclass(slots=True)
class Listed:
    """Sites in memory."""

    sites: dict[str, CollectSite] = field(default_factory=lambda: {"wk_demo": SITE})
    secrets: dict[str, CollectSite] = field(default_factory=lambda: {"sk_demo": SITE})

    def by_write_key(self, key: str) -> CollectSite | None:
        return self.sites.get(key)

    def remembered(self, key: str) -> CollectSite | None:
        return self.sites.get(key)

    def by_secret_key(self, key: str) -> CollectSite | None:
        return self.secrets.get(key)


class Collector:
    """A door with a test client, a clock to turn, and what it wrote."""

    def __init__(self, folder: Path, max_bytes: int = 2**20, proxies: int = 0) -> None:
        self.now = 1_763_750_001_000
        self.sites = Listed()
        self.inbox = Inbox(folder / "inbox", max_bytes, 0)
        self.door = Door(
            self.sites,
            LazyInbox(lambda: self.inbox),
            Keys((b"k" * 32,), "s" * 32),
            DailySalts(folder / "salts.json"),
            lambda: self.now,
            folder / "dist",
        )
        app = Flask("test")
        if proxies:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
        install(app, self.door)
        for part in (collect, health, impression, segment, tracker_files):
            app.register_blueprint(part.blueprint)
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def post(self, body: object, headers: Mapping[str, str] | None = None, **options: Any) -> TestResponse:
        """POST a body as a browser on the shop's page does."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Origin": ORIGIN, "User-Agent": CHROME, "Sec-Fetch-Site": "cross-site"} | dict(headers or {})
        sent = {name: value for name, value in given.items() if value}
        return self.client.post("/collect", data=data, headers=sent, content_type="text/plain;charset=UTF-8", **options)

    def records(self) -> list[Record]:
        """What is on disk."""
        reader = BoxReader(self.inbox.files)
        try:
            return [decode(body) for _, body in reader.read(0, 10_000) if body]
        finally:
            reader.close()

    def close(self) -> None:
        self.inbox.close()


def batch(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A body with events; one page by default."""
    return {
        "v": 1,
        "key": "wk_demo",
        "sent_at": 1_763_750_000_500,
        "boot": "b-1",
        "events": list(events) or [page()],
    } | fields


def page(**fields: Any) -> dict[str, Any]:
    """A page event with an id of its own."""
    return {"id": str(uuid4()), "type": "page", "at": 1_763_750_000_000, "url": f"{ORIGIN}/pricing"} | fields
