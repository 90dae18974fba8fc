"""A long question says how far it is, can be stopped, is asked once, and gives its answer whichever process has it."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.app import close_app, create_app
from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.packed import pack, unpack
from collector.core.query import Arguments, Query, Site
from collector.core.times import DAY
from collector.core.write import block_csv, dump_json
from collector.erasing import erase_person
from collector.journeys.journeys import Journeys
from collector.reports.ask import ask
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web import questions
from collector.web.asking import EXTENSION, Asker
from collector.web.turns import EXTENSION as TURNS
from collector.web.turns import Turns
from tests.support.pages import PASSWORD, Compiled, Installation, cheap_passwords, install, shop_events, token_in
from tests.support.slow import Slow, put_in

PAGE = "/shop/slow"
PATIENCE = 0.1


class World:
    """One installation behind two worker processes (here: two apps that share nothing but its folder)."""

    def __init__(self, folder: Path, slow: Slow) -> None:
        self.slow = slow
        self.shop: Installation = install(folder)
        self.shop.append(shop_events(self.shop.now, visitors=8))
        self.apps = [self.shop.app, create_app(self.shop.settings)]
        self.apps[1].jinja_env.bytecode_cache = Compiled()
        for app in self.apps:
            self.asker(app).patience = PATIENCE
            self.asker(app).seconds = 30.0

    @staticmethod
    def asker(app: Flask) -> Asker:
        found = app.extensions[EXTENSION]
        assert isinstance(found, Asker)
        return found

    def client(self, worker: int = 0, email: str = "") -> FlaskClient:
        """A browser of the owner, or of a viewer."""
        user = self.shop.user(email, "viewer") if email else self.shop.owner
        client = self.apps[worker].test_client()
        token = self.shop.catalog.issue_token("login", self.shop.now, 1_000 * DAY, user.id)
        assert client.get(f"/login/once?token={token}").status_code == 302
        return client

    def close(self) -> None:
        self.slow.go.set()
        for app in self.apps:
            close_app(app)
        self.shop.catalog.close()
        self.shop.ledger.close()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is long for a test: other processes hear of a question after 50 ms."""
    monkeypatch.setattr("collector.web.asking.LONG", 0.05)
    monkeypatch.setattr("collector.web.task.LONG", 0.05)
    monkeypatch.setattr("collector.journeys.answers.LONG", 50)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return put_in(monkeypatch)


@pytest.fixture
def world(tmp_path: Path, slow: Slow) -> Iterator[World]:
    made = World(tmp_path / "data", slow)
    yield made
    made.close()


def state_of(client: FlaskClient, page: TestResponse) -> dict[str, object]:
    """What the script of a working page hears."""
    found = re.search(r'data-state="([^"]+)"', page.text)
    assert found, "no working page"
    answer = client.get(found[1])
    assert answer.status_code == 200
    told: dict[str, object] = answer.json or {}
    return told


def until_done(client: FlaskClient, page: TestResponse) -> None:
    until = time.monotonic() + 10
    while state_of(client, page)["state"] == "working":
        assert time.monotonic() < until
        time.sleep(0.02)


def asking(client: FlaskClient, answers: list[TestResponse]) -> threading.Thread:
    """Somebody who waits for the JSON of the slow report."""
    return threading.Thread(target=lambda: answers.append(client.get(f"{PAGE}.json")))


def test_a_quick_answer_is_a_page_at_once_and_leaves_no_file(world: World) -> None:
    world.slow.go.set()
    answer = world.client().get(PAGE)
    assert answer.status_code == 200
    assert "Ready: 1." in answer.text
    assert not list(world.shop.settings.data.glob("journeys/*/answers-*/*"))


