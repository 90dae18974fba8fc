"""Who may use which address: every rule of the app, by everybody who may come (REQUIREMENTS D1, D10, D12).

A new route is not let through by this test until a line of `RULES` says who may use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import g
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from collector.catalog.values import User
from tests.support.pages import Installation, installed, token_in

# public: made for browsers or servers that nobody logs in with (each has its own key, or tells nothing).
# guest: the way to a login. user: whoever is logged in. admin: who owns the installation.
# viewer, editor, owner: that role at the site in the address, or more. shared: whoever opened the link.
RULES: dict[str, str] = {
    "annotations.add": "editor",
    "annotations.change": "editor",
    "annotations.delete": "editor",
    "annotations.edit": "editor",
    "annotations.listing": "viewer",
    "api_tokens.make": "user",
    "api_tokens.page": "user",
    "api_tokens.revoke": "user",
    "auth.login": "guest",
    "auth.logout": "guest",
    "auth.once": "guest",
    "auth.password": "user",
    "auth.setup": "guest",
    "auth.welcome": "guest",
    "bots.page": "viewer",
    "bots.place": "owner",
    "bots.spam": "editor",
    "bots.trust": "editor",
    "bots.untrust": "editor",
    "collect.collect": "public",
    "collect.options": "public",
    "collect.pixel": "public",
    "connections.add_campaign": "editor",
    "connections.add_hook": "editor",
    "connections.delete_campaign": "editor",
    "connections.delete_hook": "editor",
    "connections.page": "editor",
    "connections.set_secret": "editor",
    "spend.delete": "editor",
    "spend.keep": "editor",
    "spend.look": "editor",
    "spend.page": "editor",
    "dashboards.add": "editor",
    "dashboards.arrange": "editor",
    "dashboards.change": "editor",
    "dashboards.delete": "editor",
    "dashboards.listing": "viewer",
    "dashboards.pin": "editor",
    "dashboards.show": "viewer",
    "health.healthz": "public",
    "health.readyz": "public",
    "hooks.look": "public",
    "hooks.receive": "public",
    "impression.seen": "public",
    "install.page": "viewer",
    "install.state": "viewer",
    "joining.join": "user",
    "joining.page": "user",
    "identity.new_key": "owner",
    "identity.page": "owner",
    "identity.save": "owner",
    "linker.link": "public",
    "linker.options": "public",
    "metrics.metrics": "public",
    "openapi.published": "public",
    "people.erase": "editor",
    "people.export": "viewer",
    "people.unlink": "editor",
    "quality.drop": "owner",
    "privacy.consent": "owner",
    "privacy.delete": "owner",
    "privacy.page": "owner",
    "privacy.save": "owner",
    "privacy.unforget": "owner",
    "quality.page": "viewer",
    "quality.try_again": "owner",
    "questions.state": "viewer",
    "questions.stop": "viewer",
    "reports.show": "viewer",
    "reports.site_home": "viewer",
    "saved.delete": "editor",
    "saved.listing": "viewer",
    "saved.save": "editor",
    "seen.seen": "public",
    "segment.batch": "public",
    "segment.metrics": "public",
    "segment.one": "public",
    "segment.options": "public",
    "segment.settings": "public",
    "segment.unknown": "public",
    "segments.build": "editor",
    "segments.counts": "viewer",
    "segments.delete": "editor",
    "segments.edit": "editor",
    "segments.keep_list": "editor",
    "segments.rename": "editor",
    "segments.save": "editor",
    "settings.add_goal": "editor",
    "settings.delete_goal": "editor",
    "settings.new_secret": "owner",
    "settings.page": "editor",
    "settings.save": "owner",
    "shared.as_csv": "shared",
    "shared.as_json": "shared",
    "shared.enter": "guest",
    "shared.page": "shared",
    "shares.make": "editor",
    "shares.page": "editor",
    "shares.revoke": "editor",
    "sites.home": "user",
    "sites.new": "admin",
    "static_files.file": "guest",
    "stages.edit": "editor",
    "stages.save": "editor",
    "suggest.match": "viewer",
    "suggest.suggestions": "viewer",
    "team.add": "owner",
    "team.page": "owner",
    "team.remove": "owner",
    "tracker_files.chat": "public",
    "tracker_files.hashed": "public",
    "tracker_files.experiment": "public",
    "tracker_files.linker": "public",
    "tracker_files.tracker": "public",
}
# Whom a rule lets in, of those who log in; the admin owns every site.
AT_SITE = {
    "viewer": {"viewer", "editor", "owner", "admin"},
    "editor": {"editor", "owner", "admin"},
    "owner": {"owner", "admin"},
}
LOGGED_IN = ("admin", "owner", "editor", "viewer", "foreign")
NOT_LOGGED_IN = ("anonymous", "token", "share")
# Addresses a token may ask for: the machine's forms of reports.
TWINS = ("/shop/overview.csv", "/shop/overview.json")


@dataclass(slots=True)
class World:
    """An installation with somebody of every kind."""

    shop: Installation
    users: dict[str, User]
    token: str
    share: str
    share_id: int
    cookies: dict[str, str] = field(default_factory=dict)

    def client(self, who: str) -> FlaskClient:
        """A browser or a program of this kind, in the state it has after its login."""
        client = self.shop.app.test_client()
        if who == "token":
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        elif who == "share":
            assert client.get(f"/shared/{self.share}").status_code == 302
        elif who != "anonymous":
            if who not in self.cookies:
                cookie = self.shop.client(self.users[who]).get_cookie("desireline")
                assert cookie is not None
                self.cookies[who] = cookie.value
            client.set_cookie("desireline", self.cookies[who])
        return client


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two sites, people with every role, an API token of an owner, and a share link."""
    for shop in installed(tmp_path_factory.mktemp("access"), events=False):
        users = {role: shop.user(f"{role}@roles.example", role) for role in ("owner", "editor", "viewer")}
        users["admin"] = shop.owner
        other = shop.catalog.add_site("other", ["https://other.example"], shop.now).site
        users["foreign"] = shop.catalog.create_user("foreign@other.example", "a long enough password", shop.now)
        shop.catalog.set_role(users["foreign"].id, other.id, "owner")
        _, token = shop.catalog.make_api_token(users["owner"], "Sheet", [], shop.now, None)
        share, secret = shop.catalog.make_share(shop.site_id, users["editor"].id, "Week", "overview", "", shop.now)
        shop.app.config["WTF_CSRF_ENABLED"] = False
        yield World(shop, users, token, secret, share.id)


