"""Umami: rows of its table `website_event`, as CSV or JSON, with columns of `session` and `event_data` where joined."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from collector.core import event as events
from collector.core.event import Agent, Event
from collector.core.identity import clean_user_id
from collector.ingest.imports.devices import device_of
from collector.ingest.imports.making import ExportReader, text_of, with_query
from collector.ingest.rows import RowError, number_or_text, row_id

MAPPING = (
    ("created_at", "time"),
    ("session_id", "visitor"),
    ("distinct_id", "user"),
    ("event_type, event_name", "what: 1 = page view, 2 = event"),
    ("hostname, url_path, url_query", "url"),
    ("referrer_domain, referrer_path", "referrer"),
    ("event_data", "properties"),
)
_PAGE, _CUSTOM = "1", "2"
_NOT_ACTS = {"3": "links", "4": "pixels", "5": "measures of speed"}
_PARAMETERS = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    *("gclid", "fbclid", "msclkid", "ttclid", "li_fat_id", "twclid"),
)


class UmamiReader(ExportReader):
    """Reads one row of `website_event` at a time."""

    tool = "umami"
    # Times without a zone are MySQL's, where Umami keeps UTC.
    utc = True

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:  # noqa: ARG002 - the shape of a reader
        """The event of a row."""
        kind = text_of(cells.get("event_type")) or (_CUSTOM if text_of(cells.get("event_name")) else _PAGE)
        if kind in _NOT_ACTS:
            self.left_out[_NOT_ACTS[kind]] += 1
            return ()
        if kind not in (_PAGE, _CUSTOM):
            raise RowError(f"event_type {kind[:20]!r} is not known")
        number = text_of(cells.get("event_id"), 100)
        if not number:
            raise RowError("event_id is missing")
        user = clean_user_id(text_of(cells.get("distinct_id"), 200))
        is_page = kind == _PAGE
        return [
            self._maker.make(
                row_id(number, "", 0),
                events.PAGE if is_page else events.CUSTOM,
                self._maker.time(text_of(cells.get("created_at"))),
                self._maker.visitor(text_of(cells.get("session_id"), 200), user),
                name="" if is_page else text_of(cells.get("event_name"), 200),
                url=_url(cells),
                referrer=_referrer(cells) if is_page else "",
                title=text_of(cells.get("page_title"), 1_024) if is_page else "",
                props=_props(cells),
                user=user,
                agent=_agent(cells),
            )
        ]


def _url(cells: Mapping[str, Any]) -> str:
    path = text_of(cells.get("url_path"), 2_048)
    if not path:
        return ""
    host, query = text_of(cells.get("hostname"), 200), text_of(cells.get("url_query"), 2_048).lstrip("?")
    place = (f"https://{host}" if host else "") + ("" if path.startswith("/") else "/") + path
    place += f"?{query}" if query else ""
    return with_query(place, {name: text_of(cells.get(name), 200) for name in _PARAMETERS})


def _referrer(cells: Mapping[str, Any]) -> str:
    domain = text_of(cells.get("referrer_domain"), 500)
    if not domain:
        return ""
    query = text_of(cells.get("referrer_query"), 500).lstrip("?")
    return f"https://{domain}{text_of(cells.get('referrer_path'), 500)}" + (f"?{query}" if query else "")


def _props(cells: Mapping[str, Any]) -> dict[str, Any]:
    """`event_data`: an object, or rows of the table of that name; and `tag`."""
    found: dict[str, Any] = {}
    data = cells.get("event_data")
    if isinstance(data, str) and text_of(data, len(data)):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            raise RowError("event_data is not JSON") from None
    if isinstance(data, dict):
        found.update(data)
    elif isinstance(data, list):
        for row in data:
            if isinstance(row, dict) and text_of(row.get("data_key")):
                found[text_of(row["data_key"], 200)] = _value(row)
    if tag := text_of(cells.get("tag"), 50):
        found["tag"] = tag
    return found


def _value(row: Mapping[str, Any]) -> object:
    number = row.get("number_value")
    if number is not None:
        return number_or_text(number) if isinstance(number, str) else number
    return row.get("string_value") if row.get("string_value") is not None else row.get("date_value")


def _agent(cells: Mapping[str, Any]) -> Agent | None:
    device, os, browser = (text_of(cells.get(name), 100) for name in ("device", "os", "browser"))
    return device_of(device, os, browser)
