from __future__ import annotations
from uuid import uuid4
from collector.core.event import Event
from collector.store.protocol import Ledger, Mark


def test_append_twice_is_once(ledger: Ledger) -> None:
    events = [
        Event(str(uuid4()), "page", f"v{i % 3}", 1000 + i, 2000 + i, path="/a", url="https://x/a", props={"a": i})
        for i in range(10)
    ]
    assert ledger.append(1, events).stored == 10
    assert ledger.append(1, events).duplicates == 10
    c = ledger.scan(1, 0, 100)
    assert len(c.id) == 10
    print(ledger.timeline([1])[0], ledger.counts(1), list(ledger.property_values(1, "a", 0, 100)))
