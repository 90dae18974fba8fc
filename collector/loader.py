"""The loader as a process, one a host, ending with the server that started it (`python -m collector.loader`)."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from collector.catalog.catalog import Catalog
from collector.counters import LOAD_SECONDS, REFRESH_SECONDS, Counters
from collector.inbox.files import hold
from collector.ingest.bots import NO_LIST, BotList, compile_list
from collector.journeys.view import ViewStore
from collector.loading import Loader, RulesBook
from collector.refreshing import Debounce
from collector.retention import Retention
from collector.salts import DailySalts
from collector.settings import Settings, read_settings
from collector.sites import CatalogBook
from collector.store.open import open_ledger
from collector.store.protocol import LedgerDown

log = logging.getLogger(__name__)
DIST = Path(__file__).parent / "static" / "dist"
IDLE = 0.05
# While fewer records than these come at a time, they are let gather: a transaction costs as much as a dozen events.
MANY = 500
GATHER = 0.1
# An acknowledgement is waited for, the ledger is not: where there is not enough processor for both, it may lag.
NICE = 5
MAX_PAUSE = 2.0
LOOK = 15.0
TIDY = 60.0


def read_bots(path: Path = DIST / "isbot.json") -> BotList:
    """The list of bots that the build packaged; none, with a word in the log, where it was not built."""
    try:
        found = compile_list(json.loads(path.read_text()))
    except (OSError, ValueError):
        log.warning("%s is missing: bots are known by their own signs only until the tracker is built", path)
        return NO_LIST
    if found.skipped:
        log.warning("%d bot patterns cannot be used: %s", len(found.skipped), found.skipped)
    return found


def now_ms() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000


def run_loader(
    settings: Settings,
    stop: threading.Event,
    refresh: Callable[[frozenset[int]], None] | None = None,
    book: RulesBook | None = None,
) -> None:
    """Load until `stop`, then once more all that waits.

    Args:
        refresh: called with the ids of sites that got events, from a thread of its own, a few times a second; it
            brings their journeys up to the ledger by default.
        book: where site settings come from; the catalog of the database by default.
    """
    lock = _elect(settings.data / "loader.lock", stop)
    if lock is None:
        return
    ledger, catalog = open_ledger(settings.database), Catalog(settings.database)
    counters = Counters(settings.metrics)
    debounce = Debounce(_timed(refresh or ViewStore(settings.data, ledger).refresh_all, counters))
    lag = partial(counters.observe, LOAD_SECONDS)
    salts = DailySalts(settings.data / "salts.json")
    loader = Loader(ledger, settings.inbox, book or CatalogBook(catalog), read_bots(), debounce, now_ms, lag)

    def look() -> None:
        salts.sweep(now_ms())
        debounce(frozenset(site.id for site in catalog.sites()))

    retention = Retention(ledger, catalog.sites, now_ms, debounce)
    retention.start()
    try:
        _loop(loader, stop, look)
        _last(loader, settings.drain_seconds)
    finally:
        retention.close()
        loader.close()
        debounce.close()
        counters.close()
        ledger.close()
        os.close(lock)


def _timed(refresh: Callable[[frozenset[int]], None], counters: Counters) -> Callable[[frozenset[int]], None]:
    """`refresh`, with the time that it takes counted."""

    def call(sites: frozenset[int]) -> None:
        begun = time.perf_counter()
        refresh(sites)
        counters.observe(REFRESH_SECONDS, time.perf_counter() - begun)

    return call


def _elect(path: Path, stop: threading.Event) -> int | None:
    """Wait to be the host's only loader; None when told to stop before."""
    while (lock := hold(path)) is None:
        if stop.wait(0.2):
            return None
    return lock


def _loop(loader: Loader, stop: threading.Event, look: Callable[[], None]) -> None:
    """Load, and now and then have every site looked at: other processes append and change links too."""
    pause, looked, tidied = 0.0, -LOOK, -TIDY
    while not stop.is_set():
        try:
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                look()
            taken = loader.drain_once()
            if time.monotonic() - tidied > TIDY:
                tidied = time.monotonic()
                loader.tidy()
            pause = 0.0 if taken >= MANY else GATHER if taken else IDLE
        except LedgerDown as error:
            # Acknowledged events wait safely in the inbox; ask less and less often.
            pause = min(MAX_PAUSE, max(0.1, pause * 2))
            log.warning("the ledger takes nothing (%s); next try in %.1f s", error, pause)
        except Exception:
            pause = min(MAX_PAUSE, max(0.5, pause * 2))
            log.exception("loading failed; next try in %.1f s", pause)
        if pause:
            stop.wait(pause)


def _last(loader: Loader, seconds: int) -> None:
    """Drain what is left, as long as there is time for it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if not loader.drain_once():
                loader.drop_marks()
                return
        except LedgerDown:
            time.sleep(0.2)


def heed_end(stop: threading.Event, parent: int) -> None:
    """Stop at TERM, and when the process that started us is gone, perhaps before we got here: a new server starts its
    own loader. To be called by the main thread."""
    told: SimpleQueue[None] = SimpleQueue()

    def watch() -> None:
        while not stop.is_set():
            try:
                told.get(timeout=0.5)
                stop.set()
            except Empty:
                if os.getppid() != parent:
                    stop.set()

    # Not `stop.set` itself: a handler comes in between two steps of the main thread, which may be holding the lock of
    # the event that it waits for, and would then wait for itself.
    signal.signal(signal.SIGTERM, lambda *_: told.put(None))
    threading.Thread(target=watch, name="end", daemon=True).start()


def main() -> None:
    """Run as a child of the server: settings from the environment, TERM drains and ends."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s loader %(levelname)s %(message)s", stream=sys.stderr)
    stop = threading.Event()
    heed_end(stop, int(sys.argv[1]) if len(sys.argv) > 1 else os.getppid())
    # Ctrl-C reaches the whole terminal; the server ends first, then tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    os.nice(NICE)
    # What is loaded by now stays: no search for garbage needs to look at it again.
    gc.collect()
    gc.freeze()
    run_loader(read_settings(), stop)


if __name__ == "__main__":
    main()
