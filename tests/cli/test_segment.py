"""`desireline segment`: made, counted, exported, renamed, deleted; the same people as reports count."""

from __future__ import annotations

import csv
import io

from tests.cli.desk import Desk
from tests.cli.test_commands import ROWS


def test_a_segment_from_the_terminal_is_the_one_of_the_pages(shop: Desk) -> None:
    shop.load("shop", ROWS)
    at = ("--site", "shop")
    assert "no segments yet" in shop.ok("segment", "list", *at)
    said = shop.ok("segment", "add", "Payers", *at, "--where", "event:signup -> event:purchase[total>=20][#within=2d]")
    assert said == "Saved Payers: 1 person now.\n"
    assert shop.ok("segment", "add", "Rest", *at, "--where-not", "segment:Payers") == "Saved Rest: 1 person now.\n"
    listed = shop.ok("segment", "list", *at)
    assert "Payers  1 person\n" in listed
    assert "event:signup -> event:purchase[total>=20][#within=2d]" in listed
    assert shop.ok("segment", "count", *at) == "2\n"
    assert shop.ok("segment", "count", "Rest", *at) == "1\n"
    assert shop.ok("segment", "count", "Rest", *at, "--where", "event:purchase") == "0\n"
    rows = list(csv.DictReader(io.StringIO(shop.ok("segment", "export", "Rest", *at))))
    assert [row["person"] for row in rows] == ["bob"]
    twin = shop.ok("report", "visitors", *at, "--segment", "Rest", "--all-time", "--format", "csv")
    assert [row["person"] for row in csv.DictReader(io.StringIO(twin))] == ["bob"]
    assert "a part of Rest" in shop.fails("segment", "delete", "Payers", *at)
    shop.ok("segment", "rename", "Payers", "Paid", *at)
    assert "segment:Paid" in shop.ok("segment", "list", *at)
    shop.ok("segment", "delete", "Rest", *at)
    shop.ok("segment", "delete", "Paid", *at)
    assert "There is no segment 'Paid'" in shop.fails("segment", "delete", "Paid", *at)


def test_what_cannot_be_a_segment_is_said_in_a_line(shop: Desk) -> None:
    at = ("--site", "shop")
    assert "is no condition" in shop.fails("segment", "add", "X", *at, "--where", "nonsense")
    assert "needs a condition" in shop.fails("segment", "add", "X", *at)
    assert "no segment 'Y'" in shop.fails("segment", "count", "Y", *at)
    assert "X → X" in shop.fails("segment", "add", "X", *at, "--where", "segment:X")


def test_the_people_of_a_file_are_kept_as_they_are_now(shop: Desk) -> None:
    rows = [
        {"visitor": f"v{n}", "time": f"2026-03-0{n}T10:00:00Z", "event": "x", "user": "ann" * (n == 1)}
        for n in (1, 2, 3)
    ]
    shop.load("shop", rows)
    file = shop.folder / "people.txt"
    file.write_text("ann\n\n v2 \nnobody\nv2\n")
    done = shop.run("segment", "add", "To call", "--site", "shop", "--list", str(file))
    assert done.stdout == "Saved To call: 2 people now.\n"
    assert done.stderr == "Left out, since nobody here is called so: 1 person.\n"
    exported = shop.ok("segment", "export", "To call", "--site", "shop")
    assert {line.partition(",")[0] for line in exported.splitlines()[1:]} == {"ann", "v2"}
    assert "a place on list 1, kept on 20" in shop.ok("segment", "list", "--site", "shop")
    # It is a part of conditions like any segment.
    assert (
        shop.ok("segment", "count", "--site", "shop", "--where", "segment:To call", "--where-not", "is:identified")
        == "1\n"
    )
    shop.ok("forget", "v2", "--site", "shop", "--yes")
    assert shop.ok("segment", "count", "To call", "--site", "shop") == "1\n"
    file.write_text("nobody")
    assert "Nobody is on this list" in shop.fails("segment", "add", "B", "--site", "shop", "--list", str(file))
    said = shop.fails("segment", "add", "B", "--site", "shop", "--list", str(file), "--where", "any")
    assert "list and conditions" in said
