"""Matomo: visits of `Live.getLastVisitsDetails`, as JSON (one visit a row) or as its flattened CSV.

A visit holds its actions in `actionDetails`; `pageId` is the row of Matomo's log (`idlink_va`), unique for ever.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from collector.core import event as events
from collector.core.event import Agent, Event
from collector.core.identity import clean_user_id
from collector.ingest.imports.devices import device_of
from collector.ingest.imports.making import ExportReader, link_of, text_of, with_query
from collector.ingest.rows import RowError, number_or_text

MAPPING = (
    ("visitorId", "visitor"),
    ("userId", "user"),
    ("actionDetails[].timestamp", "time"),
    ("actionDetails[].type", "what: action = page view, event, goal, ecommerceOrder, outlink, download, search"),
    ("actionDetails[].url", "url"),
    ("referrerUrl", "referrer of the first page"),
    ("deviceType, operatingSystemName, browserName", "device"),
)
_CELL = re.compile(r"actionDetails_(\d+)_(\w+)")


class MatomoReader(ExportReader):
    """Reads one visit at a time."""

    tool = "matomo"

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:  # noqa: ARG002 - the shape of a reader
        """The events of a visit."""
        actions = cells.get("actionDetails")
        if actions is None:
            actions = _unflatten(cells)
        if not isinstance(actions, list):
            raise RowError("actionDetails is not a list")
        user = clean_user_id(cells.get("userId"))
        visitor = self._maker.visitor(cells.get("visitorId"), user)
        visit = f"{text_of(cells.get('idSite'))}|{text_of(cells.get('idVisit'))}"
        agent = _agent(cells)
        found: list[Event] = []
        seen_page = False
        for action in actions:
            if not isinstance(action, dict):
                raise RowError("an action is not an object")
            event = self._action(cells, action, visit, seen_page, visitor=visitor, user=user, agent=agent)
            if event is not None:
                seen_page = seen_page or event.type == events.PAGE
                found.append(event)
        return found

    def _action(
        self,
        cells: Mapping[str, Any],
        action: Mapping[str, Any],
        visit: str,
        seen_page: bool,
        **common: Any,
    ) -> Event | None:
        what = text_of(action.get("type"), 100)
        told = _what(what, action)
        if told is None:
            self.left_out[f"actions of type {what or '?'}"] += 1
            return None
        kind, name, props, key = told
        at = self._maker.time(action.get("timestamp") or cells.get("serverTimestamp"))
        url = text_of(action.get("url"), 4_096) if kind not in (events.OUTBOUND, events.DOWNLOAD) else ""
        referrer = ""
        if kind == events.PAGE:
            if not url:
                self.left_out["page views without an address"] += 1
                return None
            if not seen_page:
                referrer = html.unescape(text_of(cells.get("referrerUrl")))
                url = with_query(html.unescape(url), _campaign(cells))
        # The row of the log says which action it is; what has none is told apart by what it says and when.
        page = text_of(action.get("pageId"))
        number = self._maker.key(visit, f"page:{page}") if page and not key else self._maker.key(visit, what, key, at)
        title = html.unescape(text_of(action.get("pageTitle") or action.get("title"), 1_024))
        return self._maker.make(
            number,
            kind,
            at,
            name=name,
            url=html.unescape(url),
            referrer=referrer,
            title=title if kind == events.PAGE else "",
            props=props,
            pageview=text_of(action.get("idpageview"), 36),
            **common,
        )


def _what(what: str, action: Mapping[str, Any]) -> tuple[str, str, dict[str, Any], str] | None:
    """(type, name, properties, what else names it) of an action; None for those that are no act of a visitor."""

    def word(name: str) -> str:
        return html.unescape(text_of(action.get(name), 200))

    if what == "action":
        return events.PAGE, "", {}, ""
    if what == "event":
        props = {"category": word("eventCategory"), "label": word("eventName"), "value": _number(action, "eventValue")}
        return events.CUSTOM, word("eventAction") or word("eventCategory"), _told(props), ""
    if what == "goal":
        props = {"goal_id": _number(action, "goalId"), "revenue": _number(action, "revenue")}
        return events.CUSTOM, word("goalName") or "goal", _told(props), f"{action.get('goalId')}"
    if what in ("ecommerceOrder", "ecommerceAbandonedCart"):
        props = {
            "order_id": word("orderId"),
            "revenue": _number(action, "revenue"),
            "tax": _number(action, "revenueTax"),
            "shipping": _number(action, "revenueShipping"),
            "items": _items(action.get("itemDetails")),
        }
        name = "purchase" if what == "ecommerceOrder" else "cart_abandoned"
        return events.CUSTOM, name, _told(props), word("orderId") or "cart"
    link = text_of(action.get("url"), 2_048)
    if what == "outlink":
        return events.OUTBOUND, "".join(link_of(link)), {"href": link}, ""
    if what == "download":
        return events.DOWNLOAD, link_of(link)[1] or link, {"href": link}, ""
    if what == "search":
        words = {"query": word("siteSearchKeyword"), "category": word("siteSearchCategory")}
        return events.CUSTOM, "search", _told(words | {"results": _number(action, "siteSearchCount")}), ""
    return None


def _number(action: Mapping[str, Any], name: str) -> object:
    cell = action.get(name)
    return number_or_text(cell) if isinstance(cell, str) else cell


def _told(props: Mapping[str, object]) -> dict[str, Any]:
    return {name: cell for name, cell in props.items() if cell not in (None, "", [])}


def _items(rows: object) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        return []
    names = {"itemSKU": "item_id", "itemName": "item_name", "price": "price", "quantity": "quantity"}
    return [
        {ours: row[theirs] for theirs, ours in names.items() if row.get(theirs) not in (None, "")}
        for row in rows[:100]
        if isinstance(row, dict)
    ]


def _campaign(cells: Mapping[str, Any]) -> dict[str, str]:
    """The campaign of a visit. Matomo takes its parameters out of the addresses that it keeps."""
    if text_of(cells.get("referrerType")) != "campaign":
        return {}
    named = html.unescape(text_of(cells.get("referrerName"), 200))
    return {
        "utm_source": text_of(cells.get("campaignSource"), 200) or named,
        "utm_medium": text_of(cells.get("campaignMedium"), 200),
        "utm_campaign": text_of(cells.get("campaignName"), 200) or named,
        "utm_term": html.unescape(text_of(cells.get("campaignKeyword") or cells.get("referrerKeyword"), 200)),
        "utm_content": text_of(cells.get("campaignContent"), 200),
    }


def _agent(cells: Mapping[str, Any]) -> Agent | None:
    device = text_of(cells.get("deviceType"), 100)
    os = text_of(cells.get("operatingSystemName") or cells.get("operatingSystem"), 100)
    browser = text_of(cells.get("browserName"), 100)
    return device_of(device, os, browser)


def _unflatten(cells: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The actions of a row of the CSV, whose columns are `actionDetails_0_type`, `actionDetails_0_url` ..."""
    found: dict[int, dict[str, Any]] = {}
    for name, cell in cells.items():
        match = _CELL.fullmatch(name) if name.startswith("actionDetails_") and cell not in (None, "") else None
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = cell
    return [action for _, action in sorted(found.items())]
