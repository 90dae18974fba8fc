"""An answer is kept as long as it is true: until events come, somebody is erased, or the site is set otherwise."""

from __future__ import annotations

import time

from collector.erasing import erase_person
from tests.support.pages import shop_events
from tests.web.questions.world import PAGE, World, answered, until_done


def test_an_answer_is_not_given_after_somebody_was_erased(world: World) -> None:
    client = world.client()
    page = client.get(PAGE)
    world.slow.go.set()
    until_done(client, page)
    assert "Ready: 1." in answered(client).text
    shop = world.shop
    kept = list(shop.settings.data.glob("journeys/*/answers-*/*.answer"))
    assert len(kept) == 1
    erase_person(shop.ledger, shop.catalog, shop.views, shop.settings.inbox, shop.site_id, "v001", shop.now)
    assert not kept[0].exists()
    assert "Ready: 2." in answered(client).text


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
    assert "Ready: 2." in answered(client).text


def test_new_events_are_in_the_answer_to_a_question_that_took_no_time(world: World) -> None:
    world.slow.go.set()
    client = world.client()
    assert "Ready: 1." in answered(client).text
    world.shop.append(shop_events(world.shop.now, visitors=9, seed=2))
    assert "Ready: 2." in answered(client).text


def test_another_setting_of_the_site_makes_it_another_question(world: World) -> None:
    client = world.client()
    page = client.get(PAGE)
    world.slow.go.set()
    until_done(client, page)
    assert "Ready: 1." in answered(client).text
    world.shop.catalog.save_segment(world.shop.site_id, "Buyers", ["event:purchase"], [], world.shop.now)
    assert "Ready: 2." in answered(client).text
