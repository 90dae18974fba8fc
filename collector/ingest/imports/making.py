"""What the readers of all formats share: checks, times, ids, and the way through the steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from collector.core import event as events
from collector.core.event import Agent, Event
from collector.core.identity import clean_user_id
from collector.core.times import DAY
from collector.ingest.clean import TooDeepError, clean_json, clean_scalar, clean_text
from collector.ingest.rows import MAX_NAME, MAX_VISITOR, RowError, parse_time, row_id
from collector.ingest.rules import Arrival
from collector.ingest.steps import make_event

_ABSENT = frozenset(["", "\\N", "NULL", "null", "(not set)", "undefined"])
# Addresses of machines, wherever a tool puts them: none is kept (E11).
_ADDRESSES = frozenset(["$ip", "ip", "ip_address", "visitIp", "remote_addr", "$remote_ip"])


class Reader(Protocol):
    """Makes events of the rows of one format."""

    left_out: Counter[str]
    """What was passed over on purpose, and why: rows, or parts of rows."""

    own_ids: bool
    """Whether every row names its own id, so that it can be passed over without being read."""

    keeps_order: bool
    """Whether rows come in the order in which they arrived once, which then decides who is who."""

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:
        """The events of a row, in order of time; none where it was left out.

        Raises:
            RowError: why there is no event in it.
        """


def text_of(cell: object, limit: int = 2_048) -> str:
    """A cell as text without space around it; "" for the many ways in which tools write nothing."""
    found = clean_scalar(cell, limit).strip()
    return "" if found in _ABSENT else found


def link_of(url: str) -> tuple[str, str]:
    """(host, path) of a link, whatever it is; urllib refuses some."""
    rest = url.partition("#")[0].partition("?")[0]
    _, separator, after = rest.partition("://")
    if not separator:
        return "", rest
    host, slash, path = after.partition("/")
    return host.rpartition("@")[2].lower(), slash + path


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """`url` with those of these parameters that say something, unless its query carries a campaign itself."""
    told = urlencode({name: text for name, text in parameters.items() if text})
    base, hash_sign, fragment = url.partition("#")
    query = base.partition("?")[2]
    if not told or "utm_" in query or any(f"{name}=" in query for name in parameters):
        return url
    return base + ("&" if query else "" if base.endswith("?") else "?") + told + hash_sign + fragment


class Maker:
    """Turns what a format's reader found into events.

    Args:
        arrival: the site's rules, the bot list, and the clock; `server` is set, for a file's times are believed.
        zone: for times that name none.
        namespace: the format, part of every id made here.
    """

    def __init__(self, arrival: Arrival, zone: tzinfo, namespace: str) -> None:
        self._arrival, self._zone, self._namespace = arrival, zone, namespace

    def time(self, cell: object) -> int:
        """Milliseconds UTC. RowError: no time, or one that has not come yet."""
        at = parse_time(cell, self._zone)
        if at > self._arrival.received + DAY:
            raise RowError(f"time {str(cell)[:60]!r} is more than a day in the future")
        return at

    def visitor(self, cell: object, user: str | None = None) -> str:
        """The visitor's key; made of the user where the tool knows none. RowError: nobody."""
        found = clean_user_id(cell)
        if found is not None:
            return clean_text(found, MAX_VISITOR)
        if user is None:
            raise RowError("visitor is missing" if cell in (None, "") else f"visitor {str(cell)[:60]!r} names nobody")
        return f"user:{user}"[:MAX_VISITOR]

    def key(self, *parts: object) -> str:
        """An event id made of what names the event in its tool."""
        return row_id("|".join([self._namespace, *(str(part) for part in parts)])[:500], "", 0)

    def make(
        self,
        number: str,
        kind: str,
        at: int,
        visitor: str,
        *,
        name: str = "",
        target: str = "",
        url: str = "",
        referrer: str = "",
        title: str = "",
        props: Mapping[str, Any] | None = None,
        user: str | None = None,
        user_agent: str = "",
        agent: Agent | None = None,
        pageview: str = "",
    ) -> Event:
        """An event that went through all steps.

        Raises:
            RowError: it lacks what its type needs, or its properties are nested too deeply.
        """
        if kind == events.PAGE and not url:
            raise RowError("a page view without an address")
        if kind == events.CUSTOM and not name:
            raise RowError("event is missing")
        raw: dict[str, Any] = {"id": number, "type": kind, "at": at, "visitor": visitor, "name": name[:MAX_NAME]}
        optional = {"url": url, "ref": referrer, "title": title[:1_024], "user": user, "ua": user_agent[:512]}
        optional |= {"target": target, "pid": pageview[:36]}
        raw |= {field: cell for field, cell in optional.items() if cell}
        if props:
            raw["props"] = _props(props)
        event = make_event(raw, self._arrival)
        if agent is not None:
            event.agent = agent
        return event


def _props(props: Mapping[str, Any]) -> object:
    try:
        kept = {name: cell for name, cell in props.items() if name not in _ADDRESSES}
        return clean_json(kept)[0]
    except TooDeepError:
        raise RowError("properties are nested too deeply") from None


class ExportReader:
    """What the readers of other tools' exports have in common: rows name their ids and come in any order."""

    tool: ClassVar[str]
    """Its short name, in the ids of rows without one."""

    utc: ClassVar[bool] = False
    """Whether times without a zone are UTC, whatever zone was named."""

    own_ids = True
    keeps_order = False

    def __init__(self, arrival: Arrival, zone: tzinfo) -> None:
        self._maker = Maker(arrival, UTC if self.utc else zone, self.tool)
        self.left_out: Counter[str] = Counter()
