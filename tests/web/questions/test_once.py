"""A question is asked once, says how far it is, and gives its answer whichever process has it."""

from __future__ import annotations

import re
import time

import pytest
from werkzeug.test import TestResponse

from collector.core.blocks import Result
from collector.journeys.answers import Answers
from tests.web.questions.world import PAGE, World, answered, asking, state_of, until_done


def test_a_quick_answer_is_a_page_at_once_and_leaves_no_file(world: World) -> None:
    world.slow.go.set()
    answer = answered(world.client())
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
        answer = answered(client)
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


@pytest.mark.parametrize("looking", [0, 1])
def test_one_that_ends_just_after_a_look_for_its_answer_is_not_begun_again(
    world: World, monkeypatch: pytest.MonkeyPatch, looking: int
) -> None:
    working, asker = (world.asker(world.apps[worker]) for worker in (0, looking))
    client = world.client(looking)
    if looking:
        assert world.client(0).get(PAGE).status_code == 202
    look, looks = asker._kept, []

    def looked(answers: Answers | None, key: str, generation: str) -> Result | None:
        found = look(answers, key, generation)
        looks.append(found)
        if len(looks) == 2:
            world.slow.go.set()
            until = time.monotonic() + 10
            while working._tasks:
                assert time.monotonic() < until
                time.sleep(0.005)
        return found

    monkeypatch.setattr(asker, "_kept", looked)
    assert "Ready: 1." in client.get(f"{PAGE}.json").text
    assert looks[:2] == [None, None]
    assert world.slow.runs == 1


def test_two_processes_that_begin_at_once_agree_on_one(world: World) -> None:
    answers: list[TestResponse] = []
    threads = [asking(world.client(worker), answers) for worker in (0, 1)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    world.slow.wait_running(1)  # on a busy machine the second takes longer to see that it is one
    world.slow.go.set()
    for thread in threads:
        thread.join(10)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text


def test_where_the_disk_takes_nothing_the_process_that_has_the_answer_still_gives_it(world: World) -> None:
    client = world.client()
    folder = world.shop.views.open(world.shop.site_id).derived
    assert folder is not None
    folder.write_text("no folder can be made here")
    page = client.get(PAGE)
    assert page.status_code == 202
    world.slow.go.set()
    until_done(client, page)
    assert "Ready: 1." in answered(client).text
    folder.unlink()
