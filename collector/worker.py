"""Gunicorn's threaded worker, with an end to its patience, and a way in that needs no thread.

A connection gets a thread only once a request has begun to arrive on it that is not a browser's to /collect; those are
gathered, taken and answered by the worker's own loop (`collector.inloop`).
"""

from __future__ import annotations

import errno
import gc
import selectors
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from collector.inloop import InLoop, beginning
from collector.web.asking import EXTENSION as ASKER
from collector.web.quick import EXTENSION

READ = 65_536
# How much of a body that nobody wants is read, and for how long, so that its sender gets to see the answer.
UNWANTED = 16 * 2**20
LINGER = 10.0
LINGER_IDLE = 2.0
SWEEP = 0.25
STOP_LINGER = 2.0
# What still arrives of a request once the server is told to end: who runs it soon loses patience too.
STOP_PATIENCE = 3.0
# What a client must read of its answer within the worker's patience.
PIECE = 65_536


class PatientSocket(socket.socket):
    """A socket whose other end is waited for while something is sent, but not for ever."""

    patience = 30.0

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        """Send all of it. BrokenPipeError where nobody reads it."""
        before, view = self.gettimeout(), memoryview(data)
        self.settimeout(self.patience)
        try:
            for start in range(0, len(view), PIECE):
                super().sendall(view[start : start + PIECE], flags)
        except TimeoutError:
            raise BrokenPipeError(errno.EPIPE, "the client does not read its answer") from None
        finally:
            with suppress(OSError):
                self.settimeout(before)


class InOrder:
    """As much of a deque of connections as gunicorn uses, from the middle of which one is removed at once."""

    def __init__(self) -> None:
        self._connections: OrderedDict[Any, None] = OrderedDict()

    def append(self, connection: Any) -> None:
        self._connections[connection] = None

    def popleft(self) -> Any:
        return self._connections.popitem(last=False)[0]

    def remove(self, connection: Any) -> None:
        self._connections.pop(connection, None)

    def __getitem__(self, index: int) -> Any:
        if index:
            raise IndexError("only the first one can be looked at")
        return next(iter(self._connections))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._connections)

    def __len__(self) -> int:
        return len(self._connections)


def _received(conn: Any) -> bytes | None:
    """What has come on a connection: None where nothing has yet, no bytes where it is over."""
    try:
        data: bytes = conn.sock.recv(READ)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""
    return data


class PromptWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A request may take `patience` s to arrive at most.

    Gunicorn itself waits without end in a thread, so that a few dozen connections which never finish their headers
    would stop the whole server. After that time nothing more is read: a request still on its way ends, and one that is
    being answered does not notice. An answer of which the client reads nothing for as long ends as well.
    """

    patience = 30.0

    def init_process(self) -> None:
        """Start watching, then serve; returns when the worker ends."""
        self._since: dict[Any, float] = {}
        # Requests of which a part is here: when it began to come, and that part.
        self._partial: dict[Any, tuple[float, bytes]] = {}
        # Connections that are answered and about to close: when at the latest, when unless more comes, bytes to read.
        self._closing: dict[Any, tuple[float, float, int]] = {}
        self._swept = 0.0
        self.keepalived_conns = InOrder()
        self.pending_conns = InOrder()
        threading.Thread(target=self._watch, name="patience", daemon=True).start()
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop."""
        quick = getattr(self.wsgi, "extensions", {}).get(EXTENSION)
        self._inloop = InLoop(self, quick) if quick is not None else None
        # What is loaded by now stays. Without this, every so often a request waits while all of it is searched.
        gc.collect()
        gc.freeze()
        super().run()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """TERM: answer what is being asked, but for questions that take longer than a moment."""
        asker = getattr(getattr(self, "wsgi", None), "extensions", {}).get(ASKER)
        if asker is not None:
            asker.end()
        super().handle_exit(sig, frame)

    def is_parent_alive(self) -> bool:
        """Whether the master lives. Where it was killed, its port is let go of at once: the next server needs it."""
        if super().is_parent_alive():
            return True
        # No request that is answered from now on keeps its connection.
        self.alive = False
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()
        return False

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, which costs no thread until something comes on it."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        client = PatientSocket(fileno=client.detach())
        client.patience = self.patience
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.listen(conn)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Something came on a connection that was kept open."""
        self._readable(conn, client)

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        """Something came on a new connection."""
        self._readable(conn, client)

    def listen(self, conn: Any, callback: Callable[[Any, Any], None] | None = None) -> None:
        """Have `callback`, by default what takes requests, called when something comes."""
        data = partial(callback or self._readable, conn)
        try:
            self.poller.modify(conn.sock, selectors.EVENT_READ, data)
        except KeyError:
            self.poller.register(conn.sock, selectors.EVENT_READ, data)

    def deafen(self, conn: Any) -> None:
        """Listen no more, whether it was listened to or not."""
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def take_out(self, conn: Any) -> None:
        """Forget a connection as one that waits for a request."""
        self.keepalived_conns.remove(conn)
        self.pending_conns.remove(conn)
        self._partial.pop(conn, None)

    def drop(self, conn: Any) -> None:
        """Close a connection at once."""
        self.take_out(conn)
        self._closing.pop(conn, None)
        self.deafen(conn)
        self.nr_conns -= 1
        conn.close()

    def to_thread(self, conn: Any, data: bytes) -> None:
        """Give a connection of which `data` was read already to a thread, which reads on as gunicorn does."""
        self.take_out(conn)
        self.deafen(conn)
        conn.init()
        conn.parser.unreader.unread(data)
        conn.data_ready = True
        self.enqueue_req(conn)

    def finish_sending(self, conn: Any, rest: bytes, keep: bool) -> None:
        """Have a thread send the end of an answer that did not fit, and keep the connection or close it."""
        self.deafen(conn)
        conn.init()

        def send() -> bool:
            conn.sock.sendall(rest)
            return keep

        sending = self.tpool.submit(send)
        sending.add_done_callback(lambda sent: self.method_queue.defer(self.finish_request, conn, sent))

    def keep_alive(self, conn: Any) -> None:
        """Wait for the next request on a connection."""
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_LINGER)
        self.keepalived_conns.append(conn)

    def linger(self, conn: Any) -> None:
        """Say that nothing more will be said, and read what still comes for a while.

        Closing a connection on which something lies unread resets it, and the answer with it: a client that is still
        sending a large body would never see why it was refused.
        """
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop(conn)
            return
        now = time.monotonic()
        self._closing[conn] = (now + LINGER, now + LINGER_IDLE, UNWANTED)
        self.listen(conn, self._discard)

    def handle(self, conn: Any) -> Any:
        """Read and answer one request."""
        self._since[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._since.pop(conn, None)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Go on with a connection that a thread is done with, never waiting for its other end."""
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self.linger(conn)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close what has waited for too long; called by the loop at every turn."""
        super().murder_pending()
        now = time.monotonic()
        if now - self._swept < SWEEP:
            return
        self._swept = now
        for conn, (begun, _) in list(self._partial.items()):
            if now - begun > self._patience_now():
                self.drop(conn)
        for conn, (latest, idle, _) in list(self._closing.items()):
            if now > min(latest, idle):
                self.drop(conn)
        if self._inloop is not None:
            self._inloop.sweep(now)

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _readable(self, conn: Any, client: Any) -> None:  # noqa: ARG002 - the poller's callback
        if self._inloop is not None and self._inloop.busy(conn):
            return
        data = _received(conn)
        if data is None:
            return
        if not data:
            self.drop(conn)
            return
        begun, before = self._partial.get(conn, (0.0, b""))
        data = before + data
        length = beginning(data) if self._inloop is not None else -1
        if length == len(data) and self._inloop is not None and self._inloop.take(conn, data):
            return
        if length == 0 or length > len(data):
            self.take_out(conn)
            self._partial[conn] = (begun or time.monotonic(), data)
        else:
            self.to_thread(conn, data)

    def _discard(self, conn: Any, client: Any) -> None:  # noqa: ARG002 - the poller's callback
        latest, _, left = self._closing[conn]
        data = _received(conn)
        if data is None:
            return
        left -= len(data)
        if data and left > 0:
            self._closing[conn] = (latest, time.monotonic() + LINGER_IDLE, left)
        else:
            self.drop(conn)

    def _patience_now(self) -> float:
        return self.patience if self.alive else min(self.patience, STOP_PATIENCE)

    def _watch(self) -> None:
        while True:
            time.sleep(min(1.0, self.patience / 2))
            late = time.monotonic() - self._patience_now()
            for conn, since in list(self._since.items()):
                if since < late:
                    with suppress(OSError):  # gone by itself
                        conn.sock.shutdown(socket.SHUT_RD)
