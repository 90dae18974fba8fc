"""Users: passwords, sessions, throttled logins, roles."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

import pytest
from argon2 import PasswordHasher

from collector.catalog.catalog import Catalog
from collector.catalog.throttle import ACCOUNT_LIMIT, ADDRESS_LIMIT, WINDOW
from collector.catalog.values import LoginResult, Member
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.store.open import open_engine

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap parameters, except where the time is what is tested."""
    if "as_much_time" not in request.node.name:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        monkeypatch.setattr("collector.catalog.users._hasher", quick)
        known = quick.hash("nobody has this password")
        monkeypatch.setattr("collector.catalog.users._nobody", lambda: known)


def test_a_user_logs_in_with_their_password_only(catalog: Catalog) -> None:
    user = catalog.create_user(" Ann@Example.org ", PASSWORD, 5, admin=True)
    assert (user.email, user.admin, user.created) == ("ann@example.org", True, 5)
    assert catalog.check_login("ANN@example.org", PASSWORD, "192.0.2.1", 10) == LoginResult(user)
    for wrong in ("", PASSWORD + " ", PASSWORD.upper(), "x" * 100_000):
        assert catalog.check_login("ann@example.org", wrong, "192.0.2.1", 10) == LoginResult(None)
    assert catalog.check_login("bob@example.org", PASSWORD, "192.0.2.1", 10) == LoginResult(None)
    assert catalog.user_by_email("Ann@Example.org") == catalog.user(user.id) == user
    assert catalog.users() == [user]


def test_passwords_are_argon2_hashes(catalog: Catalog, ledger_url: str) -> None:
    catalog.create_user("ann@example.org", PASSWORD, 5)
    engine = open_engine(ledger_url)
    [(stored,)] = engine.rows("SELECT password FROM account")
    engine.close()
    assert stored.startswith("$argon2id$")


