"""A real server with a site of its own for each module, the page that its browsers visit, and Node with the clients."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collector.catalog.catalog import Catalog
from collector.core.stored import StoredEvent
from collector.store.open import open_ledger
from tests.faults.collectors import Running
from tests.support.npm import Node, install_clients
from tests.tracker.collector_stub import Site, host_site


class Shop:
    """A running collector, a site with both keys, and what its ledger holds."""

    def __init__(self, folder: Path, pages: Site) -> None:
        self.server = Running(folder, WORKERS="1", INBOX_BYTES=str(2**20))
        self.pages = pages
        self.origin = pages.base
        self.host = f"http://127.0.0.1:{self.server.settings.port}"
        catalog = Catalog(self.server.settings.database)
        made = catalog.add_site("clients", [pages.base], 1)
        catalog.close()
        self.id, self.key, self.secret = made.site.id, made.site.write_key, made.secret_key
        self.ledger = open_ledger(self.server.settings.database)

    def stored(self) -> Sequence[tuple[StoredEvent, str]]:
        """Every event with the user it belongs to."""
        return self.ledger.export(self.id, 0, 5_000)

    def wait_for(self, what: Callable[[StoredEvent], bool], count: int, seconds: float = 20) -> list[StoredEvent]:
        """The events that `what` fits, once there are `count` of them."""
        until = time.monotonic() + seconds
        while len(found := [event for event, _ in self.stored() if what(event)]) < count:
            assert time.monotonic() < until, [(event.kind, event.visitor) for event, _ in self.stored()]
            time.sleep(0.05)
        return found

    def users(self) -> Mapping[str, str]:
        """Event id -> user."""
        return {event.uid: user for event, user in self.stored()}

    @contextmanager
    def full(self) -> Iterator[None]:
        """The loader stands still and the inbox has no room: every request is answered 503 with Retry-After."""
        _, (loader,) = self.server.children()
        os.kill(loader, signal.SIGSTOP)
        try:
            self._fill()
            yield
        finally:
            os.kill(loader, signal.SIGCONT)

    def _fill(self) -> None:
        """Until not even the smallest message fits."""
        with closing(self.server.connect()) as connection:
            for size, number in ((200_000, 10), (10_000, 50), (100, 500)):
                for _ in range(number):
                    messages = [{"type": "track", "event": "x" * 200, "userId": "nobody"}] * max(1, size // 400)
                    body = {"writeKey": self.server.site.write_key, "batch": messages}
                    connection.request("POST", "/v1/batch", json.dumps(body).encode())
                    with connection.getresponse() as answer:
                        answer.read()
                        if answer.status == 503:
                            break
                else:
                    raise AssertionError("the inbox does not get full")
        assert answer.headers["Retry-After"]

    def close(self) -> None:
        self.ledger.close()
        self.server.kill_all()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The collector that all tests of a module send to."""
    with host_site() as pages, pytest.MonkeyPatch.context() as environment:
        # Clients that heed a proxy of the machine's must not ask it for this one.
        environment.setenv("NO_PROXY", "127.0.0.1,localhost")
        running = Shop(tmp_path_factory.mktemp("clients"), pages)
        yield running
        running.close()


@pytest.fixture(scope="session")
def node() -> Node:
    """Node, with the clients of tests/clients installed."""
    return install_clients()
