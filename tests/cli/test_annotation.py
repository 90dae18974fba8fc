"""`desireline annotation`: marks from the terminal, as a release script makes them."""

from __future__ import annotations

import json

from tests.cli.desk import Desk

AT = ("--site", "shop")


def test_a_release_script_marks_its_day(shop: Desk) -> None:
    assert "No day is marked yet" in shop.ok("annotation", "list", *AT)
    said = shop.ok("annotation", "add", "New checkout", *AT, "--day", "2026-03-02", "--link", "https://a.example/7")
    assert said.startswith("Marked 2026-03-02 (number ")
    shop.ok("annotation", "add", "Today's", *AT, "--kind", "campaign")
    found = json.loads(shop.ok("annotation", "list", *AT, "--json"))
    assert [(one["kind"], one["text"]) for one in found] == [("release", "New checkout"), ("campaign", "Today's")]
    number = str(found[0]["id"])
    assert "New checkout  https://a.example/7" in shop.ok("annotation", "list", *AT)
    assert shop.ok("annotation", "delete", number, *AT) == f"Deleted mark number {number}.\n"
    assert "no mark number" in shop.fails("annotation", "delete", number, *AT)
    assert "is not a date" in shop.fails("annotation", "add", "x", *AT, "--day", "tomorrow")
