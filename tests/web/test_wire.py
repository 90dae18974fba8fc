"""Every example of tracker_js/wire.md is sent to a real collector."""

from __future__ import annotations

import json
import re
from pathlib import Path

from collector.core.event import TYPES
from collector.ingest.check import MAX_BODY, MAX_EVENT, MAX_EVENTS
from tests.web.doors import ORIGIN, Collector, batch, page

WIRE = (Path(__file__).parents[2] / "tracker_js" / "wire.md").read_text()
EXAMPLES = re.findall(r"```json\n(.*?)```", WIRE, re.DOTALL)


def test_the_request_is_answered_as_the_page_says(collector: Collector) -> None:
    request = json.loads(EXAMPLES[0])
    promised = json.loads(EXAMPLES[1])
    answer = collector.post(request)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json.keys() == promised.keys()
    assert list(answer.json["results"].values()) == list(promised["results"].values())
    assert answer.json["mode"] == promised["mode"]
    assert answer.json["visitor"].startswith(promised["visitor"][:2])
    assert [event["id"] for event in collector.records()[0].events] == [event["id"] for event in request["events"]]


def test_every_type_the_page_lists_is_taken_and_no_other_is_known(collector: Collector) -> None:
    table = WIRE.partition("| `type` | `name` |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted(TYPES)
    events = [page(type=kind, name="granted", props={"ms": 5}) for kind in listed]
    answer = collector.post(batch(*events))
    assert answer.json is not None
    assert set(answer.json["results"].values()) == {"ok"}


def test_the_limits_are_the_page_s(collector: Collector) -> None:
    found = re.search(r"At most (\d+) MB, (\d+) events, (\d+) KB an event", WIRE)
    assert found is not None
    assert (int(found[1]) * 1_000_000, int(found[2]), int(found[3]) * 1_024) == (MAX_BODY, MAX_EVENTS, MAX_EVENT)


def test_every_reason_a_browser_may_give_is_kept(collector: Collector) -> None:
    line = next(line for line in WIRE.splitlines() if line.startswith("| `bot` |"))
    reasons = re.findall(r"`(\w+)`", line)[1:]
    collector.post(batch(bot=reasons))
    assert collector.records()[0].hints == tuple(sorted(reasons))


def test_the_pixel_works_as_written(collector: Collector) -> None:
    found = re.search(r"`GET (/collect\?[^`]+)`", WIRE)
    assert found is not None
    answer = collector.client.get(found[1])
    assert (answer.status_code, answer.mimetype) == (200, "image/gif")
    assert collector.records()[0].events[0]["url"] == f"{ORIGIN}/"


def test_the_codes_of_the_table_are_what_comes(collector: Collector) -> None:
    assert collector.post(b"nonsense").status_code == 400
    assert collector.post(batch(key="nobody")).status_code == 401
    assert collector.post(batch(), {"Origin": "https://other.example"}).status_code == 403
    assert collector.post(b" " * (MAX_BODY + 1)).status_code == 413
    error = collector.post(b"nonsense").json
    assert error is not None
    assert error.keys() == {"error", "hint"}


def test_the_server_side_section_holds(collector: Collector) -> None:
    headers = {"Origin": "", "Authorization": "Bearer sk_demo"}
    body = batch(
        page(visitor="own-1", user="u", ua="UA", at=1_000_000_000_000),
        page(type="identify", name="u"),
        page(),
    )
    del body["key"]
    answer = collector.post(body, headers)
    assert answer.json is not None
    assert list(answer.json["results"].values()) == ["ok", "ok", "refused:no_visitor"]
