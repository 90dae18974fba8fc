"""The way in without a thread says byte for byte what the long way says, keeps the same, and takes nothing odd."""

from __future__ import annotations

import json
import re
import selectors
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser, wsgi
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.inbox.box import InboxFull
from collector.inbox.drain import BoxReader
from collector.inbox.record import Record, decode
from collector.inloop import InLoop, beginning
from collector.plain import PlainHeads
from collector.web.quick import QuickDoor
from tests.support.anything import anything
from tests.support.effort import examples
from tests.web.doors import CHROME, ORIGIN, Collector, batch, page
from tests.web.test_collect_fuzz import events

CLIENT, SERVER = ("203.0.113.7", 50_000), ("127.0.0.1", 8_000)
CONFIG = Config()


class Socket:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.sent = b""

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    sendall = send


@dataclass(eq=False)
class Connection:
    """As much of gunicorn's as the loop uses."""

    sock: Socket = field(default_factory=Socket)
    client: tuple[str, int] = CLIENT
    server: tuple[str, int] = SERVER


class Worker:
    """Stands in for the worker: notes what becomes of connections."""

    cfg = CONFIG
    alive = True
    max_keepalived = 1_000_000

    def __init__(self) -> None:
        self.keepalived_conns: list[Connection] = []
        self.threads: list[bytes] = []
        self.closed: list[Connection] = []
        self.poller = selectors.DefaultSelector()
        self.log = SimpleNamespace(exception=pytest.fail)

    def turn(self, seconds: float = 5) -> None:
        """One turn of the loop."""
        for key, _ in self.poller.select(seconds):
            key.data(key.fileobj)

    def take_out(self, conn: Connection) -> None:
        self.keepalived_conns = [one for one in self.keepalived_conns if one is not conn]

    def deafen(self, conn: Connection) -> None:
        """Nothing is listened to."""

    def keep_alive(self, conn: Connection) -> None:
        self.keepalived_conns.append(conn)

    def linger(self, conn: Connection) -> None:
        self.closed.append(conn)

    def drop(self, conn: Connection) -> None:
        self.closed.append(conn)

    def to_thread(self, conn: Connection, data: bytes) -> None:
        self.threads.append(data)


class TwoWays:
    """Two collectors with the same keys and clock, one for each way in."""

    def __init__(self, folder: Path, proxies: int = 0) -> None:
        self.short, self.long = Collector(folder / "short", 2**28, proxies), Collector(folder / "long", 2**28, proxies)
        self.long.door.salt = self.short.door.salt
        self.boxes = [BoxReader(one.inbox.files) for one in (self.short, self.long)]
        self.seen = [0, 0]
        self.worker = Worker()
        self.loop = InLoop(self.worker, QuickDoor(self.short.door, proxies))
        self.short.door.inbox.get()

    def quick(self, raw: bytes) -> bytes | None:
        """What the loop answers; None where it leaves the request to a thread."""
        conn = Connection()
        if beginning(raw) != len(raw) or not self.loop.take(conn, raw):
            return None
        for _ in range(3):
            if not conn.sock.sent:
                self.worker.turn()
        return conn.sock.sent

    def slow(self, raw: bytes) -> bytes:
        """What gunicorn and Flask answer."""
        sock = Socket()
        message = next(get_parser(CONFIG, [raw], CLIENT))
        response, environ = wsgi.create(message, sock, CLIENT, SERVER, CONFIG)
        for part in self.long.client.application(environ, response.start_response):
            response.write(part)
        response.close()
        return sock.sent

    def kept(self) -> list[list[Record]]:
        """What each way has kept since this was asked before."""
        found: list[list[Record]] = []
        for place, reader in enumerate(self.boxes):
            rows = reader.read(self.seen[place], 1_000)
            self.seen[place] = rows[-1][0] if rows else self.seen[place]
            found.append([decode(body) for _, body in rows])
        return found

    def close(self) -> None:
        for reader in self.boxes:
            reader.close()
        self.short.close()
        self.long.close()


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoWays]:
    made = TwoWays(tmp_path_factory.mktemp("ways"))
    yield made
    made.close()


