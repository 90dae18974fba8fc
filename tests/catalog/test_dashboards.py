"""Dashboards: a site's own and nobody else's, arranged, followed by segments' names, erased with who they name."""

from __future__ import annotations

import pytest

from collector.catalog.catalog import Catalog
from collector.catalog.dashboards import MOST_PINS
from collector.core.errors import UserError


@pytest.fixture
def site(catalog: Catalog) -> int:
    return catalog.add_site("shop", ["https://shop.example"], 1).site.id


def names(catalog: Catalog, site: int, board: int) -> list[str]:
    return [one.name for one in catalog.pins(site, board)]


def test_blocks_are_pinned_moved_widened_and_taken_off(catalog: Catalog, site: int) -> None:
    board = catalog.add_dashboard(site, "Monday", 1).id
    for name in "abc":
        assert catalog.pin_block(site, board, name, "overview", "trend", "?period=7d&x=")
    a, b, c = catalog.pins(site, board)
    assert (a.report, a.block, a.arguments, a.wide) == ("overview", "trend", "period=7d&x=", False)
    assert catalog.move_pin(site, board, a.id, 1)
    assert names(catalog, site, board) == ["b", "a", "c"]
    assert catalog.move_pin(site, board, c.id, 1)
    assert catalog.move_pin(site, board, b.id, -1)
    assert names(catalog, site, board) == ["b", "a", "c"], "the ends stay"
    assert catalog.widen_pin(site, board, c.id, True)
    assert [one.wide for one in catalog.pins(site, board)] == [False, False, True]
    assert catalog.unpin(site, board, a.id)
    assert not catalog.unpin(site, board, a.id)
    catalog.pin_block(site, board, "d", "overview", "trend", "")
    assert names(catalog, site, board) == ["b", "c", "d"]
    assert catalog.change_dashboard(site, board, "Tuesday", "28d")
    assert [(one.name, one.period) for one in catalog.dashboards(site)] == [("Tuesday", "28d")]
    assert catalog.delete_dashboard(site, board)
    assert not catalog.pins(site, board)


def test_another_site_neither_sees_nor_changes_them(catalog: Catalog, site: int) -> None:
    other = catalog.add_site("other", [], 1).site.id
    board = catalog.add_dashboard(site, "Monday", 1).id
    catalog.pin_block(site, board, "a", "overview", "trend", "")
    (pin,) = catalog.pins(site, board)
    mine = catalog.add_dashboard(site, "Mine", 1).id
    assert not catalog.pins(other, board)
    assert catalog.dashboard(other, board) is None
    assert not catalog.pin_block(other, board, "x", "overview", "trend", "")
    assert not catalog.change_dashboard(other, board, "x", "")
    assert not catalog.delete_dashboard(other, board)
    for at, where in ((other, board), (site, mine), (site, 2**70)):
        assert not catalog.move_pin(at, where, pin.id, 1)
        assert not catalog.widen_pin(at, where, pin.id, True)
        assert not catalog.unpin(at, where, pin.id)
    assert catalog.pins(site, board) == [pin]
    catalog.delete_site(site)
    assert not catalog.dashboards(site)


def test_what_cannot_be_kept_is_refused(catalog: Catalog, site: int) -> None:
    board = catalog.add_dashboard(site, "Monday", 1).id
    for name in ("", " \0", "Monday"):
        with pytest.raises(UserError):
            catalog.add_dashboard(site, name, 1)
    with pytest.raises(UserError, match="is not a period"):
        catalog.change_dashboard(site, board, "Monday", "someday")
    for at in range(MOST_PINS):
        catalog.pin_block(site, board, str(at), "overview", "trend", "")
    with pytest.raises(UserError, match="full"):
        catalog.pin_block(site, board, "more", "overview", "trend", "")


def test_pins_follow_a_segments_name_and_go_with_a_person_they_name(catalog: Catalog, site: int) -> None:
    board = catalog.add_dashboard(site, "Monday", 1).id
    catalog.save_segment(site, "Buyers", ["event:purchase"], [], 1)
    catalog.pin_block(site, board, "Of buyers", "overview", "trend", "segment=Buyers")
    catalog.pin_block(site, board, "Of one", "timeline", "events", "person=ann%40shop.example")
    catalog.add_annotation(site, "2026-01-01", "called ann@shop.example", 1)
    catalog.add_annotation(site, "2026-01-01", "a release", 1)
    catalog.rename_segment(site, "Buyers", "Paid")
    assert catalog.pins(site, board)[0].arguments == "segment=Paid"
    assert [(one.kind, one.name) for one in catalog.segment_uses(site, "Paid")] == [("pin", "Of buyers")]
    gone = catalog.drop_mentions(site, ["ann@shop.example"])
    assert (gone["pin"], gone["annotation"]) == (1, 1)
    assert names(catalog, site, board) == ["Of buyers"]
    assert [one.text for one in catalog.annotations(site)] == ["a release"]
