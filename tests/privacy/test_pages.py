"""The Privacy page and the Bots page: what they show, who may change what, and that changes take hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from collector.core.event import Event
from collector.core.times import DAY
from tests.store.making import page, uid
from tests.support.pages import Installation, installed, send

PROBE = "Probe/1.0 (our own monitor) with a long name"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    yield from installed(tmp_path / "data", events=False)


def words(text: str) -> str:
    """A page's text without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def event(number: int, visitor: str, time: int, reason: str = "", agent: str = "") -> Event:
    made = page(number, visitor, f"/{number}")
    made.time = made.received = time
    if reason:
        made.bot, made.flagged = reason, (agent, "5.2.3")
    return made


# -- privacy
def test_an_owner_sets_what_is_kept_and_others_do_not_see_the_page(fresh: Installation) -> None:
    owner = fresh.client()
    saved = send(
        owner,
        "/shop/privacy",
        preset="exempt",
        retention_days="400",
        denied_properties="phone\naddress.street\n",
        mask_click_ids="1",
        notice_version=" 2026-10 ",
        policy_gpc="off",
        policy_dnt="cookieless",
        hidden_parameters="ref, Secret",
        told="400",
    )
    assert saved.status_code == 302
    site = fresh.catalog.site(fresh.site_id)
    assert site is not None
    assert (site.policy_gpc, site.policy_dnt) == ("off", "cookieless")
    assert site.hidden_parameters == ("ref", "secret")
    options = site.options
    assert (options.preset, options.retention_days, options.kept_days) == ("exempt", 400, 400)
    assert options.denied_properties == ("phone", "address.street")
    assert options.mask_click_ids
    assert options.notice_version == "2026-10"
    shown = owner.get("/shop/privacy").text
    assert re.search(r'value="exempt" checked', shown)
    assert "address.street" in shown
    for role in ("editor", "viewer"):
        client = fresh.client(fresh.user(f"{role}@shop.example", role))
        assert client.get("/shop/privacy").status_code == 403
        assert client.get("/shop/privacy/consent.csv").status_code == 403


@pytest.mark.parametrize(("days", "problem"), [("x", "not a number of days"), ("3", "3 days cannot be used"), ("", "")])
def test_days_that_cannot_be_used_keep_the_form_and_say_why(fresh: Installation, days: str, problem: str) -> None:
    answer = send(
        fresh.client(),
        "/shop/privacy",
        preset="standard",
        retention_days=days,
        denied_properties="kept words",
        policy_gpc="off",
        policy_dnt="off",
        told=days,
    )
    assert answer.status_code == 400
    assert problem in words(answer.text)
    assert "kept words" in answer.text


def test_before_something_is_removed_the_page_says_how_much(fresh: Installation) -> None:
    fresh.append([event(1, "old", fresh.now - 100 * DAY), event(2, "new", fresh.now - DAY)])
    owner = fresh.client()
    fields = {"preset": "standard", "retention_days": "30", "policy_gpc": "off", "policy_dnt": "off"}
    asked = send(owner, "/shop/privacy", preview="1", **fields)
    assert "Keeping 30 days removes what is older, for good: Events 1 Browsers 1" in words(asked.text)
    unsure = send(owner, "/shop/privacy", **fields)
    assert unsure.status_code == 200
    assert fresh.catalog.sites()[0].options.retention_days == 0, "not before it was told"
    assert send(owner, "/shop/privacy", told="30", **fields).status_code == 302
    assert fresh.catalog.sites()[0].options.retention_days == 30
    longer = send(owner, "/shop/privacy", **(fields | {"retention_days": "90"}))
    assert longer.status_code == 302, "keeping more removes nothing"
    fresh.ledger.expire(fresh.site_id, fresh.now - 90 * DAY, fresh.now)
    assert "Last run" in words(owner.get("/shop/privacy").text)
    assert "Events 1" in words(owner.get("/shop/privacy").text)


def test_the_consent_log_is_downloaded_and_the_timeline_says_the_latest(fresh: Installation) -> None:
    owner = fresh.client()
    assert "Nothing yet" in words(owner.get("/shop/privacy").text)
    events = []
    for number, state in ((1, "granted"), (2, "denied")):
        made = Event(uid(number), "consent", "v_1", fresh.now - DAY + number, fresh.now, name=state)
        made.props = {"version": f"=v{number}"}
        events.append(made)
    fresh.append([*events, event(3, "v_1", fresh.now - DAY)])
    log = owner.get("/shop/privacy/consent.csv")
    assert log.mimetype == "text/csv"
    lines = log.text.splitlines()
    assert lines[0] == "time,visitor,state,purpose,policy,mode,host,browser"
    assert [line.split(",")[1:5] for line in lines[1:]] == [
        ["v_1", "granted", "analytics", "'=v1"],
        ["v_1", "denied", "analytics", "'=v2"],
    ]
    assert "Consent Refused on" in words(owner.get("/shop/timeline?person=v_1").text)


def test_an_erased_person_may_be_counted_again(fresh: Installation) -> None:
    fresh.append([event(1, "v_1", fresh.now - DAY)])
    owner = fresh.client()
    send(owner, "/shop/person/erase?person=v_1", person="v_1", confirm="v_1")
    assert "in user ids and browsers: 1, kept as keyed hashes" in words(owner.get("/shop/privacy").text)
    send(owner, "/shop/privacy", "/shop/privacy/unforget", key="nobody")
    assert fresh.ledger.suppressions(fresh.site_id) == 1
    send(owner, "/shop/privacy", "/shop/privacy/unforget", key="v_1")
    assert fresh.ledger.suppressions(fresh.site_id) == 0