def request(body: object, **headers: str) -> bytes:
    """A browser's request as it comes; an empty header is left out."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Host": "stats.example", "User-Agent": CHROME, "Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}
    given |= {name.replace("_", "-"): text for name, text in headers.items()} | {"Content-Length": str(len(data))}
    lines = [f"{name}: {text}" for name, text in given.items() if text]
    return "\r\n".join(["POST /collect HTTP/1.1", *lines, "", ""]).encode("latin-1") + data


def undated(answer: bytes) -> bytes:
    """An answer without what the second of its making says."""
    return re.sub(rb"\r\nDate: [^\r]*|(?<=; )Expires=[^;]*", b"", answer)


def answered_alike(ways: TwoWays, raw: bytes) -> bytes | None:
    """The quick answer, after comparing it and what was kept; the long way must then refuse, where there is none."""
    ways.kept()
    quick, slow = ways.quick(raw), ways.slow(raw)
    kept, other = ways.kept()
    if quick is None:
        assert kept == []
    else:
        assert undated(quick) == undated(slow)
        assert kept == other
    return quick


HEADERS: dict[str, st.SearchStrategy[str]] = {
    "Origin": st.sampled_from(["https://a.shop.example", "https://evil.example", "HTTPS://SHOP.EXAMPLE", ""]),
    "Sec_GPC": st.sampled_from(["1", "0"]),
    "DNT": st.just("1"),
    "Sec_Fetch_Site": st.sampled_from(["", "same-site", "none"]),
    "Cookie": st.sampled_from(["a=b; dl_v_1=1.v_x.1.y", "dl_v_1"]) | st.text("ab=;\xe9 ", max_size=20),
    "User_Agent": st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
    "X_Forwarded_For": st.sampled_from(["198.51.100.1", "unknown, 10.0.0.1"]),
    "X_Forwarded_Proto": st.just("https"),
    "Connection": st.sampled_from(["close", "keep-alive", "Keep-Alive", "upgrade"]),
    "Content_Type": st.sampled_from(["application/json", "text/plain;charset=UTF-8", "nonsense"]),
    "Purpose": st.just("prefetch"),
    "Authorization": st.sampled_from(["Bearer sk_demo", "Basic YTpi"]),
    "Expect": st.just("100-continue"),
    "Host": st.sampled_from(["shop.example", "shop.example:8000", "a b", "x,y"]),
    "X_Odd": st.text(st.characters(min_codepoint=9, max_codepoint=255), max_size=8),
}
BODIES = st.fixed_dictionaries(
    {"key": st.just("wk_demo"), "boot": st.just("b-1"), "events": st.lists(events | st.builds(page), max_size=4)},
    optional=dict.fromkeys(("v", "sent_at", "bot", "rotate", "forget", "dropped"), anything)
    | {"mode": st.sampled_from(["cookie", "cookieless"])},
)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES | st.just(batch(key="wk_other")) | st.just(b"{"), st.fixed_dictionaries({}, optional=HEADERS))
def test_both_ways_say_and_keep_the_same(ways: TwoWays, body: object, headers: dict[str, str]) -> None:
    raw = request(body, **headers)
    try:
        answered_alike(ways, raw)
    except Exception as error:
        # What gunicorn itself refuses the loop must leave to it.
        if type(error).__module__ != "gunicorn.http.errors":
            raise
        assert ways.quick(raw) is None


NAMES = st.sampled_from(["Host", "X-A", "x-b", "Content-Length", "Connection", "Te", "Cookie", "X_C", "Script-Name"])
LINES = st.builds(
    "{}{}{}".format, NAMES, st.sampled_from([": ", ":", " : ", ":\t"]), st.text("a1,; \t\x00\xe9\r\n\x0b")
)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(LINES | st.sampled_from(["Host: x", "Host: x:80", "Connection: keep-alive", " fold"]), max_size=4))
def test_a_plain_head_is_what_gunicorn_takes_it_for(lines: list[str]) -> None:
    raw = "\r\n".join(["POST /collect HTTP/1.1", *lines, "Content-Length: 3", "", "abc"]).encode("latin-1")
    plain = PlainHeads(CONFIG).environ(raw, CLIENT, SERVER)
    if plain is None:
        return
    message = next(get_parser(CONFIG, [raw], CLIENT))
    theirs = wsgi.create(message, Socket(), CLIENT, SERVER, CONFIG)[1]
    assert theirs["wsgi.input"].read() == b"abc"
    for name in ("wsgi.input", "wsgi.early_hints", "gunicorn.socket", "wsgi.errors", "wsgi.multithread"):
        plain.pop(name, None)
        theirs.pop(name, None)
    theirs.pop("HTTP_CONNECTION", None)
    assert plain == theirs


def test_the_head_of_a_browser_is_plain() -> None:
    assert PlainHeads(CONFIG).environ(request(batch(), Connection="keep-alive"), CLIENT, SERVER) is not None


def test_what_browsers_send_is_taken_without_a_thread(ways: TwoWays) -> None:
    first = answered_alike(ways, request(batch(page(), page())))
    assert first is not None
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    cookie = re.search(rb"Set-Cookie: (dl_v_1=[^;]*)", first)
    assert cookie is not None
    again = answered_alike(ways, request(batch(), Cookie=cookie[1].decode()))
    assert again is not None
    assert b"Set-Cookie" not in again
    assert answered_alike(ways, request(batch(), Sec_GPC="1")) is not None
    assert answered_alike(ways, request(batch(mode="cookieless"), Connection="close")) is not None
    assert answered_alike(ways, request(batch({"type": "nonsense"}, page(id="x" * 70), page(url="")))) is not None


@pytest.mark.parametrize(
    "raw",
    [
        request(batch(key="wk_other")),
        request(batch(), Origin="https://evil.example"),
        request(b"{"),
        request(batch(), Authorization="Bearer sk_demo"),
        request(batch(), Transfer_Encoding="chunked"),
        request(batch(), Expect="100-continue"),
        request(batch()).replace(b"POST /collect ", b"POST /collect?link=x "),
        request(batch()).replace(b"POST /collect ", b"GET /collect "),
        request(batch()).replace(b"\r\nHost:", b"\r\nContent-Length: 0\r\nHost:"),
        request(batch()).replace(b"\r\nHost:", b"\r\n Folded\r\nHost:"),
        request(batch()).replace(b"\r\nHost:", b"\r\nBad Name: x\r\nHost:"),
        request(batch()) + b"GET / HTTP/1.1\r\n",
        request(b" " * 70_000),
    ],
)
def test_what_is_refused_or_unusual_is_left_to_a_thread(ways: TwoWays, raw: bytes) -> None:
    ways.kept()
    assert ways.quick(raw) is None
    assert ways.kept() == [[], []]


def test_the_address_that_a_trusted_proxy_tells_counts(tmp_path: Path) -> None:
    ways = TwoWays(tmp_path, proxies=1)
    told = [answered_alike(ways, request(batch(mode="cookieless"), X_Forwarded_For=f"198.51.100.{n}")) for n in (1, 2)]
    assert None not in told
    assert undated(told[0] or b"") != undated(told[1] or b"")
    ways.close()


def test_a_request_whose_length_cannot_be_told_yet_is_waited_for() -> None:
    raw = request(batch())
    head = raw.index(b"\r\n\r\n") + 4
    assert {beginning(raw[:part]) for part in range(1, head)} == {0}
    assert {beginning(raw[:part]) for part in range(head, len(raw))} == {len(raw)}
    assert beginning(b"POST /collect HTTP/1.1\r\n" + b"X: y\r\n" * 5_000) == -1
    assert beginning(b"GET") == -1


def test_what_could_not_be_kept_goes_to_a_thread_and_so_does_what_waits_for_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = TwoWays(tmp_path)
    raw, tells = request(batch()), []
    monkeypatch.setattr(ways.short.inbox, "put_later", lambda _, tell: tells.append(tell))
    refused, slow = Connection(), Connection()
    assert ways.loop.take(refused, raw)
    assert ways.loop.take(slow, raw)
    assert ways.loop.busy(slow)
    tells[0](InboxFull("disk"))
    ways.loop._settled()
    ways.worker.turn()
    assert ways.worker.threads == [raw]
    ways.loop.sweep(1e12)
    assert ways.worker.threads == [raw, raw]
    tells[1](None)
    ways.loop._settled()
    ways.worker.turn()
    assert (refused.sock.sent, slow.sock.sent) == (b"", b"")
    assert not ways.loop.busy(slow)
    ways.close()


def test_an_unexpected_fault_is_left_to_the_long_way(ways: TwoWays, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise LookupError

    monkeypatch.setattr(type(ways.short.door.sites), "remembered", fail)
    assert ways.quick(request(batch())) is None
