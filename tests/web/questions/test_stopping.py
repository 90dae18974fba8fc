"""A question can be stopped by who may ask it, ends with its server, and what goes wrong in it is said once."""

from __future__ import annotations

import re
import time

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.core.errors import UserError
from tests.support.pages import PASSWORD, cheap_passwords, token_in
from tests.web.questions.world import PAGE, World, asking, state_of, until_done


def page_of(client: FlaskClient) -> TestResponse:
    return client.get("/shop/saved")


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
