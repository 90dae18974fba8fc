"""Annotations on pages: added without a script, shown as marks of plots, an editor's to change."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.core.times import day_of
from tests.support.pages import Installation, shop_events, token_in

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\""


def send(client: FlaskClient, path: str = "/shop/annotations", **fields: str) -> TestResponse:
    """Send the form as a browser does."""
    token = token_in(client.get("/shop/annotations"))
    return client.post(path, data={"csrf_token": token, "kind": "release", "link": "", **fields})


def today(shop: Installation) -> str:
    return day_of(shop.now, shop.site.site.zone).isoformat()


def test_a_mark_is_added_from_a_report_and_shown_on_its_plot(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=20))
    client = fresh.client()
    assert "No day is marked yet" in client.get("/shop/annotations").text
    page = client.get("/shop/overview?period=7d").text
    assert "New checkout" not in page
    link = html.unescape(page.split('class="no-print"> · <a href="/shop/annotations', 1)[1].split('"', 1)[0])
    assert f"day={today(fresh)}" in link
    form = client.get("/shop/annotations" + link.partition("#")[0]).text
    assert f'value="{today(fresh)}"' in form
    back = html.unescape(form.split('name="back" value="', 1)[1].split('"', 1)[0])
    sent = send(client, day=today(fresh), text="New checkout", back=back)
    assert (sent.status_code, sent.headers["Location"]) == (302, "/shop/overview?period=7d")
    page = client.get("/shop/overview?period=7d").text
    assert "Release: New checkout" in page.split('class="marks', 1)[1].split("</ul>", 1)[0]
    assert '"marks": [{' in page
    made = client.post("/shop/shared", data={"csrf_token": token_in(client.get("/shop/saved")), "report": "overview"})
    reader, shared = fresh.app.test_client(), re.search(r"/shared/[\w-]{43}", made.text)
    assert shared
    assert "Release: New checkout" in reader.get(shared[0], follow_redirects=True).text
    old = (day_of(fresh.now, fresh.site.site.zone) - timedelta(days=60)).isoformat()
    send(client, day=old, text="Long ago")
    assert "Long ago" not in client.get("/shop/overview?period=7d").text


def test_hostile_words_stay_words(fresh: Installation) -> None:
    fresh.append(shop_events(fresh.now, visitors=20))
    client = fresh.client()
    assert send(client, day=today(fresh), text=HOSTILE, kind="other").status_code == 302
    for path in ("/shop/overview", "/shop/annotations"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    bad = send(client, day=today(fresh), text="x", link="javascript:alert(1)")
    assert bad.status_code == 400
    assert 'href="javascript' not in bad.text
    away = send(client, day=today(fresh), text="x", back="//evil.example/")
    assert away.headers["Location"] == "/shop/annotations"


def test_a_mark_is_changed_and_deleted(fresh: Installation) -> None:
    client = fresh.client()
    send(client, day="2026-01-02", text="Typo", link="https://shop.example/notes")
    one = fresh.catalog.annotations(fresh.site_id)[0]
    form = client.get(f"/shop/annotations/{one.id}").text
    assert 'value="Typo"' in form
    assert "https://shop.example/notes" in form
    wrong = send(client, f"/shop/annotations/{one.id}", day="someday", text="Typo")
    assert wrong.status_code == 400
    assert "is not a date" in wrong.text
    send(client, f"/shop/annotations/{one.id}", day="2026-01-03", text="Sale", kind="campaign")
    changed = fresh.catalog.annotations(fresh.site_id)[0]
    assert (changed.day.isoformat(), changed.text, changed.kind, changed.link) == ("2026-01-03", "Sale", "campaign", "")
    send(client, f"/shop/annotations/{one.id}/delete")
    assert not fresh.catalog.annotations(fresh.site_id)
    for path in (f"/shop/annotations/{one.id}", f"/shop/annotations/{one.id}/delete"):
        assert send(client, path, day="2026-01-03", text="x").status_code == 404


@pytest.mark.parametrize("path", ["", "/{id}", "/{id}/delete"])
def test_another_sites_marks_and_those_of_a_viewer_are_out_of_reach(fresh: Installation, path: str) -> None:
    other = fresh.catalog.add_site("other", ["https://other.example"], fresh.now).site.id
    theirs = fresh.catalog.add_annotation(other, "2026-01-02", "Theirs", fresh.now)
    mine = fresh.catalog.add_annotation(fresh.site_id, "2026-01-02", "Mine", fresh.now)
    client = fresh.client()
    assert "Theirs" not in client.get("/shop/annotations").text
    if path:
        sent = send(client, "/shop/annotations" + path.format(id=theirs.id), day="2026-01-03", text="x")
        assert sent.status_code == 404
    viewer = fresh.client(fresh.user("viewer@marks.example", "viewer"))
    page = viewer.get("/shop/annotations")
    assert "Mine" in page.text
    assert 'name="day"' not in page.text
    data = {"csrf_token": token_in(page), "day": "2026-01-03", "text": "x"}
    assert viewer.post("/shop/annotations" + path.format(id=mine.id), data=data).status_code == 403
    assert list(fresh.catalog.annotations(fresh.site_id)) == [mine]
    assert list(fresh.catalog.annotations(other)) == [theirs]
