"""From host to host at the door: who gets a token, and what becomes of it (REQUIREMENTS B12, B13)."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from collector.core.times import DAY, MINUTE, SECOND
from collector.ingest.link import LIFE
from collector.redeemed import KEPT, Redeemed
from collector.salts import DailySalts
from collector.sites import CatalogBook
from tests.wiring.shop import ORIGIN, Browser, Shop, page

OTHER = "https://blog.example"
WILD = "https://*.shop.example"
NOW = 1_763_750_000_000


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Shop]:
    """A shop on two hosts, and on any below the first."""
    made = Shop(tmp_path, (ORIGIN, OTHER, WILD))
    yield made
    made.close()


def ask(browser: Browser, to: object = OTHER, **headers: str) -> dict[str, Any]:
    """The answer of /link."""
    body = json.dumps({"key": browser.shop.key, "to": to})
    answer = browser.client.post("/link", data=body, headers=browser.headers | headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.json is not None
    return dict(answer.json)


def arrive(shop: Shop, token: str, **headers: str) -> tuple[Browser, str]:
    """A browser at the other host with a token, and its visitor."""
    browser = Browser(shop, **({"Origin": OTHER} | headers))
    return browser, str(browser.send(page("/there"), path=f"/collect?link={token}")["visitor"])


def test_a_visitor_goes_on_at_the_other_host_also_with_the_next_request_and_a_retry(two: Shop) -> None:
    here = Browser(two)
    visitor = here.send(page("/here"))["visitor"]
    told = ask(here)
    assert told["hosts"] == [ORIGIN, OTHER, WILD]
    there, followed = arrive(two, told["token"])
    assert followed == visitor
    assert there.send(page("/next"), path=f"/collect?link={told['token']}")["visitor"] == visitor
    retry = Browser(two, Origin=OTHER)  # the answer was lost, and with it the cookie
    retry.boot = there.boot
    assert retry.send(page("/there"), path=f"/collect?link={told['token']}")["visitor"] == visitor
    assert two.paths(visitor) == ["/here", "/there", "/next", "/there"]


def test_the_wire_format_says_what_is_sent_and_answered(two: Shop) -> None:
    wire = (Path(__file__).parents[2] / "tracker_js" / "wire.md").read_text().partition("## From host to host")[2]
    request, promised = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", wire, re.DOTALL)[:2])
    browser = Browser(two)
    browser.send(page("/here"))
    answer = browser.client.post("/link", data=json.dumps(request | {"key": two.key}), headers=browser.headers)
    assert answer.json is not None
    assert answer.json.keys() == promised.keys()
    assert len(answer.json["token"]) == len(promised["token"])


def test_it_is_used_once(two: Shop) -> None:
    here = Browser(two)
    visitor = here.send(page("/here"))["visitor"]
    token = ask(here)["token"]
    assert arrive(two, token)[1] == visitor
    assert arrive(two, token)[1] != visitor
    two.door.redeem = Redeemed(two.folder / "links")  # another worker, or the same after a restart
    assert arrive(two, token)[1] != visitor


def test_it_stays_used_for_as_long_as_it_lives(tmp_path: Path) -> None:
    used, now = Redeemed(tmp_path), int(time.time() * SECOND)
    assert used("a" * 16, "ann", now)
    assert used("b" * 16, "bob", now + LIFE)  # who comes lets go of what is too old
    assert not used("a" * 16, "eve", now + LIFE)


def test_of_many_at_once_one_goes_on(two: Shop) -> None:
    here = Browser(two)
    visitor = here.send(page("/here"))["visitor"]
    token = ask(here)["token"]
    with ThreadPoolExecutor(8) as pool:
        found = [one[1] for one in pool.map(lambda _: arrive(two, token), range(8))]
    assert found.count(visitor) == 1


@pytest.mark.parametrize("why", ["late", "other browser", "other host", "forged", "after a reset", "exempt"])
def test_else_it_is_passed_over_in_silence(two: Shop, why: str) -> None:
    here = Browser(two)
    visitor = here.send(page("/here"))["visitor"]
    token = ask(here)["token"]
    start = two.door.clock()
    if why == "late":
        two.door.clock = lambda: start + 3 * MINUTE
    if why == "exempt":
        two.catalog.update_site(two.site, preset="exempt")
        two.door.sites = CatalogBook(two.catalog)
    if why == "after a reset":
        there = Browser(two, Origin=OTHER)
        found = there.send(page("/there"), path=f"/collect?link={token}", rotate=True)["visitor"]
    else:
        headers = {"other browser": {"User_Agent": "Other"}, "other host": {"Origin": "https://a.shop.example"}}
        _, found = arrive(two, token[:-1] + "x" if why == "forged" else token, **headers.get(why, {}))
    assert found != visitor
    assert re.fullmatch("v_[0-9a-f]{32}", found)


def test_it_takes_the_place_of_an_older_visitor_of_that_host(two: Shop) -> None:
    here, there = Browser(two), Browser(two, Origin=OTHER)
    before = there.send(page("/before"))["visitor"]
    visitor = here.send(page("/here"))["visitor"]
    assert there.send(page("/a"), path=f"/collect?link={ask(here)['token']}")["visitor"] == visitor
    assert there.send(page("/b"))["visitor"] == visitor
    assert two.paths(before) == ["/before"]


@pytest.mark.parametrize(
    ("to", "given"),
    [
        (OTHER, True),
        ("https://a.shop.example", True),
        ("HTTPS://BLOG.EXAMPLE", True),
        ("https://evil.example", False),
        ("https://blog.example.evil.example", False),
        ("http://blog.example", False),
        ("null", False),
        ("", False),
        (None, False),
        ([OTHER], False),
        ("https://" + "a" * 400 + ".shop.example", False),
    ],
    ids=str,
)
def test_only_hosts_of_the_site_get_one(two: Shop, to: object, given: bool) -> None:
    browser = Browser(two)
    browser.send(page("/here"))
    assert ("token" in ask(browser, to)) is given


def test_who_is_not_known_gets_none(two: Shop) -> None:
    assert "token" not in ask(Browser(two))
    browser = Browser(two)
    browser.send(page("/here"))
    assert "token" not in ask(browser, **{"Sec-GPC": "1"})
    assert "token" in ask(browser)


def test_others_may_not_even_ask(two: Shop) -> None:
    browser = Browser(two)

    def status(body: str, origin: str = ORIGIN) -> int:
        return browser.client.post("/link", data=body, headers=browser.headers | {"Origin": origin}).status_code

    good = json.dumps({"key": two.key, "to": OTHER})
    assert status(good) == 200
    assert status(good, "https://evil.example") == 403
    assert status(json.dumps({"key": "wk_nobody", "to": OTHER})) == 401
    assert status("{") == 400
    assert status("[]") == 400


def test_what_was_used_is_forgotten_when_it_is_too_old_to_matter(tmp_path: Path) -> None:
    redeem = Redeemed(tmp_path / "links")
    assert [redeem("a", "x", NOW), redeem("a", "x", NOW), redeem("a", "y", NOW)] == [True, True, False]
    os.utime(tmp_path / "links" / "a", (0, (NOW - KEPT - SECOND) / 1_000))
    assert redeem("b", "x", NOW)
    assert [path.name for path in (tmp_path / "links").iterdir()] == ["b"]


def test_a_disk_that_takes_nothing_joins_nobody(tmp_path: Path) -> None:
    (tmp_path / "links").write_text("in the way")
    assert not Redeemed(tmp_path / "links")("a", "x", NOW)


def test_salts_of_the_day_before_are_known_and_older_ones_are_gone_also_without_visitors(tmp_path: Path) -> None:
    path = tmp_path / "salts.json"
    salts = DailySalts(path)
    assert salts.before(NOW) is None
    today = salts(NOW)
    assert DailySalts(path).before(NOW + DAY) == today
    assert len(json.loads(path.read_text())) == 2
    DailySalts(path).sweep(NOW + 2 * DAY)
    assert list(json.loads(path.read_text())) == [str(NOW // DAY + 1)]
    DailySalts(path).sweep(NOW + 5 * DAY)
    assert json.loads(path.read_text()) == {}
