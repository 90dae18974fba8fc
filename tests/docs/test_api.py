"""The example answer on the page about reading reports is one that a report gives."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.documents import blocks
from tests.support.pages import installed


def test_the_example_has_the_names_that_the_report_has(tmp_path: Path) -> None:
    (text,) = blocks("api.md", "json")
    example = json.loads(text)
    for shop in installed(tmp_path / "data", events=False):
        answer = shop.client().get("/shop/overview.json?period=7d").json
        assert answer is not None
        assert list(answer) == list(example)
        assert (answer["report"], answer["query"]) == (example["report"], example["query"])
        (told,) = example["blocks"]
        real = next(block for block in answer["blocks"] if block["id"] == told["id"])
        assert set(real) == set(told)
        assert {name: real[name] for name in ("kind", "title", "columns", "note")} == {
            name: told[name] for name in ("kind", "title", "columns", "note")
        }
        assert len(told["rows"][0]) == len(told["columns"])
        assert any(block["id"] == "trend" for block in answer["blocks"])