def test_a_login_renews_a_hash_of_older_parameters(
    catalog: Catalog, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = catalog.create_user("ann@example.org", PASSWORD, 5)
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr("collector.catalog.users._hasher", stronger)
    for _ in range(2):
        assert catalog.check_login("ann@example.org", PASSWORD, "192.0.2.1", 10).user == user
    engine = open_engine(ledger_url)
    [(stored,)] = engine.rows("SELECT password FROM account")
    engine.close()
    assert "$m=16,t=2,p=1$" in stored


def test_addresses_are_unique_and_checked(catalog: Catalog) -> None:
    catalog.create_user("ann@example.org", PASSWORD, 5)
    with pytest.raises(UserError, match="already"):
        catalog.create_user("ANN@example.org", PASSWORD, 5)
    for bad in ("", "ann", "a b@c", "@", "a@b@c"):
        with pytest.raises(UserError, match="e-mail"):
            catalog.create_user(bad, PASSWORD, 5)
    for password in ("", "short", "x" * 1_001):
        with pytest.raises(UserError, match="too"):
            catalog.create_user("bob@example.org", password, 5)
    assert len(catalog.users()) == 1


def test_a_new_password_ends_every_session_and_token(catalog: Catalog) -> None:
    user = catalog.create_user("ann@example.org", PASSWORD, 5)
    token = catalog.issue_token("login", 5, 1_000, user.id)
    changed = catalog.set_password(user.id, "another password")
    assert changed.epoch != user.epoch
    assert catalog.redeem_token("login", token, 6) is None
    assert catalog.check_login("ann@example.org", PASSWORD, "192.0.2.1", 10).user is None
    assert catalog.check_login("ann@example.org", "another password", "192.0.2.1", 10).user == changed
    catalog.end_sessions(user.id)
    again = catalog.user(user.id)
    assert again is not None
    assert again.epoch not in (user.epoch, changed.epoch)
    with pytest.raises(UserError):
        catalog.set_password(99, "another password")


def test_too_many_attempts_on_an_account_must_wait_even_with_the_right_password(catalog: Catalog) -> None:
    catalog.create_user("ann@example.org", PASSWORD, 5)
    for number in range(ACCOUNT_LIMIT):
        assert catalog.check_login("ann@example.org", "wrong", f"192.0.2.{number}", 1_000).retry_after == 0
    blocked = catalog.check_login("Ann@example.org", PASSWORD, "198.51.100.1", 61_000)
    assert blocked == LoginResult(None, (WINDOW - 60_000) // 1_000)
    assert catalog.check_login("ann@example.org", PASSWORD, "198.51.100.1", 1_000 + WINDOW).user is not None


def test_unknown_accounts_are_throttled_like_known_ones(catalog: Catalog) -> None:
    for number in range(ACCOUNT_LIMIT):
        catalog.check_login("ghost@example.org", "wrong", f"192.0.2.{number}", 1_000)
    assert catalog.check_login("ghost@example.org", "wrong", "198.51.100.1", 1_000).retry_after > 0


@pytest.mark.parametrize("address", ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:1:2::{n:x}", "unknown"])
def test_too_many_attempts_from_an_address_must_wait(catalog: Catalog, address: str) -> None:
    for number in range(ADDRESS_LIMIT):
        catalog.check_login(f"user{number}@example.org", "wrong", address.format(n=number), 1_000)
    assert catalog.check_login("new@example.org", "wrong", address.format(n=999), 1_000).retry_after > 0
    assert catalog.check_login("new@example.org", "wrong", "203.0.113.1", 1_000).retry_after == 0


def test_attempts_counted_by_a_clock_that_was_wrong_lock_nobody_out(catalog: Catalog) -> None:
    next_year = 365 * DAY
    for number in range(ACCOUNT_LIMIT):
        catalog.check_login("ann@example.org", "wrong", f"192.0.2.{number}", next_year)
    assert catalog.check_login("ann@example.org", "wrong", "198.51.100.1", 1_000).retry_after == 0


def test_names_that_no_engine_can_hold_are_nobody_s(catalog: Catalog) -> None:
    for name in ("a\0b", "\0", "\ud800"):
        assert catalog.check_login(name, PASSWORD, "192.0.2.1", 1_000) == LoginResult(None)
        assert catalog.user_by_email(name) is None
        assert catalog.site_by_name(name) is None
        assert catalog.site_by_write_key(name) is None
        assert catalog.site_by_secret(name) is None
        with pytest.raises(UserError):
            catalog.create_user(f"{name}@example.org", PASSWORD, 5)
    site = catalog.add_site("shop", ["https://shop.example"], 5, title="Sh\0op").site
    assert site.title == "Shop"
    assert catalog.save_report(site.id, "a\0b", "funnel", "x=\0", 5).name == "ab"
    assert catalog.save_segment(site.id, "a\0b", ["any"], [], 5).name == "ab"
    assert catalog.delete_segment(site.id, "a\0b")


def test_logging_in_well_is_not_held_against_anybody(catalog: Catalog) -> None:
    catalog.create_user("ann@example.org", PASSWORD, 5)
    for _ in range(ADDRESS_LIMIT + 5):
        assert catalog.check_login("ann@example.org", PASSWORD, "192.0.2.1", 1_000).user is not None


def test_guesses_at_the_same_time_are_all_counted(catalog: Catalog) -> None:
    passed: list[int] = []

    def guess() -> None:
        for number in range(6):
            result = catalog.check_login("ann@example.org", "wrong", f"192.0.2.{number}", 1_000)
            passed.append(result.retry_after)
        catalog.close()

    threads = [Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(0) == ACCOUNT_LIMIT


@pytest.mark.alone
def test_unknown_users_take_as_much_time_as_known_ones(tmp_path: Path) -> None:
    catalog = Catalog(f"sqlite://{tmp_path}/x.db")
    catalog.migrate()
    catalog.create_user("ann@example.org", PASSWORD, 5)

    def seconds(email: str) -> float:
        taken = []
        for number in range(4):
            start = time.perf_counter()
            catalog.check_login(email, "wrong password", f"192.0.2.{number}", 10)
            taken.append(time.perf_counter() - start)
        return min(taken)

    known, unknown = seconds("ann@example.org"), seconds("bob@example.org")
    assert 0.4 < known / unknown < 2.5


def test_roles_are_given_changed_and_taken_away(catalog: Catalog) -> None:
    site, other = (catalog.add_site(name, [], 5).site for name in ("shop", "blog"))
    ann = catalog.create_user("ann@example.org", PASSWORD, 5)
    root = catalog.create_user("root@example.org", PASSWORD, 5, admin=True)
    assert catalog.role(ann, site.id) is None
    catalog.set_role(ann.id, site.id, "viewer")
    catalog.set_role(ann.id, site.id, "editor")
    assert (catalog.role(ann, site.id), catalog.role(ann, other.id)) == ("editor", None)
    assert catalog.roles(ann) == {site.id: "editor"}
    assert catalog.members(site.id) == [Member(ann, "editor")]
    assert catalog.role(root, other.id) == "owner"
    with pytest.raises(UserError, match="role"):
        catalog.set_role(ann.id, site.id, "king")
    catalog.remove_role(ann.id, site.id)
    assert catalog.role(ann, site.id) is None


def test_a_deleted_user_leaves_no_role_and_no_token(catalog: Catalog) -> None:
    site = catalog.add_site("shop", [], 5).site
    ann = catalog.create_user("ann@example.org", PASSWORD, 5)
    catalog.set_role(ann.id, site.id, "viewer")
    token = catalog.issue_token("login", 5, 1_000, ann.id)
    catalog.delete_user(ann.id)
    assert catalog.members(site.id) == []
    assert catalog.redeem_token("login", token, 6) is None
    assert catalog.check_login("ann@example.org", PASSWORD, "192.0.2.1", 10).user is None
