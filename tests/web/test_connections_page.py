"""The Connections page: what it shows, what it keeps to itself, and that what it makes works."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import urlsplit

import pytest

from collector.loader import now_ms
from tests.support.chats import chatwoot, crisp_message
from tests.support.connected import SECRET, signature
from tests.support.pages import Installation, send

PAGE = "/shop/connections"


def test_an_empty_page_says_what_each_part_is_for(fresh: Installation) -> None:
    page = fresh.client().get(PAGE)
    assert page.status_code == 200
    for words in ("No chat is connected", "No campaign is listed", "data-webhooks", "AnalyticsBrowser.load"):
        assert words in html.unescape(page.text)
    assert PAGE in fresh.client().get("/shop/settings").text


def test_a_signed_webhook_made_on_the_page_works_once_its_secret_is_set(fresh: Installation) -> None:
    owner = fresh.client()
    assert send(owner, PAGE, PAGE + "/hooks", provider="chatwoot:signed").status_code == 302
    page = owner.get(PAGE).text
    assert "Secret missing" in page
    found = re.search(r"/hooks/chatwoot/[\w-]+", page)
    assert found
    raw = json.dumps(chatwoot("message_created", 1)).encode()
    headers = signature("chatwoot", raw, now_ms())
    assert owner.post(found[0], data=raw, headers=headers).status_code == 401
    assert "its signing secret is not set" in owner.get(PAGE).text
    hook = fresh.catalog.hooks(fresh.site_id)[0]
    assert send(owner, PAGE, PAGE + "/hooks/secret", hook=str(hook.id), secret=SECRET).status_code == 302
    assert owner.post(found[0], data=raw, headers=signature("chatwoot", raw, now_ms())).json == {"kept": 2}
    page = owner.get(PAGE).text
    assert "Works" in page
    assert SECRET not in page
    assert send(owner, PAGE, PAGE + "/hooks/delete", hook=str(hook.id)).status_code == 302
    assert owner.post(found[0], data=raw, headers=headers).status_code == 404


def test_a_secret_address_is_shown_once(fresh: Installation) -> None:
    owner = fresh.client()
    made = send(owner, PAGE, PAGE + "/hooks", provider="crisp:token")
    found = re.search(r"http://localhost(/hooks/crisp/[\w-]+/[\w-]+)", made.text)
    assert found
    assert owner.post(found[1], json=crisp_message("user", 1)).json == {"kept": 2}
    assert found[1].rpartition("/")[2] not in owner.get(PAGE).text


def test_a_listed_campaign_has_a_tag_that_the_pixel_answers(fresh: Installation) -> None:
    owner = fresh.client()
    assert send(owner, PAGE, PAGE + "/campaigns", campaign='Autumn & "cart"', source="adnet").status_code == 302
    tag = re.search(r'id="ad-1" tabindex="0">(.*?)</pre>', owner.get(PAGE).text)
    assert tag
    address = re.search(r'src="([^"]+)"', html.unescape(tag[1]))
    assert address
    parts = urlsplit(html.unescape(address[1]))
    assert owner.get(f"{parts.path}?{parts.query}").mimetype == "image/gif"
    assert send(owner, PAGE, PAGE + "/campaigns/delete", campaign='Autumn & "cart"').status_code == 302
    assert "No campaign is listed" in owner.get(PAGE).text


def test_only_owners_see_the_signing_key(fresh: Installation) -> None:
    key = fresh.catalog.ad_pixel_key(fresh.site_id)
    assert key in fresh.client().get(PAGE).text
    editor = fresh.client(fresh.user("editor@shop.example", "editor")).get(PAGE).text
    assert key not in editor
    assert "An owner of the site can make one." in editor


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/hooks", {"provider": "intercom:token"}, 400),
        ("/hooks", {"provider": "slack:signed"}, 400),
        ("/hooks", {}, 400),
        ("/hooks/secret", {"hook": "999", "secret": SECRET}, 404),
        ("/hooks/secret", {"hook": "²", "secret": SECRET}, 404),
        ("/hooks/secret", {"hook": "1", "secret": "short"}, 400),
        ("/hooks/delete", {"hook": "9" * 30}, 404),
        ("/campaigns", {"campaign": " "}, 400),
        ("/campaigns/delete", {"campaign": "nobody\0"}, 404),
    ],
)
def test_what_cannot_be_done_is_said(fresh: Installation, path: str, fields: dict[str, str], status: int) -> None:
    assert send(fresh.client(), PAGE, PAGE + path, **fields).status_code == status
