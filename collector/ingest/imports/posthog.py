"""PostHog: events of batch exports (JSON Lines), of its API (`results`), and of the CSV that its pages download.

`properties` is an object, its text, or columns named `properties.$current_url` and so on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from collector.core import event as events
from collector.core.event import Agent, Event
from collector.core.identity import clean_user_id
from collector.ingest.imports.devices import device_of
from collector.ingest.imports.making import ExportReader, link_of, text_of
from collector.ingest.rows import RowError, row_id

MAPPING = (
    ("timestamp", "time"),
    ("$device_id, else distinct_id", "visitor"),
    ("distinct_id of identified events", "user"),
    ("event", "event; $pageview, $identify, $autocapture become pages, links and clicks"),
    ("$current_url", "url"),
    ("$referrer", "referrer"),
    ("uuid", "id"),
    ("properties without a $", "properties"),
)
# What its library sends by itself and nobody did.
_NOT_ACT_NAMES = """
$feature_flag_called $web_vitals $groupidentify $snapshot $performance_event $opt_in $$heatmap $dead_click
$exception $set_once $merge_dangerously $pageleave
"""
_NOT_ACTS = frozenset(_NOT_ACT_NAMES.split())
_BROWSERS = frozenset(["", "web", "js", "posthog-js"])
_PHONES = ("posthog-ios", "posthog-android", "posthog-react-native", "posthog-flutter")


class PosthogReader(ExportReader):
    """Reads one event at a time."""

    tool = "posthog"
    # Its downloads write UTC, with or without saying so.
    utc = True

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:  # noqa: ARG002 - the shape of a reader
        """The event of a row."""
        name = text_of(cells.get("event"), 200)
        props = _properties(cells)
        if name in _NOT_ACTS or (name == "$autocapture" and props.get("$event_type") not in ("click", "submit")):
            self.left_out[f"{name}: nothing that a person did"] += 1
            return ()
        number = text_of(cells.get("uuid") or cells.get("id"), 100)
        at = self._maker.time(cells.get("timestamp"))
        visitor, user = self._who(name, cells, props)
        kind, called, kept = _what(name, cells, props, user)
        key = row_id(number, "", 0) if number else self._maker.key(cells.get("distinct_id"), name, at, visitor)
        return [
            self._maker.make(
                key,
                kind,
                at,
                visitor,
                name=called,
                url=text_of(props.get("$current_url"), 4_096) or text_of(props.get("$pathname"), 2_048),
                referrer=_referrer(props) if kind == events.PAGE else "",
                title=text_of(props.get("title") or props.get("$title"), 1_024) if kind == events.PAGE else "",
                props=kept,
                user=user,
                user_agent=text_of(props.get("$raw_user_agent"), 512),
                agent=_agent(props),
            )
        ]

    def _who(self, name: str, cells: Mapping[str, Any], props: Mapping[str, Any]) -> tuple[str, str | None]:
        """(visitor, user). A browser's events name its device; once identified, `distinct_id` is the user's."""
        told = cells.get("distinct_id") or props.get("distinct_id")
        distinct = clean_user_id(told)
        if distinct is None:
            raise RowError("distinct_id is missing" if told in (None, "") else f"distinct_id {told!r:.60} names nobody")
        device = clean_user_id(props.get("$device_id"))
        if name in ("$identify", "$create_alias"):
            other = clean_user_id(props.get("$anon_distinct_id") or props.get("alias"))
            return self._maker.visitor(other or device, distinct), distinct
        known = _is_true(props.get("$is_identified")) or clean_user_id(props.get("$user_id")) == distinct
        if text_of(props.get("$lib")) not in (*_BROWSERS, *_PHONES) and device is None:
            # A server speaks of users, unless it says that it speaks of nobody in particular.
            known = props.get("$process_person_profile") is not False
            return self._maker.visitor(None, distinct) if known else distinct, distinct if known else None
        if known:
            return self._maker.visitor(device if device != distinct else None, distinct), distinct
        return self._maker.visitor(distinct), None


def _properties(cells: Mapping[str, Any]) -> dict[str, Any]:
    found = cells.get("properties")
    if isinstance(found, str) and found.strip():
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            raise RowError("properties are not JSON") from None
    if found not in (None, "") and not isinstance(found, dict):
        raise RowError("properties are not a JSON object")
    flat = {
        name[11:]: cell for name, cell in cells.items() if name.startswith("properties.") and cell not in ("", None)
    }
    return {**(found or {}), **flat}


def _is_true(cell: object) -> bool:
    return cell is True or (isinstance(cell, str) and cell.lower() == "true")


def _referrer(props: Mapping[str, Any]) -> str:
    found = text_of(props.get("$referrer"))
    return "" if found == "$direct" else found


def _agent(props: Mapping[str, Any]) -> Agent | None:
    device, os, browser = (text_of(props.get(name), 100) for name in ("$device_type", "$os", "$browser"))
    return device_of(device, os, browser)


def _what(
    name: str, cells: Mapping[str, Any], props: Mapping[str, Any], user: str | None
) -> tuple[str, str, dict[str, Any]]:
    """(type, name, properties)."""
    own = {key: cell for key, cell in props.items() if not key.startswith("$") and key not in ("token", "distinct_id")}
    if name == "$pageview":
        return events.PAGE, "", own
    if name in ("$identify", "$create_alias", "$set"):
        traits = props.get("$set") or cells.get("$set") or cells.get("set") or {}
        if name == "$set" and user is None:
            return events.CUSTOM, "traits", traits if isinstance(traits, dict) else {}
        return events.IDENTIFY, user or "", traits if isinstance(traits, dict) else {}
    if name == "$autocapture":
        text = text_of(props.get("$el_text"), 200)
        link = text_of(props.get("$external_click_url") or props.get("$elements_chain_href"))
        if props.get("$event_type") == "submit":
            return events.FORM, text_of(props.get("attr__id") or props.get("attr__name"), 200) or "form", {}
        if text_of(props.get("$external_click_url")):
            return events.OUTBOUND, "".join(link_of(link)), {"href": link, "text": text}
        return events.CLICK, text or "(no text)", {"text": text} | ({"href": link} if link else {})
    return events.CUSTOM, name, own
