"""The published API under random requests: never a 5xx, always the answer described, every event accounted for (T4).

DESIRELINE_FUZZ=1000 asks for more examples of each kind than the few that every run has.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from collector.ingest.bots import NO_LIST
from collector.loader import now_ms
from collector.loading import Loader
from collector.sites import CatalogBook
from tests.support.figures import by, read, uneven
from tests.support.pages import ORIGIN, Installation, installed

EXAMPLES = int(os.environ.get("DESIRELINE_FUZZ", "12"))
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="DESIRELINE_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
CHECKS = [schemathesis.checks.not_a_server_error, content_type_conformance, response_schema_conformance]
CHECKS.append(status_code_conformance)
OPERATIONS = (
    ("/collect", "POST"),
    ("/collect", "GET"),
    ("/link", "POST"),
    ("/i.gif", "GET"),
    ("/v1/batch", "POST"),
    ("/v1/{kind}", "POST"),
    ("/v1/m", "POST"),
    ("/v1/projects/{key}/settings", "GET"),
    ("/hooks/{provider}/{key}", "POST"),
    ("/hooks/{provider}/{key}/{token}", "POST"),
    ("/t/{name}", "GET"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that gets what the fuzzers send."""
    yield from installed(tmp_path_factory.mktemp("fuzzed"), events=False)


@pytest.fixture(scope="module")
def schema(shop: Installation) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", shop.app)


@pytest.fixture(scope="module")
def token(shop: Installation) -> str:
    return shop.catalog.make_api_token(shop.owner, "Fuzz", [], shop.now, None)[1]


def as_somebody(case: Any, shop: Installation) -> None:
    """Let the request get past the door: with a key of the site, from a page of the site or from its server."""
    key, secret = shop.site.site.write_key, shop.site.secret_key
    way = len(repr(case.body)) % 4
    if way == 0:
        return
    if isinstance(case.body, dict):
        case.body["key" if "/v1/" not in case.path else "writeKey"] = key
    if "key" in (case.query or {}):
        case.query["key"] = key
    case.headers.pop("Authorization", None)
    if way == 1:
        case.headers["Origin"] = ORIGIN
    elif "/v1/" in case.path:
        given = base64.b64encode(f"{key if way == 2 else secret}:".encode()).decode()
        case.headers["Authorization"] = f"Basic {given}"
    elif way == 3:
        case.headers["Authorization"] = f"Bearer {secret}"


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_way_in_answers_as_described_whatever_is_sent(
    path: str, method: str, schema: Any, shop: Installation
) -> None:
    @PROFILE
    @given(case=schema[path][method].as_strategy())
    def run(case: Any) -> None:
        as_somebody(case, shop)
        case.call_and_validate(checks=CHECKS)

    run()


@pytest.mark.parametrize("suffix", ["json", "csv"])
@pytest.mark.parametrize("name", ["overview", "funnel", "visitors"])
def test_every_report_answers_as_described_whatever_is_asked(
    name: str, suffix: str, schema: Any, shop: Installation, token: str
) -> None:
    @PROFILE
    @given(case=schema[f"/{{site}}/{name}.{suffix}"]["GET"].as_strategy())
    def run(case: Any) -> None:
        case.path_parameters = {"site": "shop"}
        case.headers["Authorization"] = f"Bearer {token}"
        case.call_and_validate(checks=CHECKS)

    run()


RAW = st.binary(max_size=300)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
).map(lambda value: json.dumps(value).encode())
DEEP = st.integers(1, 3_000).map(lambda depth: b'{"v":1,"events":' + b"[" * depth + b"]" * depth + b"}")
ZIPPED = st.one_of(RAW, JSONS).map(gzip.compress)
TORN = st.tuples(ZIPPED, st.integers(0, 40)).map(lambda pair: pair[0][: pair[1]])
BOMB = st.just(gzip.compress(b"0" * 5_000_000))
BODIES = st.one_of(RAW, JSONS, DEEP, ZIPPED, TORN, BOMB)
KINDS = st.sampled_from(["application/json", "text/plain;charset=UTF-8", "", "multipart/form-data", "x/y; charset=no"])


@settings(PROFILE, max_examples=EXAMPLES * 8)
@given(
    body=BODIES,
    path=st.sampled_from(["/collect", "/link", "/v1/batch", "/v1/track", "/v1/m", "/hooks/chatwoot/x", "/hooks/x/y/z"]),
    kind=KINDS,
    coding=st.sampled_from(["", "gzip", "deflate", "nonsense"]),
)
def test_bytes_that_nobody_described_are_refused_in_words(
    body: bytes, path: str, kind: str, coding: str, shop: Installation
) -> None:
    headers = {"Origin": ORIGIN, "Content-Encoding": coding, "Authorization": "" if len(body) % 2 else "Basic eDo="}
    sent = {name: value for name, value in headers.items() if value}
    answer = shop.app.test_client().post(path, data=body, content_type=kind, headers=sent)
    assert answer.status_code < 500
    assert answer.mimetype == "application/json"
    told = json.loads(answer.text)
    assert answer.status_code == 200 or set(told) == {"error", "hint"} or "success" in told
    assert "Traceback" not in answer.text


def test_every_event_that_was_sent_is_accounted_for(shop: Installation) -> None:
    """Whatever other tests sent before goes through the loader too; of each outcome there is one for certain."""
    client = shop.app.test_client()
    for number in range(4):  # some that are good for certain, one of them twice
        event = {"id": f"0198f3a2-5b1c-7d10-8a4e-{number // 2:012x}", "type": "page", "at": now_ms(), "url": ORIGIN}
        nameless = {"id": f"0198f3a2-5b1c-7d10-8a4f-{number:012x}", "type": "event", "at": now_ms(), "url": ORIGIN}
        events = [event, {"id": "x"}, event | {"type": 7}, nameless]
        body = {"v": 1, "key": shop.site.site.write_key, "events": events}
        answer = client.post("/collect", json=body, headers={"Origin": ORIGIN})
        assert (answer.status_code, "refused:" in answer.text) == (200, True)
    loader = Loader(shop.ledger, shop.settings.inbox, CatalogBook(shop.catalog), NO_LIST, lambda sites: None, now_ms)
    loader.drain_all()
    loader.close()
    answer = client.get("/metrics")
    assert answer.status_code == 200
    found = read(answer.text)
    assert {"stored", "duplicate", "refused"} <= set(by(found, "desireline_events_total", "outcome"))
    assert uneven(found) == 0
