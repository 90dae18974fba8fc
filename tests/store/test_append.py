"""What goes in comes out: once, in order, whole, also after failures and from several processes."""

from __future__ import annotations

import math
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from threading import Thread
from typing import Any

import numpy as np
import pytest

from collector.core.event import Kind
from collector.store.ledger import SqlLedger
from collector.store.open import open_ledger
from collector.store.protocol import Ledger, Mark
from tests.store.making import GOOGLE, PHONE, custom, identify, page, uid


def dump(ledger: Ledger, site: int = 1) -> Sequence[object]:
    """Everything that a site's reader can see."""
    columns = ledger.scan(site, 0, 10_000)
    return [
        columns.id.tolist(),
        columns.visitor.tolist(),
        ledger.visitors(site),
        ledger.persons(site),
        ledger.links(site),
        ledger.kinds(site),
        ledger.pages(site),
        ledger.changes(site, 0),
        ledger.counts(site),
        ledger.export(site),
    ]


def test_an_event_comes_out_as_it_went_in(ledger: Ledger) -> None:
    event = page(
        1,
        "v_é",
        "/preise/€",
        query="a=1&b=2",
        referrer="https://www.google.com/",
        pageview="k3j9x0a1",
        props={"plan": "pro", "deep": {"list": [1, 2.5, None, True]}, "name": "日本"},
        value=19.99,
        bot="webdriver",
    )
    ledger.append(1, [event])
    [stored] = ledger.timeline([row.id for row in ledger.visitors(1)])
    assert (stored.uid, stored.visitor, stored.time, stored.received) == (uid(1), "v_é", 1_000, 1_007)
    assert stored.kind == Kind("page", "/preise/€")
    assert (stored.url, stored.path, stored.title) == ("https://shop.example/preise/€", "/preise/€", "Page /preise/€")
    assert (stored.query, stored.referrer, stored.pageview) == ("a=1&b=2", "https://www.google.com/", "k3j9x0a1")
    assert (stored.source, stored.agent, stored.bot, stored.value) == (GOOGLE, PHONE, "webdriver", 19.99)
    assert stored.props == event.props
    assert ledger.last_event(1) == stored


def test_columns_say_minus_one_and_nan_for_nothing(ledger: Ledger) -> None:
    ledger.append(1, [custom(1, "x"), page(2, value=2.5)])
    columns = ledger.scan(1, 0, 10)
    assert columns.page[0] == columns.source[0] == columns.agent[0] == -1
    assert math.isnan(columns.value[0])
    assert columns.value[1] == 2.5
    assert dict(ledger.kinds(1))[int(columns.kind[0])] == Kind("event", "x")
    assert [row[1] for row in ledger.pages(1) if row[0] == columns.page[1]] == ["https://shop.example/"]
    assert dict(ledger.sources(1))[int(columns.source[1])] == GOOGLE
    assert dict(ledger.agents())[int(columns.agent[1])] == PHONE
    assert all(column.dtype == np.int64 for column in (columns.id, columns.bot, columns.time))


def test_an_empty_scan_has_empty_columns(ledger: Ledger) -> None:
    columns = ledger.scan(1, 0, 10)
    assert (len(columns.id), len(columns.value), columns.value.dtype.name) == (0, 0, "float64")
    assert ledger.head(1) == 0
    assert ledger.last_event(1) is None


def test_appending_twice_is_appending_once(ledger: Ledger) -> None:
    events = [page(1), identify(2, "ann", traits={"plan": "pro"}), identify(3, "bob"), page(4), page(5, "v_two", "/x")]
    assert ledger.append(1, events).stored == 5
    before = dump(ledger)
    again = ledger.append(1, events)
    assert (again.stored, again.duplicates) == (0, 5)
    assert dump(ledger) == before


def test_replaying_an_old_chunk_does_not_move_a_device_back(ledger: Ledger) -> None:
    first = [identify(1, "ann"), identify(2, "bob")]
    ledger.append(1, first)
    ledger.append(1, [identify(3, "ann")])
    ledger.append(1, first)
    ledger.append(1, [*first, page(4)])
    event, user = ledger.export(1)[-1]
    assert (event.visitor, user) == ("v_one", "ann")


def test_an_id_repeated_in_one_chunk_keeps_the_first(ledger: Ledger) -> None:
    done = ledger.append(1, [custom(1, "first"), custom(1, "second")])
    assert (done.stored, done.duplicates) == (1, 1)
    assert [event.kind.name for event, _ in ledger.export(1)] == ["first"]


def test_two_sites_may_use_the_same_event_id_and_visitor_key(ledger: Ledger) -> None:
    done = ledger.append_marked([(1, [page(1)]), (2, [page(1)])], Mark("box-1", 7))
    assert done.stored == 2
    assert ledger.marks() == {"box-1": 7}
    assert {row.id for row in ledger.visitors(1)}.isdisjoint(row.id for row in ledger.visitors(2))


