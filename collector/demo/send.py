"""The way events go out: POST /collect with the secret key, as a site's own server would send them."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Lock, local
from urllib.parse import urlsplit

from collector.core.errors import UserError
from collector.demo.trail import WireEvent

BATCH = 500
TRIES = 8
_AGAIN = (408, 429, 500, 502, 503, 504)


@dataclass(slots=True)
class Sent:
    """What the collector answered: events on disk, and refused ones by reason."""

    ok: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Sender:
    """Sends batches over a few kept connections, one a thread; safe to call from several threads.

    Args:
        collector: origin of the collector, such as http://127.0.0.1:8000.
        secret_key: the site's secret key.
        tries: how often a batch is sent before giving up, with growing pauses.
    """

    def __init__(self, collector: str, secret_key: str, tries: int = TRIES) -> None:
        self._tries = tries
        self._url = urlsplit(collector)
        self._headers = {"Authorization": f"Bearer {secret_key}", "Content-Type": "application/json"}
        self._kept = local()
        self._lock = Lock()
        self.sent = Sent()

    def post(self, batch: Sequence[WireEvent]) -> None:
        """Send until every event has an answer that stands.

        Raises:
            UserError: the collector does not answer, or refuses the batch as a whole.
        """
        waiting = list(batch)
        for attempt in range(self._tries):
            if attempt:
                time.sleep(min(2.0, 0.1 * 2**attempt))
            status, body, pause = self._try(waiting)
            if status == 200:
                waiting = self._settle(waiting, json.loads(body).get("results", {}))
                if not waiting:
                    return
            elif status in _AGAIN or status == 0:
                time.sleep(pause)
            else:
                hint = body.decode(errors="replace")[:300]
                raise UserError(f"The collector answered {status} to a batch of events: {hint}")
        told = "1 event" if len(waiting) == 1 else f"{len(waiting):,} events"
        raise UserError(f"The collector at {self._url.netloc} did not take {told}.", "Is it running?")

    def _try(self, batch: Sequence[WireEvent]) -> tuple[int, bytes, float]:
        body = json.dumps({"v": 1, "sent_at": int(time.time() * 1000), "events": batch}).encode()
        try:
            connection = self._connection()
            connection.request("POST", "/collect", body, self._headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), _pause(answer)
        except (OSError, HTTPException):
            self._kept.connection = None
            return 0, b"", 0.0

    def _connection(self) -> HTTPConnection:
        kept: HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is None:
            kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            kept = self._kept.connection = kind(self._url.hostname or "127.0.0.1", self._url.port, timeout=30)
        return kept

    def _settle(self, batch: Sequence[WireEvent], results: dict[str, str]) -> list[WireEvent]:
        """Count the answers; the events to send again."""
        again = []
        with self._lock:
            for sent in batch:
                status = results.get(sent["id"], "retry")
                if status == "ok":
                    self.sent.ok += 1
                elif status == "retry":
                    again.append(sent)
                else:
                    self.sent.refused[status] += 1
        return again


def _pause(answer: HTTPResponse) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(5.0, float(text)) if text.isdecimal() else 0.0


def send_all(
    found: Sequence[WireEvent], collector: str, secret_key: str, told: Callable[[int], None], connections: int = 3
) -> Sent:
    """Send everything in batches; `told` is called with the number of events of each batch that is on disk.

    Raises:
        UserError: as `Sender.post`.
    """
    sender = Sender(collector, secret_key)
    batches = [found[start : start + BATCH] for start in range(0, len(found), BATCH)]

    def one(batch: Sequence[WireEvent]) -> int:
        sender.post(batch)
        return len(batch)

    with ThreadPoolExecutor(connections) as pool:
        for count in pool.map(one, batches):
            told(count)
    return sender.sent
