"""A site's own pages: adding it, installing the tag, settings, team, saved reports, data quality."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest

from collector.core.errors import UserError
from collector.ingest.bots import NO_LIST
from collector.loader import now_ms
from collector.loading import Loader
from collector.sites import CatalogBook
from collector.store.protocol import BOT_REASONS, LedgerDown
from tests.support.pages import Installation, send, shop_events


def check(fresh: Installation) -> Mapping[str, str]:
    """What the live check says."""
    found = fresh.client().get("/shop/install.json").json
    assert found is not None
    return dict(found)


def collect(fresh: Installation, origin: str = "https://shop.example", key: str = "", **event: object) -> int:
    """Send one event as a browser does; the status."""
    happened = {"id": "0198f3a2-5b1c-7d10-8a4e-1f2e3d4c5b6b", "type": "page", "at": now_ms(), "url": f"{origin}/"}
    body = {"v": 1, "key": key or fresh.site.site.write_key, "sent_at": now_ms(), "events": [happened | event]}
    human = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    headers = {"Origin": origin, "User-Agent": human}
    return fresh.app.test_client().post("/collect", data=json.dumps(body), headers=headers).status_code


def load(fresh: Installation) -> None:
    """Bring what was accepted into the ledger."""
    loader = Loader(fresh.ledger, fresh.settings.inbox, CatalogBook(fresh.catalog), NO_LIST, lambda sites: None, now_ms)
    loader.drain_all()
    loader.close()
    fresh.views.refresh(fresh.site_id)


def test_the_only_site_opens_at_once_and_the_list_can_still_be_seen(fresh: Installation) -> None:
    client = fresh.client()
    assert client.get("/").headers["Location"] == "/shop/"
    assert client.get("/shop/").headers["Location"] == "/shop/overview"
    assert "none yet: install the tag" in client.get("/?all=1").text


def test_a_new_site_leads_to_its_tag(fresh: Installation) -> None:
    client = fresh.client()
    wrong = send(client, "/sites/new", name="Blog", origin="blog.example", timezone="Europe/Berlin")
    assert wrong.status_code == 400
    assert 'value="blog.example"' in wrong.text
    made = send(client, "/sites/new", name="Blog", origin="https://blog.example", timezone="Europe/Berlin")
    assert made.headers["Location"] == "/blog/install"
    site = fresh.catalog.site_by_name("blog")
    assert site is not None
    assert site.timezone == "Europe/Berlin"
    page = client.get("/blog/install").text
    assert f"data-site=&#34;{site.write_key}&#34;" in page


def test_the_check_waits_then_turns_green_with_the_first_event(fresh: Installation) -> None:
    assert check(fresh)["state"] == "wait"
    assert collect(fresh) == 200
    load(fresh)
    found = check(fresh)
    assert found["state"] == "ok"
    assert "https://shop.example/" in found["text"]


def test_the_check_names_an_origin_that_is_not_listed(fresh: Installation) -> None:
    assert collect(fresh, origin="https://www.shop.example") == 403
    found = check(fresh)
    assert found["state"] == "wrong"
    assert "https://www.shop.example" in found["text"]


def test_the_check_sees_a_wrong_key_by_the_origin(fresh: Installation) -> None:
    assert collect(fresh, key="wk_of_somebody_else") == 401
    assert check(fresh)["title"] == "Wrong key in the tag"


def test_the_check_says_when_only_bots_came(fresh: Installation) -> None:
    events = shop_events(fresh.now, visitors=2)
    for event in events:
        event.bot = BOT_REASONS[1]
    fresh.append(events)
    assert check(fresh)["title"] == "Only bots so far"


def test_the_check_says_when_what_came_could_not_be_read(fresh: Installation) -> None:
    fresh.ledger.quarantine(fresh.site_id, b"{broken", "bad_json", fresh.now)
    assert check(fresh)["title"] == "Events in quarantine"
    assert "{broken" in fresh.client().get("/shop/quality").text


def test_a_wrong_setting_is_said_and_what_was_typed_stays(fresh: Installation) -> None:
    client = fresh.client()
    given = {"name": "shop", "timezone": "Mars/Olympus", "origins": "https://new.example"}
    answer = send(client, "/shop/settings", **given)
    assert answer.status_code == 400
    assert "Mars/Olympus" in answer.text
    assert "https://new.example" in answer.text
    site = fresh.catalog.site(fresh.site_id)
    assert site is not None
    assert site.timezone == "UTC"


def test_settings_are_kept(fresh: Installation) -> None:
    client = fresh.client()
    given = {
        "name": "store",
        "timezone": "Asia/Tokyo",
        "origins": "https://shop.example https://*.shop.example",
        "payment_domains": "pay.example",
        "retargeting": "campaign spring-*\nparam:rt 1",
    }
    assert send(client, "/shop/settings", **given).headers["Location"] == "/store/settings"
    site = fresh.catalog.site(fresh.site_id)
    assert site is not None
    assert (site.name, site.timezone, site.payment_domains) == ("store", "Asia/Tokyo", ("pay.example",))
    assert [mark.pattern for mark in site.retargeting] == ["spring-*", "1"]
    page = client.get("/store/settings").text
    assert "campaign spring-*" in page


def test_each_reader_is_led_to_the_pages_that_are_theirs(fresh: Installation) -> None:
    def led(role: str) -> str:
        client = fresh.client() if role == "owner" else fresh.client(fresh.user(f"{role}@shop.example", role))
        found = re.search(r'<nav class="side".*?</nav>', client.get("/shop/overview").text, re.S)
        assert found
        return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())

    assert led("owner").endswith(
        "Dashboards Saved reports Annotations Site Install Connections Ad costs Data quality Bots "
        "Settings General Privacy Signed user ids Team Shared links"
    )
    assert led("editor").endswith("Site Install Connections Ad costs Data quality Bots Settings General Shared links")
    assert led("viewer").endswith("Site Install Data quality Bots")


def test_goals_are_added_replaced_and_taken_away(fresh: Installation) -> None:
    client = fresh.client()
    at = "/shop/settings"
    for matcher in ("page:/thanks", "page:/thank-you"):
        send(client, at, f"{at}/goals", goal_name="Thanks", matcher=matcher, value_property="", currency="")
    goals = {goal.name: goal.matcher for goal in fresh.catalog.site(fresh.site_id).goals}  # type: ignore[union-attr]
    assert goals["Thanks"] == "page:/thank-you"
    send(client, at, f"{at}/goals/delete", goal_name="Thanks")
    assert "page:/thank-you" not in client.get(at).text
    wrong = send(client, at, f"{at}/goals", goal_name="Odd", matcher="thanks")
    assert wrong.status_code == 400
    assert "is not a matcher" in wrong.text
    wrong = send(client, at, f"{at}/goals", goal_name="Odd", matcher="page:/plans[#times>=2]")
    assert wrong.status_code == 400
    assert "is said of people" in wrong.text


def test_a_new_secret_key_is_shown_once_and_works(fresh: Installation) -> None:
    client = fresh.client()
    page = send(client, "/shop/settings", "/shop/settings/secret")
    secret = re.search(r"sk_[\w-]+", page.text)
    assert secret
    found = fresh.catalog.site_by_secret(secret[0])
    assert found is not None
    assert secret[0] not in client.get("/shop/settings").text


def test_an_invited_user_comes_in_by_a_link_that_is_shown_once(fresh: Installation) -> None:
    client = fresh.client()
    page = send(client, "/shop/team", email="Ada@shop.example", role="viewer")
    link = re.search(r"http://localhost(/welcome\?token=[\w-]+)", page.text)
    assert link
    ada = fresh.app.test_client()
    ada.get(link[1])
    send(ada, "/welcome", password="a password of her own")
    assert ada.get("/shop/overview").status_code == 200
    assert ada.get("/shop/team").status_code == 403
    again = send(client, "/shop/team", email="ada@shop.example", role="editor")
    assert "/welcome?token=" not in again.text
    user = fresh.catalog.user_by_email("ada@shop.example")
    assert user is not None
    assert fresh.catalog.role(user, fresh.site_id) == "editor"
    send(client, "/shop/team", "/shop/team/remove", user=str(user.id))
    assert ada.get("/shop/overview").status_code == 404


def test_a_report_is_saved_and_opened_again_as_it_was(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=10))
    client = fresh.client()
    query = "step=page:/blog/*&step=event:purchase[total>=10]&window=7d"
    saved = send(client, "/shop/overview", "/shop/saved", report="funnel", query=query, name="Blog <b>")
    page = client.get("/shop/saved").text
    assert "Blog &lt;b&gt;" in page
    shown = client.get(saved.headers["Location"])
    assert shown.status_code == 200
    assert 'value="event:purchase[total&gt;=10]"' in shown.text
    assert saved.headers["Location"].replace("&", "&amp;") in client.get("/shop/funnel").text
    number = fresh.catalog.saved_reports(fresh.site_id)[0].id
    send(client, "/shop/saved", f"/shop/saved/{number}/delete")
    assert fresh.catalog.saved_reports(fresh.site_id) == []


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/dist/../../settings.py", "/static/app.css.map"])
def test_static_files_are_only_ours(path: str, fresh: Installation) -> None:
    assert fresh.client().get(path).status_code == 404


def test_static_files_are_compressed_and_kept_by_their_hash(fresh: Installation) -> None:
    client = fresh.app.test_client()
    address = re.search(r'href="(/static/app.css\?v=[^"]+)"', client.get("/login").text)
    assert address
    answer = client.get(address[1], headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "immutable" not in client.get("/static/app.css").headers["Cache-Control"]


def test_a_site_cannot_be_named_like_a_page_of_ours(fresh: Installation) -> None:
    taken = {rule.rule.split("/")[1] for rule in fresh.app.url_map.iter_rules() if "." not in rule.rule.split("/")[1]}
    for name in taken - {"", "<site_name>", "healthz", "readyz", "metrics"}:
        with pytest.raises(UserError):
            fresh.catalog.add_site(name, ["https://x.example"], fresh.now)


def test_a_database_that_is_down_is_said_and_not_taken_for_an_error(
    fresh: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = fresh.client()

    def down(self: object, site: int) -> None:
        raise LedgerDown("no connection to secret-host")

    monkeypatch.setattr(type(fresh.ledger), "counts", down)
    answer = client.get("/shop/quality")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "secret-host" not in answer.text
