"""Costs from the terminal: imported, listed, deleted, and beside what they brought."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.desk import Desk

TABLE = "day,campaign,cost\n2026-01-05,brand,10\n2026-01-06,brand,20\nTotal,,30\n"
GIVEN = ("--channel", "paid_search", "--source", "google", "--currency", "EUR")


def test_costs_are_imported_once_and_reported(shop: Desk, tmp_path: Path) -> None:
    file = tmp_path / "costs.csv"
    file.write_text(TABLE)
    assert "2 days would be kept" in shop.ok("spend", "import", str(file), "--site", "shop", *GIVEN, "--dry-run")
    assert "No costs yet" in shop.ok("spend", "list", "--site", "shop")
    said = shop.ok("spend", "import", str(file), "--site", "shop", *GIVEN)
    assert "3 rows read: 2 days added, 0 replaced, 1 row refused." in said
    assert "0 days added, 2 replaced" in shop.ok("spend", "import", str(file), "--site", "shop", *GIVEN)
    listed = json.loads(shop.ok("spend", "list", "--site", "shop", "--json"))
    assert [(one["campaign"], one["days"], one["cost"]) for one in listed] == [("brand", 2, 30.0)]
    shop.load("shop", [{"visitor": "a", "t": "2026-01-05T10:00:00Z", "name": "purchase", "props": {"total": 60}}])
    question = ("--site", "shop", "--goal", "event:purchase", "--from", "2026-01-05", "--to", "2026-01-06")
    csv = shop.ok("report", "attribution", *question, "--block", "models", "--format", "csv")
    assert csv.splitlines()[0].endswith("share,revenue,cost,cpa,roas")
    assert csv.splitlines()[2].startswith("paid_search,0,")
    assert csv.splitlines()[2].endswith(",30.0,,0.0")
    assert "2 days deleted" in shop.ok("spend", "delete", "--site", "shop", *GIVEN[:4], "--campaign", "brand")
    assert "no such costs" in shop.fails("spend", "delete", "--site", "shop", "--all")


def test_what_cannot_be_read_is_said(shop: Desk, tmp_path: Path) -> None:
    file = tmp_path / "costs.csv"
    file.write_text(TABLE)
    assert "No column says the currency" in shop.fails("spend", "import", str(file), "--site", "shop")
    assert "names no column" in shop.fails("spend", "import", str(file), "--site", "shop", "--column", "x")
    assert "Say what to delete" in shop.fails("spend", "delete", "--site", "shop")
