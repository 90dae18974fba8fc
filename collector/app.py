"""Wiring only: settings -> rooms -> blueprints."""

from __future__ import annotations

from flask import Flask

from collector.catalog.catalog import Catalog
from collector.counters import COMMIT_RECORDS, COMMIT_SECONDS, Counters
from collector.inbox.box import Inbox
from collector.ingest.keep_policy import ANYTHING
from collector.journeys.view import ViewStore
from collector.loader import DIST, now_ms
from collector.redeemed import Redeemed
from collector.salts import DailySalts
from collector.settings import Settings, load_keys
from collector.sites import CatalogBook
from collector.store.open import open_ledger
from collector.web import (
    asking,
    building,
    collect,
    health,
    hooks,
    impression,
    linker,
    metrics,
    pages,
    quick,
    seen,
    segment,
    tracker_files,
    turns,
)
from collector.web.door import Door, LazyInbox, SiteBook, install, the_door
from collector.web.limits import Limiter
from collector.web.proxies import trusting
from collector.web.refusals import Refusals
from collector.web.rooms import Rooms


def create_app(settings: Settings, sites: SiteBook | None = None) -> Flask:
    """The web application of one worker process.

    Args:
        sites: where the collect routes find sites; the catalog of the database by default.
    """
    keys = load_keys(settings)
    app = Flask("collector", static_folder=None)
    app.secret_key = keys.session
    if settings.trusted_proxies:
        app.wsgi_app = trusting(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    counters = Counters(settings.metrics)
    catalog = Catalog(settings.database)
    book = CatalogBook(catalog)
    salts = DailySalts(settings.data / "salts.json")
    door = Door(
        sites=sites or book,
        inbox=LazyInbox(lambda: _inbox(settings, counters)),
        keys=keys,
        salt=salts,
        clock=now_ms,
        dist=DIST,
        https=settings.public_url.startswith("https://"),
        salt_before=salts.before,
        redeem=Redeemed(settings.data / "links"),
        public_url=settings.public_url,
        counters=counters,
        limiter=Limiter(settings.rate_address, settings.rate_site),
        policy=book.policy if sites is None else lambda _: ANYTHING,
    )
    install(app, door)
    quick.install(app, door, settings.trusted_proxies)
    app.register_blueprint(collect.blueprint)
    app.register_blueprint(segment.blueprint)
    app.register_blueprint(hooks.blueprint)
    app.register_blueprint(impression.blueprint)
    app.register_blueprint(linker.blueprint)
    app.register_blueprint(tracker_files.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    metrics.install(app, counters)
    app.register_blueprint(seen.blueprint)
    app.extensions[turns.EXTENSION] = turns.Turns(settings.threads // 2)
    ledger = open_ledger(settings.database)
    asking.install(app, turns.make_asker(settings, now_ms, ledger.close))
    views = building.PatientViews(ViewStore(settings.data, ledger), ledger.close)
    building.install(app)
    pages.install(app, Rooms(settings, catalog, ledger, views, Refusals(settings.data), now_ms))
    return app


def _inbox(settings: Settings, counters: Counters) -> Inbox:
    """A worker's inbox, its commits counted."""
    inbox = Inbox(settings.inbox, settings.inbox_bytes, settings.disk_floor)

    def committed(records: int, seconds: float) -> None:
        counters.observe(COMMIT_SECONDS, seconds)
        counters.observe(COMMIT_RECORDS, records)

    inbox.committed = committed
    return inbox


def close_app(app: Flask) -> None:
    """Commit what waits and close files, when a worker ends."""
    app.extensions[asking.EXTENSION].end(0)
    with app.app_context():
        the_door().inbox.close()
        the_door().counters.close()
