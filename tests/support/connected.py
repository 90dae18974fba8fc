"""An installation whose doors lead to its ledger, and chat providers that post to it as they are documented to."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from collector.app import close_app
from collector.catalog.connections import Hook
from collector.core.stored import StoredEvent
from collector.core.times import SECOND
from collector.inbox.drain import BoxReader
from collector.inbox.record import decode
from collector.ingest.bots import NO_LIST
from collector.loader import now_ms
from collector.loading import Loader
from collector.sites import CatalogBook
from collector.web.door import the_door
from tests.support.pages import ORIGIN, Installation, install

SECRET = "a signing secret of the provider"


class Connected(Installation):
    """An installation whose clock is held still, loaded on demand."""

    __slots__ = ("loader",)
    loader: Loader

    @staticmethod
    def made(folder: Path, **settings: str) -> Connected:
        base = install(folder, DESIRELINE_DISK_FLOOR="0", **settings)
        self = Connected(
            base.settings, base.app, base.catalog, base.ledger, base.views, base.site, base.owner, base.now
        )
        self.loader = Loader(
            base.ledger, base.settings.inbox, CatalogBook(base.catalog), NO_LIST, lambda sites: None, now_ms
        )
        return self

    def another_site(self) -> Connected:
        """The same installation, its site now a new one."""
        number = len(self.catalog.sites())
        self.site = self.catalog.add_site(f"shop-{number}", [ORIGIN], self.now, goals=self.site.site.goals)
        return self

    def events(self) -> list[StoredEvent]:
        """Everything in the ledger, in its order, after what waits was loaded."""
        self.loader.drain_all()
        return [event for event, _ in self.ledger.export(self.site_id)]

    def told(self, after: int = 0) -> list[str]:
        """The events as short words: `chat_message=agent`."""
        return [word(event) for event in self.events()[after:]]

    def hook(self, provider: str, signed: bool = True) -> tuple[Hook, str]:
        """A webhook of the site with its secret, or with a token in its address, and its path."""
        made = self.catalog.add_hook(self.site_id, provider, [provider], self.now, signed=signed)
        if signed:
            assert self.catalog.set_hook_secret(self.site_id, made.hook.id, SECRET)
        path = f"/hooks/{provider}/{made.hook.key}" + (f"/{made.token}" if made.token else "")
        found = self.catalog.hook_by_key(provider, made.hook.key)
        assert found is not None
        return found, path

    def waiting(self) -> int:
        """How many events wait in the inbox."""
        with self.app.app_context():
            reader = BoxReader(the_door().inbox.get().files)
        try:
            return sum(len(decode(body).events) for _, body in reader.read(0, 100_000) if body)
        finally:
            reader.close()


def connected(folder: Path, **settings: str) -> Iterator[Connected]:
    """An installation for a fixture, closed after its use."""
    made = Connected.made(folder, **settings)
    yield made
    made.loader.close()
    close_app(made.app)
    made.catalog.close()
    made.ledger.close()


def word(event: StoredEvent) -> str:
    """An event in a word, with its role or score."""
    more = event.props.get("role", event.props.get("score"))
    return event.kind.name if more is None else f"{event.kind.name}={more}"


def signature(provider: str, raw: bytes, now: int, secret: str = SECRET) -> dict[str, str]:
    """The headers that a provider sends with a body."""
    key = secret.encode()
    if provider == "intercom":
        return {"X-Hub-Signature": "sha1=" + hmac.new(key, raw, hashlib.sha1).hexdigest()}
    if provider == "crisp":
        signed = hmac.new(key, b"[" + str(now).encode() + b";" + raw + b"]", hashlib.sha256).hexdigest()
        return {"X-Crisp-Request-Timestamp": str(now), "X-Crisp-Signature": signed}
    stamp = str(now // SECOND)
    signed = hmac.new(key, stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={signed}"}


@dataclass(slots=True)
class Provider:
    """A chat provider that posts to one webhook, signing what it sends."""

    place: Connected
    name: str
    path: str
    secret: str = SECRET

    def post(self, payload: object, headers: Mapping[str, str] | None = None, now: int | None = None) -> TestResponse:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        at = now_ms() if now is None else now
        signed = signature(self.name, raw, at, self.secret) if headers is None else headers
        client = self.place.app.test_client(use_cookies=False)
        return client.post(self.path, data=raw, headers=dict(signed), content_type="application/json")

    def says(self, payload: dict[str, Any]) -> int:
        """How many events were kept of something that is believed."""
        answer = self.post(payload)
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return int(answer.json["kept"])


def provider(place: Connected, name: str, signed: bool = True) -> Provider:
    """A provider with a webhook of its own at the site."""
    return Provider(place, name, place.hook(name, signed)[1])
