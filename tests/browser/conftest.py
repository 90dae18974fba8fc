"""A real server with real data, one Chromium, and a fresh context for each test."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import BaseWSGIServer, make_server

from collector.core.times import DAY
from tests.browser.looking import Look, Served
from tests.support.browser import chromium
from tests.support.pages import Installation, installed


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with data; tests must leave it as it is."""
    yield from installed(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation without events."""
    yield from installed(tmp_path_factory.mktemp("empty"), events=False)


def serve(shop: Installation) -> Iterator[Served]:
    """The installation behind an address of this machine."""
    server: BaseWSGIServer = make_server("127.0.0.1", 0, shop.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(shop, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def served(shop: Installation) -> Iterator[Served]:
    """The installation with data, served."""
    yield from serve(shop)


@pytest.fixture(scope="session")
def served_empty(empty: Installation) -> Iterator[Served]:
    """The empty installation, served."""
    yield from serve(empty)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium process."""
    with chromium() as running:
        yield running


def opened(context: BrowserContext, served: Served) -> Look:
    """A page of this context, logged in."""
    shop = served.shop
    token = shop.catalog.issue_token("login", shop.now, DAY, shop.owner.id)
    context.set_default_timeout(15_000)
    look = Look(context.new_page(), served)
    # Without a page: drawing the one that a login leads to is half of what many a test costs.
    assert context.request.get(f"{served.origin}/login/once?token={token}", max_redirects=0).status == 302
    return look


@pytest.fixture
def look(browser: Browser, served: Served) -> Iterator[Look]:
    """A page that is logged in and notes whatever goes wrong."""
    context = browser.new_context()
    yield opened(context, served)
    context.close()


@pytest.fixture
def plain(browser: Browser, served: Served) -> Iterator[Look]:
    """The same without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield opened(context, served)
    context.close()
