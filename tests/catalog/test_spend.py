"""What was spent: kept by day and campaign, replaced when it comes again, and known by its version."""

from __future__ import annotations

import pytest

from collector.catalog import spend
from collector.catalog.catalog import Catalog
from collector.core.errors import UserError
from collector.core.spend import NO_SPEND, SpendDay


@pytest.fixture
def site(catalog: Catalog) -> int:
    return catalog.add_site("shop", ["https://shop.example"], 1).site.id


def day(number: int, cost: float, campaign: str = "brand", currency: str = "EUR") -> SpendDay:
    return SpendDay(f"2026-01-{number:02}", "paid_search", "google", campaign, cost, currency)


def test_the_same_day_and_campaign_again_takes_the_place_of_the_first(catalog: Catalog, site: int) -> None:
    assert catalog.spend(site) == NO_SPEND
    assert catalog.put_spend(site, [day(1, 5.0), day(2, 6.5)]) == (2, 0)
    assert catalog.put_spend(site, [day(2, 7.0, currency="USD"), day(3, 1.0)]) == (1, 1)
    assert list(catalog.spend(site).rows) == [day(1, 5.0), day(2, 7.0, currency="USD"), day(3, 1.0)]


def test_every_change_has_another_version_and_a_short_name(catalog: Catalog, site: int) -> None:
    seen = {catalog.spend(site).version}
    catalog.put_spend(site, [day(1, 5.0)])
    seen.add(catalog.spend(site).version)
    catalog.put_spend(site, [day(1, 6.0)])
    seen.add(catalog.spend(site).version)
    catalog.delete_spend(site)
    seen.add(catalog.spend(site).version)
    assert len(seen) == 4
    assert repr(catalog.spend(site)) == "Spend(version=3)"
    assert catalog.spend(site).rows == ()


def test_another_process_sees_the_change(catalog: Catalog, site: int, ledger_url: str) -> None:
    catalog.put_spend(site, [day(1, 5.0)])
    other = Catalog(ledger_url)
    assert len(other.spend(site).rows) == 1
    catalog.put_spend(site, [day(2, 5.0)])
    assert len(other.spend(site).rows) == 2
    assert other.spend(site) is other.spend(site)
    other.close()


def test_costs_are_listed_and_deleted_by_campaign_and_go_with_their_site(catalog: Catalog, site: int) -> None:
    other = catalog.add_site("other", [], 1).site.id
    catalog.put_spend(site, [day(1, 5.0), day(2, 7.0), day(4, 2.0, "sale")])
    found = catalog.spend_groups(site)
    assert [(one.campaign, one.first, one.last, one.days, one.cost) for one in found] == [
        ("sale", "2026-01-04", "2026-01-04", 1, 2.0),
        ("brand", "2026-01-01", "2026-01-02", 2, 12.0),
    ]
    assert catalog.delete_spend(other) == 0
    assert catalog.delete_spend(site, ("paid_search", "google", "brand")) == 2
    assert [one.campaign for one in catalog.spend_groups(site)] == ["sale"]
    catalog.delete_site(site)
    assert catalog.spend(site) == NO_SPEND


def test_a_question_knows_what_was_spent(catalog: Catalog, site: int) -> None:
    catalog.put_spend(site, [day(1, 5.0)])
    record = catalog.site(site)
    assert record
    assert list(catalog.question_site(record).spend.rows) == [day(1, 5.0)]


def test_there_is_an_end_to_it(catalog: Catalog, site: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spend, "MAX_DAYS", 2)
    catalog.put_spend(site, [day(1, 5.0), day(2, 5.0)])
    catalog.put_spend(site, [day(1, 6.0)])
    with pytest.raises(UserError, match="costs of 2 days"):
        catalog.put_spend(site, [day(3, 5.0)])
    assert len(catalog.spend(site).rows) == 2
