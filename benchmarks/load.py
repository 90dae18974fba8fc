"""Closed-loop load on a collector, cheap on the processor that it shares: keep-alive connections, prebuilt bodies.

`run(Load(port, key), 5)` sends for five seconds and returns what came back. Every body is sent again, with the same
event ids, until it is answered 200, as the tracker does; so it can be run while the server is being killed.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4

ORIGIN = "https://shop.example"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
PAGES = 200
PAUSE = 0.05
# A connection without an answer for so long is given up, as a browser's would be in the end.
PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent, and where.

    Attributes:
        key: the site's write key; its origins must hold `origin`.
        connections: how many are open at once, each a browser of its own with the cookie it was given.
        size: events a request.
        rate: requests a second in all; 0 for as many as are answered.
        renew: after so many requests a connection goes on as a new browser without a cookie; 0 never.
        keep_ids: whether the result lists the ids that were acknowledged.
        bare: any 200 acknowledges everything: a server without a collector, to compare.
    """

    port: int
    key: str = "wk_demo"
    host: str = "127.0.0.1"
    connections: int = 64
    size: int = 1
    rate: float = 0.0
    origin: str = ORIGIN
    renew: int = 0
    keep_ids: bool = False
    bare: bool = False


@dataclass(slots=True)
class Result:
    """What came back.

    Attributes:
        seconds: how long it was sent for.
        latencies: seconds from the first byte sent to the last one read, of every request that was answered 200.
        events: how many events were acknowledged; `acked` their ids, where they were to be kept.
        statuses: of events other than ok; `codes` of answers other than 200; `failures`: connections that broke.
        unsure: ids that were sent and never got a final status: they may be in the ledger, or not.
        cpu: seconds of processor that the generator itself took.
    """

    seconds: float = 0.0
    latencies: array[float] = field(default_factory=lambda: array("d"))
    events: int = 0
    acked: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    failures: int = 0
    cpu: float = 0.0

    @property
    def requests(self) -> int:
        return len(self.latencies)

    def quantile(self, part: float) -> float:
        """The latency in ms that this part of the requests stayed below; nearest rank."""
        if not self.latencies:
            return float("nan")
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(part * len(self.latencies)))] * 1_000

    def summary(self) -> dict[str, object]:
        """The figures, for JSON."""
        return {
            "seconds": round(self.seconds, 3),
            "requests": self.requests,
            "events": self.events,
            "requests_per_second": round(self.requests / self.seconds, 1),
            "events_per_second": round(self.events / self.seconds, 1),
            "p50_ms": round(self.quantile(0.5), 2),
            "p99_ms": round(self.quantile(0.99), 2),
            "max_ms": round(self.quantile(1.0), 2),
            "statuses": dict(self.statuses),
            "codes": dict(self.codes),
            "failures": self.failures,
            "generator_cpu_seconds": round(self.cpu, 3),
        }


class _Bodies:
    """Request bodies of one connection, from a template into which ids and times go."""

    def __init__(self, load: Load) -> None:
        self._boot = str(uuid4())
        # Unique in time and space: a random beginning for the connection, and a counter.
        self._ids = f"{uuid4().hex[:8]}-{uuid4().hex[:4]}-4{uuid4().hex[:3]}-8{uuid4().hex[:3]}-%012x"
        self._count = 0
        self._size = load.size
        head = {"v": 1, "key": load.key, "sent_at": 0, "boot": self._boot, "mode": "cookie", "events": []}
        self._head = json.dumps(head, separators=(",", ":"))[:-2].replace('"sent_at":0', '"sent_at":%d')
        self._event = (
            '{"id":"%s","type":"page","at":%d,"url":"' + load.origin + "/products/%d?utm_source=news&utm_medium=email"
            '","ref":"https://www.google.com/","title":"Product number %d","pid":"k3j9x0a1"}'
        )

    def make(self) -> tuple[list[str], bytes]:
        """(ids, body) of a new batch."""
        now = time.time_ns() // 1_000_000
        first = self._count + 1
        self._count += self._size
        ids = [self._ids % number for number in range(first, self._count + 1)]
        pages = [number % PAGES for number in range(first, self._count + 1)]
        events = [self._event % (uid, now - 500, page, page) for uid, page in zip(ids, pages, strict=True)]
        return ids, (self._head % now + ",".join(events) + "]}").encode()


