"""Google Analytics 4: rows of the BigQuery export's `events_*` tables, as JSON.

Its schema: support.google.com/analytics/answer/7029846. BigQuery writes whole numbers as texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from collector.core import event as events
from collector.core.event import Agent, Event
from collector.core.identity import clean_user_id
from collector.ingest.imports.devices import device_of
from collector.ingest.imports.making import ExportReader, link_of, text_of, with_query
from collector.ingest.rows import RowError

MAPPING = (
    ("event_timestamp", "time"),
    ("user_pseudo_id", "visitor"),
    ("user_id", "user"),
    ("event_name", "event"),
    ("page_location", "url"),
    ("page_referrer", "referrer"),
    ("engagement_time_msec", "engaged time"),
    ("ecommerce.purchase_revenue", "revenue"),
    ("collected_traffic_source", "campaign"),
    ("device", "device"),
)
# Google's own marks of sessions and first visits: here both follow from the events themselves.
_MARKS = frozenset(["session_start", "first_visit"])
_INNER_NAMES = """
page_location page_referrer page_title ga_session_id ga_session_number engaged_session_event session_engaged
ignore_referrer entrances engagement_time_msec batch_ordering_id batch_page_id synthetic_bundle debug_mode
"""
_INNER = frozenset(_INNER_NAMES.split())
_CAMPAIGN = {
    "manual_source": "utm_source",
    "manual_medium": "utm_medium",
    "manual_campaign_name": "utm_campaign",
    "manual_term": "utm_term",
    "manual_content": "utm_content",
    "gclid": "gclid",
    "dclid": "dclid",
}
_PARAMS = {"source": "utm_source", "medium": "utm_medium", "campaign": "utm_campaign", "term": "utm_term"}
_NO_CAMPAIGN = frozenset(["", "organic", "referral", "(none)", "(not set)"])


class Ga4Reader(ExportReader):
    """Reads one row of the export at a time."""

    tool = "ga4"

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:  # noqa: ARG002 - the shape of a reader
        """The event of a row, and the engaged time that it carries as an event of its own."""
        name = text_of(cells.get("event_name"), 200)
        if name in _MARKS:
            self.left_out[f"{name}: worked out here from the events"] += 1
            return ()
        user = clean_user_id(cells.get("user_id"))
        if user is None and not text_of(cells.get("user_pseudo_id")):
            self.left_out["no visitor, as where consent was denied"] += 1
            return ()
        at = self._maker.time(cells.get("event_timestamp"))
        params = _flat(cells.get("event_params"))
        common: dict[str, Any] = {
            "user": user,
            "agent": _agent(cells.get("device")),
            "title": text_of(params.get("page_title"), 1_024),
        }
        visitor = self._maker.visitor(cells.get("user_pseudo_id"), user)
        number = self._number(cells)
        place = with_query(text_of(params.get("page_location"), 4_096), _campaign(cells, params))
        engaged = _whole(params.get("engagement_time_msec"))
        if name in ("user_engagement", "scroll"):
            return [self._engaged(number, at, visitor, place, engaged, params.get("percent_scrolled"), common)]
        kind, called, props = _what(name, params, cells)
        found = [
            self._maker.make(
                self._maker.key(number),
                kind,
                at,
                visitor,
                name=called,
                url=place,
                referrer=text_of(params.get("page_referrer"), 2_048),
                props=props,
                **common,
            )
        ]
        if engaged:
            # On a page view it is the time spent on the page before, whose address is not told.
            where = "" if kind == events.PAGE else place
            found.append(self._engaged(f"{number}|engaged", at, visitor, where, engaged, None, common))
        return found

    def _engaged(
        self, number: str, at: int, visitor: str, url: str, ms: int, scroll: object, common: Mapping[str, Any]
    ) -> Event:
        props = {"ms": ms} | ({"scroll": _whole(scroll)} if scroll else {})
        return self._maker.make(self._maker.key(number), events.ENGAGEMENT, at, visitor, url=url, props=props, **common)

    @staticmethod
    def _number(cells: Mapping[str, Any]) -> str:
        """What tells one event from all others, the same in the daily and the intraday table."""
        params = cells.get("event_params")
        rows = sorted(json.dumps(row, sort_keys=True) for row in params) if isinstance(params, list) else []
        items = json.dumps(cells.get("items") or [], sort_keys=True)
        names = ("user_pseudo_id", "user_id", "event_timestamp", "event_name", "event_bundle_sequence_id")
        told = "|".join([*(str(cells.get(name)) for name in names), *rows, items])
        return blake2b(told.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _flat(params: object) -> dict[str, Any]:
    """`event_params` as name to value: [{"key": ..., "value": {"int_value": "1"}}], or a plain object."""
    if isinstance(params, dict):
        return params
    if params is None:
        return {}
    if not isinstance(params, list):
        raise RowError("event_params is not a list")
    found: dict[str, Any] = {}
    for row in params:
        if not isinstance(row, dict) or not isinstance(row.get("value"), dict):
            continue
        value = row["value"]
        for field in ("string_value", "int_value", "double_value", "float_value"):
            cell = value.get(field)
            if cell is not None:
                found[str(row.get("key"))] = cell if field == "string_value" else _number(cell)
                break
    return found


def _number(cell: object) -> object:
    try:
        return int(str(cell)) if not isinstance(cell, float) else cell
    except ValueError:
        try:
            return float(str(cell))
        except ValueError:
            return cell


def _whole(cell: object) -> int:
    try:
        return max(0, int(float(str(cell)))) if cell is not None else 0
    except (ValueError, OverflowError):
        return 0


def _campaign(cells: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, str]:
    """The campaign of this very event; `traffic_source` is the first one ever of the user, so it says nothing here."""
    told = cells.get("collected_traffic_source")
    if isinstance(told, dict):
        return {name: text_of(told.get(field), 200) for field, name in _CAMPAIGN.items()}
    if text_of(params.get("medium")) in _NO_CAMPAIGN:
        return {}
    return {name: text_of(params.get(field), 200) for field, name in _PARAMS.items()}


def _agent(device: object) -> Agent | None:
    if not isinstance(device, dict):
        return None
    web = device.get("web_info")
    browser = text_of(web.get("browser") if isinstance(web, dict) else device.get("browser"), 100)
    return device_of(text_of(device.get("category"), 100), text_of(device.get("operating_system"), 100), browser)


def _what(name: str, params: Mapping[str, Any], cells: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """(type, name, properties): what enhanced measurement sends becomes the same as the tracker's own events."""
    props = {key: cell for key, cell in params.items() if key not in _INNER}
    link = text_of(params.get("link_url"), 2_048)
    if name == "page_view":
        return events.PAGE, "", {key: cell for key, cell in props.items() if key not in _PARAMS and key != "content"}
    if name == "click" and link:
        return events.OUTBOUND, "".join(link_of(link)), {"href": link}
    if name == "file_download" and link:
        return events.DOWNLOAD, link_of(link)[1], {"href": link}
    if name in ("form_start", "form_submit"):
        form = text_of(params.get("form_id")) or text_of(params.get("form_name")) or "form"
        return (events.FORM_START if name == "form_start" else events.FORM), form[:200], {}
    return events.CUSTOM, name, props | _purchase(cells, props)


def _purchase(cells: Mapping[str, Any], props: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    shop = cells.get("ecommerce")
    if isinstance(shop, dict):
        revenue = shop.get("purchase_revenue")
        if revenue is not None and "value" not in props:
            found["revenue"] = _number(revenue)
        if "transaction_id" not in props and text_of(shop.get("transaction_id")):
            found["transaction_id"] = text_of(shop["transaction_id"], 200)
    items = cells.get("items")
    if isinstance(items, list) and items:
        kept = ("item_id", "item_name", "item_category", "item_brand", "price", "quantity")
        found["items"] = [
            {
                field: _number(cell) if field in ("price", "quantity") else cell
                for field in kept
                if (cell := item.get(field)) is not None
            }
            for item in items[:100]
            if isinstance(item, dict)
        ]
    return found
