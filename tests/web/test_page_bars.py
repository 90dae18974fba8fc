"""What the page's script makes of the data of a plot, run by Node without a page."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.npm import find_node

CHARTS = Path(__file__).resolve().parents[2] / "tracker_js" / "pages" / "charts"
LOOK = {name: name for name in ("text", "faded", "font", "strong", "line", "surface")} | {"colors": ["#1f5fa8", "#000"]}
LINE = {"name": "People", "data": [5, None, 7, 2], "shown": ["5", "–", "7", "2"], "before": False}
PLOT: dict[str, Any] = {"x": ["a", "b", "c", "d"], "unit": "count", "lines": [LINE], "stack": False, "marks": []}
CASES: dict[str, dict[str, Any]] = {
    "open bars": {**PLOT, "bars": True, "open": 2},
    "whole bars": {**PLOT, "bars": True, "open": None},
    "open line": {**PLOT, "bars": False, "open": 2},
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[dict[str, Any]]]:
    """What is drawn for each case."""
    node = find_node()
    assert node is not None, "python -m tests.support.prepare"
    script = f"""globalThis.document = {{ documentElement: {{ lang: 'en' }} }};
const {{ seriesOptions }} = await import({json.dumps((CHARTS / "series.js").as_uri())});
const cases = Object.entries({json.dumps(CASES)});
const found = cases.map(([name, plot]) => [name, seriesOptions(plot, {json.dumps(LOOK)}).series]);
console.log(JSON.stringify(Object.fromEntries(found)));"""
    command = [*node.node, "--input-type=module", "-e", script]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found: dict[str, list[dict[str, Any]]] = json.loads(told.stdout)
    return found


def test_bars_of_periods_that_are_not_over_are_paler(drawn: dict[str, list[dict[str, Any]]]) -> None:
    (bars,) = drawn["open bars"]
    assert bars["data"][:2] == [5, None]
    assert [one["value"] for one in bars["data"][2:]] == [7, 2]
    assert all(0 < one["itemStyle"]["opacity"] < 0.6 for one in bars["data"][2:])


def test_bars_of_periods_that_are_over_are_all_alike(drawn: dict[str, list[dict[str, Any]]]) -> None:
    (bars,) = drawn["whole bars"]
    assert bars["data"] == [5, None, 7, 2]


def test_a_line_is_dashed_from_the_last_period_that_is_over(drawn: dict[str, list[dict[str, Any]]]) -> None:
    over, rest = drawn["open line"]
    assert [(one["lineStyle"]["type"], one["data"]) for one in (over, rest)] == [
        ("solid", [5, None, None, None]),
        ("dashed", [None, None, 7, 2]),
    ]