def test_a_site_is_deleted_once_its_name_is_typed(fresh: Installation) -> None:
    fresh.append([event(1, "v_1", fresh.now - DAY)])
    owner = fresh.client()
    wrong = send(owner, "/shop/privacy", "/shop/privacy/delete", confirm_name="Shop")
    assert wrong.status_code == 400
    assert "Nothing was deleted." in words(wrong.text)
    assert send(owner, "/shop/privacy", "/shop/privacy/delete", confirm_name="shop").status_code == 302
    assert fresh.catalog.sites() == []
    assert fresh.ledger.counts(fresh.site_id)["events"] == 0
    assert owner.get("/shop/overview").status_code == 404
    assert not (fresh.settings.data / "journeys" / str(fresh.site_id)).exists()


# -- bots
@pytest.fixture
def visited(fresh: Installation) -> Installation:
    """Ten events in two days, six of them set aside."""
    day = fresh.now - 2 * DAY
    fresh.append(
        [
            *(event(number, "probe", day + number, "ua_list", PROBE) for number in range(3)),
            event(10, "gpt", day, "ai_agent", "GPTBot/1.2"),
            event(11, "driven", day + DAY, "webdriver", "Chrome <b>bold</b>"),
            event(12, "quick", day, "behaviour", "Chrome"),
            *(event(20 + number, "person", day + number) for number in range(4)),
            event(40, "ancient", fresh.now - 300 * DAY, "ua_list", "Ancient/1"),
            Event(uid(50), "engagement", "gpt", day + 5, day + 5, bot="ai_agent", flagged=("GPTBot/1.2", "5")),
        ]
    )
    return fresh


def test_the_page_shows_what_was_set_aside_by_reason_name_and_visitor(visited: Installation) -> None:
    shown = visited.client().get("/shop/bots")
    text = words(shown.text)
    assert "Set aside 6 Share of all events 60% All events 10" in text
    assert "Says that it is a robot" in text
    assert "Sixty pages or more in each of five minutes" in text
    assert "Our own monitor".lower() in text.lower()
    assert "<b>bold</b>" not in shown.text
    assert "Ancient/1" not in text
    assert "List of robots: version 5, 5.2.3." in text or "List of robots: version 5.2.3." in text
    assert "Ancient/1" in words(visited.client().get("/shop/bots?all-time=1").text)
    assert 'data-plot="series"' in shown.text
    assert "/shop/timeline?person=quick&amp;include-bots=1" in shown.text


def test_where_nothing_was_set_aside_it_says_so(fresh: Installation) -> None:
    assert "No robot came in these days" in words(fresh.client().get("/shop/bots").text)


def test_viewers_see_it_and_editors_overrule(visited: Installation) -> None:
    viewer = visited.client(visited.user("v@shop.example", "viewer"))
    assert "These are people" not in viewer.get("/shop/bots").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', viewer.get("/shop/bots").text)
    assert token
    denied = viewer.post("/shop/bots/trust", data={"csrf_token": token[1], "visitor": "quick"})
    assert denied.status_code == 403
    editor = visited.client(visited.user("e@shop.example", "editor"))
    assert editor.get("/shop/bots").text.count("These are people") >= 4


def reasons(site: Installation) -> dict[str, str]:
    return {stored.visitor: stored.bot for stored, _ in site.ledger.export(site.site_id)}


def people_counted(client: FlaskClient) -> int:
    blocks = client.get("/shop/overview.json").get_json()["blocks"]
    numbers = {row[0] if isinstance(row[0], str) else block["id"]: row for block in blocks for row in block["rows"]}
    return int(next(row[0] for name, row in numbers.items() if name == "visitors"))


def test_a_name_is_overruled_for_what_is_stored_and_what_comes_and_can_be_taken_back(visited: Installation) -> None:
    client = visited.client(visited.user("e@shop.example", "editor"))
    site = visited.site_id
    number = next(one.id for one in visited.ledger.flagged_agents(site, 0, 2**62) if one.text == PROBE)
    before = reasons(visited)
    done = send(client, "/shop/bots", "/shop/bots/trust", agent=str(number))
    assert done.status_code == 302
    assert reasons(visited) == before | {"probe": ""}
    shown = words(client.get("/shop/bots").text)
    assert "Set aside 3" in shown
    assert "3 stored events follow." in shown
    record = visited.catalog.site(site)
    assert record is not None
    assert record.options.trusted_agents == (PROBE,)
    send(client, "/shop/bots", "/shop/bots/untrust", part=PROBE)
    assert reasons(visited) == before
    assert "Set aside 6" in words(client.get("/shop/bots").text)


def test_a_visitor_is_overruled_and_taken_back(visited: Installation) -> None:
    client = visited.client()
    before = reasons(visited)
    send(client, "/shop/bots", "/shop/bots/trust", visitor="quick")
    assert reasons(visited) == before | {"quick": ""}
    assert "Visitor quick" in words(client.get("/shop/bots").text)
    send(client, "/shop/bots", "/shop/bots/untrust", visitor="quick")
    assert reasons(visited) == before
    unknown = send(client, "/shop/bots", "/shop/bots/trust", visitor="nobody")
    assert unknown.status_code == 400


def test_spam_referrers_of_the_site_s_own_are_kept(visited: Installation) -> None:
    client = visited.client()
    send(client, "/shop/bots", "/shop/bots/spam", hosts="Bad.Example\nworse.example")
    record = visited.catalog.site(visited.site_id)
    assert record is not None
    assert record.options.spam_referrers == ("bad.example", "worse.example")
    assert send(client, "/shop/bots", "/shop/bots/spam", hosts="https://x").status_code == 400
