"""A result as JSON and as CSV: the same columns and the same numbers as the page."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import chain

from collector.core.blocks import Block, Cell, Column, Result, Unit

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")
# What moves a terminal's cursor or begins one of its commands; JSON has escapes for the first 32 of them by itself.
# Some readers of JSON Lines end a line at U+2028 and U+2029 too.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HIGH_CONTROLS = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}


def iso_time(ms: int, zone: tzinfo = UTC) -> str:
    """An instant as ISO 8601 with its offset, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, zone).isoformat(timespec="milliseconds")


def plain_cell(cell: Cell, unit: Unit, zone: tzinfo) -> Cell:
    """A cell for machines: times as ISO 8601, numbers that are not finite as None."""
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    if unit == "time" and isinstance(cell, int | float):
        return iso_time(int(cell), zone)
    return cell


def plain_rows(block: Block, zone: tzinfo) -> list[list[Cell]]:
    """The block's rows for machines."""
    units = [column.unit for column in block.columns]
    return [[plain_cell(cell, unit, zone) for cell, unit in zip(row, units, strict=True)] for row in block.rows]


def to_json(report: str, arguments: Sequence[tuple[str, str]], result: Result, zone: tzinfo) -> dict[str, object]:
    """The public JSON of a report (stable): report, query, as_of, headline, notes, blocks."""
    query: dict[str, list[str]] = {}
    for name, text in arguments:
        query.setdefault(name, []).append(text)
    return {
        "report": report,
        "query": query,
        "as_of": iso_time(result.as_of),
        "headline": None if result.headline is None else str(result.headline),
        "notes": [str(note) for note in result.notes],
        "blocks": [
            {
                "id": block.id,
                "kind": block.kind,
                "title": str(block.title),
                "columns": [column.name for column in block.columns],
                "rows": plain_rows(block, zone),
                "note": None if block.note is None else str(block.note),
            }
            for block in result.blocks
        ],
    }


def dump_json(report: str, arguments: Sequence[tuple[str, str]], result: Result, zone: tzinfo) -> str:
    """`to_json` as text; strict JSON (no NaN)."""
    return json_text(to_json(report, arguments, result, zone), indent=1)


def json_text(value: object, indent: int | None = None) -> str:
    """Strict JSON without a character that a terminal would obey."""
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return written.translate(_HIGH_CONTROLS)


def one_line(text: str) -> str:
    """`text` for a line of a terminal: what cannot be printed, line ends and reversals of direction are `?`."""
    return text if text.isprintable() else "".join(ch if ch.isprintable() else "?" for ch in text)


def neutral(cell: Cell) -> str:
    """A CSV cell that no spreadsheet runs as a formula (D6); real numbers stay numbers."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return repr(cell)
    text = _CONTROLS.sub("", str(cell))
    if text and (text[0] in _FORMULA or unicodedata.normalize("NFKC", text[0]) in _FORMULA):
        return "'" + text
    return text


def csv_lines(columns: Sequence[Column] | Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Lines of a CSV (RFC 4180, CRLF), headers first, every cell neutralised; rows are taken one at a time."""
    names = [column.name if isinstance(column, Column) else column for column in columns]
    for row in chain([names], rows):
        buffer = io.StringIO()
        csv.writer(buffer).writerow([neutral(cell) for cell in row])
        yield buffer.getvalue()


def block_csv(block: Block, zone: tzinfo) -> str:
    """One block as CSV text."""
    return "".join(csv_lines(block.columns, plain_rows(block, zone)))


def block_table(block: Block, zone: tzinfo) -> str:
    """One block as aligned text for a terminal."""
    rows = [[column.name for column in block.columns]] + [
        [_short(cell) for cell in row] for row in plain_rows(block, zone)
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(block.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([one_line(str(block.title)), *lines, ""])


def _short(cell: Cell) -> str:
    return one_line(f"{cell:.4g}" if isinstance(cell, float) and not float(cell).is_integer() else neutral(cell))
