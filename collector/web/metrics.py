"""/metrics: what the whole server did and how it is, as text for Prometheus (REQUIREMENTS C5.4, C5.5).

received = stored + flagged + duplicate + quarantined + refused, exactly, whenever nothing waits in the inbox:
`desireline_events_received_total` is what the loader read in the records plus what the doors refused, and the others
are counted where they happen (`collector.store.accounts`, `collector.web.keep`).
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from flask import Blueprint, Flask, Request, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from collector import __version__
from collector.core.times import SECOND
from collector.counters import DOOR_EVENTS, REQUESTS, Counters, families, totals
from collector.inbox.box import free_bytes
from collector.inbox.look import held, waiting
from collector.store.protocol import LedgerDown, Outcome
from collector.web.rooms import Rooms, the_rooms

blueprint = Blueprint("metrics", __name__)
REFUSED = "refused:"
_ACCEPTED = "accepted"
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HINT = "Ask from this host, without a proxy, or send DESIRELINE_METRICS_TOKEN as Authorization: Bearer <token>."


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counts and states of all processes together; also while the database is down, what can be told then."""
    rooms = the_rooms()
    if not (from_here(request) or _has_token(request, rooms.settings.metrics_token)):
        body = json.dumps({"error": "forbidden", "hint": _HINT})
        return Response(body, 403, {"Cache-Control": "no-store"}, mimetype="application/json")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reading(rooms))
    return Response(
        generate_latest(registry), headers={"Cache-Control": "no-store"}, content_type=CONTENT_TYPE_PLAIN_0_0_4
    )


def from_here(request: Request) -> bool:
    """Whether a request comes from a program on this host, and not from elsewhere by way of a proxy or a page.

    What a trusted proxy says of the client does not count: here its own address decides. The name asked for must be
    this host's too, because a page elsewhere can give its own name our address (DNS rebinding).
    """
    original = request.environ.get("werkzeug.proxy_fix.orig") or {}
    peer = str(original.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR") or "")
    host = str(original.get("HTTP_HOST") or request.environ.get("HTTP_HOST") or "")
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    # nginx forwards by HTTP/1.0 and under our own name where nobody configured it, and then adds no header either.
    direct = request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
    local = direct and (getattr(address, "ipv4_mapped", None) or address).is_loopback
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return local and name in _LOCAL_NAMES and not any(header in request.headers for header in _FORWARDED)


def _has_token(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return bool(token) and scheme.lower() == "bearer" and same


class _Reading(Collector):
    """One look at everything, made when it is asked for."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def collect(self) -> Iterator[Family]:
        settings, now = self._rooms.settings, self._rooms.clock()
        yield from families(settings.metrics)
        yield from _inbox(self._rooms, now)
        yield from self._ledger()
        yield _gauge("desireline_disk_free_bytes", "Free bytes where the data is.", free_bytes(settings.data))
        yield _gauge("desireline_disk_floor_bytes", "Free bytes below which nothing is accepted.", settings.disk_floor)
        yield from _backup(self._rooms, now)
        build = GaugeMetricFamily("desireline_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build

    def _ledger(self) -> Iterator[Family]:
        ledger = self._rooms.ledger
        try:
            outcomes, sizes, aside = ledger.outcomes(), ledger.sizes(), ledger.quarantine_sizes()
        except LedgerDown:
            yield _gauge("desireline_ledger_up", "Whether the database answers.", 0)
            return
        yield _gauge("desireline_ledger_up", "Whether the database answers.", 1)
        yield from accounting(outcomes, totals(self._rooms.settings.metrics, DOOR_EVENTS)[DOOR_EVENTS])
        yield _gauge("desireline_ledger_bytes", "Bytes of the database.", sizes["ledger"])
        if "log" in sizes:
            yield _gauge("desireline_ledger_wal_bytes", "Bytes of the database's write-ahead log.", sizes["log"])
        rows = GaugeMetricFamily("desireline_quarantine_rows", "What is in quarantine now.", labels=["site"])
        for site, number in aside:
            rows.add_metric([str(site)], number)
        yield rows


def accounting(outcomes: Iterable[Outcome], door: Mapping[tuple[str, ...], float]) -> Iterator[Family]:
    """What became of every event, and their sum as it was counted on its own."""
    received: Counter[str] = Counter()
    events = CounterMetricFamily("desireline_events", "What became of events.", labels=["site", "outcome", "reason"])
    for one in outcomes:
        if one.outcome == _ACCEPTED:
            received[str(one.site)] += one.events
        else:
            events.add_metric([str(one.site), one.outcome, one.reason], one.events)
    for (site, status), number in door.items():
        if status.startswith(REFUSED):
            received[site] += int(number)
            events.add_metric([site, "refused", status.removeprefix(REFUSED)], number)
    whole = CounterMetricFamily(
        "desireline_events_received", "Events that were loaded from the inbox or refused at a door.", labels=["site"]
    )
    for site, total in sorted(received.items()):
        whole.add_metric([site], total)
    yield whole
    yield events


def _inbox(rooms: Rooms, now: int) -> Iterator[Family]:
    boxes = waiting(rooms.settings.inbox)
    oldest = min((box.since for box in boxes if box.since), default=now)
    records, size = sum(box.records for box in boxes), sum(box.bytes for box in boxes)
    yield _gauge("desireline_inbox_waiting_records", "Acknowledged requests not in the ledger yet.", records)
    yield _gauge("desireline_inbox_waiting_bytes", "Bytes of those.", size)
    yield _gauge("desireline_inbox_oldest_seconds", "How long the oldest of them waits.", max(0, now - oldest) / SECOND)
    yield _gauge("desireline_inbox_boxes", "Files of the inbox: one a worker, and those of dead ones.", len(boxes))
    yield _gauge("desireline_loader_up", "Whether a loader runs.", held(rooms.settings.data / "loader.lock"))


def _backup(rooms: Rooms, now: int) -> Iterator[Family]:
    try:
        made = int(json.loads((rooms.settings.data / "backup.json").read_text())["time"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    yield _gauge("desireline_backup_age_seconds", "Age of the last backup.", max(0, now - made) / SECOND)


def _gauge(name: str, text: str, value: float) -> Family:
    return GaugeMetricFamily(name, text, value)


def install(app: Flask, counters: Counters) -> None:
    """Count every request by route and status, but those that the quick way answers and counts itself."""

    @app.after_request
    def _count(response: Response) -> Response:
        counters.add(REQUESTS, (request.endpoint or "none", str(response.status_code)))
        return response