def rules(shop: Installation, *needs: str) -> list[Rule]:
    """The app's rules, those that need one of `needs` where any is named."""
    found = [rule for rule in shop.app.url_map.iter_rules() if not needs or RULES.get(rule.endpoint) in needs]
    return sorted(found, key=lambda rule: rule.rule)


def addresses(world: World, rule: Rule) -> list[str]:
    """Addresses that this rule fits."""
    if rule.endpoint == "reports.show":
        return ["/shop/overview", *TWINS]
    given = {"site_name": "shop", "share_id": world.share_id, "secret": "no-such-secret", "block_id": "trend"}
    some: dict[str, object] = {name: given.get(name, 1) for name in rule.arguments}
    if "any(" in rule.rule:
        some["name"] = "track"
    built = rule.build(some)
    assert built is not None
    return [str(built[1])]


def methods(rule: Rule) -> list[str]:
    return [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if method in (rule.methods or ())]


def to_login(answer: TestResponse) -> bool:
    """Whether a login is asked for, in the way that fits the address."""
    if answer.request.path.endswith((".csv", ".json")):
        return answer.status_code == 401
    return answer.status_code == 302 and answer.headers["Location"].startswith("/login")


def let_in(world: World, who: str, method: str, path: str) -> tuple[bool, TestResponse]:
    """Whether a request got past the guard of its site, and the answer."""
    with world.client(who) as client:
        answer = client.open(path, method=method)
        return g.get("access") is not None, answer


def test_every_route_has_a_rule(shop: Installation) -> None:
    assert {rule.endpoint for rule in rules(shop)} - set(RULES) == set(), "say in RULES who may use these"


def test_a_role_at_the_site_decides_and_nothing_else_does(world: World) -> None:
    wrong = []
    for rule in rules(world.shop):
        allowed = AT_SITE.get(RULES.get(rule.endpoint, ""))
        if allowed is None:
            assert "site_name" not in rule.arguments, f"{rule.endpoint} is under a site"
            continue
        for path in addresses(world, rule):
            for method in methods(rule):
                for who in (*LOGGED_IN, *NOT_LOGGED_IN):
                    inside, answer = let_in(world, who, method, path)
                    status = answer.status_code
                    if who in allowed or (who == "token" and path in TWINS):
                        fits = inside and status not in (401, 403) and status < 500
                    elif who in NOT_LOGGED_IN:
                        fits = not inside and to_login(answer)
                    else:
                        fits = not inside and status == (404 if who == "foreign" else 403)
                    if not fits:
                        wrong.append(f"{who}: {method} {path} {status}")
    assert wrong == []


