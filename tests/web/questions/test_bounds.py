"""The time that a question may take, the turns it waits for, and how long a line of them may get."""

from __future__ import annotations

import logging
import time

import pytest

from collector.web.turns import EXTENSION as TURNS
from collector.web.turns import Turns
from tests.web.questions.world import PAGE, World, answered, state_of, until_done


@pytest.mark.parametrize("form", ["", ".json", ".csv"])
def test_a_question_past_its_time_is_stopped_and_said_with_what_to_do(
    world: World, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    asker = world.asker(world.apps[0])
    asker.seconds = 0.4
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
    asker.seconds = 30.0
    assert answered(client, "/shop/overview").status_code == 200


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
    assert answered(other, "/shop/overview").status_code == 200
