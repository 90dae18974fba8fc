"""Share links and invitations: what each opens, for how long, and what it never opens (REQUIREMENTS D)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from collector.core.times import DAY
from collector.reports.registry import reports
from collector.web.rooms import EXTENSION
from collector.web.shares import PERSONAL
from tests.support.pages import Installation, installed, later, send, token_in


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with people, for links to it."""
    yield from installed(tmp_path_factory.mktemp("busy"))


def make_link(client: FlaskClient, page: str, **fields: str) -> str:
    """Share a report on its page; the path of the link."""
    name = page.partition("?")[0].rpartition("/")[2]
    given = {"report": name, "query": urlsplit(page).query, "name": "For the board", "life": "", **fields}
    answer = client.post("/shop/shared", data={"csrf_token": token_in(client.get("/shop/saved")), **given})
    found = re.search(r"/shared/[A-Za-z0-9_-]{43}", answer.text)
    assert found, answer.text
    return found[0]


def opened(shop: Installation, link: str) -> tuple[FlaskClient, str]:
    """A browser that opened the link, and where that led."""
    client = shop.app.test_client()
    return client, client.get(link).headers["Location"]


# -- share links
def test_a_link_leaves_the_address_and_opens_its_report_alone(busy: Installation) -> None:
    link = make_link(busy.client(), "/shop/overview?compare=year", life="30")
    client = busy.app.test_client()
    answer = client.get(link)
    path = answer.headers["Location"]
    assert answer.status_code == 302
    assert re.fullmatch(r"/shared/\d+/", path)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", f"Path={path}"):
        assert part in cookie
    secret = link.rpartition("/")[2]
    page = client.get(path)
    assert page.status_code == 200
    for header, value in (("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex, nofollow")):
        assert page.headers[header] == value
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "For the board" in page.text
    assert secret not in page.text
    assert secret not in cookie
    own = {urlsplit(href).path for href in re.findall(r'href="([^"]+)"', page.text)}
    assert {href for href in own if not href.startswith(("/static/", path))} <= {"#main", ""}
    assert client.get("/shop/overview").status_code == 302
    assert busy.app.test_client().get(path).status_code == 410


def test_a_shared_report_says_its_question_in_the_words_of_its_page(busy: Installation) -> None:
    owner, viewer = busy.client(), busy.app.test_client()
    link = make_link(owner, "/shop/overview?all-time=1&where=page:/&include-cookieless&include-bots=0")
    page = viewer.get(link, follow_redirects=True).text
    assert ">people with the page /<" in page
    assert ">people without cookies too<" in page
    assert not re.search("On the site now|bots too", page)
    link = make_link(owner, "/shop/impact?exposure=event:chat_started&goal=event:purchase&all-time=1")
    page = viewer.get(link, follow_redirects=True).text
    assert re.search(r">What happened: [^<:]+</span><span>Goal: Purchase<", page)
    assert "All time. Shared to be read." in page
    assert "counterfactual" not in page
    assert "matched<" not in page
    page = viewer.get(make_link(owner, "/shop/before-after?day=2026-01-05"), follow_redirects=True).text
    assert "Before and after of shop. Shared to be read." in page
    assert ">Day: Jan 5, 2026<" in page


def test_a_viewer_cannot_ask_anything_else(busy: Installation) -> None:
    client, path = opened(busy, make_link(busy.client(), "/shop/overview?where=event:purchase&period=7d"))
    told = client.get(f"{path}report.json").json
    assert told is not None
    assert told["query"] == {"where": ["event:purchase"], "period": ["7d"]}
    changed = client.get(f"{path}report.json?where=any&all-time=1&by=person&report=visitors&block=live").json
    assert changed == told
    assert client.get(path).text == client.get(f"{path}?where=any&period=1d").text
    [block] = [block for block in told["blocks"] if block["id"] == "sources"]
    asked = client.get(f"{path}sources.csv?block=visitors&where=any").text.splitlines()
    assert asked[0] == ",".join(block["columns"])
    assert len(asked) == len(block["rows"]) + 1
    assert client.get(f"{path}visitors.csv").status_code == 404
    assert client.post(path).status_code in (400, 405)


def people_words(shop: Installation) -> set[str]:
    """Every key, user id and trait that names somebody."""
    users = {user for _, user in shop.ledger.persons(shop.site_id)}
    assert len(users) > 3
    return users | {f"v{number:03}" for number in range(60)}


