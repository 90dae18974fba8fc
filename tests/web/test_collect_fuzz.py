"""Whatever is sent, the door answers with a code of the page, and every event it took is on disk once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core.event import TYPES
from tests.support.effort import examples
from tests.web.doors import Collector

header = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=20)
)
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
events = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES) | anything},
    optional=dict.fromkeys(("id", "at", "name", "url", "ref", "title", "pid", "props", "visitor", "user"), anything),
)
bodies = st.fixed_dictionaries(
    {"key": st.just("wk_demo") | anything, "events": st.lists(events | anything, max_size=5) | anything},
    optional=dict.fromkeys(("v", "sent_at", "boot", "mode", "rotate", "forget", "bot"), anything),
)


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    made = Collector(folder, max_bytes=2**28)
    yield made
    made.close()


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=200) | bodies.map(lambda body: json.dumps(body).encode()),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("Origin", "Cookie", "User-Agent", "Authorization"), header)),
    st.sampled_from(["", "Bearer sk_demo"]),
)
def test_no_request_makes_it_fail_and_the_sums_agree(
    collector: Collector, body: bytes, headers: dict[str, str], secret: str
) -> None:
    before = collector.records()
    extra = {"Authorization": secret, "Origin": ""} if secret else {}
    answer = collector.post(body, headers | extra)
    assert answer.status_code in (200, 400, 401, 403, 413)
    fresh = collector.records()[len(before) :]
    kept = sum(len(record.events) for record in fresh)
    quarantined = sum(len(record.quarantined) for record in fresh)
    assert answer.json is not None
    if answer.status_code == 200:
        sent = json.loads(body).get("events", [])
        statuses = list(answer.json["results"].values())
        assert kept + quarantined <= len(sent)
        assert kept + quarantined >= sum(status in ("ok", "quarantined") for status in statuses)
    else:
        assert (kept, quarantined) == (0, 0)
        assert answer.json.keys() == {"error", "hint"}
