"""Sites: keys that open, settings that are checked, names that are unique."""

from __future__ import annotations

from typing import Any

import pytest

from collector.catalog.catalog import Catalog
from collector.catalog.values import Goal, Options, Retargeting
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.store.open import open_engine


def test_a_site_is_found_by_name_by_id_and_by_its_keys(catalog: Catalog) -> None:
    made = catalog.add_site("shop", ["https://shop.example"], 5, timezone="Europe/Berlin", title="The shop")
    site = made.site
    assert site.write_key.startswith("wk_")
    assert made.secret_key.startswith("sk_")
    assert catalog.site_by_name("shop") == site
    assert catalog.site(site.id) == site
    assert catalog.site_by_write_key(site.write_key) == site
    assert catalog.site_by_secret(made.secret_key) == site
    assert catalog.sites() == [site]
    assert (site.title, site.zone.key, site.policy_gpc, site.policy_dnt, site.created) == (
        "The shop",
        "Europe/Berlin",
        "cookieless",
        "ignore",
        5,
    )


def test_wrong_keys_open_nothing(catalog: Catalog) -> None:
    made = catalog.add_site("shop", [], 5)
    for key in ("", "sk_", made.site.write_key, made.secret_key[:-1], "\ud800"):
        assert catalog.site_by_secret(key) is None
    for key in ("", "wk_", made.secret_key, made.site.write_key.upper() + "x"):
        assert catalog.site_by_write_key(key) is None


def test_the_secret_key_is_kept_as_a_hash_only(catalog: Catalog, ledger_url: str) -> None:
    made = catalog.add_site("shop", [], 5)
    engine = open_engine(ledger_url)
    rows = engine.rows("SELECT * FROM site")
    engine.close()
    assert made.secret_key[3:] not in str(rows)


def test_a_new_secret_key_ends_the_old_one(catalog: Catalog) -> None:
    made = catalog.add_site("shop", [], 5)
    fresh = catalog.new_secret_key(made.site.id)
    assert catalog.site_by_secret(made.secret_key) is None
    assert catalog.site_by_secret(fresh) == made.site


def test_names_and_chosen_write_keys_are_unique(catalog: Catalog) -> None:
    first = catalog.add_site("shop", [], 5, write_key="wk_demo").site
    second = catalog.add_site("blog", [], 5).site
    with pytest.raises(UserError, match="already"):
        catalog.add_site("shop", [], 6)
    with pytest.raises(UserError, match="taken"):
        catalog.add_site("other", [], 6, write_key="wk_demo")
    with pytest.raises(UserError, match="already"):
        catalog.update_site(second.id, name="shop")
    assert catalog.update_site(first.id, name="shop").name == "shop"


@pytest.mark.parametrize("name", ["", "Shop", "-shop", "my shop", "a/b", "ü", "a" * 64, "shop\n"])
def test_a_name_that_does_not_fit_an_address_is_refused(catalog: Catalog, name: str) -> None:
    with pytest.raises(UserError, match="name"):
        catalog.add_site(name, [], 5)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("HTTPS://Shop.Example:443", "https://shop.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://shop.example:80", "http://shop.example"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origins_are_kept_as_browsers_send_them(catalog: Catalog, given: str, kept: str) -> None:
    assert catalog.add_site("shop", [given, kept], 5).site.origins == (kept,)


@pytest.mark.parametrize(
    "origin",
    [
        "shop.example",
        "*",
        "https://",
        "https://*",
        "https://*.com",
        "https://a.*.example",
        "https://shop.example/path",
        "https://user@shop.example",
        "https://shop.example:99999",
        "ftp://shop.example",
        "null",
        "https://a b.example",
    ],
)
def test_what_is_no_origin_is_refused_with_a_hint(catalog: Catalog, origin: str) -> None:
    with pytest.raises(UserError, match=r"https://example\.com"):
        catalog.add_site("shop", [origin], 5)
    assert catalog.sites() == []


def test_every_setting_can_be_changed_and_comes_back(catalog: Catalog) -> None:
    site = catalog.add_site("shop", ["https://shop.example"], 5).site
    settings: dict[str, Any] = {
        "name": "store",
        "title": "Näme",
        "origins": ("https://store.example",),
        "timezone": "Asia/Tokyo",
        "policy_gpc": "off",
        "policy_dnt": "cookieless",
        "goals": (Goal("Bought", "event:purchase[total>=100]", "total", "EUR"), Goal("Signed up", "event:signup")),
        "retargeting": (Retargeting("param:rt", "*"), Retargeting("campaign", "back-*")),
        "payment_domains": ("pay.example",),
        "hidden_parameters": ("token",),
    }
    changed = catalog.update_site(site.id, **settings)
    assert {name: getattr(changed, name) for name in settings} == settings
    assert catalog.site_by_name("store") == changed
    assert (changed.id, changed.write_key, changed.created) == (site.id, site.write_key, 5)


@pytest.mark.parametrize(
    "setting",
    [
        {"timezone": "Mars/Olympus"},
        {"policy_gpc": "maybe"},
        {"goals": [Goal("", "any")]},
        {"goals": [Goal("a", "nonsense")]},
        {"goals": [Goal("a", "any"), Goal("a", "any")]},
        {"goals": [Goal("a", "any", "total", "euro")]},
        {"retargeting": [Retargeting("colour", "*")]},
        {"retargeting": [Retargeting("source", " ")]},
        {"payment_domains": ["https://pay.example/x"]},
        {"hidden_parameters": ["a=b"]},
    ],
)
def test_a_setting_that_cannot_be_used_changes_nothing(catalog: Catalog, setting: dict[str, Any]) -> None:
    site = catalog.add_site("shop", [], 5).site
    with pytest.raises(UserError):
        catalog.update_site(site.id, title="New", **setting)
    assert catalog.site(site.id) == site


def test_an_unknown_site_cannot_be_changed(catalog: Catalog) -> None:
    with pytest.raises(UserError, match="no site"):
        catalog.update_site(7, title="x")
    with pytest.raises(UserError, match="no site"):
        catalog.new_secret_key(7)


def test_a_question_knows_zone_goals_and_segments(catalog: Catalog) -> None:
    site = catalog.add_site("shop", [], 5, timezone="Asia/Tokyo", goals=[Goal("Bought", "event:purchase")]).site
    catalog.save_segment(site.id, "Buyers", ["event:purchase"], ["event:refund"], 6)
    asked = catalog.question_site(site)
    assert (asked.id, asked.name, asked.zone.key) == (site.id, "shop", "Asia/Tokyo")
    assert asked.goals == [("Bought", parse_matcher("event:purchase"))]
    assert asked.segments["Buyers"].where_not == (parse_matcher("event:refund"),)


def test_migrating_again_changes_nothing(catalog: Catalog) -> None:
    catalog.add_site("shop", [], 5)
    catalog.migrate()
    assert len(catalog.sites()) == 1


def test_options_have_defaults_are_checked_and_kept_one_by_one(catalog: Catalog) -> None:
    site = catalog.add_site("shop", [], 5, retention_days=760).site
    assert site.options == Options(retention_days=760)
    changed = catalog.update_site(site.id, denied_properties=["password", " iban "], preset="exempt")
    assert changed.options == Options("exempt", 760, ("password", "iban"))
    renamed = catalog.update_site(site.id, title="Other")
    assert renamed.options == changed.options
    for wrong in ({"preset": "none"}, {"retention_days": 3}, {"trusted_agents": ["x"]}, {"signed_identify": ""}):
        with pytest.raises(UserError):
            catalog.update_site(site.id, **wrong)
    assert catalog.site(site.id) == renamed