def batches(load: Load) -> Iterator[tuple[list[str], bytes]]:
    """(ids, body) of one batch after the other, as one connection sends them."""
    bodies = _Bodies(load)
    while True:
        yield bodies.make()


class _Connection:
    """A browser: sends a batch, reads the answer, keeps its cookie."""

    def __init__(self, load: Load, result: Result) -> None:
        self._load = load
        self._result = result
        self._bodies = _Bodies(load)
        self._cookie = b""
        self._made = 0
        self._ids: list[str] = []
        self._body = b""
        self._read = b""
        self._unsent: memoryview = memoryview(b"")
        self.socket: socket.socket | None = None
        self.begun = 0.0
        self.not_before = 0.0
        self._head = (
            f"POST /collect HTTP/1.1\r\nHost: {load.host}:{load.port}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n"
            f"Accept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\nOrigin: {load.origin}\r\n"
            f"Referer: {load.origin}/\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n"
            "Sec-Fetch-Dest: empty\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        ).encode()

    def connect(self) -> bool:
        """Open the socket; False where nobody listens just now."""
        try:
            self.socket = socket.create_connection((self._load.host, self._load.port), timeout=5)
        except OSError:
            self.broke()
            return False
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        return True

    def send(self) -> bool:
        """Begin a request: a new batch, or the open one again. False where the connection broke."""
        if not self._ids:
            if self._load.renew and self._made and self._made % self._load.renew == 0:
                self._bodies, self._cookie = _Bodies(self._load), b""
            self._made += 1
            self._ids, self._body = self._bodies.make()
        request = b"%b%bContent-Length: %d\r\n\r\n%b" % (self._head, self._cookie, len(self._body), self._body)
        self._read = b""
        self.begun = time.perf_counter()
        self._unsent = memoryview(request)
        return self.flush()

    @property
    def sending(self) -> bool:
        """Whether a part of the request still waits for room in the socket."""
        return bool(self._unsent)

    def flush(self) -> bool:
        """Send as much as the socket takes."""
        assert self.socket is not None
        try:
            while self._unsent:
                self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def receive(self) -> bool | None:
        """Read: True after a whole answer, None while there is more to come, False where the connection broke."""
        assert self.socket is not None
        try:
            more = self.socket.recv(65_536)
        except BlockingIOError:
            return None
        except OSError:
            return False
        if not more:
            return False
        self._read += more
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._read[:end]
        length = int(_field(head, b"content-length") or b"0")
        if len(self._read) < end + 4 + length:
            return None
        self._answered(head, self._read[end + 4 :])
        return b"\r\nconnection: close" not in head.lower()

    def _answered(self, head: bytes, body: bytes) -> None:
        now, result = time.perf_counter(), self._result
        code = int(head[9:12])
        if code != 200:
            result.codes[code] += 1
            self.not_before = now + PAUSE
            return
        result.latencies.append(now - self.begun)
        if not self._cookie and (given := _field(head, b"set-cookie")):
            self._cookie = b"Cookie: " + given.partition(b";")[0] + b"\r\n"
        done = self._ids
        if not self._load.bare and body.count(b'":"ok"') != len(self._ids):
            statuses = json.loads(body)["results"]
            done = [uid for uid in self._ids if statuses.get(uid) == "ok"]
            result.statuses.update(statuses.get(uid, "none") for uid in self._ids if uid not in set(done))
        result.events += len(done)
        if self._load.keep_ids:
            result.acked += done
        self._ids = []

    def broke(self) -> None:
        """Close, and wait a little before the next try."""
        self._result.failures += 1
        self.not_before = time.perf_counter() + PAUSE
        self.close()

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def left(self) -> list[str]:
        """Ids of the batch that is still open."""
        return self._ids


def _field(head: bytes, name: bytes) -> bytes:
    """The value of a header field; the first one."""
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    start = at + len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()


class _Generator:
    """Every connection of a load, in one thread."""

    def __init__(self, load: Load) -> None:
        self.result = Result()
        self._load = load
        self._selector = selectors.DefaultSelector()
        self._idle = [_Connection(load, self.result) for _ in range(load.connections)]
        self._busy: set[_Connection] = set()
        self._begun = 0

    def run(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Send for that long, then wait for what is still open."""
        cpu, start = time.process_time(), time.perf_counter()
        end = start + seconds
        while (now := time.perf_counter()) < end and not stop():
            self._start(now, now - start)
            self._turn(0.01 if self._idle else 0.1)
        while self._busy and time.perf_counter() < end + PATIENCE:
            self._turn(0.1)
        self.result.seconds = time.perf_counter() - start
        self.result.cpu = time.process_time() - cpu
        for connection in [*self._idle, *self._busy]:
            self.result.unsure += connection.left()
            connection.close()
        self._selector.close()

    def _start(self, now: float, since: float) -> None:
        """Begin a request on every connection that has none and may."""
        waiting: list[_Connection] = []
        for connection in self._idle:
            late = connection.not_before > now or (self._load.rate and self._begun >= self._load.rate * since)
            if late or not self._begin(connection):
                waiting.append(connection)
        self._idle = waiting

    def _begin(self, connection: _Connection) -> bool:
        if connection.socket is None:
            if not connection.connect():
                return False
            self._selector.register(_known(connection), selectors.EVENT_READ, connection)
        self._begun += 1
        if not connection.send():
            self._end(connection)
            return False
        self._busy.add(connection)
        if connection.sending:
            self._selector.modify(_known(connection), selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
        return True

    def _turn(self, timeout: float) -> None:
        """Go on with the connections on which something happened."""
        for key, mask in self._selector.select(timeout):
            connection: _Connection = key.data
            if mask & selectors.EVENT_WRITE:
                alive = connection.flush()
                if alive and not connection.sending:
                    self._selector.modify(_known(connection), selectors.EVENT_READ, connection)
                elif not alive:
                    self._end(connection)
                    self._idle.append(connection)
                    continue
            if mask & selectors.EVENT_READ:
                self._read(connection)
        late = time.perf_counter() - PATIENCE
        for connection in [one for one in self._busy if one.begun < late]:
            self._end(connection)
            self._idle.append(connection)

    def _read(self, connection: _Connection) -> None:
        found = connection.receive()
        if found is None:
            return
        if not found:
            self._end(connection)
        self._busy.discard(connection)
        self._idle.append(connection)

    def _end(self, connection: _Connection) -> None:
        self._selector.unregister(_known(connection))
        self._busy.discard(connection)
        connection.broke()


def _known(connection: _Connection) -> socket.socket:
    assert connection.socket is not None
    return connection.socket


def run(load: Load, seconds: float, stop: Callable[[], bool] = lambda: False) -> Result:
    """Send for so many seconds, or until `stop` says so, in this thread; requests on their way are waited for."""
    generator = _Generator(load)
    generator.run(seconds, stop)
    return generator.result


def _options() -> Iterator[tuple[str, object]]:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--key", required=True)
    options.add_argument("--origin", default=ORIGIN)
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--size", type=int, default=1)
    options.add_argument("--rate", type=float, default=0.0)
    options.add_argument("--seconds", type=float, default=5.0)
    yield from vars(options.parse_args()).items()


def main() -> int:
    given = dict(_options())
    seconds = given.pop("seconds")
    result = run(Load(**given), seconds)  # type: ignore[arg-type]  # argparse made them what they must be
    print(json.dumps(result.summary(), indent=1))
    return 0 if set(result.statuses) <= {"ok"} else 1


if __name__ == "__main__":
    sys.exit(main())