def test_a_long_one_says_how_far_it_is_then_gives_its_answer_to_both_processes_having_run_once(world: World) -> None:
    first, second = world.client(0), world.client(1)
    page = first.get(PAGE)
    assert page.status_code == 202
    assert int(page.headers["Retry-After"]) > 0
    assert "Working out the answer" in page.text
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page.text)
    told = state_of(first, page)
    assert told["state"] == "working"
    assert isinstance(told["share"], float)
    assert 0 < told["share"] < 1
    assert "stopped after 30 seconds" in str(told["told"])
    # The other process knows of it, and does not begin to ask it too.
    other = second.get(PAGE)
    assert other.status_code == 202
    assert state_of(second, other)["state"] == "working"
    assert world.slow.runs == 1
    world.slow.go.set()
    until_done(second, other)
    for client in (second, first):
        answer = client.get(PAGE)
        assert answer.status_code == 200
        assert "Ready: 1." in answer.text
        assert client.get(f"{PAGE}.json").json == first.get(f"{PAGE}.json").json
    assert world.slow.runs == 1


def test_the_same_question_asked_many_times_at_once_runs_once(world: World) -> None:
    answers: list[TestResponse] = []
    clients = [world.client(number % 2) for number in range(4)]
    threads = [asking(client, answers) for client in clients]
    for thread in threads:
        thread.start()
        time.sleep(0.4)
    world.slow.wait_running()
    world.slow.go.set()
    for thread in threads:
        thread.join(10)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    assert world.slow.runs == 1


def test_two_processes_that_begin_at_once_agree_on_one(world: World) -> None:
    answers: list[TestResponse] = []
    threads = [asking(world.client(worker), answers) for worker in (0, 1)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert world.slow.running == 1
    world.slow.go.set()
    for thread in threads:
        thread.join(10)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text


def test_stopping_ends_the_question_at_either_process_and_leads_back_to_its_form(world: World) -> None:
    for asks, stops in ((0, 0), (0, 1)):
        client, other = world.client(asks), world.client(stops)
        page = client.get(f"{PAGE}?rows=7")
        assert page.status_code == 202
        key = re.search(r'name="key" value="([0-9a-f]{32})"', page.text)
        assert key
        world.slow.wait_running()
        fields = {"key": key[1], "report": "slow", "question": "rows=7"}
        assert other.post("/shop/question/stop", data=fields).status_code == 400
        answer = other.post("/shop/question/stop", data={"csrf_token": token_in(page_of(other)), **fields})
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"{PAGE}?rows=7&_stopped=1"
        world.slow.wait_running(0)
        runs = world.slow.runs
        form = other.get(answer.headers["Location"])
        assert form.status_code == 400
        assert "was stopped" in form.text
        assert 'value="7"' in form.text
        assert world.slow.runs == runs
        # Who still has the working page open is told too, and asking again is a new start.
        assert state_of(client, page)["state"] in ("stopped", "gone")
    world.slow.go.set()
    assert client.get(f"{PAGE}?rows=7").status_code == 200


def page_of(client: FlaskClient) -> TestResponse:
    return client.get("/shop/saved")


def test_nobody_stops_what_they_may_not_ask(world: World) -> None:
    page = world.client().get(PAGE)
    world.slow.wait_running()
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page.text)
    assert key
    with cheap_passwords():
        stranger = world.shop.catalog.create_user("stranger@shop.example", PASSWORD, world.shop.now)
    client = world.shop.client(stranger)
    fields = {"csrf_token": token_in(client.get("/password")), "key": key[1], "report": "slow"}
    assert client.post("/shop/question/stop", data=fields).status_code == 404
    assert client.get(f"/shop/question/state.json?key={key[1]}").status_code == 404
    assert world.slow.running == 1
    owner = world.client()
    for wrong in ("", "../../x", "0" * 31, "Z" * 32):
        assert owner.get("/shop/question/state.json", query_string={"key": wrong}).json == {
            "state": "gone",
            "share": 0.0,
            "told": "",
        }


