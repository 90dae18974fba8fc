"""Clients that break HTTP's rules or take for ever, against a real server."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from uuid import uuid4

import pytest

from tests.faults.collectors import ORIGIN, Running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("abuse"), PATIENCE_SECONDS="2", WORKERS="1", THREADS="4")
    yield running
    running.stop()


def raw(server: Running, request: bytes) -> tuple[int, bytes]:
    """What the server answers to these bytes."""
    with closing(socket.create_connection(("127.0.0.1", server.settings.port), timeout=10)) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


def body(server: Running) -> bytes:
    event = {"id": str(uuid4()), "type": "page", "url": f"{ORIGIN}/"}
    return json.dumps({"key": server.site.write_key, "events": [event]}).encode()


HEAD = b"Host: x\r\nConnection: close\r\nOrigin: " + ORIGIN.encode() + b"\r\n"
CHUNKED = b"POST /collect HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("chunks", [b"ZZ\r\nabc\r\n0\r\n\r\n", b"5\r\nabcdeXX0\r\n\r\n", b"-5\r\nabc\r\n"])
def test_a_chunked_body_that_breaks_the_rules_is_the_senders_mistake(server: Running, chunks: bytes) -> None:
    status, answer = raw(server, CHUNKED + chunks)
    assert status == 400
    assert json.loads(answer)["error"] == "broken"


def test_a_chunked_body_is_read(server: Running) -> None:
    data = body(server)
    assert raw(server, CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data))[0] == 200


def test_the_many_cookies_of_a_big_site_do_not_keep_its_events_out(server: Running) -> None:
    data = body(server)
    cookies = "; ".join(f"c{number}={'x' * 1_000}" for number in range(20)).encode()
    head = HEAD + b"Cookie: %b\r\nContent-Length: %d\r\n\r\n" % (cookies, len(data))
    assert raw(server, b"POST /collect HTTP/1.1\r\n" + head + data)[0] == 200


def test_the_pixel_takes_the_longest_address_of_a_page(server: Running) -> None:
    page = f"{ORIGIN}/{'%25D0' * 1_300}"
    target = f"/collect?key={server.site.write_key}&url={page}"
    assert raw(server, f"GET {target} HTTP/1.1\r\n".encode() + HEAD + b"\r\n")[0] == 200


def test_a_path_with_a_nul_is_not_found(server: Running) -> None:
    assert raw(server, b"GET /static/%00.css HTTP/1.1\r\n" + HEAD + b"\r\n")[0] == 404


@pytest.mark.parametrize(
    "beginning",
    [
        b"POST /collect HTTP/1.1\r\nHost: x\r\n",
        b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /collect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
)
def test_clients_that_never_finish_do_not_stop_the_others_for_long(server: Running, beginning: bytes) -> None:
    with ExitStack() as held:
        for _ in range(6):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", server.settings.port)))
            connection.sendall(beginning)
        time.sleep(0.3)
        began = time.monotonic()
        data = body(server)
        head = HEAD + b"Content-Length: %d\r\n\r\n" % len(data)
        assert raw(server, b"POST /collect HTTP/1.1\r\n" + head + data)[0] == 200
        assert 1 < time.monotonic() - began < 9