@pytest.mark.parametrize("name", sorted(set(reports()) - PERSONAL))
def test_no_shared_report_names_a_person_unless_its_maker_said_so(name: str, busy: Installation) -> None:
    owner = busy.client()
    example = dict(reports()[name].example) | {"all-time": ["1"]}
    if name == "funnel":
        example |= {"step": ["any", "page:/pricing"], "people": ["reached"], "at": ["1"]}
    query = "&".join(f"{key}={text}" for key, texts in example.items() for text in texts if key != "period")
    client, path = opened(busy, make_link(owner, f"/shop/{name}?{query}"))
    told = client.get(f"{path}report.json")
    assert told.status_code == 200
    assert (told.json or {})["blocks"]
    texts = [client.get(path).text, told.text]
    texts += [client.get(f"{path}{block['id']}.csv").text for block in (told.json or {})["blocks"]]
    named = {word for word in people_words(busy) for text in texts if re.search(rf"\b{re.escape(word)}\b", text)}
    assert named == set()
    if name == "funnel":
        client, path = opened(busy, make_link(owner, f"/shop/{name}?{query}", people="1"))
        assert "v0" in client.get(f"{path}people.csv").text
        assert "/timeline" not in client.get(path).text


@pytest.mark.parametrize("name", sorted(PERSONAL & set(reports())))
def test_a_report_about_people_is_shared_only_where_that_is_ticked(name: str, busy: Installation) -> None:
    client = busy.client()
    form = {"csrf_token": token_in(client.get("/shop/overview")), "report": name, "query": "", "name": "x", "life": ""}
    form["query"] = "person=v001" if name == "timeline" else ""
    refused = client.post("/shop/shared", data=form)
    assert refused.status_code == 400
    assert "tick that people may be listed" in refused.text
    made = client.post("/shop/shared", data=form | {"people": "1"})
    assert made.status_code == 200
    viewer, path = opened(busy, re.findall(r"/shared/[\w-]{43}", made.text)[0])
    assert viewer.get(path).status_code == 200


@pytest.mark.parametrize("name", sorted(PERSONAL & set(reports())))
def test_a_link_to_people_opens_nothing_where_it_was_made_without_the_tick(name: str, busy: Installation) -> None:
    query = "person=v001" if name == "timeline" else ""
    _, secret = busy.catalog.make_share(busy.site_id, busy.owner.id, "By another way", name, query, busy.now)
    viewer, path = opened(busy, f"/shared/{secret}")
    assert {viewer.get(f"{path}{rest}").status_code for rest in ("", "report.json")} == {410}


def test_a_question_that_makes_no_sense_is_not_shared(busy: Installation) -> None:
    client = busy.client()
    form = {"csrf_token": token_in(client.get("/shop/overview")), "report": "funnel", "query": "step=nonsense"}
    assert client.post("/shop/shared", data=form).status_code == 400
    assert client.post("/shop/shared", data=form | {"report": "nothing"}).status_code == 404


def test_a_link_ends_when_revoked_when_its_time_is_up_and_when_its_maker_may_not_share(fresh: Installation) -> None:
    ann = fresh.user("ann@roles.example", "editor")
    fresh.append([])
    links = [opened(fresh, make_link(fresh.client(ann), "/shop/overview", life=life)) for life in ("", "7", "")]
    owner = fresh.client()
    listing = owner.get("/shop/shared").text
    assert listing.count("ann@roles.example") == 3
    number = links[0][1].split("/")[2]
    send(owner, "/shop/shared", "/shop/shared/revoke", share=number)
    assert [client.get(path).status_code for client, path in links] == [410, 200, 200]
    assert "just now" in owner.get("/shop/shared").text
    later(fresh, 8 * DAY)
    assert [client.get(path).status_code for client, path in links] == [410, 410, 200]
    fresh.catalog.set_role(ann.id, fresh.site_id, "viewer")
    client, path = links[2]
    assert {client.get(f"{path}{rest}").status_code for rest in ("", "report.json", "trend.csv")} == {410}
    assert ">over<" in fresh.client().get("/shop/shared").text
    fresh.catalog.set_role(ann.id, fresh.site_id, "editor")
    assert client.get(path).status_code == 200
    later(fresh, 31 * DAY)
    assert client.get(path).status_code == 410


def test_a_cookie_opens_the_one_report_it_was_given_for(busy: Installation) -> None:
    owner = busy.client()
    one, path = opened(busy, make_link(owner, "/shop/overview"))
    _, second = opened(busy, make_link(owner, "/shop/overview?period=7d"))
    cookie = one.get_cookie(f"desireline-shared-{path.split('/')[2]}", path=path)
    assert cookie is not None
    thief = busy.app.test_client()
    thief.set_cookie(f"desireline-shared-{second.split('/')[2]}", cookie.value, path=second)
    assert thief.get(second).status_code == 410
    for bad in ("", "x", json.dumps([int(second.split("/")[2]), busy.now]), cookie.value[:-2]):
        thief.set_cookie(f"desireline-shared-{second.split('/')[2]}", bad, path=second)
        assert thief.get(second).status_code == 410


