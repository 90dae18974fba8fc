"""Rows of a table (a parsed line of CSV or JSON Lines) to events, through the same steps as the wire's."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from collector.core import event as events
from collector.core.event import Agent, Event, Json
from collector.core.identity import clean_user_id
from collector.core.times import DAY
from collector.ingest.clean import TooDeepError, clean_json, clean_scalar, clean_text
from collector.ingest.columns import Columns
from collector.ingest.rules import Arrival
from collector.ingest.steps import make_event

_NAMESPACE = UUID("3b1f7c52-0c55-5d0b-8f43-0f3d5b9c7a11")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_EPOCH = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]*)?")
_PAGE_NAMES = frozenset(["page", "pageview", "page_view", "page view", "$pageview"])
_TYPES = frozenset(events.TYPES)
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_NO_PROPS: dict[str, Json] = {}
MAX_NAME = 200
MAX_VISITOR = 200


class RowError(ValueError):
    """A row that cannot become an event; the message says why."""


def epoch_ms(number: float) -> int:
    """Milliseconds of an epoch number in seconds, milliseconds, microseconds or nanoseconds, by its size.

    Below 1e11 it is seconds (until the year 5138), below 1e14 milliseconds, below 1e17 microseconds.
    """
    size = abs(number)
    if size < 1e11:
        return round(number * 1_000)
    if size < 1e14:
        return round(number)
    return round(number / 1_000) if size < 1e17 else round(number / 1_000_000)


def _parse_text(text: str, zone: tzinfo) -> int:
    if _EPOCH.fullmatch(text):
        return epoch_ms(float(text) if "." in text else int(text))
    try:
        # Databases print "2026-01-31 10:00:00 UTC".
        found = datetime.fromisoformat(text.removesuffix(" UTC") + "+00:00" if text.endswith(" UTC") else text)
    except ValueError:
        raise RowError(f"time {text[:60]!r} is neither ISO 8601 nor an epoch number") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return round((found - _EPOCH_START) / _MS)
    except OverflowError:
        raise RowError(f"time {text[:60]!r} is out of range") from None


def parse_time(value: object, zone: tzinfo) -> int:
    """Milliseconds UTC of a cell: ISO 8601 (without a zone: in `zone`), or an epoch number in s, ms, us or ns.

    Raises:
        RowError: it is no time.
    """
    if isinstance(value, str):
        text = value.strip()
        if text:
            return _parse_text(text, zone)
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e20:
        return epoch_ms(value)
    raise RowError("time is missing" if value in (None, "") else f"time {str(value)[:60]!r} cannot be read")


def row_id(given: object, text: str, occurrence: int) -> str:
    """The event id of a row: the given one, as a uuid; without, one made of the row's text and its occurrence.

    The first row with a text is occurrence 0, an equal one further on 1, and so on: reading the same file again gives
    the same ids, while two equal rows of one file stay two events.
    """
    key = clean_scalar(given, 500).strip()
    if key:
        lowered = key.lower()
        return lowered if _UUID.fullmatch(lowered) else str(uuid5(_NAMESPACE, f"id|{key}"))
    digest = blake2b(f"{occurrence}|{text}".encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def number_or_text(text: str) -> Json:
    """A cell of a CSV as a property: a number where it is spelled the one plain way, else the text (007 stays)."""
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


@lru_cache(maxsize=16_384)
def agent_of(device: str, os: str, browser: str) -> Agent:
    """One shared value for each device, so that many events stand behind few objects."""
    return Agent(device, os, browser)


class RowReader:
    """Makes events of the rows of one table.

    Args:
        columns: which column means what.
        arrival: the site's rules, the bot list, and the clock; `server` is set, for a file's times are believed.
        zone: the site's time zone, for times that name none.
        typed: cells are typed already (JSON); False for CSV, whose cells are texts.
        bot_reasons: the reasons that the ledger knows, for rows of our own export.
    """

    def __init__(
        self, columns: Columns, arrival: Arrival, zone: tzinfo, typed: bool, bot_reasons: Collection[str] = ("",)
    ) -> None:
        self._columns, self._zone, self._typed = columns, zone, typed
        self._arrival = replace(arrival, judged=True) if columns.ours else arrival
        self._bot_reasons = bot_reasons
        self._mapped = {getattr(columns, role) for role in Columns.__slots__ if role not in ("rest", "ours")}
        self._seen: dict[bytes, int] = {}
        self.own_ids, self.keeps_order = columns.id is not None, columns.ours
        self.left_out: Counter[str] = Counter()

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:
        """The event of a row, as the readers of all formats give theirs."""
        return [self.event(cells, text)]

    def event(self, row: Mapping[str, Any], text: str) -> Event:
        """The event of a row.

        Args:
            row: cells by column name.
            text: the row as it stood in the file, which its id is made of where it has none.

        Raises:
            RowError: why there is no event in it.
        """
        columns = self._columns
        if columns.ours and not self._typed:
            row = {name: _unguarded(cell) for name, cell in row.items()}
        get = row.get
        user, visitor = self._who(row)
        at = parse_time(get(columns.time) if columns.time else None, self._zone)
        if at > self._arrival.received + DAY:
            raise RowError(f"time {str(get(columns.time or ''))[:60]!r} is more than a day in the future")
        props = self._props(row)
        url = clean_scalar(get(columns.url), 4_096) if columns.url else ""
        url = url if columns.ours else url.strip()
        kind, name, url = self._what(row, url, props)
        raw: dict[str, Any] = {
            "id": self._id(row, text),
            "type": kind,
            "at": at,
            "visitor": visitor,
            "name": name,
            "props": props,
        }
        if url:
            raw["url"] = url if columns.ours else _with_campaign(url, row, props)
        if columns.referrer and (referrer := clean_scalar(get(columns.referrer), 2_048).strip()):
            raw["ref"] = referrer
        if user is not None:
            raw["user"] = user
        if columns.agent and (agent := clean_scalar(get(columns.agent), 512).strip()):
            raw["ua"] = agent
        if columns.ours:
            return self._own(row, raw)
        return make_event(raw, self._arrival)

    def _who(self, row: Mapping[str, Any]) -> tuple[str | None, str]:
        """(user or None, visitor). Our own export's were checked when they came in, and stay to the letter."""
        columns = self._columns
        cell = row.get(columns.visitor) if columns.visitor else None
        if columns.ours:
            visitor = clean_scalar(cell, 2 * MAX_VISITOR)  # a shared device adds to a key
            if not visitor:
                raise RowError("visitor is missing")
            return clean_scalar(row.get("person"), MAX_VISITOR) or None, visitor
        user = clean_user_id(row.get(columns.user)) if columns.user else None
        return user, self._visitor(cell, user)

    def _visitor(self, cell: object, user: str | None) -> str:
        visitor = clean_user_id(cell)
        if visitor is not None:
            return clean_text(visitor, MAX_VISITOR)
        if cell not in (None, ""):
            raise RowError(f"visitor {str(cell)[:60]!r} does not name one visitor")
        if user is None:
            raise RowError("visitor is missing")
        return f"user:{user}"[:MAX_VISITOR]

    def _what(self, row: Mapping[str, Any], url: str, props: dict[str, Json]) -> tuple[str, str, str]:
        """(type, name, url). A page view without any address cannot be one, so it stays an event of that name."""
        columns = self._columns
        name = clean_scalar(row.get(columns.event), 2_048) if columns.event else ""
        if columns.ours:
            kind = str(row.get("type") or "")
            if kind not in _TYPES:
                raise RowError(f"type {kind[:60]!r} is not a type of event")
            return kind, "" if kind == events.PAGE else name, url
        name = name.strip()
        if name.lower() in _PAGE_NAMES or (url and not name):
            url = url or _place_in(props)
            if url:
                return events.PAGE, "", url
        if not name:
            raise RowError("event is missing")
        return events.CUSTOM, name[:MAX_NAME], url

    def _id(self, row: Mapping[str, Any], text: str) -> str:
        given = row.get(self._columns.id) if self._columns.id else None
        if given not in (None, ""):
            return row_id(given, "", 0)
        key = blake2b(text.encode(errors="surrogatepass"), digest_size=12).digest()
        occurrence = self._seen.get(key, 0)
        self._seen[key] = occurrence + 1
        return row_id(None, text, occurrence)

    def _props(self, row: Mapping[str, Any]) -> dict[str, Json]:
        columns = self._columns
        found: dict[str, Any] = {}
        if columns.rest:
            found = {name: cell for name, cell in row.items() if name not in self._mapped and cell not in (None, "")}
            if not self._typed:
                found = {name: number_or_text(cell) for name, cell in found.items()}
        cell = row.get(columns.props) if columns.props else None
        if isinstance(cell, str) and cell.strip():
            try:
                cell = json.loads(cell)
            except (ValueError, RecursionError):
                raise RowError(f"{columns.props} {cell[:60]!r} is not JSON") from None
        if isinstance(cell, dict):
            found.update(cell)
        elif cell not in (None, ""):
            raise RowError(f"{columns.props} is not a JSON object")
        if not found:
            return _NO_PROPS
        try:
            cleaned, _ = clean_json(found)
        except TooDeepError:
            raise RowError("properties are nested too deeply") from None
        return cleaned if isinstance(cleaned, dict) else _NO_PROPS

    def _own(self, row: Mapping[str, Any], raw: dict[str, Any]) -> Event:
        """A row of our own export: also what is not worked out from its address again."""
        for name, column in (("target", "target"), ("title", "title"), ("pid", "pageview")):
            if text := clean_scalar(row.get(column), 1_024):
                raw[name] = text
        found = make_event(raw, self._arrival)
        device, os, browser = (clean_scalar(row.get(name), 100) for name in ("device", "os", "browser"))
        if device or os or browser:
            found.agent = agent_of(device or "other", os, browser)
        found.bot = clean_scalar(row.get("bot"), 40)
        if found.bot not in self._bot_reasons:
            raise RowError(f"bot {found.bot!r} is not a reason that is known here")
        return found


def guarded(text: str) -> str:
    """A text of our CSV export: one that begins with a quote gets another, so that reading back takes off just one."""
    return "'" + text if text.startswith("'") else text


def _unguarded(text: str) -> str:
    """What `guarded` and the neutralising of formulas made of a text, taken back."""
    return text[1:] if text.startswith("'") else text


def _place_in(props: Mapping[str, Json]) -> str:
    """The address of a page view that only its properties tell; "" where they do not."""
    for key in ("url", "$current_url", "path", "page"):
        cell = props.get(key)
        if isinstance(cell, str) and cell.startswith(("/", "http://", "https://")):
            return cell
    return ""


def _with_campaign(url: str, row: Mapping[str, Any], props: Mapping[str, Json]) -> str:
    """`url`, with the campaign that columns or properties of those names tell, unless it carries one itself."""
    if "utm_" in url or not ("utm_source" in row or "utm_source" in props or "utm_medium" in row):
        return url
    cells = {name: clean_scalar(row.get(name) or props.get(name), 200) for name in _UTM}
    told = urlencode({name: text for name, text in cells.items() if text})
    if not told:
        return url
    base, hash_sign, fragment = url.partition("#")
    return base + ("&" if "?" in base else "?") + told + hash_sign + fragment
