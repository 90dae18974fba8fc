"""What a site is connected to: its own and nobody else's, tokens as hashes, contacts until they are forgotten."""

from __future__ import annotations

import pytest

from collector.catalog.catalog import Catalog
from collector.catalog.connections import CONTACT_LIFE, MAX_CAMPAIGNS, MAX_HOOKS, Campaign
from collector.core.errors import UserError
from collector.core.times import MINUTE

PROVIDERS = ("chatwoot", "crisp")
VISITOR = "v_" + "0" * 32


@pytest.fixture
def site(catalog: Catalog) -> int:
    return catalog.add_site("shop", ["https://shop.example"], 1).site.id


def test_a_webhook_is_found_by_its_address_only(catalog: Catalog, site: int) -> None:
    made = catalog.add_hook(site, "chatwoot", PROVIDERS, 5)
    assert catalog.hook_by_key("chatwoot", made.hook.key) == made.hook
    assert catalog.hook_by_key("crisp", made.hook.key) is None
    assert catalog.hook_by_key("chatwoot", "nobody's\0") is None
    assert (made.hook.signed, made.hook.secret, made.token) == (True, "", "")
    assert made.hook.opens("")
    assert not made.hook.opens("x")


def test_a_token_is_kept_as_a_hash(catalog: Catalog, site: int) -> None:
    made = catalog.add_hook(site, "crisp", PROVIDERS, 5, signed=False)
    assert made.token not in repr(catalog.hooks(site))
    assert made.hook.opens(made.token)
    for wrong in ("", made.token[:-1], made.hook.token):
        assert not made.hook.opens(wrong)


def test_another_site_cannot_change_a_webhook(catalog: Catalog, site: int) -> None:
    other = catalog.add_site("other", [], 1).site.id
    hook = catalog.add_hook(site, "crisp", PROVIDERS, 5).hook
    assert not catalog.set_hook_secret(other, hook.id, "another secret of theirs")
    assert not catalog.delete_hook(other, hook.id)
    assert catalog.hooks(site) == [hook]
    assert catalog.set_hook_secret(site, hook.id, "  a secret of the provider ")
    assert catalog.hooks(site)[0].secret == "a secret of the provider"
    assert catalog.delete_hook(site, hook.id)
    assert catalog.hooks(site) == []


def test_a_secret_address_takes_no_signing_secret(catalog: Catalog, site: int) -> None:
    hook = catalog.add_hook(site, "crisp", PROVIDERS, 5, signed=False).hook
    assert not catalog.set_hook_secret(site, hook.id, "a secret of the provider")


def test_what_makes_no_webhook_is_refused(catalog: Catalog, site: int) -> None:
    with pytest.raises(UserError):
        catalog.add_hook(site, "slack", PROVIDERS, 5)
    hook = catalog.add_hook(site, "crisp", PROVIDERS, 5).hook
    with pytest.raises(UserError):
        catalog.set_hook_secret(site, hook.id, "short")
    for _ in range(MAX_HOOKS - 1):
        catalog.add_hook(site, "crisp", PROVIDERS, 5)
    with pytest.raises(UserError):
        catalog.add_hook(site, "crisp", PROVIDERS, 5)


def test_a_webhook_stands_in_for_browsers_from_its_first_word(catalog: Catalog, site: int) -> None:
    hook = catalog.add_hook(site, "crisp", PROVIDERS, 5).hook
    catalog.note_hook(hook, 10 * MINUTE, "signature")
    assert catalog.hooked_providers(site) == frozenset()
    catalog.note_hook(hook, 10 * MINUTE)
    assert catalog.hooked_providers(site) == {"crisp"}
    noted = catalog.hooks(site)[0]
    assert (noted.seen, noted.trouble, noted.trouble_at) == (10 * MINUTE, "signature", 10 * MINUTE)
    catalog.note_hook(noted, 10 * MINUTE + 1)
    assert catalog.hooks(site)[0].seen == 10 * MINUTE  # at most once a minute


def test_a_contact_is_the_visitor_it_was_last_until_it_is_forgotten(catalog: Catalog, site: int) -> None:
    hook = catalog.add_hook(site, "crisp", PROVIDERS, 5).hook
    catalog.note_contact(hook.id, "57", "v_" + "1" * 32, 10)
    catalog.note_contact(hook.id, "57", VISITOR, 11)
    assert catalog.contact_visitor(hook.id, "57") == VISITOR
    assert catalog.contact_visitor(hook.id + 1, "57") == ""
    assert catalog.drop_mentions(site + 1, [VISITOR])["contact"] == 0
    assert catalog.drop_mentions(site, [VISITOR, "nobody"])["contact"] == 1
    assert catalog.contact_visitor(hook.id, "57") == ""


def test_contacts_are_not_kept_longer_than_an_identity_lives(catalog: Catalog, site: int) -> None:
    hook = catalog.add_hook(site, "crisp", PROVIDERS, 5).hook
    catalog.note_contact(hook.id, "old", VISITOR, 10)
    catalog.note_contact(hook.id, "new", VISITOR, 11 + CONTACT_LIFE)
    assert catalog.contact_visitor(hook.id, "old") == ""
    assert catalog.contact_visitor(hook.id, "new") == VISITOR


def test_campaigns_are_listed_once_with_their_last_source(catalog: Catalog, site: int) -> None:
    catalog.add_campaign(site, " Autumn  cart ", "adnet", 7)
    catalog.add_campaign(site, "Autumn cart", "criteo", 8)
    assert catalog.campaigns(site) == [Campaign("Autumn cart", "criteo", 7)]
    assert catalog.campaigns(site + 1) == []
    assert not catalog.delete_campaign(site + 1, "Autumn cart")
    assert catalog.delete_campaign(site, "Autumn cart")
    for name in ("", " ", "x" * 101):
        with pytest.raises(UserError):
            catalog.add_campaign(site, name, "", 9)
    assert MAX_CAMPAIGNS > 0


def test_a_new_secret_key_ends_the_pixels_key(catalog: Catalog, site: int) -> None:
    before = catalog.ad_pixel_key(site)
    assert len(before) == 64
    assert catalog.ad_pixel_key(site) == before
    catalog.new_secret_key(site)
    assert catalog.ad_pixel_key(site) != before
    assert catalog.ad_pixel_key(site + 1) == ""
