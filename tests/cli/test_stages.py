"""`desireline stages`: shown, set from a file as JSON, taken back."""

from __future__ import annotations

import json

import pytest

from tests.cli.desk import Desk

AT = ("--site", "shop")
STAGES = [
    {"name": "Visitor", "when": "any"},
    {"name": "Regular – “A”", "when": "event:purchase[#times>=2] | event:renewed"},
    {"name": "Lost", "when": "quiet:4w"},
]


def test_stages_go_in_as_they_come_out_and_are_taken_back(shop: Desk) -> None:
    before = shop.ok("stages", "show", *AT)
    assert "made of the goals" in before
    file = shop.folder / "stages.json"
    file.write_text(json.dumps(STAGES))
    assert shop.ok("stages", "set", str(file), *AT) == "The stages are: Visitor, Regular – “A”, Lost\n"
    assert json.loads(shop.ok("stages", "show", *AT, "--json")) == STAGES
    assert " 2  Regular – “A”  event:purchase[#times>=2] | event:renewed\n" in shop.ok("stages", "show", *AT)
    file.write_text(shop.ok("stages", "show", *AT, "--json"))
    shop.ok("stages", "set", str(file), *AT)
    assert json.loads(shop.ok("stages", "show", *AT, "--json")) == STAGES
    assert "goals again" in shop.ok("stages", "remove", *AT)
    assert shop.ok("stages", "show", *AT) == before
    assert "Nobody named the stages" in shop.fails("stages", "remove", *AT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "no list of stages"),
        ('{"name": "A"}', "no list of stages"),
        ('[{"name": "A"}]', "Stage 1 of the file"),
        ('[{"name": "A", "when": 3}]', "Stage 1 of the file"),
        ('["A"]', "Stage 1 of the file"),
        ('[{"name": "A", "when": "event:x"}, {"name": "a", "when": "any"}]', "Two stages are named"),
        ('[{"name": "A", "when": "quiet:7d"}, {"name": "B", "when": "any"}]', "Put it last"),
    ],
)
def test_a_file_that_is_no_stages_says_what_to_write_and_changes_nothing(shop: Desk, text: str, said: str) -> None:
    before = shop.ok("stages", "show", *AT, "--json")
    file = shop.folder / "stages.json"
    file.write_text(text)
    assert said in shop.fails("stages", "set", str(file), *AT)
    assert shop.ok("stages", "show", *AT, "--json") == before
