"""What one installation exports, another imports: the same events to the letter, from both formats."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core import event as events
from collector.core.event import Agent, Event
from collector.ingest.bots import NO_LIST
from collector.ingest.clean import clean_json
from collector.ingest.columns import EXPORT_COLUMNS
from collector.ingest.rules import Arrival, SiteRules
from collector.ingest.steps import make_event
from collector.store.open import open_ledger
from tests.cli.desk import Desk
from tests.support.effort import examples

NOW = 1_790_000_000_000
hostile = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["=1+1", "'=x", "''", "@a", "\tx", "a\r\nb", '"q"', "null", "\u2028", "x,y;z", "+1", "-", "é\U0001f600", "'"]
    ),
)
# A cell of a CSV holds no character that a terminal obeys; in properties they are escaped.
shown = hostile.filter(lambda text: not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text))
named = shown.filter(lambda text: bool(text.strip()))
cells = st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | hostile, st.lists, max_leaves=4)
# As the door leaves them: what looks like a card number is gone before the ledger.
props = st.dictionaries(hostile, cells, max_size=3).map(lambda given: clean_json(given)[0])


@st.composite
def made_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([name for name in events.TYPES if name != events.IDENTIFY]))
    raw: dict[str, Any] = {
        "id": str(draw(st.uuids())),
        "type": kind,
        "at": NOW - draw(st.integers(0, 10**11)),
        "visitor": draw(st.sampled_from(["a", "b", "c'd", "'e", "=f"])),
        "name": "" if kind == events.PAGE else draw(named),
        "url": draw(
            st.sampled_from(
                ["", "https://x.example/p?utm_source=s&utm_medium=retargeting", "/q?a=1", "https://x.example/#/r?b=2"]
            )
        )
        or "/",
        "ref": draw(st.sampled_from(["", "https://www.google.com/search?q=1", "https://x.example/before"])),
        "title": draw(shown),
        "pid": draw(st.sampled_from(["", "k3j9x0a1"])),
        "props": draw(props),
    }
    found = make_event(raw, Arrival(SiteRules(1, frozenset(["x.example"])), NO_LIST, NOW, server=True))
    found.agent = draw(st.sampled_from([None, Agent("mobile", "iOS", "Mobile Safari"), Agent("other")]))
    found.bot = draw(st.sampled_from(["", "ua_list"]))
    found.user = draw(st.sampled_from([None, None, "ann", "=bob"]))
    return found


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(made_event(), min_size=1, max_size=12, unique_by=lambda event: event.id))
def test_an_export_read_back_is_the_same_and_a_second_time_adds_nothing(
    tmp_path_factory: pytest.TempPathFactory, form: str, found: list[Event]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("round"))
    for name in ("first", "second"):
        desk.ok("site", "add", name, "--origin", "https://x.example")
    ledger = open_ledger(desk.database)
    ledger.append(1, found)
    ledger.close()
    before = desk.ok("export", "events", "--site", "first", "--format", form)
    file = desk.folder / f"events.{form}"
    file.write_bytes(before.encode())
    assert "0 refused" in desk.ok("import", str(file), "--site", "second")
    assert desk.ok("export", "events", "--site", "second", "--format", form) == before
    there = "1 was" if len(found) == 1 else f"{len(found)} were"
    assert f"0 events added, {there} there already" in desk.ok("import", str(file), "--site", "second")


def test_export_has_the_promised_fields_and_session_sources(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ok("site", "add", "shop", "--origin", "https://x.example")
    rows = [
        {"visitor": "a", "t": 1_700_000_000, "name": "page", "url": "https://x.example/?utm_source=n&utm_medium=email"},
        {"visitor": "a", "t": 1_700_000_060, "name": "buy", "props": {"total": 3}, "user": "ann"},
        {"visitor": "a", "t": 1_700_009_000, "name": "page", "url": "https://x.example/"},
        # Told by a list: before the visit that a newsletter begins, and between two parts of a visit.
        {"visitor": "b", "t": 1_700_000_000, "name": "experiment_exposed", "props": {"experiment": "x"}},
        {"visitor": "b", "t": 1_700_000_060, "name": "page", "url": "https://x.example/?utm_source=n&utm_medium=email"},
        {"visitor": "b", "t": 1_700_001_200, "name": "experiment_exposed", "props": {"experiment": "x"}},
        {"visitor": "b", "t": 1_700_002_400, "name": "page", "url": "https://x.example/"},
    ]
    desk.load("shop", rows)
    found = [json.loads(line) for line in desk.ok("export", "events", "--site", "shop").splitlines()]
    assert tuple(found[0]) == EXPORT_COLUMNS
    sources = {one: [row["session_source"] for row in found if row["visitor"] == one] for one in "ab"}
    assert sources == {"a": ["email/n", "email/n", "direct"], "b": ["direct", "email/n", "email/n", "direct"]}
    found = [row for row in found if row["visitor"] == "a"]
    assert {row["person"] for row in found} == {"ann"}
    assert found[1]["properties"] == {"total": 3}
    assert found[0]["time"] == "2023-11-14T22:13:20.000+00:00"


def test_people_are_exported_once_each_with_their_visitors(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ok("site", "add", "shop", "--origin", "https://x.example")
    desk.load(
        "shop",
        [
            {"visitor": key, "t": at, "name": "x", "user": user}
            for key, at, user in (("a", 5, "ann"), ("b", 9, "ann"), ("c", 7, None))
        ],
    )
    people = [json.loads(line) for line in desk.ok("export", "people", "--site", "shop").splitlines()]
    assert [(row["person"], row["identified"], row["visitors"], row["events"]) for row in people] == [
        ("ann", True, ["a", "b"], 2),
        ("c", False, ["c"], 1),
    ]
    assert people[0]["first_seen"] < people[0]["last_seen"]


def test_csv_exports_neutralise_formulas(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ok("site", "add", "shop", "--origin", "https://x.example")
    desk.load("shop", [{"visitor": "=cmd()", "t": 5, "name": "@x"}])
    for what in ("events", "people"):
        table = desk.ok("export", what, "--site", "shop", "--format", "csv")
        assert "'=cmd()" in table
        assert ",=cmd()" not in table
        assert ",@x" not in table
