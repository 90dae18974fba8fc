"""API tokens: what each reads, for how long, and what it never does (REQUIREMENTS D)."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.catalog.base import digest
from collector.catalog.throttle import GUESS_LIMIT
from collector.core.times import DAY, MINUTE
from collector.store.open import open_engine
from collector.web.guard import open_by_token
from tests.support.pages import Installation, later, send

REPORT = "/shop/overview.json"


def ask(shop: Installation, secret: str, path: str = REPORT, **more: str) -> TestResponse:
    """A program asks with a token."""
    return shop.app.test_client().get(path, headers={"Authorization": f"Bearer {secret}", **more})


def make_token(client: FlaskClient, **fields: str) -> str:
    """Make a token on the page; its secret."""
    answer = send(client, "/tokens", name="Sheet", **fields)
    found = re.search(r"dl_[A-Za-z0-9_-]{43}", answer.text)
    assert found, answer.text
    return found[0]


def test_a_token_is_shown_once_kept_as_a_hash_and_reads_every_twin(fresh: Installation) -> None:
    client = fresh.client(fresh.user("ann@roles.example", "viewer"))
    secret = make_token(client, scope="all", life="30")
    assert secret not in client.get("/tokens").text
    assert secret[:7] in client.get("/tokens").text
    engine = open_engine(fresh.settings.database)
    [row] = engine.rows("SELECT digest, start FROM api_token")
    engine.close()
    assert tuple(row) == (digest(secret), secret[:7])
    for path in (REPORT, "/shop/visitors.csv", "/shop/funnel.json?step=any&step=any&people=reached&at=1"):
        answer = ask(fresh, secret, path)
        assert answer.status_code == 200, path
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert ask(fresh, secret, "/shop/overview").status_code == 302
    assert ask(fresh, secret, "/shop/install.json").status_code == 401
    assert "just now" not in client.get("/tokens").text
    assert fresh.catalog.api_tokens(fresh.catalog.users()[0], fresh.now)[0].used == fresh.now // DAY * DAY


def test_unknown_expired_and_revoked_tokens_get_the_same_answer(fresh: Installation) -> None:
    client = fresh.client()
    expired, revoked = make_token(client, scope="all", life="7"), make_token(client, scope="all", life="")
    numbers = re.findall(r'name="token" value="(\d+)"', client.get("/tokens").text)
    send(client, "/tokens", "/tokens/revoke", token=numbers[0])
    later(fresh, 8 * DAY)
    answers = [ask(fresh, secret) for secret in ("dl_" + "x" * 43, "dl_", expired, revoked)]
    assert {(one.status_code, one.text, one.headers["WWW-Authenticate"]) for one in answers} == {
        (401, answers[0].text, 'Bearer realm="Desireline reports"')
    }
    assert "token" in (answers[0].json or {})["error"]


def test_a_token_never_exceeds_its_user_nor_its_scope(fresh: Installation) -> None:
    other = fresh.catalog.add_site("other", ["https://other.example"], fresh.now).site
    ann = fresh.user("ann@roles.example", "owner")
    client = fresh.client(ann)
    wide = make_token(client, scope="all", life="")
    assert ask(fresh, wide, "/other/overview.json").status_code == 404
    fresh.catalog.set_role(ann.id, other.id, "viewer")
    narrow = make_token(client, scope="some", site=str(fresh.site_id), life="")
    assert [ask(fresh, one, "/other/overview.json").status_code for one in (wide, narrow)] == [200, 404]
    fresh.catalog.remove_role(ann.id, fresh.site_id)
    assert [ask(fresh, one).status_code for one in (wide, narrow)] == [404, 404]
    fresh.catalog.set_role(ann.id, fresh.site_id, "viewer")
    assert ask(fresh, narrow).status_code == 200
    fresh.catalog.end_sessions(ann.id)
    assert ask(fresh, narrow).status_code == 401
    again = make_token(fresh.client(ann), scope="all", life="")
    fresh.catalog.delete_user(ann.id)
    assert ask(fresh, again).status_code == 401


def test_a_token_of_an_owner_reads_and_changes_nothing(fresh: Installation) -> None:
    secret = make_token(fresh.client(), scope="all", life="")
    with fresh.app.test_request_context(REPORT):
        access = open_by_token("shop", secret)
    assert (access.role, access.may_edit, access.is_owner) == ("viewer", False, False)


def test_a_token_is_made_for_sites_of_mine_only(fresh: Installation) -> None:
    other = fresh.catalog.add_site("other", ["https://other.example"], fresh.now).site
    client = fresh.client(fresh.user("ann@roles.example", "viewer"))
    assert "other" not in client.get("/tokens").text
    for fields in ({"scope": "some", "site": str(other.id)}, {"scope": "some"}, {"life": "9"}, {"name": ""}):
        answer = send(client, "/tokens", **{"name": "Sheet", "life": "", **fields})
        assert answer.status_code == 400, fields
        assert "dl_" not in answer.text


def test_a_token_works_beside_a_proxys_own_and_never_with_a_cookie(fresh: Installation) -> None:
    client = fresh.client()
    secret = make_token(client, scope="all", life="")
    assert client.get(REPORT, headers={"Authorization": "Bearer eyJhbGciOi.of.a.proxy"}).status_code == 200
    assert client.get(REPORT, headers={"Authorization": "Bearer dl_wrong"}).status_code == 401
    assert ask(fresh, secret, Authorization=f"bearer  {secret}").status_code == 200
    assert ask(fresh, f"{secret} x").status_code == 401


def test_guessing_tokens_and_links_is_slowed_down_by_address(fresh: Installation) -> None:
    secret = make_token(fresh.client(), scope="all", life="")
    client = fresh.app.test_client()
    home, cousin, away = ({"REMOTE_ADDR": at} for at in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"))
    for number in range(GUESS_LIMIT):
        headers = {"Authorization": f"Bearer dl_{number}"}
        path = ("/shared/no", "/login/once?token=no", REPORT)[number % 3]
        assert client.get(path, headers=headers, environ_base=home).status_code in (401, 410)
    right = {"Authorization": f"Bearer {secret}"}
    for address in (home, cousin):
        answer = client.get(REPORT, headers=right, environ_base=address)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 900
        assert client.get("/shared/no", environ_base=address).status_code == 429
        assert client.get("/login/once?token=no", environ_base=address).status_code == 429
        assert client.get("/welcome?token=no", environ_base=address).status_code == 429
    assert client.get(REPORT, headers=right, environ_base=away).status_code == 200
    later(fresh, 16 * MINUTE)
    assert client.get(REPORT, headers=right, environ_base=home).status_code == 200