@pytest.mark.parametrize("form", ["", ".json", ".csv"])
def test_a_question_past_its_time_is_stopped_and_said_with_what_to_do(
    world: World, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.asker(world.apps[0]).seconds = 0.4
    client = world.client()
    with caplog.at_level(logging.WARNING, "collector.web.asking"):
        answer = client.get(PAGE + form)
        if not form:
            assert answer.status_code == 202
            until_done(client, answer)
            answer = client.get(PAGE)
        world.slow.wait_running(0)
    assert answer.status_code == (504 if form else 400)
    assert "fewer days" in answer.text
    if form:
        assert int(answer.headers["Retry-After"]) > 0
    assert [record.message.partition(":")[2] for record in caplog.records] == [
        f" slow of site {world.shop.site_id}, it took too long"
    ]
    # Its turn is free again, and the answer to other questions comes.
    assert client.get("/shop/overview").status_code == 200


def test_a_shared_link_waits_and_says_when_it_takes_too_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.web.shared.reports", lambda: {"slow": world.slow.report()})
    world.asker(world.apps[0]).seconds = 0.3
    shop = world.shop
    _, secret = shop.catalog.make_share(shop.site_id, shop.owner.id, "Shared", "slow", "", shop.now)
    viewer = shop.app.test_client()
    path = viewer.get(f"/shared/{secret}").headers["Location"]
    answer = viewer.get(path)
    assert answer.status_code == 504
    assert "fewer days" in answer.text
    world.slow.go.set()
    time.sleep(0.1)


def test_what_goes_wrong_in_a_long_question_is_said_once_it_is_known(world: World) -> None:
    world.slow.fails = UserError("This cannot be.", "Ask something else.")
    client, other = world.client(0), world.client(1)
    page = client.get(PAGE)
    assert page.status_code == 202
    world.slow.go.set()
    until_done(client, page)
    for answer in (client.get(PAGE), other.get(PAGE)):
        assert answer.status_code == 400
        assert "This cannot be." in answer.text
    assert world.slow.runs == 1


def test_an_error_of_ours_in_a_long_question_ends_the_waiting(world: World) -> None:
    world.slow.fails = ZeroDivisionError("secret words")
    client = world.client()
    page = client.get(PAGE)
    world.slow.go.set()
    until_done(client, page)
    answer = client.get(PAGE)
    assert answer.status_code == 500
    assert "secret words" not in answer.text
    assert world.slow.runs == 1


def test_a_turn_belongs_to_the_question_at_work_and_not_to_who_looks_at_the_page(world: World) -> None:
    world.apps[0].extensions[TURNS] = Turns(whole=2, each=2, wait=5.0)
    client = world.client()
    pages = [client.get(f"{PAGE}?rows={number}") for number in range(2, 6)]
    assert {page.status_code for page in pages} == {202}
    time.sleep(0.1)
    assert world.slow.running == 2
    # The others wait for their turn without a request that waits with them.
    assert [state_of(client, page)["state"] for page in pages] == ["working"] * 4
    world.slow.go.set()
    for page in pages:
        until_done(client, page)
    assert world.slow.most == 2
    assert world.slow.runs == 4


def test_one_reader_cannot_line_up_without_end(world: World) -> None:
    client = world.client()
    codes = [client.get(f"{PAGE}?rows={number}").status_code for number in range(2, 12)]
    assert codes == [202] * 8 + [503] * 2
    other = world.client(email="other@shop.example")
    assert other.get("/shop/overview").status_code == 200


def test_an_answer_is_not_given_after_somebody_was_erased(world: World) -> None:
    client = world.client()
    page = client.get(PAGE)
    world.slow.go.set()
    until_done(client, page)
    assert "Ready: 1." in client.get(PAGE).text
    shop = world.shop
    kept = list(shop.settings.data.glob("journeys/*/answers-*/*.answer"))
    assert len(kept) == 1
    erase_person(shop.ledger, shop.catalog, shop.views, shop.settings.inbox, shop.site_id, "v001", shop.now)
    assert not kept[0].exists()
    assert "Ready: 2." in client.get(PAGE).text


def test_a_question_asked_before_an_erasure_leaves_nothing_behind(world: World) -> None:
    client = world.client()
    assert client.get(PAGE).status_code == 202
    world.slow.wait_running()
    shop = world.shop
    erase_person(shop.ledger, shop.catalog, shop.views, shop.settings.inbox, shop.site_id, "v001", shop.now)
    world.slow.go.set()
    world.slow.wait_running(0)
    time.sleep(0.1)
    assert not list(shop.settings.data.glob("journeys/*/answers-*/*.answer"))
    assert "Ready: 2." in client.get(PAGE).text


def test_new_events_are_in_the_answer_to_a_question_that_took_no_time(world: World) -> None:
    world.slow.go.set()
    client = world.client()
    assert "Ready: 1." in client.get(PAGE).text
    world.shop.append(shop_events(world.shop.now, visitors=9, seed=2))
    assert "Ready: 2." in client.get(PAGE).text


def test_another_setting_of_the_site_makes_it_another_question(world: World) -> None:
    client = world.client()
    page = client.get(PAGE)
    world.slow.go.set()
    until_done(client, page)
    assert "Ready: 1." in client.get(PAGE).text
    world.shop.catalog.save_segment(world.shop.site_id, "Buyers", ["event:purchase"], [], world.shop.now)
    assert "Ready: 2." in client.get(PAGE).text


def test_where_the_disk_takes_nothing_the_process_that_has_the_answer_still_gives_it(world: World) -> None:
    client = world.client()
    folder = world.shop.views.open(world.shop.site_id).derived
    assert folder is not None
    folder.write_text("no folder can be made here")
    page = client.get(PAGE)
    assert page.status_code == 202
    world.slow.go.set()
    until_done(client, page)
    assert "Ready: 1." in client.get(PAGE).text
    folder.unlink()


def test_a_server_that_ends_stops_its_questions_and_tells_who_waits(world: World) -> None:
    answers: list[TestResponse] = []
    thread = asking(world.client(), answers)
    thread.start()
    world.slow.wait_running()
    begun = time.monotonic()
    world.asker(world.apps[0]).end(0.1)
    thread.join(10)
    assert time.monotonic() - begun < 3
    assert answers[0].status_code == 503
    assert int(answers[0].headers["Retry-After"]) > 0
    world.slow.wait_running(0)


def test_no_block_is_longer_than_a_page_unless_it_says_so_and_the_csv_has_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert questions.MOST_ROWS == 50_000
    monkeypatch.setattr(questions, "MOST_ROWS", 1_500)
    world.slow.go.set()
    client = world.client()
    document = client.get(f"{PAGE}.json?rows=1501").json
    assert document is not None
    (block,) = document["blocks"]
    assert len(block["rows"]) == 1_500
    assert block["note"] == "Only 1,500 of 1,501 rows are here; the CSV has all of them."
    assert "Only 1,500 of 1,501 rows are here" in client.get(f"{PAGE}?rows=1501").text
    assert client.get(f"{PAGE}.csv?rows=1501").text.count("\r\n") == 1_502
    whole = client.get(f"{PAGE}.json?rows=1500").json
    assert whole is not None
    assert len(whole["blocks"][0]["rows"]) == 1_500
    assert whole["blocks"][0]["note"] is None


def packed_ask(report: Report, journeys: Journeys, arguments: Arguments, site: Site, now: int) -> tuple[Query, Result]:
    """The answer as it comes out of a file, which must write the same documents."""
    query, result = ask(report, journeys, arguments, site, now)
    back = unpack(pack(result))
    assert dump_json(report.name, query.arguments, back, site.zone) == dump_json(
        report.name, query.arguments, result, site.zone
    )
    for block, again in zip(result.blocks, back.blocks, strict=True):
        assert block_csv(again, site.zone) == block_csv(block, site.zone)
        assert repr(again.draw) == repr(dict(block.draw))
    return query, back


@pytest.mark.parametrize("name", list(reports()))
def test_an_answer_out_of_a_file_makes_the_same_page(
    owner: FlaskClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [(key, text) for key, texts in reports()[name].example.items() for text in texts]
    before = owner.get(f"/shop/{name}", query_string=arguments, follow_redirects=True)
    monkeypatch.setattr("collector.web.asking.ask", packed_ask)
    after = owner.get(f"/shop/{name}", query_string=arguments, follow_redirects=True)
    assert after.status_code == before.status_code < 500
    assert lines_of(after) == lines_of(before)


def lines_of(page: TestResponse) -> list[str]:
    """A page without the tokens of its forms."""
    return [line for line in page.text.splitlines() if "csrf_token" not in line]
