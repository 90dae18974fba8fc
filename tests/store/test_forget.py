"""Erasure: nothing of the forgotten stays, everything of the others does."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from collector.core.event import Event
from collector.store.open import open_ledger
from collector.store.protocol import Ledger, Mark, SetAside
from tests.store.making import custom, identify, page, uid


def ids(ledger: Ledger, *keys: str) -> list[int]:
    return list(ledger.visitor_ids(1, keys).values())


def test_events_links_and_the_person_go_and_are_counted(ledger: Ledger) -> None:
    ledger.append(1, [page(1, "v_gone", "/only-theirs"), identify(2, "ann", "v_gone", {"mail": "ann@x"}), page(3)])
    erased = ledger.forget(1, ids(ledger, "v_gone"), 5_000)
    assert erased == {"event": 2, "link": 1, "visitor": 1, "person": 1, "quarantine": 0, "consent": 0}
    assert [event.visitor for event, _ in ledger.export(1)] == ["v_one"]
    assert [row.key for row in ledger.visitors(1)] == ["v_one"]
    assert (ledger.persons(1), ledger.links(1)) == ([], [])
    assert ledger.counts(1) == {"events": 1, "visitors": 1, "persons": 0, "quarantined": 0}
    assert [path for _, _, path in ledger.pages(1)] == ["/"]
    assert [kind.name for _, kind in ledger.kinds(1)] == ["/"]
    assert ledger.changes(1, 0)[-1].kind == "forget"


def test_what_filled_pages_of_a_file_by_itself_is_overwritten(tmp_path: Path) -> None:
    """SQLite leaves pages that are given back as they are, unless it is told otherwise."""
    ledger = open_ledger(f"sqlite://{tmp_path}/ledger.db")
    ledger.migrate()
    ledger.append(1, [custom(1, "x", "v_gone", {"text": "Zx9SecretMark" * 5_000}), page(2)])
    ledger.close()
    ledger.forget(1, ids(ledger, "v_gone"), 5_000)
    ledger.close()
    assert [file.name for file in tmp_path.iterdir() if b"Zx9SecretMark" in file.read_bytes()] == []


def test_a_person_with_another_visitor_stays(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann", "v_gone"), identify(2, "ann", "v_kept")])
    assert ledger.forget(1, ids(ledger, "v_gone"), 5_000)["person"] == 0
    person, visitors = ledger.person(1, "ann")
    assert person is not None
    assert [row.key for row in visitors] == ["v_kept"]


def test_visitors_of_another_site_are_left_alone(ledger: Ledger) -> None:
    ledger.append(1, [page(1)])
    assert ledger.forget(2, ids(ledger, "v_one"), 5_000) == {}
    assert ledger.head(1) > 0


def test_ids_are_never_given_out_again(ledger: Ledger) -> None:
    ledger.append(1, [page(1), page(2, "v_gone", "/gone")])
    head, gone = ledger.head(1), max(number for number, _, _ in ledger.pages(1))
    ledger.forget(1, ids(ledger, "v_gone"), 5_000)
    ledger.append(1, [page(3, "v_new", "/gone")])
    assert ledger.head(1) > head
    assert max(number for number, _, _ in ledger.pages(1)) > gone


def test_dictionary_rows_that_another_process_erased_are_made_anew(ledger: Ledger, ledger_url: str) -> None:
    ledger.append(1, [page(1, "v_gone", "/gone")])
    other = open_ledger(ledger_url)
    other.forget(1, ids(ledger, "v_gone"), 5_000)
    other.close()
    ledger.append(1, [page(2, "v_new", "/gone")])
    assert [event.path for event, _ in ledger.export(1)] == ["/gone"]


def test_a_device_whose_second_user_is_forgotten_is_the_first_ones_again(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann"), identify(2, "bob"), page(3)])
    ledger.forget(1, [row.id for row in ledger.visitors(1) if row.key != "v_one"], 5_000)
    ledger.append(1, [page(4)])
    assert [(event.visitor, user) for event, user in ledger.export(1)] == [("v_one", "ann"), ("v_one", "ann")]


def test_what_was_set_aside_goes_where_it_names_the_forgotten(ledger: Ledger) -> None:
    ledger.append(1, [identify(1, "ann", "visitor-é-1"), page(2)])
    for raw in (
        json.dumps({"visitor": "visitor-é-1"}).encode(),
        json.dumps({"x": "a visitor-é-1 b"}, ensure_ascii=False).encode(),
        b'{"user": "ann"}',
        b'{"word": "annual"}',
        b"\xff\xfe broken",
    ):
        ledger.quarantine(1, raw, "bad", 1)
    ledger.quarantine(2, b'{"user": "ann"}', "bad", 1)
    assert ledger.forget(1, ids(ledger, "visitor-é-1"), 5_000)["quarantine"] == 3
    assert [row.raw for row in ledger.quarantined(1)] == [b'{"word": "annual"}', b"\xff\xfe broken"]
    assert len(ledger.quarantined(2)) == 1


@pytest.mark.parametrize("user", ["bob", "jürgen_4711", "李小龙", 'o"neil-4711', "back\\slash47", "plain-4711"])
def test_an_event_that_was_set_aside_within_its_record_goes_with_whom_it_names(ledger: Ledger, user: str) -> None:
    def aside(name: str) -> bytes:
        event = json.dumps({"type": "odd", "who": name})
        return json.dumps({"s": 1, "v": "v_other", "q": [[event, "unknown_type"]]}).encode()

    ledger.append(1, [identify(1, user, "v_one"), page(2, "v_two")])
    for name in (user, f"{user}by", "else"):
        ledger.quarantine(1, aside(name), "unknown_type", 1)
    assert len(ledger.quarantined_naming(1, [user])) == (1 if len(user) < 8 else 2)
    ledger.forget(1, ids(ledger, "v_one"), 5_000)
    left = [row.raw for row in ledger.quarantined(1)]
    assert aside(user) not in left
    assert aside("else") in left
    ledger.append_marked([], Mark("box", 1, 6_000, {1: 1}), [SetAside(1, aside(user), "unknown_type", 6_000, 1)])
    assert aside(user) not in [row.raw for row in ledger.quarantined(1)]


def _crowd(chunk: int, mark: str, chance: random.Random) -> list[Event]:
    """Events of many visitors, some of them marked all over."""
    events = []
    for number in range(chunk * 500, chunk * 500 + 500):
        secret = mark if chance.random() < 0.05 else ""
        key = f"v_{chance.getrandbits(64):x}{secret}"
        event = custom(number, f"{secret}{chance.choice('abc')}", key, {"note": secret + "x" * chance.randrange(300)})
        event.id = uid(chance.getrandbits(64))
        event.title = event.query = event.referrer = event.path = event.url = secret
        if chance.random() < 0.3:
            event.type, event.user = "identify", f"{secret}user{chance.randrange(200)}"
        events.append(event)
    return events


def test_erased_bytes_are_in_no_file_of_sqlite(tmp_path: Path) -> None:
    mark = "Zx9SecretMark"
    ledger = open_ledger(f"sqlite://{tmp_path}/ledger.db")
    ledger.migrate()
    chance = random.Random(7)
    for chunk in range(12):
        ledger.append(1, _crowd(chunk, mark, chance))
    ledger.quarantine(1, b'{"visitor": "v_' + mark.encode() + b'"}', "bad", 1)
    ledger.append(1, [page(10**9, f"v_{mark}")])

    def found() -> dict[str, int]:
        texts = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        return {name: text.count(mark.encode()) for name, text in texts.items() if mark.encode() in text}

    assert found()
    ledger.forget(1, [row.id for row in ledger.visitors(1) if mark in row.key], 5_000)
    assert found() == {}
    assert ledger.counts(1)["events"] > 5_000


@pytest.mark.postgres
def test_erased_rows_are_not_found_in_any_table_of_postgres(postgres_url: object) -> None:
    make = postgres_url
    assert callable(make)
    ledger = open_ledger(make())
    ledger.migrate()
    mark = "Zx9SecretMark"
    ledger.append(1, _crowd(0, mark, random.Random(7)))
    ledger.forget(1, [row.id for row in ledger.visitors(1) if mark in row.key], 5_000)
    engine = ledger.engine  # type: ignore[attr-defined]
    tables = [row[0] for row in engine.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    assert len(tables) > 8
    found = {name: engine.rows(f"SELECT 1 FROM {name} t WHERE t::text LIKE ?", (f"%{mark}%",)) for name in tables}
    ledger.close()
    assert {name for name, rows in found.items() if rows} == set()
