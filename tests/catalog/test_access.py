"""API tokens, share links and invitations in the catalog, on both engines: only hashes, only for a time."""

from __future__ import annotations

import pytest

from collector.catalog.access import MOST
from collector.catalog.catalog import Catalog
from collector.catalog.throttle import GUESS_LIMIT, WINDOW
from collector.catalog.values import User
from collector.core.errors import UserError
from collector.core.times import DAY, MINUTE
from collector.store.open import open_engine

PASSWORD = "correct horse"


@pytest.fixture
def ann(catalog: Catalog) -> User:
    return catalog.create_user("ann@example.org", PASSWORD, 5)


def test_a_token_is_found_by_its_secret_until_it_is_over(catalog: Catalog, ann: User) -> None:
    token, secret = catalog.make_api_token(ann, " My  sheet ", [3, 1, 3], 1_000, DAY)
    assert (token.name, token.sites, token.expires, token.used) == ("My sheet", (1, 3), 1_000 + DAY, 0)
    assert secret.startswith(token.start)
    assert len(secret) > 40
    assert catalog.api_token(secret, 2_000) == token
    assert catalog.api_token(secret, 1_000 + DAY) is None
    for wrong in ("", secret[:-1], secret + "x", token.start, secret.upper(), "\x00", "\ud800"):
        assert catalog.api_token(wrong, 2_000) is None
    assert catalog.api_tokens(ann, 1_000 + DAY) == []
    assert not catalog.revoke_api_token(ann.id + 1, token.id)
    assert not catalog.revoke_api_token(ann.id, 2**70)
    assert catalog.revoke_api_token(ann.id, token.id)
    assert catalog.api_token(secret, 2_000) is None


def test_a_token_remembers_the_day_it_was_used(catalog: Catalog, ann: User) -> None:
    _, secret = catalog.make_api_token(ann, "Sheet", [], 1_000, None)
    for now in (10 * DAY + 5, 10 * DAY + 9, 12 * DAY + 1):
        assert catalog.api_token(secret, now) is not None
    assert [token.used for token in catalog.api_tokens(ann, 13 * DAY)] == [12 * DAY]


def test_tokens_of_an_ended_epoch_are_listed_no_more_and_swept(catalog: Catalog, ann: User) -> None:
    catalog.make_api_token(ann, "Old", [], 1_000, None)
    changed = catalog.set_password(ann.id, "another password")
    assert catalog.api_tokens(changed, 2_000) == []
    catalog.make_api_token(changed, "New", [], 2_000, None)
    assert [token.name for token in catalog.api_tokens(changed, 2_000)] == ["New"]
    for number in range(MOST - 1):
        catalog.make_api_token(changed, f"{number}", [], 2_000, None)
    with pytest.raises(UserError, match="too many"):
        catalog.make_api_token(changed, "One more", [], 2_000, None)
    with pytest.raises(UserError, match="needs a name"):
        catalog.make_api_token(changed, " ", [], 2_000, None)


def test_no_secret_is_in_the_database(catalog: Catalog, ann: User, ledger_url: str) -> None:
    site = catalog.add_site("shop", ["https://shop.example"], 5).site
    secrets = [catalog.make_api_token(ann, "Sheet", [], 5, None)[1]]
    secrets.append(catalog.make_share(site.id, ann.id, "Board", "overview", "", 5)[1])
    secrets.append(catalog.invite(site.id, ann.id, "bob@example.org", "viewer", 5, DAY))
    engine = open_engine(ledger_url)
    rows = [
        str(tuple(row))
        for name in ("api_token", "share_link", "invitation")
        for row in engine.rows(f"SELECT * FROM {name}")
    ]
    engine.close()
    assert len(rows) == len(secrets) == len(set(secrets))
    for secret in secrets:
        assert not any(secret in row or secret[8:20] in row for row in rows)


def test_a_share_is_found_within_its_site_and_its_time(catalog: Catalog, ann: User) -> None:
    shop = catalog.add_site("shop", ["https://shop.example"], 5).site
    other = catalog.add_site("other", ["https://other.example"], 5).site
    share, secret = catalog.make_share(shop.id, ann.id, "Board", "funnel", "?step=a b&step=%C3%A9&by=", 1_000, ttl=DAY)
    assert (share.email, share.arguments, share.people) == (ann.email, "step=a+b&step=%C3%A9&by=", False)
    assert catalog.share_by_secret(secret) == catalog.share(share.id) == share
    assert (share.over(DAY), share.over(1_000 + DAY)) == (False, True)
    assert catalog.share(2**80) is None
    assert [one.id for one in catalog.shares(shop.id)] == [share.id]
    assert catalog.shares(other.id) == []
    catalog.share_opened(share, 5_000)
    [opened] = catalog.shares(shop.id)
    assert opened.opened in (0, 5_000)
    catalog.share_opened(share, 2 * MINUTE)
    assert catalog.shares(shop.id)[0].opened == 2 * MINUTE
    assert not catalog.revoke_share(other.id, share.id)
    assert catalog.revoke_share(shop.id, share.id)
    assert catalog.share_by_secret(secret) is None


def test_what_a_removed_user_made_ends_with_them(catalog: Catalog, ann: User) -> None:
    site = catalog.add_site("shop", ["https://shop.example"], 5).site
    _, token = catalog.make_api_token(ann, "Sheet", [], 5, None)
    _, link = catalog.make_share(site.id, ann.id, "Board", "overview", "", 5)
    invitation = catalog.invite(site.id, ann.id, "bob@example.org", "viewer", 5, DAY)
    catalog.delete_user(ann.id)
    assert catalog.api_token(token, 6) is None
    assert catalog.share_by_secret(link) is None
    assert catalog.invitation(invitation, 6) is None


def test_an_invitation_is_redeemed_once_and_the_latest_counts(catalog: Catalog, ann: User) -> None:
    site = catalog.add_site("shop", ["https://shop.example"], 5).site
    first = catalog.invite(site.id, ann.id, "Bob@example.org", "owner", 5, DAY)
    second = catalog.invite(site.id, ann.id, "bob@example.org", "viewer", 6, DAY)
    assert catalog.invitation(first, 7) is None
    assert catalog.redeem_invitation(second, 6 + DAY) is None
    again = catalog.invite(site.id, ann.id, "bob@example.org", "editor", 6, DAY)
    found = catalog.redeem_invitation(again, 7)
    assert found is not None
    assert (found.email, found.role, found.site_id) == ("bob@example.org", "editor", site.id)
    assert catalog.redeem_invitation(again, 7) is None
    with pytest.raises(UserError, match="not a role"):
        catalog.invite(site.id, ann.id, "bob@example.org", "king", 5, DAY)


def test_wrong_guesses_are_counted_by_network_and_forgotten(catalog: Catalog) -> None:
    for number in range(GUESS_LIMIT):
        assert catalog.guess_wait("2001:db8::1", 1_000) == 0
        catalog.guessed_wrong(f"2001:db8::{number:x}", 1_000)
    assert catalog.guess_wait("2001:db8::abcd", 61_000) == (WINDOW - 60_000) // 1_000
    assert catalog.guess_wait("2001:db8:0:1::1", 1_000) == 0
    assert catalog.guess_wait("", 1_000) == catalog.guess_wait("unknown", 1_000) == 0
    assert catalog.guess_wait("2001:db8::1", 1_000 + WINDOW) == 0
    # A clock that was wrong locks nobody out until that time comes.
    assert catalog.guess_wait("2001:db8::1", 500) == 0
