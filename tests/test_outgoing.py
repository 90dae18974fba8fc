"""What the server itself calls: only public addresses, the one that was looked at, never more than asked for (D8)."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.outgoing import Answer, Resolve, Unreachable, fetch, is_public

PUBLIC = "93.184.216.34"
PRIVATE = (
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
    *("169.254.169.254", "169.254.170.2", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1"),
    *("192.0.2.1", "198.18.0.1", "192.0.0.8"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
    "2001:0:7f00:1:0:0:80ff:fffe",
)


class Handler(BaseHTTPRequestHandler):
    """A server that says what it was asked, or misbehaves as the path says."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self._say(302, b"", ("Location", "http://169.254.169.254/latest/meta-data"))
        elif self.path == "/big":
            self._say(200, b"x" * 100_000)
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                try:
                    self.wfile.write(b".")
                    time.sleep(0.05)
                except OSError:
                    return
        elif self.path == "/broken":
            self.wfile.write(b"nonsense\r\n\r\n")
        else:
            self._say(200, f"{self.headers['Host']} {self.path} {self.headers['X-Own']}".encode())

    def _say(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def here(host: str, port: int) -> Sequence[str]:
    """A resolver for which every name is this machine."""
    return ["127.0.0.1"]


def get(port: int, path: str = "/", timeout: float = 5.0, max_bytes: int = 1_000, host: str = "shop.test") -> Answer:
    return fetch(
        f"http://{host}:{port}{path}",
        allow_private=True,
        ports=(port,),
        max_bytes=max_bytes,
        timeout=timeout,
        headers={"X-Own": "1"},
        resolve=here,
    )


def test_the_address_that_was_looked_at_is_called_by_the_name_that_was_asked_for(port: int) -> None:
    answer = get(port, "/page?q=1")
    assert (answer.status, answer.body, answer.cut) == (200, f"shop.test:{port} /page?q=1 1".encode(), False)


def finding(*found: str) -> Resolve:
    """A resolver that finds these addresses for every name."""
    return lambda _host, _port: found


@pytest.mark.parametrize("address", PRIVATE)
def test_no_name_leads_behind_our_own_door(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        with pytest.raises(UserError, match="not on the public internet") as refused:
            fetch("http://rebinding.test/", resolve=finding(*found))
        assert address not in str(refused.value)


def test_addresses_in_place_of_names_are_looked_at_in_every_spelling() -> None:
    for host in ("127.0.0.1", "[::1]", "[::ffff:7f00:1]", "2130706433", "0x7f.1", "127.1", "localhost", "0"):
        with pytest.raises(UserError, match="public internet"):
            fetch(f"http://{host}/")


@given(st.ip_addresses())
def test_what_is_public_is_one_global_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public(address):
        assert address.is_global or address in ipaddress.ip_network("64:ff9b::/96")
        assert not address.is_private or address.version == 6
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_multicast


def test_public_addresses_are_let_through() -> None:
    for address in (PUBLIC, "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"):
        assert is_public(ipaddress.ip_address(address)), address


@pytest.mark.parametrize(
    "url",
    [
        *("", "/page", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "http://", "http://:80/"),
        *("http://a.example:8080/", "http://a.example:22/", "http://a.example:99999/", "http://a.example:x/"),
        *(
            "http://user:pass@a.example/",
            "http://a.example@127.0.0.1/",
            "http://a.exa mple/",
            "http://a.example/\r\nX: 1",
        ),
        *("http://a.example/\x00", "//a.example/", "javascript:alert(1)", "http://" + "a" * 3_000, "http://[::1/"),
    ],
)
def test_what_is_no_plain_web_address_is_never_resolved(url: str) -> None:
    def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(UserError):
        fetch(url, resolve=never)


def test_a_redirect_is_handed_back_and_not_followed(port: int) -> None:
    answer = get(port, "/redirect")
    assert (answer.status, answer.location) == (302, "http://169.254.169.254/latest/meta-data")
    assert get(port).location == ""


def test_a_body_is_cut_at_the_size_that_was_asked_for(port: int) -> None:
    answer = get(port, "/big", max_bytes=1_000)
    assert (len(answer.body), answer.cut) == (1_000, True)
    assert (len(get(port, "/big", max_bytes=100_000).body), get(port, "/big", max_bytes=100_000).cut) == (
        100_000,
        False,
    )


def test_a_server_that_dribbles_is_left(port: int) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable) as left:
        get(port, "/slow", timeout=0.4)
    assert left.value.reason == "timeout"
    assert time.monotonic() - began < 2


def test_what_does_not_answer_is_said_in_a_word(port: int) -> None:
    with pytest.raises(Unreachable) as broken:
        get(port, "/broken")
    assert broken.value.reason == "broken"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = closed.getsockname()[1]
    with pytest.raises(Unreachable) as refused:
        get(gone)
    assert refused.value.reason == "connect"
    with pytest.raises(Unreachable) as plain:
        fetch(f"https://shop.test:{port}/", allow_private=True, ports=(port,), resolve=here)
    assert plain.value.reason == "tls"

    def nobody(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(Unreachable) as unknown:
        fetch("http://nobody.test/", resolve=nobody)
    assert unknown.value.reason == "resolve"