def test_pages_of_an_account_ask_for_a_login_and_the_admins_for_an_admin(world: World) -> None:
    for rule in rules(world.shop, "user", "admin"):
        needs = RULES[rule.endpoint]
        for path in addresses(world, rule):
            for method in methods(rule):
                for who in NOT_LOGGED_IN:
                    assert to_login(world.client(who).open(path, method=method)), (who, method, path)
                for who in LOGGED_IN:
                    answer = world.client(who).open(path, method=method)
                    assert not to_login(answer), (who, method, path)
                    refused = needs == "admin" and who != "admin"
                    assert (answer.status_code == 403) == refused, (who, method, path)


def test_a_shared_report_opens_for_whoever_opened_its_link_and_nobody_else(world: World) -> None:
    for rule in rules(world.shop, "shared"):
        for path in addresses(world, rule):
            for who in (*LOGGED_IN, *NOT_LOGGED_IN):
                answer = world.client(who).get(path)
                assert answer.status_code == (200 if who == "share" else 410), (who, path)


def test_public_addresses_need_no_login_and_never_fail(world: World) -> None:
    for rule in rules(world.shop, "public", "guest"):
        for path in addresses(world, rule):
            for method in methods(rule):
                answer = world.client("anonymous").open(path, method=method)
                assert answer.status_code < 500, (method, path)
                assert RULES[rule.endpoint] == "guest" or not to_login(answer), (method, path)
                assert "Set-Cookie" not in answer.headers or RULES[rule.endpoint] == "guest", (method, path)


def changing(shop: Installation) -> list[str]:
    """Addresses of forms: all that take a POST and are not made for machines."""
    forms = [rule for rule in rules(shop) if "POST" in (rule.methods or ()) and RULES.get(rule.endpoint) != "public"]
    assert len(forms) >= 20
    return [re.sub(r"<int:\w+>", "1", rule.rule.replace("<site_name>", "shop")) for rule in forms]


def test_nothing_changes_without_the_forms_token_nor_from_another_site_nor_on_get(
    shop: Installation, owner: FlaskClient
) -> None:
    before = (shop.catalog.site(shop.site_id), shop.catalog.members(shop.site_id), shop.catalog.users())
    token = token_in(owner.get("/shop/overview"))
    for path in changing(shop):
        assert "[" not in path
        assert "<" not in path
        bare = owner.post(path, data={"name": "x"})
        assert bare.status_code == 400, path
        assert "expired" in bare.text, path
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://e.vil"}):
            answer = owner.post(path, data={"csrf_token": token}, headers=headers)
            assert answer.status_code == 403, (path, headers)
        assert owner.get(path, follow_redirects=True).status_code in (200, 400, 404, 405, 410), path
    assert before == (shop.catalog.site(shop.site_id), shop.catalog.members(shop.site_id), shop.catalog.users())


def test_an_object_of_another_site_is_not_reached_through_mine(world: World) -> None:
    shop = world.shop
    other = shop.catalog.site_by_name("other")
    assert other is not None
    share, _ = shop.catalog.make_share(other.id, world.users["foreign"].id, "Theirs", "overview", "", shop.now)
    saved = shop.catalog.save_report(other.id, "Theirs", "overview", "", shop.now)
    mine, _ = shop.catalog.make_api_token(world.users["viewer"], "Mine", [], shop.now, None)
    client = world.client("owner")
    assert client.post("/shop/shared/revoke", data={"share": share.id}).status_code == 404
    assert client.post(f"/shop/saved/{saved.id}/delete").status_code == 404
    assert client.post("/shop/team/remove", data={"user": world.users["foreign"].id}).status_code == 404
    assert client.post("/tokens/revoke", data={"token": mine.id}).status_code == 404
    assert shop.catalog.share(share.id) is not None
    assert shop.catalog.saved_report(other.id, saved.id) is not None
    assert len(shop.catalog.api_tokens(world.users["viewer"], shop.now)) == 1
    for number in ("", "-1", "x", "9" * 40):
        assert client.post("/shop/shared/revoke", data={"share": number}).status_code == 404
        assert client.post("/tokens/revoke", data={"token": number}).status_code == 404
