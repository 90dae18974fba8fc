"""A small installation with real data for tests of pages: a site, its people, and a client that is logged in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import ClassVar
from unittest.mock import patch
from uuid import UUID

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.test import TestResponse

from collector.app import close_app, create_app
from collector.catalog.catalog import Catalog
from collector.catalog.values import Goal, NewSite, User
from collector.core.event import (
    CLICK,
    CUSTOM,
    ENGAGEMENT,
    FORM,
    FORM_ABANDON,
    FORM_START,
    IDENTIFY,
    PAGE,
    Agent,
    Event,
    Json,
    Source,
)
from collector.core.times import DAY, MINUTE, SECOND
from collector.journeys.view import ViewStore
from collector.loader import now_ms
from collector.settings import Settings, prepare_data, read_settings
from collector.store.open import open_ledger
from collector.store.protocol import Ledger
from collector.web import asking, rooms

EMAIL, PASSWORD = "owner@shop.example", "a long enough password"
ORIGIN = "https://shop.example"
DESKTOP, MOBILE = Agent("desktop", "Windows", "Chrome"), Agent("mobile", "iOS", "Mobile Safari")
SEARCH = Source("organic_search", "google")
MAIL = Source("email", "newsletter", "email", "autumn", campaign_mark=True)
RETARGETING = Source("retargeting", "adnet", "retargeting", "cart", campaign_mark=True)


@dataclass(slots=True)
class Installation:
    """Everything behind the pages, for a test to look into."""

    settings: Settings
    app: Flask
    catalog: Catalog
    ledger: Ledger
    views: ViewStore
    site: NewSite
    owner: User
    now: int

    @property
    def site_id(self) -> int:
        return self.site.site.id

    def append(self, events: Sequence[Event]) -> None:
        """Store events and bring the view up to date."""
        self.ledger.append(self.site_id, events)
        self.views.refresh(self.site_id)

    def client(self, user: User | None = None) -> FlaskClient:
        """A browser in which `user` (the owner by default) is logged in by a one-time link."""
        client = self.app.test_client()
        token = self.catalog.issue_token("login", self.now, 1_000 * DAY, (user or self.owner).id)
        assert client.get(f"/login/once?token={token}").status_code == 302
        return client

    def user(self, email: str, role: str) -> User:
        """Somebody with a role at the site."""
        with cheap_passwords():
            made = self.catalog.create_user(email, PASSWORD, self.now)
        self.catalog.set_role(made.id, self.site_id, role)
        return made


class Compiled(BytecodeCache):
    """Templates that an app of this process has compiled already: each test makes an app of its own."""

    known: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


def cheap_passwords() -> AbstractContextManager[object]:
    """Within it a password's hash costs next to nothing: most tests log in by a link, and hundreds make a user."""
    return patch("collector.catalog.users._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def install(folder: Path, url: str = "", public_url: str = "", **values: str) -> Installation:
    """A fresh installation with an owner and a site with two goals, no events yet."""
    given = {"DESIRELINE_DATA": str(folder), "DESIRELINE_PUBLIC_URL": public_url, "DESIRELINE_DATABASE": url, **values}
    settings = read_settings(given)
    prepare_data(settings)
    ledger, catalog = open_ledger(settings.database), Catalog(settings.database)
    ledger.migrate()
    catalog.migrate()
    now = now_ms()
    with cheap_passwords():
        owner = catalog.create_user(EMAIL, PASSWORD, now, admin=True)
    goals = (Goal("Purchase", "event:purchase", "total", "EUR"), Goal("Sign-up", "event:signup"))
    site = catalog.add_site("shop", [ORIGIN], now, goals=goals)
    app = create_app(settings)
    app.jinja_env.bytecode_cache = Compiled()
    # Where many tests run at once a page may take longer than a reader waits; here it is waited for.
    app.extensions[asking.EXTENSION].patience = app.extensions[rooms.EXTENSION].views.patience = 60.0
    return Installation(settings, app, catalog, ledger, ViewStore(settings.data, ledger), site, owner, now)


def installed(folder: Path, events: bool = True, **settings: str) -> Iterator[Installation]:
    """An installation for a fixture, closed after its use."""
    made = install(folder, **settings)
    if events:
        made.append(shop_events(made.now))
    yield made
    close_app(made.app)
    made.catalog.close()
    made.ledger.close()


class Teller:
    """Writes down what one visitor does, a few seconds apart."""

    def __init__(self, rng: Random, visitor: str, agent: Agent) -> None:
        self._rng, self.visitor, self.agent = rng, visitor, agent
        self.events: list[Event] = []
        self.time = 0
        self.path = "/"
        self.source: Source | None = None

    def come(self, time: int, source: Source | None) -> None:
        """Begin a visit."""
        self.time, self.source = time, source

    def do(self, kind: str, name: str = "", value: float | None = None, **props: Json) -> None:
        """One event."""
        self.time += self._rng.randrange(2, 40) * SECOND
        if kind == PAGE:
            self.path = name
        self.events.append(
            Event(
                id=str(UUID(int=self._rng.getrandbits(128), version=4)),
                type=kind,
                visitor=self.visitor,
                time=self.time,
                received=self.time,
                name="" if kind == PAGE else name,
                url=ORIGIN + self.path,
                path=self.path,
                title=f"Shop {self.path}" if kind == PAGE else "",
                user=name if kind == IDENTIFY else None,
                props=props,
                agent=self.agent,
                source=self.source,
                value=value,
            )
        )
        self.source = None


def shop_events(now: int, visitors: int = 60, seed: int = 1) -> list[Event]:
    """Plausible people of a shop over the last 40 days, the same for a seed and a moment."""
    rng = Random(seed)
    events: list[Event] = []
    for number in range(visitors):
        teller = Teller(rng, f"v{number:03}", rng.choice((DESKTOP, MOBILE)))
        first = now - rng.randrange(1, 40) * DAY + rng.randrange(12 * 60) * MINUTE - DAY // 2
        teller.come(first, rng.choice((None, SEARCH, MAIL, RETARGETING)))
        _visit(teller, rng, number)
        if rng.random() < 0.4:
            teller.come(min(first + DAY, now - 2 * MINUTE * 60), rng.choice((None, RETARGETING)))
            _visit(teller, rng, number)
        events += [event for event in teller.events if event.time < now]
    return events


def _visit(teller: Teller, rng: Random, number: int) -> None:
    for path in rng.sample(["/", "/pricing", "/blog/post", "/about"], k=rng.randrange(1, 4)):
        teller.do(PAGE, path)
        teller.do(ENGAGEMENT, value=float(rng.randrange(1_000, 30_000)))
    if rng.random() < 0.5:
        teller.do(CLICK, "Buy now")
        teller.do(CUSTOM, "add_to_cart", value=40.0, value_of="cart")
    if rng.random() < 0.4:
        for name in ("chat_shown", "chat_opened", "chat_started"):
            teller.do(CUSTOM, name, provider="demo")
        teller.do(CUSTOM, "chat_message", role="visitor")
        teller.do(CUSTOM, "chat_message", role="agent")
    if rng.random() < 0.5:
        teller.do(FORM_START, "signup")
        if rng.random() < 0.6:
            teller.do(FORM, "signup")
            teller.do(IDENTIFY, f"user-{number}", plan="pro")
            teller.do(CUSTOM, "signup", plan="pro")
        else:
            teller.do(FORM_ABANDON, "signup", last_field="email")
    if rng.random() < 0.4:
        teller.do(CUSTOM, "purchase", value=float(rng.randrange(20, 200)), total=49.5, currency="EUR")


def token_in(page: TestResponse) -> str:
    """The CSRF token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, "the page has no form"
    return found[1]


def send(client: FlaskClient, form_page: str, target: str = "", **fields: str) -> TestResponse:
    """Fill the form that stands on `form_page` and send it, to `target` or to that page."""
    page = client.get(form_page)
    return client.post(target or form_page, data={"csrf_token": token_in(page), **fields})


def later(shop: Installation, by: int) -> None:
    """Let the app's clock go forward."""
    theirs = shop.app.extensions[rooms.EXTENSION]
    now = theirs.clock()
    shop.app.extensions[rooms.EXTENSION] = replace(theirs, clock=lambda: now + by)
