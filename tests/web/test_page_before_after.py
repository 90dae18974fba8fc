"""Before and after as a page: asked of a marked day, its sides leading to their people, without a range of its own."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from collector.core.times import day_of
from tests.support.pages import Installation, shop_events


def test_a_marked_day_is_compared_and_its_counts_open_their_people(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=40))
    client = fresh.client()
    assert "Choose the day" in client.get("/shop/before-after").text
    day = (day_of(fresh.now, fresh.site.site.zone) - timedelta(days=8)).isoformat()
    fresh.catalog.add_annotation(fresh.site_id, day, "New checkout", fresh.now)
    answer = client.get("/shop/before-after?window=7d")
    assert answer.status_code == 200
    page = html.unescape(answer.text)
    assert "not an experiment" in page
    said = re.findall(r"<span>(.*?)</span>", page.split('"asked-words"', 1)[1].split("</summary>", 1)[0])
    assert said[0].startswith("Day: "), "the day that was chosen"
    assert said[1] == "Each side: 7 days"
    assert f"/shop/visitors?from={day}&to=" in page
    assert f"/shop/before-after?window=7d&day={day}" in page
    assert "Release: New checkout" in page.split('class="marks', 1)[1].split("</ul>", 1)[0]
    assert 'name="from"' not in page, "the day and the window say which days"
    listed = client.get("/shop/annotations").text
    assert f"/shop/before-after?day={day}" in listed
    wrong = client.get("/shop/before-after?day=soon")
    assert wrong.status_code == 400
    assert "is not a date" in wrong.text