# -- invitations and the addresses of links
def test_somebody_elses_account_gets_a_role_by_a_link_and_not_by_its_address(fresh: Installation) -> None:
    other = fresh.catalog.add_site("other", ["https://other.example"], fresh.now).site
    mallory = fresh.catalog.create_user("mallory@roles.example", "a long enough password", fresh.now)
    fresh.catalog.set_role(mallory.id, other.id, "owner")
    planted = send(fresh.client(mallory), "/other/team", email="eve@victim.example", role="viewer")
    password_link = re.findall(r"/welcome\?token=[\w-]+", planted.text)[0]
    invited = send(fresh.client(), "/shop/team", email="EVE@victim.example", role="editor")
    join_link = re.findall(r"/join\?token=[\w-]+", invited.text)[0]
    assert "/welcome" not in invited.text
    # Whoever made the account first can enter it, and finds nothing of the other owner's site there.
    squatter = fresh.app.test_client()
    squatter.get(password_link)
    send(squatter, "/welcome", password="mallory knows this one")
    assert squatter.get("/shop/overview").status_code == 404
    # Whom the link was sent to joins, as whoever they are.
    person = fresh.app.test_client()
    assert person.get(join_link).headers["Location"] == "/join"
    assert person.get("/join").headers["Location"] == "/login?next=/join"
    ann = fresh.catalog.create_user("ann@home.example", "a long enough password", fresh.now)
    login = send(
        person, "/login?next=/join", "/login", email=ann.email, password="a long enough password", next="/join"
    )
    assert login.headers["Location"] == "/join"
    page = person.get("/join")
    assert "ann@home.example" in page.text
    assert person.get("/shop/overview").status_code == 404
    assert send(person, "/join").headers["Location"] == "/shop/"
    assert person.get("/shop/settings").status_code == 200
    late = fresh.client(mallory)
    late.get(join_link)
    assert late.get("/join").status_code == 410


def test_an_invitation_ends_with_a_day_with_its_inviters_role_and_never_lowers_a_role(fresh: Installation) -> None:
    boss, ann = fresh.user("boss@roles.example", "owner"), fresh.user("ann@roles.example", "editor")
    invite = fresh.catalog.invite
    first = invite(fresh.site_id, boss.id, "x@y.example", "owner", fresh.now, DAY)
    second = invite(fresh.site_id, boss.id, "x@y.example", "viewer", fresh.now, DAY)
    client = fresh.client(ann)
    client.get(f"/join?token={first}")
    assert client.get("/join").status_code == 410
    client.get(f"/join?token={second}")
    assert send(client, "/join").status_code == 302
    assert fresh.catalog.role(ann, fresh.site_id) == "editor"
    third = invite(fresh.site_id, boss.id, "x@y.example", "owner", fresh.now, DAY)
    fresh.catalog.set_role(boss.id, fresh.site_id, "editor")
    client.get(f"/join?token={third}")
    assert client.get("/join").status_code == 410
    fresh.catalog.set_role(boss.id, fresh.site_id, "owner")
    assert client.get("/join").status_code == 200
    later(fresh, 2 * DAY)
    assert client.get("/join").status_code == 410


def invitation_at(shop: Installation, host: str, **headers: str) -> str:
    """The link that an owner who asks at this host is shown."""
    client = shop.client()
    token, cookie = token_in(client.get("/shop/team")), client.get_cookie("desireline")
    assert cookie is not None
    client.set_cookie("desireline", cookie.value, domain=host.rpartition(":")[0] or host)
    form = {"csrf_token": token, "email": f"p{len(shop.catalog.users())}@new.example", "role": "viewer"}
    answer = client.post("/shop/team", data=form, headers={"Host": host, **headers})
    found = re.search(r'id="invite"[^>]*>([^<]+)<', answer.text)
    assert found, answer.text
    return found[1].partition("?")[0]


def test_a_link_with_a_secret_begins_with_no_host_that_a_request_named(fresh: Installation) -> None:
    for host in ("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"):
        assert invitation_at(fresh, host) == "/welcome", host
    assert invitation_at(fresh, "localhost:8000", **{"X-Forwarded-Host": "evil.example"}) == (
        "http://localhost:8000/welcome"
    )
    assert invitation_at(fresh, "127.0.0.1:8000") == "http://127.0.0.1:8000/welcome"
    settings = replace(fresh.settings, public_url="https://stats.example")
    fresh.app.extensions[EXTENSION] = replace(fresh.app.extensions[EXTENSION], settings=settings)
    assert invitation_at(fresh, "evil.example") == "https://stats.example/welcome"
