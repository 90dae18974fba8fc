"""The Data quality page: the accounting of a site in words, and quarantine that can be tried again or deleted."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from collector.ingest import check
from collector.store.protocol import Mark
from tests.support.figures import by, uneven
from tests.support.pages import ORIGIN, Installation, send, token_in
from tests.web.test_metrics import batch, figures, load, post


@pytest.fixture
def made(fresh: Installation) -> Installation:
    return fresh


def uid(number: int) -> str:
    return str(UUID(int=number))


def odd(number: int, **more: Any) -> dict[str, Any]:
    """An event of a type that this version does not know."""
    return {"id": uid(number), "type": "teleport", "name": "beam", "at": 1_763_750_000_000, **more}


def test_before_anything_came_the_page_says_so(made: Installation) -> None:
    text = made.client().get("/shop/quality").text
    assert "No event has come from a tracker or a server yet." in text
    assert "Nothing is in quarantine." in text


def test_the_page_tells_what_became_of_every_event(made: Installation) -> None:
    events = [{"id": uid(n), "type": "page", "url": f"{ORIGIN}/{n}"} for n in range(1, 5)]
    post(made, batch(made, [*events, odd(9), {"id": uid(8), "type": "identify", "name": "null"}], dropped=12))
    post(made, batch(made, [events[0], {**events[1], "url": f"{ORIGIN}/other"}], sent_at=5))
    load(made)
    text = " ".join(made.client().get("/shop/quality").text.split())
    for line in (
        '<th scope="row">Accepted</th><td class="num"><strong>7</strong>',
        '<td class="words">Stored</td><td class="num">4</td><td class="num">4</td><td class="num">4</td>',
        '<td class="words">Sent again, already here</td><td class="num">1</td>',
        "Said something else under an id that is already here; the first was kept",
        "Every accepted event is in exactly one of these lines.",
        '<td class="words">A user id that cannot name one person</td><td class="num">1</td>',
        "Events that trackers gave up",
        "clock is more than a minute wrong",
    ):
        assert line in text
    assert "not accounted for" not in text


def test_what_the_ledger_refused_is_accounted_for_too(made: Installation) -> None:
    post(made, batch(made, [{"id": uid(1), "type": "page", "url": f"{ORIGIN}/"}]))
    load(made)
    [visitor] = made.ledger.visitors(made.site_id)
    made.ledger.forget(made.site_id, [visitor.id], made.now)
    post(made, batch(made, [{"id": uid(2), "type": "page", "url": f"{ORIGIN}/"}]))
    load(made)
    text = made.client().get("/shop/quality").text
    assert "not accounted for" not in text
    assert uneven(figures(made)) == 0


@pytest.mark.parametrize(("lost", "said"), [(1, "One event is not"), (3, "3 events are not")])
def test_a_difference_in_the_accounting_is_shouted(made: Installation, lost: int, said: str) -> None:
    made.ledger.append_marked([], Mark("box", 1, made.now, {made.site_id: lost}))
    assert f"{said} accounted for" in made.client().get("/shop/quality").text


def test_quarantine_shows_samples_without_who_sent_them_and_with_secrets_masked(made: Installation) -> None:
    post(made, batch(made, [odd(1, url=f"{ORIGIN}/?token=geheim&x=<script>")]))
    load(made)
    [row] = made.ledger.quarantined(made.site_id)
    text = made.client().get("/shop/quality").text
    assert "A type of event that this version does not know" in text
    assert "teleport" in text
    assert "geheim" not in text + row.raw.decode()
    assert "<script>" not in text.partition("<main")[2].replace("<script src", "")
    assert "Mozilla" not in text
    assert json.loads(row.raw)["v"] not in text


def test_what_a_newer_version_can_read_is_tried_again_once_and_at_the_right_time(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = made.now
    event = {"id": uid(1), "type": "page", "at": now - 9_000, "url": f"{ORIGIN}/before"}
    post(made, batch(made, [event, odd(2, at=now - 5_000), 17], sent_at=now))
    load(made)
    client = made.client()
    again = {"target": "/shop/quality/replay", "reason": "unknown_type"}
    assert "One still cannot be read." in send_on(client, **again)
    monkeypatch.setattr(check, "_TYPES", check._TYPES | {"teleport"})
    assert "One event was read this time." in send_on(client, **again)
    load(made)
    first, second = [one for one, _ in made.ledger.export(made.site_id)]
    assert (second.uid, second.kind.type, second.visitor) == (uid(2), "teleport", first.visitor)
    assert second.time - first.time == 4_000
    assert [row.reason for row in made.ledger.quarantined(made.site_id)] == ["not_an_object"]
    assert uneven(figures(made)) == 0
    assert by(figures(made), "desireline_events_received_total", "").total() == 4


def test_a_record_that_broke_the_ledger_is_tried_again_whole(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = type(made.ledger).append_marked
    poison = [True]

    def broken(self: Any, batches: Any, mark: Any, aside: Any = ()) -> Any:
        if poison[0] and batches:
            raise ValueError("this breaks")
        return append(self, batches, mark, aside)

    monkeypatch.setattr(type(made.ledger), "append_marked", broken)
    monkeypatch.setattr("collector.loading.PAUSES", (0.0,))
    post(made, batch(made, [{"id": uid(n), "type": "page", "url": f"{ORIGIN}/{n}"} for n in range(3)]))
    load(made)
    assert [row.events for row in made.ledger.quarantined(made.site_id)] == [3]
    poison[0] = False
    client = made.client()
    assert "3 events were read this time." in send_on(client, target="/shop/quality/replay", reason="ValueError")
    load(made)
    assert [one.uid for one, _ in made.ledger.export(made.site_id)] == [uid(n) for n in range(3)]
    assert uneven(figures(made)) == 0


def test_what_is_given_up_is_deleted_by_its_reason(made: Installation) -> None:
    post(made, batch(made, [odd(1), odd(2), 17]))
    load(made)
    assert "2 were deleted." in send_on(made.client(), target="/shop/quality/drop", reason="unknown_type")
    assert [row.reason for row in made.ledger.quarantined(made.site_id)] == ["not_an_object"]
    assert uneven(figures(made)) == 0


def test_only_owners_try_again_or_delete(made: Installation) -> None:
    post(made, batch(made, [odd(1)]))
    load(made)
    editor = made.client(made.user("editor@shop.example", "editor"))
    text = editor.get("/shop/quality").text
    assert "Try again" not in text
    assert "teleport" in text
    for action in ("replay", "drop"):
        fields = {"csrf_token": token(editor), "reason": "unknown_type"}
        assert editor.post(f"/shop/quality/{action}", data=fields).status_code == 403
    assert len(made.ledger.quarantined(made.site_id)) == 1


def test_rows_of_older_versions_and_of_other_sites_stay_where_they_are(made: Installation) -> None:
    made.ledger.quarantine(made.site_id, b'{"type":"teleport"}', "unknown_type", made.now)
    other = b'{"s":77,"v":"v","r":1,"t":1,"m":"cookie","ua":"","e":[{"id":"%s","type":"page"}]}' % uid(5).encode()
    made.ledger.quarantine(made.site_id, other, "unknown_type", made.now)
    answer = send_on(made.client(), target="/shop/quality/replay", reason="unknown_type")
    assert "2 still cannot be read." in answer
    assert len(made.ledger.quarantined(made.site_id)) == 2


def send_on(client: Any, target: str, **fields: str) -> str:
    """Send a form of the page and follow to what it says then."""
    answer = send(client, "/shop/quality", target, **fields)
    assert answer.status_code == 302
    text: str = client.get("/shop/quality").text
    return text


def token(client: Any) -> str:
    return token_in(client.get("/shop/settings"))
