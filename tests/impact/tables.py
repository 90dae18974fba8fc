"""The proof's tables as markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from tests.impact.parts import Part
from tests.impact.summary import Row

COLUMNS = (
    "world", "measure", "exposed", "truth", "mean", "bias", "sd", "naive's bias", "plain matching's bias",
    "coverage", "width", "false alarms", "power", "refused", "warned", "CPU s", "missed",
)  # fmt: skip
TOLD = tuple(name for name in COLUMNS if name not in ("sd", "width", "CPU s", "missed"))  # in docs/impact.md
PARTS = ("world", "what", "of them", "largest bias", "where", "coverage", "lowest", "where", "missed")


def table(rows: Sequence[Row], null: Mapping[str, bool], columns: Sequence[str] = COLUMNS) -> str:
    """A row a measure; `null` says of each world whether nothing is true."""
    kept = [COLUMNS.index(name) for name in columns]
    return _table(columns, [[cells[at] for at in kept] for cells in (_cells(row, null[row.world]) for row in rows)])


def part_table(parts: Sequence[Part]) -> str:
    """A row for each kind of parts of each world."""
    return _table(PARTS, [_part_cells(part) for part in parts])


def put(page: str, blocks: Mapping[str, str]) -> str:
    """A page with each block in place of the lines from its beginning on, up to the next empty line.

    Raises:
        ValueError: no line of the page has this beginning.
    """
    for begin, block in blocks.items():
        before, mark, after = page.partition(f"\n{begin}")
        if not mark:
            raise ValueError(f"no line begins with {begin!r}")
        _, end, rest = after.partition("\n\n")
        page = f"{before}\n{block}{end}{rest}"
    return page


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return "\n".join([*lines, *("| " + " | ".join(cells) + " |" for cells in rows)])


def _cells(row: Row, null: bool) -> list[str]:
    answered = row.refused < 1
    by = _points if row.measure == "rate" else _money
    return [
        row.world,
        row.measure,
        f"{row.exposed:.0f}",
        by(row.truth),
        *((by(row.mean), by(row.bias), by(row.error).lstrip("+")) if answered else ("", "", "")),
        by(row.naive_bias),
        by(row.plain_bias),
        str(row.coverage) if answered else "",
        by(row.width).lstrip("+") if answered else "",
        str(row.claims) if null and answered else "",
        "" if null or not answered else f"{row.claims.of:.0%}",
        f"{row.refused:.0%}",
        f"{row.warned:.0%}" if answered else "",
        f"{row.seconds:.2f}",
        ", ".join(row.missed),
    ]


def _part_cells(part: Part) -> list[str]:
    by = _money if part.kind == "days left" else _points
    return [
        part.world,
        part.kind,
        str(part.cells),
        by(part.bias),
        part.bias_of,
        str(part.coverage),
        f"{part.lowest:.1%}",
        part.lowest_of,
        ", ".join(part.missed),
    ]


def _points(share: float) -> str:
    return "" if isnan(share) else f"{100 * share:+.1f} pts"


def _money(amount: float) -> str:
    return "" if isnan(amount) else f"{amount:+.2f}"
