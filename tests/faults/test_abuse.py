"""Clients that break HTTP's rules or take for ever, against a real server."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
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


def whole(server: Running) -> bytes:
    """The end of a request's head, and its body."""
    data = body(server)
    return b"Content-Length: %d\r\n\r\n" % len(data) + data


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


def seconds_for_another(server: Running, beginning: bytes) -> float:
    """How long a whole request takes while six others have begun and never finish; they are hung up on in the end."""
    with ExitStack() as stack:
        held = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.settings.port), timeout=9))
            for _ in range(6)
        ]
        for connection in held:
            connection.sendall(beginning)
        time.sleep(0.3)
        began = time.monotonic()
        assert raw(server, POST + HEAD + whole(server))[0] == 200
        took = time.monotonic() - began
        for connection in held:
            while connection.recv(65_536):
                pass
        return took


POST = b"POST /collect HTTP/1.1\r\n"


@pytest.mark.parametrize("beginning", [b"P", POST + b"Host: x\r\n", POST + b"Content-Length: 1000\r\n\r\n{"])
def test_clients_that_never_finish_a_usual_request_stop_nobody(server: Running, beginning: bytes) -> None:
    assert seconds_for_another(server, beginning) < 1


@pytest.mark.parametrize(
    "beginning", [b"GET / HTTP/1.1\r\nHost: x\r\n", POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"]
)
def test_clients_that_never_finish_do_not_stop_the_others_for_long(server: Running, beginning: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(6):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.settings.port)))
            connection.sendall(beginning)
        time.sleep(0.3)
        began = time.monotonic()
        assert raw(server, b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")[0] == 200
        assert 1 < time.monotonic() - began < 9


def test_connections_on_which_nothing_comes_hold_up_nobody(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.settings.port)))
        began = time.monotonic()
        assert raw(server, b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")[0] == 200
        assert time.monotonic() - began < 1


def test_a_client_that_does_not_hang_up_holds_up_nobody(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.settings.port), timeout=5))
            connection.sendall(POST + HEAD + whole(server))
            assert connection.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        assert raw(server, POST + HEAD + whole(server))[0] == 200
        assert time.monotonic() - began < 1


def test_clients_that_never_read_their_answers_do_not_stop_the_others_for_long(server: Running) -> None:
    page = b"GET /static/dist/bootstrap.min.css HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(6):
            connection = stack.enter_context(closing(socket.socket()))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            connection.connect(("127.0.0.1", server.settings.port))
            connection.sendall(page * 60)
        time.sleep(0.5)
        assert raw(server, POST + HEAD + whole(server))[0] == 200
        time.sleep(2.5)
        assert raw(server, b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")[0] == 200


def test_who_reads_slowly_gets_all_of_a_long_answer(server: Running) -> None:
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.connect(("127.0.0.1", server.settings.port))
        connection.sendall(b"GET /static/dist/bootstrap.min.css HTTP/1.1\r\n" + HEAD + b"\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        length, got = int(answer.headers["Content-Length"]), 0
        until = time.monotonic() + 4
        while time.monotonic() < until:
            got += len(answer.read1(1_000))
            time.sleep(0.05)
        assert got + len(answer.read()) == length


@pytest.mark.parametrize("size", [1_000_001, 10_000_000])
def test_who_sends_too_much_gets_to_read_so(server: Running, size: int) -> None:
    status, answer = raw(server, POST + HEAD + b"Content-Length: %d\r\n\r\n" % size + b" " * size)
    assert status == 413
    assert json.loads(answer)["error"] == "too_large"


def test_requests_that_never_end_do_not_hold_up_the_end(tmp_path: Path) -> None:
    server = Running(tmp_path, WORKERS="1", THREADS="4")
    with ExitStack() as stack:
        for beginning in (POST + b"Host: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n") * 3:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.settings.port)))
            connection.sendall(beginning)
        time.sleep(0.3)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 20


def test_a_request_in_pieces_two_at_once_and_one_after_the_other_are_all_answered(server: Running) -> None:
    head = b"Host: x\r\nOrigin: " + ORIGIN.encode() + b"\r\n"
    requests = [POST + head + whole(server) for _ in range(4)]
    with closing(socket.create_connection(("127.0.0.1", server.settings.port), timeout=10)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (requests[0][:30], requests[0][30:150], requests[0][150:-5], requests[0][-5:]):
            connection.sendall(piece)
            time.sleep(0.05)
        assert answers(connection, 1) == [200]
        connection.sendall(requests[1] + requests[2])
        assert answers(connection, 2) == [200, 200]
        connection.sendall(requests[3])
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answers(connection, 2) == [200, 200]


def answers(connection: socket.socket, number: int) -> list[int]:
    """The codes of so many answers on one connection."""
    codes = []
    stream = connection.makefile("rb")
    for _ in range(number):
        codes.append(int(stream.readline().split()[1]))
        length = 0
        while (line := stream.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        stream.read(length)
    return codes
