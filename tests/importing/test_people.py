"""Who is who when the past comes in after the present (SEMANTICS 4): imports of events older than a link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collector.store.identity import derived_key
from collector.store.protocol import Ledger
from tests.cli.desk import Desk
from tests.importing.conftest import Shop
from tests.store.making import custom, identify, page

HOUR = 3_600  # the makers' numbers are seconds


def placed(ledger: Ledger) -> list[tuple[str, str]]:
    """(visitor key, user) of every event in order of arrival."""
    return [(event.visitor, user) for event, user in ledger.export(1)]


def test_events_older_than_the_link_are_the_persons(ledger: Ledger) -> None:
    ledger.append(1, [page(10 * HOUR), identify(11 * HOUR, "ann")])
    ledger.append(1, [page(1 * HOUR), page(2 * HOUR)])
    assert placed(ledger) == [("v_one", "ann")] * 4


def test_events_older_than_the_takeover_of_a_device_are_the_first_persons(ledger: Ledger) -> None:
    ledger.append(1, [identify(10 * HOUR, "ann"), page(11 * HOUR), identify(20 * HOUR, "bob"), page(21 * HOUR)])
    ledger.append(1, [page(5 * HOUR), page(15 * HOUR), page(25 * HOUR)])
    bob = (derived_key("v_one", "bob"), "bob")
    assert placed(ledger)[4:] == [("v_one", "ann"), ("v_one", "ann"), bob]


def test_an_old_claim_does_not_take_the_device_back(ledger: Ledger) -> None:
    ledger.append(1, [identify(10 * HOUR, "ann"), identify(20 * HOUR, "bob"), page(21 * HOUR)])
    old = custom(12 * HOUR, "order_paid")
    old.user = "ann"
    ledger.append(1, [old, identify(5 * HOUR, "eve"), page(30 * HOUR)])
    bob = (derived_key("v_one", "bob"), "bob")
    assert placed(ledger)[3:] == [("v_one", "ann"), (derived_key("v_one", "eve"), "eve"), bob]


def test_a_claim_that_is_late_by_seconds_counts_as_it_arrives(ledger: Ledger) -> None:
    ledger.append(1, [identify(100, "ann")])
    ledger.append(1, [identify(90, "bob"), page(91)])
    assert placed(ledger)[1:] == [(derived_key("v_one", "bob"), "bob")] * 2


def days() -> list[dict[str, Any]]:
    """One device: nobody yet, then ann, then nobody named (still ann), then bob, then nobody named (still bob)."""
    users = [None, "ann", None, "bob", None, None]
    return [
        {"visitor": "desk", "user": user, "t": 1_760_000_000 + place * HOUR, "name": f"e{place}"}
        for place, user in enumerate(users)
    ]


PEOPLE = [("e0", "ann"), ("e1", "ann"), ("e2", "ann"), ("e3", "bob"), ("e4", "bob"), ("e5", "bob")]


@pytest.mark.parametrize("chunk", [1, 2, 5_000])
@pytest.mark.parametrize("order", ["oldest first", "newest first", "mixed"])
def test_a_shared_device_is_told_apart_in_whatever_order_a_file_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, order: str, chunk: int
) -> None:
    monkeypatch.setattr("collector.importing.rows.CHUNK", chunk)
    monkeypatch.setattr("collector.importing.owners.CHUNK", chunk)
    rows = days()
    rows = rows[::-1] if order == "newest first" else rows[3:] + rows[:3] if order == "mixed" else rows
    shop.take(shop.lines("a.jsonl", rows))
    assert shop.told("name", "person") == PEOPLE


def test_live_events_after_an_import_stay_with_whoever_has_the_device(desk_of: Desk, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in days()[::-1]))
    desk_of.ok("import", str(file), "--site", "shop")
    later = {"visitor": "desk", "t": 1_760_000_000 + 99 * HOUR, "name": "later"}
    desk_of.load("shop", [later])
    exported = [json.loads(line) for line in desk_of.ok("export", "events", "--site", "shop").splitlines()]
    assert {row["name"]: row["person"] for row in exported} == dict([*PEOPLE, ("later", "bob")])


@pytest.fixture
def desk_of(tmp_path: Path, ledger_url: str) -> Desk:
    """An installation on each engine."""
    made = Desk(tmp_path / "data", ledger_url)
    made.ok("site", "add", "shop", "--origin", "https://shop.example")
    return made
