"""What was acknowledged is on the pages within a second."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from http.cookiejar import CookieJar
from urllib.parse import quote

import pytest

from tests.e2e.conftest import Place

pytestmark = pytest.mark.alone
ROUNDS = 20
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


def send(place: Place, name: str) -> None:
    """One event as a browser sends it; returns when it is acknowledged."""
    now = time.time_ns() // 1_000_000
    event = {"id": str(uuid.uuid4()), "type": "event", "name": name, "at": now, "url": place.shop.origin + "/"}
    body = {"v": 1, "key": place.write_key, "sent_at": now, "boot": str(uuid.uuid4()), "events": [event]}
    request = urllib.request.Request(
        place.collector + "/collect",
        json.dumps(body).encode(),
        {"Content-Type": "text/plain;charset=UTF-8", "Origin": place.shop.origin, "User-Agent": AGENT},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["results"] == {event["id"]: "ok"}


def test_an_acknowledged_event_is_counted_by_a_report_within_a_second(place: Place) -> None:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    opener.open(place.login(), timeout=10).close()

    def entered(name: str) -> int:
        with opener.open(f"{place.collector}/shop/funnel.json?step={quote('event:' + name)}", timeout=10) as answer:
            steps = json.load(answer)["blocks"][0]
        return int(steps["rows"][0][steps["columns"].index("people")])

    took = []
    for number in range(ROUNDS):
        name = f"fresh {number}"
        send(place, name)
        begun = time.monotonic()
        while entered(name) == 0:
            assert time.monotonic() - begun < 10
            time.sleep(0.01)
        took.append(time.monotonic() - begun)
    assert sorted(took)[int(0.95 * ROUNDS) - 1] < 1, took
