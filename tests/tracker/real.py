"""A real collector behind pages on 127.0.0.1 and localhost, in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from werkzeug.serving import make_server

from collector.app import close_app, create_app
from collector.catalog.catalog import Catalog
from collector.ingest.bots import NO_LIST
from collector.loader import now_ms
from collector.loading import Loader
from collector.settings import Keys, load_keys, read_settings
from collector.sites import CatalogBook
from collector.store.open import open_ledger
from collector.store.protocol import Ledger
from tests.tracker.collector_stub import Site, host_site

HOSTS = ("127.0.0.1", "localhost")
WHO = "new Promise((found) => desireline('visitor', found))"


@dataclass
class Place:
    """The collector, the server of the pages, and what was kept."""

    site: Site
    ledger: Ledger
    loader: Loader
    port: int
    key: str
    keys: Keys

    def base(self, host: str) -> str:
        return f"http://{host}:{self.site.base.rpartition(':')[2]}"

    def tags(self, host: str, linker: bool = True) -> str:
        """What a site owner pastes: the linker, then the tracker; each host has the collector beside it."""
        collector = f"http://{host}:{self.port}"
        scripts = ("linker.js", "t.js") if linker else ("t.js",)
        return "".join(f'<script defer src="{collector}/{name}" data-site="{self.key}"></script>' for name in scripts)

    def put(self, host: str, path: str, body: str = "", linker: bool = True) -> str:
        html = f"<!doctype html><title>x</title>{self.tags(host, linker)}<body>{body}"
        self.site.put(path, html)
        return self.base(host) + path

    def addresses(self) -> list[str]:
        self.loader.drain_all()
        return [f"{event.url}?{event.query} {event.referrer}" for event, _ in self.ledger.export(1)]


@contextmanager
def real_collector(folder: Path, hosts: Sequence[str] = HOSTS, cookie_domain: str = "") -> Iterator[Place]:
    """A collector of one site whose pages are on two hosts."""
    settings = read_settings({"DESIRELINE_DATA": str(folder), "DESIRELINE_DISK_FLOOR": "0"})
    keys = load_keys(settings)
    ledger, catalog = open_ledger(settings.database), Catalog(settings.database)
    ledger.migrate()
    catalog.migrate()
    with host_site() as site:
        port = site.base.rpartition(":")[2]
        made = catalog.add_site(
            "shop", [f"http://{host}:{port}" for host in hosts], 1, cookie_domain=cookie_domain
        ).site
        app = create_app(settings)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        loader = Loader(ledger, settings.inbox, CatalogBook(catalog), NO_LIST, lambda sites: None, now_ms)
        yield Place(site, ledger, loader, server.server_port, made.write_key, keys)
        server.shutdown()
        thread.join()
        server.server_close()
        close_app(app)
        loader.close()
        ledger.close()
        catalog.close()
