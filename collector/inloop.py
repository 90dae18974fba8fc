"""Requests to /collect that are taken and answered by the worker's loop itself, many for every turn of it.

A thread for each would cost more than the work: a dozen switches between threads, against which stands one wake-up for
all requests of a commit. What is not plain (`collector.plain`) gunicorn's own parser reads.
"""

from __future__ import annotations

import os
import re
import selectors
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Response
from gunicorn.http import get_parser, wsgi

from collector.inbox.box import WAIT
from collector.plain import PlainAnswers, PlainHeads
from collector.web.quick import Asked, QuickDoor

START = b"POST /collect "
MOST = 65_536
MOST_HEAD = 16_384
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,5})[ \t]*\r\n")
# What gunicorn answers by itself, or what makes a body of unknown length.
_SPECIAL = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade|authorization)[ \t]*:")


def beginning(data: bytes) -> int:
    """How long the request that begins with `data` is in all; 0: it cannot be told yet, -1: a thread must look."""
    if not data.startswith(START):
        return 0 if START.startswith(data) else -1
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0 if len(data) < MOST_HEAD else -1
    head = data[: end + 2].lower()
    length = _LENGTH.search(head)
    if length is None or _SPECIAL.search(head):
        return -1
    whole = end + 4 + int(length[1])
    return whole if whole <= MOST else -1


class _Outgoing:
    """Stands in for a socket while gunicorn writes an answer."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        """What gunicorn calls."""
        self.data += data


@dataclass(slots=True, eq=False)
class _Pending:
    """A request on its way, and what is needed to answer it."""

    conn: Any
    data: bytes
    environ: dict[str, Any]
    response: Any = None  # gunicorn's, None for a plain request
    out: _Outgoing = field(default_factory=_Outgoing)
    since: float = field(default_factory=time.monotonic)
    asked: Asked | None = None
    deaf: bool = False


class InLoop:
    """Everything here but `_tell` and `_settled` runs in the worker's loop.

    Args:
        worker: the `PromptWorker`.
        quick: the door without threads.
    """

    def __init__(self, worker: Any, quick: QuickDoor) -> None:
        self._worker = worker
        self._quick = quick
        self._heads, self._answers = PlainHeads(worker.cfg), PlainAnswers()
        self._pending: dict[Any, _Pending] = {}
        self._told: deque[tuple[_Pending, Exception | None]] = deque()
        # Not gunicorn's own queue: that one is closed while the inbox may still have something to tell, and its number
        # is another file's by then. These stay open as long as the process.
        ear, self._wake = os.pipe()
        os.set_blocking(ear, False)
        os.set_blocking(self._wake, False)
        worker.poller.register(ear, selectors.EVENT_READ, self._woken)
        quick.on_settled(self._settled)

    def busy(self, conn: Any) -> bool:
        """Whether a connection waits for an answer; then it is not listened to until it has it."""
        pending = self._pending.get(conn)
        if pending is None:
            return False
        pending.deaf = True
        self._worker.deafen(conn)
        return True

    def take(self, conn: Any, data: bytes) -> bool:
        """Take the request in `data`; False where a thread must."""
        environ = self._heads.environ(data, conn.client, conn.server)
        pending = _Pending(conn, data, environ) if environ is not None else self._parse(conn, data)
        if pending is None:
            return False
        body = data[data.find(b"\r\n\r\n") + 4 :]
        asked = self._quick.ask(pending.environ, body, partial(self._tell, pending))
        if asked is None:
            return False
        pending.asked = asked
        self._worker.take_out(conn)
        self._pending[conn] = pending
        if not asked.waits:
            self._finish(pending, None)
        return True

    def sweep(self, now: float) -> None:
        """Have a thread say to whom has waited for too long that the disk is slow."""
        for pending in list(self._pending.values()):
            if now - pending.since > WAIT:
                self._finish(pending, TimeoutError())

    def _parse(self, conn: Any, data: bytes) -> _Pending | None:
        worker, out = self._worker, _Outgoing()
        try:
            message = next(get_parser(worker.cfg, [data], conn.client))
            response, environ = wsgi.create(message, out, conn.client, conn.server, worker.cfg)
        except Exception:  # noqa: BLE001 - a thread meets it again and answers as gunicorn does
            return None
        environ["wsgi.multithread"] = True
        return _Pending(conn, data, environ, response, out)

    def _write(self, pending: _Pending, answer: Response) -> tuple[bytes, bool]:
        """(the bytes of an answer, whether the connection ends with it)."""
        worker, response = self._worker, pending.response
        close = not worker.alive or len(worker.keepalived_conns) >= worker.max_keepalived
        if response is None:
            return self._answers.write(answer.status, answer.headers, answer.get_data(), close), close
        if close:
            response.force_close()
        parts, status, headers = answer.get_wsgi_response(pending.environ)
        response.start_response(status, headers)
        for part in parts:
            response.write(part)
        response.close()
        return pending.out.data, response.should_close()

    def _tell(self, pending: _Pending, error: Exception | None) -> None:
        """Called by the inbox's thread."""
        self._told.append((pending, error))

    def _settled(self) -> None:
        """Called by the inbox's thread, once for many that were told."""
        if self._told:
            with suppress(BlockingIOError):  # so full that the loop wakes anyway
                os.write(self._wake, b"\0")

    def _woken(self, ear: int) -> None:
        with suppress(BlockingIOError):
            os.read(ear, 4_096)
        while self._told:
            pending, error = self._told.popleft()
            self._finish(pending, error)

    def _finish(self, pending: _Pending, error: Exception | None) -> None:
        if self._pending.get(pending.conn) is not pending:
            return  # a thread has it by now
        del self._pending[pending.conn]
        worker, conn = self._worker, pending.conn
        try:
            if error is not None or pending.asked is None:
                worker.to_thread(conn, pending.data)
                return
            data, close = self._write(pending, self._quick.answer(pending.asked))
        except Exception:
            worker.log.exception("An answer could not be made.")
            worker.drop(conn)
            return
        self._send(pending, data, close)

    def _send(self, pending: _Pending, data: bytes, close: bool) -> None:
        worker, conn = self._worker, pending.conn
        try:
            sent = conn.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            worker.drop(conn)
            return
        if sent < len(data):
            worker.finish_sending(conn, data[sent:], not close)
        elif close:
            worker.linger(conn)
        else:
            worker.keep_alive(conn)
            if pending.deaf:
                worker.listen(conn)
