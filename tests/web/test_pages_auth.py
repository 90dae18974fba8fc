"""Who gets in, how a session ends, and what every page tells the browser (REQUIREMENTS D)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from collector.catalog.catalog import Catalog
from collector.core.times import DAY, MINUTE
from collector.store.protocol import LedgerDown
from collector.web.rooms import EXTENSION
from collector.web.session import ABSOLUTE, IDLE
from tests.support.pages import EMAIL, PASSWORD, Installation, install, installed, send, token_in


def later(shop: Installation, by: int) -> None:
    """Let the app's clock go forward."""
    rooms = shop.app.extensions[EXTENSION]
    now = rooms.clock()
    shop.app.extensions[EXTENSION] = replace(rooms, clock=lambda: now + by)


def login(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, back: str = "") -> tuple[int, str]:
    """Log in by the form; status and where it leads."""
    answer = send(
        client, f"/login?next={back}" if back else "/login", "/login", email=email, password=password, next=back
    )
    return answer.status_code, answer.headers.get("Location", "")


def test_the_first_account_is_made_by_a_link_that_works_once(tmp_path: Path) -> None:
    shop = install(tmp_path)
    for user in shop.catalog.users():
        shop.catalog.delete_user(user.id)
    client = shop.app.test_client()
    assert client.get("/setup").status_code == 410
    token = shop.catalog.issue_token("setup", shop.now, DAY)
    answer = client.get(f"/setup?token={token}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/setup")
    assert token not in client.get("/setup").text
    short = send(client, "/setup", email="a@b.example", password="short")
    assert "too short" in short.text
    assert 'value="a@b.example"' in short.text
    made = send(client, "/setup", email="a@b.example", password=PASSWORD)
    assert made.status_code == 302
    assert client.get("/shop/overview").status_code == 200
    again = shop.app.test_client()
    again.get(f"/setup?token={token}")
    assert again.get("/setup").status_code == 410


def test_a_password_lets_in_and_a_wrong_one_does_not(fresh: Installation) -> None:
    client = fresh.app.test_client()
    assert login(client, password="not this password")[0] == 400
    assert client.get("/shop/overview").status_code == 302
    assert login(client) == (302, "/")
    assert client.get("/shop/overview").status_code == 200


def test_unknown_users_and_wrong_passwords_get_the_same_page(fresh: Installation) -> None:
    pages = []
    for email in (EMAIL, "nobody@shop.example"):
        client = fresh.app.test_client()
        page = client.get("/login")
        token = token_in(page)
        answer = client.post("/login", data={"csrf_token": token, "email": email, "password": "wrong password"})
        pages.append(answer.text.replace(token_in(answer), "").replace(email, ""))
    assert pages[0] == pages[1]


def test_guessing_is_slowed_down(fresh: Installation) -> None:
    client = fresh.app.test_client()
    answers = [login(client, password=f"guess number {n}")[0] for n in range(12)]
    assert answers[:10] == [400] * 10
    assert answers[-1] == 429
    assert login(client)[0] == 429


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_login_never_leads_to_another_host(back: str, fresh: Installation) -> None:
    assert login(fresh.app.test_client(), back=back) == (302, "/")


def test_login_leads_back_to_the_page_that_was_asked_for(fresh: Installation) -> None:
    client = fresh.app.test_client()
    answer = client.get("/shop/overview?from=2026-01-01")
    assert answer.headers["Location"] == "/login?next=/shop/overview%3Ffrom%3D2026-01-01"
    assert login(client, back="/shop/overview?from=2026-01-01") == (302, "/shop/overview?from=2026-01-01")


