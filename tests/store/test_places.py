"""Events of pages that were tried out follow the site's origins, and come back exactly (REQUIREMENTS F8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.core.event import Event
from collector.journeys.view import ViewStore
from collector.store import places
from collector.store.protocol import Ledger
from tests.journeys.test_view import told
from tests.privacy.test_store import reasons
from tests.store.making import page

HERE, THERE = "http://localhost:3000", "https://pr-3.vercel.app"


def tried(number: int, origin: str = HERE, visitor: str = "v_dev", reason: str = "preview") -> Event:
    return page(number, visitor, url=f"{origin}/{number}" if origin else "", path=f"/{number}", bot=reason)


def fill(ledger: Ledger) -> None:
    ledger.append(
        1,
        [
            tried(1),
            tried(2, THERE),
            tried(3),
            tried(4, reason="webdriver"),
            tried(5, ""),
            page(6, "person"),
            tried(7, visitor="second"),
        ],
    )


def test_they_are_counted_by_origin(ledger: Ledger) -> None:
    fill(ledger)
    found = [(one.origin, one.events, one.last) for one in ledger.flagged_places(1, 0, 10_000)]
    assert found[0] == (HERE, 3, 7_000)
    assert sorted(found[1:]) == [("", 1, 5_000), (THERE, 1, 2_000)]
    assert [one.origin for one in ledger.flagged_places(1, 2_000, 3_000)] == [THERE]
    assert ledger.flagged_places(2, 0, 10_000) == []


def test_a_place_that_becomes_the_site_s_own_counts_with_all_that_is_stored_and_can_be_taken_back(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_AT_ONCE", 2)
    views = ViewStore(tmp_path / "views", ledger)
    fill(ledger)
    views.refresh(1)
    before = reasons(ledger), dict(ledger.counts(1))
    assert ledger.reclassify_places(1, lambda origin: origin == HERE, 9) == 3
    assert reasons(ledger) == ["", "preview", "", "webdriver", "preview", "", ""]
    assert ledger.counts(1)["bot:preview"] == 2
    views.refresh(1)
    assert told(views.open(1)) == told(ViewStore(tmp_path / "anew", ledger).open(1))
    assert ledger.reclassify_places(1, lambda origin: origin == HERE, 9) == 0
    assert ledger.reclassify_places(1, lambda origin: origin == THERE, 9) == 4
    assert reasons(ledger) == ["preview", "", "preview", "webdriver", "preview", "", "preview"]
    assert ledger.reclassify_places(1, lambda origin: False, 9) == 1
    assert (reasons(ledger), ledger.counts(1)) == before
    views.refresh(1)
    assert told(views.open(1)) == told(ViewStore(tmp_path / "again", ledger).open(1))


def test_neither_a_trusted_agent_nor_a_trusted_visitor_gets_in_its_way(ledger: Ledger) -> None:
    fill(ledger)
    ledger.reclassify_places(1, lambda origin: origin == HERE, 9)
    assert ledger.reclassify(1, ["chrome"], 9) == 0
    assert ledger.trust_visitor(1, "v_dev", True, (), 9) == 3
    assert reasons(ledger) == [""] * 7
    assert ledger.reclassify_places(1, lambda origin: False, 9) == 1  # the second visitor's alone
    assert reasons(ledger) == [""] * 6 + ["preview"]
    ledger.trust_visitor(1, "v_dev", False, (), 9)
    ledger.reclassify_places(1, lambda origin: False, 9)
    assert reasons(ledger) == ["preview", "preview", "preview", "webdriver", "preview", "", "preview"]


def test_what_an_erased_visitor_left_is_not_brought_back(ledger: Ledger) -> None:
    fill(ledger)
    ledger.reclassify_places(1, lambda origin: origin == HERE, 9)
    ledger.forget(1, [ledger.visitor_ids(1, ["v_dev"])["v_dev"]], 10)
    assert ledger.reclassify_places(1, lambda origin: False, 11) == 1
    assert sorted(reasons(ledger)) == ["", "preview"]
