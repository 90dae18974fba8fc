"""What a long proof has done, in a file that it can go on from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

from tests.impact.parts import Part
from tests.impact.summary import Row, Share


@dataclass(frozen=True, slots=True)
class Kept:
    """Of one world."""

    rows: Sequence[Row]
    parts: Sequence[Part]


def keep(file: Path, runs: int, done: Mapping[str, Kept]) -> None:
    """Write the file anew."""
    told = {
        name: {"rows": [asdict(r) for r in of.rows], "parts": [asdict(p) for p in of.parts]}
        for name, of in done.items()
    }
    whole = file.with_suffix(".new")
    whole.write_text(json.dumps(_known({"runs": runs, "worlds": told}), indent=1) + "\n")
    whole.replace(file)


def kept(file: Path, runs: int) -> dict[str, Kept]:
    """What the file holds, of as many runs; nothing where there is none."""
    found = json.loads(file.read_text()) if file.exists() else {}
    if found.get("runs") != runs:
        return {}
    return {
        name: Kept([Row(**_read(row)) for row in of["rows"]], [Part(**_read(part)) for part in of["parts"]])
        for name, of in found["worlds"].items()
    }


def _read(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Shares, lists and numbers that are none as they were."""
    texts = ("world", "measure", "kind", "bias_of", "lowest_of")
    read: dict[str, Any] = {}
    for name, cell in cells.items():
        if isinstance(cell, dict):
            read[name] = Share(**_read(cell))
        elif isinstance(cell, list):
            read[name] = tuple(cell)
        else:
            read[name] = float("nan") if cell is None and name not in texts else cell
    return read


def _known(cell: Any) -> Any:
    """JSON has no word for a mean of nothing but null."""
    if isinstance(cell, dict):
        return {name: _known(inner) for name, inner in cell.items()}
    if isinstance(cell, list | tuple):
        return [_known(inner) for inner in cell]
    return None if isinstance(cell, float) and isnan(cell) else cell