def test_a_login_link_works_once_and_previews_do_not_use_it_up(fresh: Installation) -> None:
    token = fresh.catalog.issue_token("login", fresh.now, DAY, fresh.owner.id)
    client = fresh.app.test_client()
    assert client.head(f"/login/once?token={token}").status_code == 403
    assert client.get(f"/login/once?token={token}", headers={"Sec-Purpose": "prefetch"}).status_code == 403
    answer = client.get(f"/login/once?token={token}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert fresh.app.test_client().get(f"/login/once?token={token}").status_code == 410


def test_a_password_link_sets_a_password_once(fresh: Installation) -> None:
    user = fresh.user("new@shop.example", "viewer")
    token = fresh.catalog.issue_token("password", fresh.now, DAY, user.id)
    client = fresh.app.test_client()
    assert client.get(f"/welcome?token={token}").headers["Location"] == "/welcome"
    assert "new@shop.example" in client.get("/welcome").text
    assert send(client, "/welcome", password="my own long password").status_code == 302
    assert client.get("/shop/overview").status_code == 200
    assert login(fresh.app.test_client(), "new@shop.example", "my own long password")[0] == 302
    other = fresh.app.test_client()
    other.get(f"/welcome?token={token}")
    assert other.get("/welcome").status_code == 410


def test_logging_out_ends_the_session(fresh: Installation) -> None:
    client = fresh.client()
    assert client.get("/logout", follow_redirects=True).status_code == 404
    assert client.get("/shop/overview").status_code == 200
    other = fresh.client()
    cookie = client.get_cookie("desireline")
    assert cookie is not None
    send(client, "/shop/overview", "/logout")
    assert client.get("/shop/overview").status_code == 302
    copied = fresh.app.test_client()
    copied.set_cookie("desireline", cookie.value)
    assert copied.get("/shop/overview").status_code == 302
    assert other.get("/shop/overview").status_code == 200


def test_a_changed_password_ends_the_other_sessions(fresh: Installation) -> None:
    one, other = fresh.client(), fresh.client()
    wrong = send(one, "/password", current="not this", password="another long password")
    assert "is not this one" in wrong.text
    assert send(one, "/password", current=PASSWORD, password="another long password").status_code == 302
    assert one.get("/shop/overview").status_code == 200
    assert other.get("/shop/overview").status_code == 302


def test_a_session_ends_after_idleness_and_after_its_longest_time(fresh: Installation) -> None:
    idle = fresh.client()
    later(fresh, IDLE + MINUTE)
    assert idle.get("/shop/overview").status_code == 302
    busy = fresh.client()
    for _ in range(ABSOLUTE // (IDLE - DAY)):
        assert busy.get("/shop/overview").status_code == 200
        later(fresh, IDLE - DAY)
    later(fresh, MINUTE)
    assert busy.get("/shop/overview").status_code == 302


def test_logging_in_leaves_nothing_of_the_session_before(fresh: Installation) -> None:
    client = fresh.app.test_client()
    client.get("/login")
    with client.session_transaction() as before:
        before["planted"] = "x"
        token = before["csrf_token"]
    login(client)
    client.get("/shop/overview")
    with client.session_transaction() as after:
        assert "planted" not in after
        assert after.get("csrf_token") != token


def test_the_cookie_is_locked_down(tmp_path: Path) -> None:
    for made in installed(tmp_path, events=False, public_url="https://stats.example"):
        token = made.catalog.issue_token("login", made.now, DAY, made.owner.id)
        client = made.app.test_client()
        answer = client.get(f"/login/once?token={token}", base_url="https://stats.example")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-desireline=")
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in client.get("/login").headers


@pytest.mark.parametrize(
    "path", ["/login", "/shop/overview", "/shop/overview.json", "/nothing/here", "/static/app.css"]
)
def test_every_answer_says_what_the_browser_may_do(path: str, owner: FlaskClient) -> None:
    headers = owner.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert ("no-store" in headers["Cache-Control"]) == (path != "/static/app.css")


def test_a_saved_report_of_another_site_cannot_be_deleted_through_mine(fresh: Installation) -> None:
    other = fresh.catalog.add_site("other", ["https://other.example"], fresh.now).site
    saved = fresh.catalog.save_report(other.id, "Theirs", "overview", "", fresh.now)
    client = fresh.client(fresh.user("mine@shop.example", "owner"))
    answer = send(client, "/shop/saved", f"/shop/saved/{saved.id}/delete")
    assert answer.status_code in (400, 404)
    assert fresh.catalog.saved_report(other.id, saved.id) is not None
    assert send(client, "/shop/saved", f"/shop/saved/{10**30}/delete").status_code == 404


def test_a_crash_says_nothing_of_the_exception(fresh: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, site: int) -> None:
        raise RuntimeError("secret detail of the inside")

    monkeypatch.setattr(type(fresh.views), "open", broken)
    client = fresh.client()
    for path in ("/shop/overview", "/shop/overview.json"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret detail" not in answer.text
    assert (answer.json or {})["error"] == "Something went wrong here."


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 503), ("/shop/overview", 503), ("/shop/overview.csv", 503), ("/login", 503), ("/no/such/page", 404)],
)
def test_who_is_signed_in_while_the_database_is_down_is_told_so(
    path: str, status: int, fresh: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that says so must not ask the database who reads it."""
    client = fresh.client()

    def down(*_: object) -> None:
        raise LedgerDown("no connection to secret-host")

    monkeypatch.setattr(Catalog, "user", down)
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"]
    assert "secret-host" not in answer.text


def test_logging_out_while_the_database_is_down_takes_the_cookie_away(
    fresh: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = fresh.client()

    def down(*_: object) -> None:
        raise LedgerDown("down")

    monkeypatch.setattr(Catalog, "end_session", down)
    assert send(client, "/shop/overview", "/logout").status_code == 503
    monkeypatch.undo()
    assert client.get("/shop/overview").status_code == 302
