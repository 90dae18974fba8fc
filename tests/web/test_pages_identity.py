"""The page of signed user ids, warnings, and what pages say of how somebody is known."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape

from flask.testing import FlaskClient

from collector.counters import DOOR_EVENTS
from collector.doctor.finding import Case, Page
from collector.doctor.sites import sites
from collector.identity_warnings import MANY_VISITORS, identity_warnings
from collector.ingest.signed import identify_key, sign
from collector.settings import load_keys
from collector.store.identity import MOST_VISITORS
from collector.store.open import open_engine
from tests.store.making import identify, page
from tests.support.npm import find_node
from tests.support.pages import Installation, send

PATH = "/shop/settings/identity"


def key(shop: Installation, version: int = 1) -> str:
    return identify_key(load_keys(shop.settings).cookie[0], shop.site_id, version)


def test_owners_see_the_key_and_the_snippets_sign_as_the_door_checks(fresh: Installation) -> None:
    text = unescape(fresh.client().get(PATH).text)
    assert key(fresh) in text
    assert sign(key(fresh), "user-17") in text
    python = re.search(r"(import hashlib, hmac.*?hexdigest\(\))", text, re.DOTALL)
    assert python is not None
    names: dict[str, str] = {"KEY": key(fresh), "user_id": "ann"}
    exec(python[1], names)
    assert names["signature"] == sign(key(fresh), "ann")
    node = find_node()
    script = re.search(r"import \{ createHmac \}.*?digest\('hex'\);", text, re.DOTALL)
    assert script is not None
    assert node is not None, "python -m tests.support.prepare"
    whole = f"const KEY = {key(fresh)!r}, userId = 'ann';\n{script[0]}\nconsole.log(signature)"
    told = subprocess.run([*node.node, "--input-type=module", "-e", whole], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == sign(key(fresh), "ann")


def test_editors_do_not_see_it(fresh: Installation) -> None:
    editor = fresh.client(fresh.user("ed@shop.example", "editor"))
    assert editor.get(PATH).status_code == 403
    assert PATH not in editor.get("/shop/settings").text
    assert PATH in fresh.client().get("/shop/settings").text


def test_an_owner_asks_for_signatures_and_makes_a_new_key(fresh: Installation) -> None:
    client = fresh.client()
    assert send(client, PATH, required="1").status_code == 302
    assert fresh.catalog.sites()[0].options.signed_identify == "required"
    assert "checked" in client.get(PATH).text
    assert send(client, PATH).status_code == 302
    assert fresh.catalog.sites()[0].options.signed_identify == "optional"
    assert send(client, PATH, PATH + "/key").status_code == 302
    text = client.get(PATH).text
    assert key(fresh, 2) in text
    assert key(fresh, 1) not in text


def crowd(shop: Installation, user: str, size: int, start: int) -> None:
    shop.append([identify(start + number, user, f"v_{user}_{number}") for number in range(size)])


def test_what_is_odd_about_who_is_who_is_said(fresh: Installation) -> None:
    assert identity_warnings(fresh.ledger, fresh.site_id, {}) == []
    crowd(fresh, "shared@shop.example", MANY_VISITORS, 1)
    crowd(fresh, "everybody", MOST_VISITORS + 3, 10_000)
    crowd(fresh, "ann", MANY_VISITORS - 1, 20_000)
    told = [str(one.text) for one in identity_warnings(fresh.ledger, fresh.site_id, {"refused:user_id": 7, "ok": 9})]
    assert [re.sub(r"[:;.].*", "", text) for text in told] == [
        "User ids that name nobody, like null, undefined, 0 or guest, were refused",
        "everybody has 500 browsers, the most that are linked",
        "shared@shop",
    ]
    assert "further claims, 3 so far," in told[1]
    with_counts = fresh.client()
    for status in ("refused:unsigned", "refused:signature"):
        fresh.app.extensions["desireline.door"].counters.add(DOOR_EVENTS, (str(fresh.site_id), status), 4)
    text = with_counts.get(PATH).text
    assert "the signature that this site asks for: 4 so far" in text
    assert "a wrong signature, of another key or id, or forged: 4 so far" in text
    assert "timeline?person=everybody" in text
    quality = with_counts.get("/shop/quality").text
    assert "or forged: 4 so far" in quality
    assert "timeline?person=everybody" in quality
    case = Case(fresh.settings, fresh.now, lambda address: Page(0, {}, "nothing there"))
    case.engine, case.catalog = open_engine(fresh.settings.database), fresh.catalog
    advice = [finding.text for finding in sites(case) if finding.level == "warn"]
    assert any(text.startswith("everybody has 500 browsers") for text in advice)
    assert any("without the signature" in text for text in advice)
    case.engine.close()


def test_a_timeline_says_what_is_verified_and_how_each_browser_came_to_be_theirs(fresh: Installation) -> None:
    signed = identify(2, "ann", "v_one", {"plan": "pro"})
    signed.verified = True
    claimed = identify(3, "ann", "v_two", {"plan": "free", "city": "Oslo"})
    fresh.append([page(1, "v_one"), signed, claimed])
    client = fresh.client()
    text = client.get("/shop/timeline?person=ann&all-time=1").text
    facts = dict(re.findall(r"<dt>(\w+)</dt><dd>(.*?)</dd>", text))
    assert facts["plan"].startswith("pro ")
    assert "Verified" in facts["plan"]
    assert facts["city"] == "Oslo"
    assert "proved by the site" in text
    assert "as the browser says" in text
    export = json.loads(client.get("/shop/person/export?person=ann").text)
    assert export["traits"] == {"plan": "pro", "city": "Oslo"}
    assert list(export["verified_traits"]) == ["plan"]
    assert [one["reason"] for one in export["visitors"]] == ["signed", "identify"]
    answer = client.get("/shop/timeline.json?person=ann").json
    assert answer is not None
    profile = next(block for block in answer["blocks"] if block["id"] == "profile")
    assert [row[3] for row in profile["rows"] if row[0].startswith("trait:")] == [False, True]


def test_reports_have_the_box_for_people_without_cookies_and_say_what_it_does(fresh: Installation) -> None:
    daily = [f"c_{number:032x}" for number in range(3)]
    fresh.append([page(number, visitor) for number, visitor in enumerate([*daily, "v_one"], 1)])
    client: FlaskClient = fresh.client()
    funnel = "/shop/funnel?step=page:/&step=page:/x&all-time=1"
    text = unescape(client.get(funnel).text)
    assert "3 of 4 people in this time were counted without cookies and are left out" in text
    assert 'name="include-cookieless"' in text

    def entered(url: str) -> int:
        found = client.get(url.replace("/funnel?", "/funnel.json?")).json
        assert found is not None
        return int(next(block for block in found["blocks"] if block["id"] == "steps")["rows"][0][2])

    assert (entered(funnel), entered(funnel + "&include-cookieless=1")) == (1, 4)
    assert "include-cookieless=1" in client.get(funnel + "&include-cookieless=1").text
    assert "for a day only, without a cookie" in client.get(f"/shop/timeline?person={daily[0]}&all-time=1").text
    assert "without a cookie" not in client.get("/shop/timeline?person=v_one&all-time=1").text
