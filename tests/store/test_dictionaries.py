"""The small tables: ids that stay the same, remembered within bounds."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from collector.store.dictionaries import Dictionary
from collector.store.open import open_engine, open_ledger


def test_long_entries_have_ids_and_take_no_memory(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    ledger = open_ledger(url)
    ledger.migrate()
    ledger.close()
    engine = open_engine(url)
    pages = Dictionary(engine, "page")

    def ids(first: int) -> list[int]:
        entries = [(f"/{number}" + "😀" * 2_000, "/p", "") for number in range(first, first + 100)]
        with engine.writing():
            found = pages.ids(1, [*entries, ("/short", "/short", "")])
        pages.committed()
        return list(found.values())

    before = sorted(ids(0))
    tracemalloc.start()
    for number in range(1, 6):
        ids(100 * number)
    assert tracemalloc.get_traced_memory()[0] < 1_000_000
    tracemalloc.stop()
    assert sorted(ids(0)) == before
    engine.close()
