"""How fast the loader moves what lies in the inbox into a ledger, with nothing else running."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.load import ORIGIN, Load, batches
from collector.catalog.catalog import Catalog
from collector.inbox import record
from collector.inbox.box import Inbox
from collector.ingest.check import check_events, read_body
from collector.loader import now_ms, read_bots
from collector.loading import Loader
from collector.sites import CatalogBook
from collector.store.open import open_ledger

SIZES = (1, 2, 5, 10)
VISITORS = 500
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"


def loader_speed(database: str, folder: Path, events: int) -> float:
    """Events a second from boxes prepared beforehand to the ledger, browsers' batches of one to ten events.

    Raises:
        RuntimeError: the ledger holds another number of events than the boxes did.
    """
    ledger, catalog = open_ledger(database), Catalog(database)
    ledger.migrate()
    catalog.migrate()
    site = catalog.add_site("bench", [ORIGIN], 1).site.id
    made = _fill(folder, site, events)
    loader = Loader(ledger, folder, CatalogBook(catalog), read_bots(), lambda _: None, now_ms)
    begun = time.perf_counter()
    loader.drain_all()
    took = time.perf_counter() - begun
    loader.close()
    stored = ledger.counts(site).get("events", 0)
    ledger.close()
    catalog.close()
    if stored != made:
        raise RuntimeError(f"{made} events were in the boxes, {stored} are in the ledger")
    return made / took


def _fill(folder: Path, site: int, events: int) -> int:
    """A box with records of that many events or a few more; how many."""
    box = Inbox(folder, disk_floor=0)
    sources = [batches(Load(0, size=size)) for size in SIZES]
    made = turn = 0
    while made < events:
        size = turn % len(SIZES)
        body = read_body(next(sources[size])[1])
        checked = check_events(body.events, site)
        visitor = f"v_{turn * 7_919 % VISITORS:032x}"
        agent = AGENT.format(100 + turn % 40)
        box.put_later(
            record.encode(site, visitor, now_ms(), body.sent, "cookie", agent, (), checked.good), lambda _: None
        )
        made += SIZES[size]
        turn += 1
    box.close()
    return made
