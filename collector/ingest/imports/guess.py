"""Which tool a table comes from, and which of its columns means what: by names first, then by what is in the cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any

from collector.core.identity import clean_user_id
from collector.ingest.columns import EXPORT_COLUMNS, Columns, by_name, choose_columns
from collector.ingest.imports import access_log, ga4, matomo, posthog, segment_archive, umami
from collector.ingest.imports.making import Reader
from collector.ingest.rows import RowError, parse_time
from collector.ingest.rules import Arrival

FORMATS = ("csv", "jsonl", "ga4", "matomo", "umami", "posthog", "segment", "access-log")
TITLES = {
    "csv": "a table of events (CSV)",
    "jsonl": "a table of events (JSON)",
    "ga4": "a GA4 BigQuery export",
    "matomo": "a Matomo export of visits",
    "umami": "Umami's table website_event",
    "posthog": "a PostHog export of events",
    "segment": "a Segment archive",
    "access-log": "a web server's access log",
}
MAPPINGS = {
    "ga4": ga4.MAPPING,
    "matomo": matomo.MAPPING,
    "umami": umami.MAPPING,
    "posthog": posthog.MAPPING,
    "segment": segment_archive.MAPPING,
    "access-log": access_log.MAPPING,
}
_MARKS = {
    "ga4": frozenset(["event_timestamp", "event_name", "event_params"]),
    "umami": frozenset(["event_id", "website_id", "session_id", "created_at", "url_path"]),
    "segment": frozenset(["messageId", "type"]),
    "posthog": frozenset(["event", "distinct_id", "timestamp"]),
}
_SEGMENT_TYPES = frozenset(["track", "page", "identify", "group", "alias", "screen"])
_DIGITS = re.compile(r"\d{10}(?:\.\d+)?|\d{13}|\d{16}|\d{19}")
_EARLIEST, _LATEST = 788_918_400_000, 4_102_444_800_000  # 1995 and 2100
_ASKED = 200


def guess_format(kind: str, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The format of a table: one of `FORMATS`; csv or jsonl where it is nobody's in particular.

    Args:
        kind: csv, jsonl, json or lines.
        names: its columns, or the keys of its first rows.
        rows: its first rows.
    """
    if kind == "lines":
        return "access-log"
    found = frozenset(names)
    if found >= frozenset(EXPORT_COLUMNS[:10]):
        return "csv" if kind == "csv" else "jsonl"
    if "idVisit" in found and ("actionDetails" in found or any(name.startswith("actionDetails_") for name in found)):
        return "matomo"
    named = _MARKS["segment"] <= found and found & {"anonymousId", "userId"}
    if named and any(str(row.get("type")) in _SEGMENT_TYPES for row in rows):
        return "segment"
    for tool in ("ga4", "umami"):
        if _MARKS[tool] <= found:
            return tool
    if _MARKS["posthog"] <= found and _is_posthog(found, rows):
        return "posthog"
    return "csv" if kind == "csv" else "jsonl"


def _is_posthog(names: frozenset[str], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Other tools have a distinct_id too; only PostHog has names with a dollar, or its own columns beside them."""
    if "elements_chain" in names or any(name.startswith("properties.$") for name in names):
        return True
    return any(str(row.get("event")).startswith("$") or "$lib" in str(row.get("properties"))[:8_192] for row in rows)


def make_reader(name: str, arrival: Arrival, zone: tzinfo, salt: bytes = b"", origin: str = "") -> Reader:
    """The reader of a format other than csv and jsonl.

    Args:
        salt, origin: as `AccessLogReader` takes them.
    """
    readers: Mapping[str, Callable[[Arrival, tzinfo], Reader]] = {
        "ga4": ga4.Ga4Reader,
        "matomo": matomo.MatomoReader,
        "umami": umami.UmamiReader,
        "posthog": posthog.PosthogReader,
        "segment": segment_archive.SegmentReader,
    }
    if name == "access-log":
        return access_log.AccessLogReader(arrival, zone, salt, origin)
    return readers[name](arrival, zone)


def guess_columns(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], given: Mapping[str, str | None]
) -> tuple[Columns, tuple[str, ...]]:
    """(which column means what, the roles that only the cells speak for).

    Args:
        given: role to the name that somebody gave.

    Raises:
        UserError: a column that was given is not there, or one that is needed cannot be found.
    """
    cells = {name: [row[name] for row in rows[:_ASKED] if row.get(name) not in (None, "")] for name in names}

    def fits(role: str, name: str) -> bool:
        looks = _LOOKS.get(role)
        return looks is None or (bool(cells[name]) and sum(map(looks, cells[name])) > 0.6 * len(cells[name]))

    told = {role: name for role, name in given.items() if name}
    unsure = []
    alternatives: tuple[tuple[str, tuple[str, ...]], ...] = (("time", ()), ("url", ("event",)))
    for role, instead in alternatives:
        taken = set(told.values())
        if not any(needed in told or by_name(needed, names, taken) for needed in (role, *instead)):
            guess = next((name for name in names if name not in taken and fits(role, name)), None)
            if guess is not None:
                told[role] = guess
                unsure.append(role)
    return choose_columns(names, told, fits), tuple(unsure)


def looks_like_time(cell: object) -> bool:
    """Whether a cell is a moment between 1995 and 2100, and not just any number."""
    if isinstance(cell, str) and cell.strip().replace(".", "").isdigit() and not _DIGITS.fullmatch(cell.strip()):
        return False
    if isinstance(cell, int | float) and not isinstance(cell, bool) and not _DIGITS.fullmatch(f"{cell:.0f}"):
        return False
    try:
        return _EARLIEST < parse_time(cell, UTC) < _LATEST
    except (RowError, OverflowError, ValueError):
        return False


def _looks_like_url(cell: object) -> bool:
    return isinstance(cell, str) and cell.strip().startswith(("/", "http://", "https://"))


def _looks_like_somebody(cell: object) -> bool:
    return clean_user_id(cell) is not None


_LOOKS = {"time": looks_like_time, "url": _looks_like_url, "visitor": _looks_like_somebody}
