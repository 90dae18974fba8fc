"""Kept lists of people: a segment of its own kind, with nobody on it who was erased."""

from __future__ import annotations

import pytest

from collector.catalog.catalog import Catalog
from collector.core.errors import UserError
from collector.core.people import Fact, Segment
from collector.store.open import open_engine

DAY = "2026-11-22"


@pytest.fixture
def shop(catalog: Catalog) -> int:
    """A site."""
    return catalog.add_site("shop", [], 5).site.id


def name_of(segment: Segment) -> str:
    """The name of the segment's list."""
    (fact,) = segment.where
    assert isinstance(fact, Fact)
    return fact.name


def test_a_list_is_a_segment_that_names_its_day(catalog: Catalog, shop: int) -> None:
    made = catalog.save_list(shop, " Dropped  out ", ["v1", "ann", "v1", ""], DAY, 9)
    assert (made.name, name_of(made).startswith(f"{DAY}-")) == ("Dropped out", True)
    assert catalog.segments(shop) == {"Dropped out": made}
    assert sorted(catalog.people_on(shop, name_of(made))) == ["ann", "v1"]
    site = catalog.site(shop)
    assert site is not None
    assert sorted(catalog.question_site(site).lists(name_of(made))) == ["ann", "v1"]


def test_a_list_is_found_within_its_site_and_day_only(catalog: Catalog, shop: int) -> None:
    name = name_of(catalog.save_list(shop, "A", ["v1"], DAY, 9))
    other = catalog.add_site("blog", [], 5).site.id
    for site, wrong in ((other, name), (shop, name.replace(DAY, "2026-11-21")), (shop, f"{name}0"), (shop, "?")):
        with pytest.raises(UserError, match="no list"):
            catalog.people_on(site, wrong)
    with pytest.raises(UserError, match="no list"):
        catalog.save_segment(other, "B", [f"list:{name}"], [], 9)


def test_nobody_and_a_taken_name_are_refused_and_leave_nothing(catalog: Catalog, shop: int, ledger_url: str) -> None:
    catalog.save_segment(shop, "A", ["event:x"], [], 9)
    for name, people in (("B", [""]), ("A", ["v1"]), ("", ["v1"])):
        with pytest.raises(UserError):
            catalog.save_list(shop, name, people, DAY, 9)
    engine = open_engine(ledger_url)
    assert engine.rows("SELECT * FROM people_list") == engine.rows("SELECT * FROM people_list_member") == []
    engine.close()


def test_a_list_goes_with_the_last_segment_that_names_it(catalog: Catalog, shop: int, ledger_url: str) -> None:
    name = name_of(catalog.save_list(shop, "A", ["v1", "v2"], DAY, 9))
    catalog.save_segment(shop, "B", [f"list:{name} | event:x"], [], 9)
    kept = name_of(catalog.save_list(shop, "C", ["v3"], DAY, 9))
    catalog.rename_segment(shop, "A", "Z")
    assert catalog.delete_segment(shop, "Z")
    assert len(catalog.people_on(shop, name)) == 2
    catalog.save_segment(shop, "B", ["event:x"], [], 9, replace=True)
    with pytest.raises(UserError, match="no list"):
        catalog.people_on(shop, name)
    assert catalog.people_on(shop, kept) == ["v3"]
    engine = open_engine(ledger_url)
    assert engine.rows("SELECT key FROM people_list_member") == [("v3",)]
    engine.close()


def test_a_number_is_never_given_out_again(catalog: Catalog, shop: int) -> None:
    first = name_of(catalog.save_list(shop, "A", ["v1"], DAY, 9))
    assert catalog.delete_segment(shop, "A")
    assert name_of(catalog.save_list(shop, "A", ["v2"], DAY, 9)) != first


def test_whoever_is_erased_is_on_no_list_of_the_site(catalog: Catalog, shop: int) -> None:
    other = catalog.add_site("blog", [], 5).site.id
    here, there = (name_of(catalog.save_list(one, "A", ["v1", "ann", "v2"], DAY, 9)) for one in (shop, other))
    assert catalog.drop_mentions(shop, ["ann", "v1"])["listed"] == 2
    assert catalog.people_on(shop, here) == ["v2"]
    assert len(catalog.people_on(other, there)) == 3


def test_a_site_takes_its_lists_along(catalog: Catalog, shop: int, ledger_url: str) -> None:
    catalog.save_list(shop, "A", ["v1"], DAY, 9)
    catalog.delete_site(shop)
    engine = open_engine(ledger_url)
    assert engine.rows("SELECT * FROM people_list_member") == []
    engine.close()
