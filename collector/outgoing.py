"""Calls to addresses that people gave us, kept from the machines behind our own door (REQUIREMENTS D8).

The name is resolved once, every address it has must be a public one, and the connection goes to the very address that
was looked at, under the name that was asked for: a name that changes between look and call (DNS rebinding) gains
nothing. No redirect is followed: whoever calls gets it, and asks again, so that the next address is looked at too.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias
from urllib.parse import urlsplit

from collector.core.errors import UserError

PORTS = frozenset((80, 443))
MAX_URL = 2_000
_CHUNK = 65_536
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# For protocols, not for hosts; versions of Python differ in whether it counts as global.
_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
# A host and a port to its addresses as text, as `socket.getaddrinfo` finds them.
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]


class Unreachable(Exception):  # noqa: N818 - what happened, not a fault of the program
    """The address was allowed, but no whole answer came: `reason` is a stable code, without a word of the other side.

    resolve, connect, tls, timeout, or broken.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `headers` in lower case, `body` cut at the size asked for, which `cut` says."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool

    @property
    def location(self) -> str:
        """Where a redirect leads, "" where this is none."""
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str


def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, by this machine's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def fetch(
    url: str,
    *,
    allow_private: bool = False,
    ports: Collection[int] = PORTS,
    max_bytes: int = 1_000_000,
    timeout: float = 10.0,
    headers: Mapping[str, str] | None = None,
    resolve: Resolve = resolved,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """GET an address.

    Args:
        allow_private: whether this machine and its networks may be called; only for addresses its operator gave.
        ports: those that may be called; the port of a site's own origin may be added.
        max_bytes: how much of the body is read.
        timeout: seconds for everything after the name is resolved, which takes as long as the resolver does.
        resolve, tls: other ways to resolve and to trust, for tests and private authorities.

    Raises:
        UserError: the address is none that may be called.
        Unreachable: it may be, but did not answer.
    """
    target = _target(url, ports)
    address = _choose(target, resolve, allow_private)
    ends = monotonic() + timeout
    connection = _connect(target, address, timeout, tls)
    # A server that dribbles keeps every single read short: the whole is ended from outside.
    watch = threading.Timer(max(0.0, ends - monotonic()), _hang_up, [connection.sock])
    watch.daemon = True
    watch.start()
    try:
        answer = _exchange(connection, target, max_bytes, headers or {})
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable("timeout" if monotonic() >= ends else "broken") from error
    finally:
        watch.cancel()
        connection.close()
    if monotonic() >= ends:  # what was hung up on may look like an end
        raise Unreachable("timeout")
    return answer


def _target(url: str, ports: Collection[int]) -> _Target:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        ascii_host = host if ":" in host else host.encode("idna").decode("ascii")
    except ValueError:  # a port that is no number, a host that no name can be
        raise _refused(url) from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MAX_URL
    if not plain or parts.scheme not in ("http", "https") or not ascii_host:
        raise _refused(url)
    if parts.username is not None or parts.password is not None:
        raise UserError("An address with a password in it is not called.", "Leave out what stands before the @.")
    number = port if port is not None else 443 if parts.scheme == "https" else 80
    if number not in ports:
        raise UserError(f"Port {number} is not called.", "Use an address without a port.")
    return _Target(parts.scheme, ascii_host, number, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _refused(url: str) -> UserError:
    return UserError(f"{url[:200]!r} is no address that can be called.", "Write it like https://example.com/page.")


def _choose(target: _Target, resolve: Resolve, allow_private: bool) -> str:
    """The address to connect to: the first, where all that the name has are public."""
    try:
        found = [ipaddress.ip_address(text.partition("%")[0]) for text in resolve(target.host, target.port)]
    except (OSError, ValueError) as error:
        raise Unreachable("resolve") from error
    if not found:
        raise Unreachable("resolve")
    if not allow_private and not all(map(is_public, found)):
        # Without the address: which names lead where inside is nobody's business outside.
        raise UserError(f"{target.host} is not on the public internet.", "Use an address that everybody can reach.")
    return str(found[0])


def is_public(address: Address) -> bool:
    """Whether an address is one machine of the public internet, looked at through every way to write one in another."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return (
        address not in _PROTOCOLS
        and address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified)
    )


def _connect(target: _Target, address: str, timeout: float, tls: ssl.SSLContext | None) -> http.client.HTTPConnection:
    """A connection to `address`, which is spoken to as the target's host."""
    try:
        sock = socket.create_connection((address, target.port), timeout)
    except TimeoutError as error:
        raise Unreachable("timeout") from error
    except OSError as error:
        raise Unreachable("connect") from error
    if target.scheme == "http":
        plain = http.client.HTTPConnection(target.host, target.port, timeout=timeout)
        plain.sock = sock
        return plain
    context = tls or ssl.create_default_context()
    try:
        wrapped = context.wrap_socket(sock, server_hostname=target.host)
    except (OSError, ValueError) as error:
        sock.close()
        raise Unreachable("timeout" if isinstance(error, TimeoutError) else "tls") from error
    secure = http.client.HTTPSConnection(target.host, target.port, timeout=timeout, context=context)
    secure.sock = wrapped
    return secure


def _exchange(
    connection: http.client.HTTPConnection, target: _Target, max_bytes: int, headers: Mapping[str, str]
) -> Answer:
    sent = {"User-Agent": "Desireline", "Accept-Encoding": "identity", "Connection": "close", **headers}
    connection.request("GET", target.path, headers=sent)
    response = connection.getresponse()
    body = b""
    while len(body) <= max_bytes and (piece := response.read(min(_CHUNK, max_bytes + 1 - len(body)))):
        body += piece
    told = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, told, body[:max_bytes], len(body) > max_bytes)


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):  # closed by itself
        sock.shutdown(socket.SHUT_RDWR)