def test_a_mark_is_stored_with_its_events_or_not_at_all(ledger: Ledger) -> None:
    ledger.append(1, [page(1)], Mark("box", 1))
    broken = page(2, bot="no such reason")
    with pytest.raises(KeyError):
        ledger.append(1, [page(3), broken], Mark("box", 2))
    assert ledger.marks() == {"box": 1}
    assert ledger.counts(1)["events"] == 1


def test_what_a_rolled_back_append_remembered_is_forgotten(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        ledger.append(1, [page(1, "v_new", "/new"), page(2, bot="no such reason")])
    assert ledger.pages(1) == []
    ledger.append(1, [page(1, "v_new", "/new")])
    columns = ledger.scan(1, 0, 10)
    assert [row[0] for row in ledger.pages(1)] == columns.page.tolist()
    assert [row.id for row in ledger.visitors(1)] == columns.visitor.tolist()


def test_hostile_texts_are_stored_without_what_engines_cannot_hold(ledger: Ledger) -> None:
    props: dict[str, Any] = {
        "nul\0key": "a\0b",
        "lone": "x\ud800y",
        "big": 2**63 - 1,
        "bigger": 10**40,
        "nan": float("nan"),
        "escaped": "\\u0000",
        "quote": "it's \"; DROP TABLE event; --",
        "percent": "100%s ? %(x)s",
    }
    event = page(1, "v\0_\ud800", "/a\0b", title="t\ud800", query="q\0", referrer="r\0", props=props, value=math.inf)
    ledger.append(1, [event])
    [stored] = ledger.timeline([row.id for row in ledger.visitors(1)])
    assert (stored.visitor, stored.path, stored.title, stored.query) == ("v_?", "/ab", "t?", "q")
    assert stored.value is None
    assert stored.props == {
        "nulkey": "ab",
        "lone": "x?y",
        "big": 2**63 - 1,
        "bigger": 10**40,
        "nan": None,
        "escaped": "\\u0000",
        "quote": "it's \"; DROP TABLE event; --",
        "percent": "100%s ? %(x)s",
    }
    assert ledger.append(1, [event]).duplicates == 1


def test_names_longer_than_an_index_may_hold_are_stored(ledger: Ledger) -> None:
    name = "é" * 20_000
    ledger.append(1, [custom(1, name), custom(2, name)])
    assert [kind.name for _, kind in ledger.kinds(1)] == [name]


def test_an_upper_case_id_is_the_same_event(ledger: Ledger) -> None:
    event = custom(0xABC, "x")
    ledger.append(1, [event])
    event.id = event.id.upper()
    assert ledger.append(1, [event]).duplicates == 1


def test_an_id_that_is_no_uuid_is_refused_and_nothing_of_its_chunk_stored(ledger: Ledger) -> None:
    event = custom(1, "x")
    event.id = "not a uuid"
    with pytest.raises(ValueError):
        ledger.append(1, [page(2), event])
    assert ledger.head(1) == 0


def test_the_cache_of_dictionary_ids_is_bounded(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.store.dictionaries.CACHE_LIMIT", 10)
    for start in range(0, 60, 6):
        ledger.append(1, [custom(number, f"event {number % 25}") for number in range(start, start + 6)])
    assert len(ledger._appender._dictionaries["kind"]._known) <= 10
    assert sorted(kind.name for _, kind in ledger.kinds(1)) == sorted(f"event {number}" for number in range(25))


def test_a_second_writer_waits_until_the_first_has_committed(ledger: SqlLedger, ledger_url: str) -> None:
    other = open_ledger(ledger_url)

    def work() -> None:
        other.append(1, [page(1)])
        other.close()

    second = Thread(target=work)
    with ledger.engine.writing():
        second.start()
        second.join(0.4)
        assert second.is_alive()
    second.join()
    assert ledger.counts(1)["events"] == 1


WRITER = """
    import sys
    from collector.store.open import open_ledger
    from tests.store.making import page, uid
    url, lane = sys.argv[1], int(sys.argv[2])
    ledger = open_ledger(url)
    for chunk in range(40):
        numbers = range(lane * 100_000 + chunk * 20, lane * 100_000 + chunk * 20 + 20)
        ledger.append(1, [page(n, f"v_{lane}_{n % 7}", f"/{lane}/{n % 11}") for n in numbers])
"""


def test_a_reader_that_goes_on_from_the_last_id_misses_nothing_of_two_writers(ledger: Ledger, ledger_url: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), ledger_url]
    writers = [subprocess.Popen([*command, str(lane)]) for lane in (1, 2)]
    seen: list[int] = []
    last = 0
    running = True
    while running:
        # One more look after the writers have ended.
        running = any(writer.poll() is None for writer in writers)
        columns = ledger.scan(1, last, 1_000)
        if len(columns.id):
            last = int(columns.id[-1])
            seen += columns.id.tolist()
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen == ledger.scan(1, 0, 10_000).id.tolist()
    assert len(seen) == 2 * 40 * 20
    assert len(ledger.visitors(1)) == 14
    assert len(ledger.pages(1)) == 22
