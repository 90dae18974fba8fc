"""Whatever is sent, the door answers with a code of the page, and every event it took is on disk once."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core.event import TYPES
from tests.support.anything import anything, header
from tests.support.effort import examples
from tests.web.doors import Collector

events = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES) | anything},
    optional=dict.fromkeys(("id", "at", "name", "url", "ref", "title", "pid", "props", "visitor", "user"), anything),
)
bodies = st.fixed_dictionaries(
    {"key": st.just("wk_demo") | anything, "events": st.lists(events | anything, max_size=5) | anything},
    optional=dict.fromkeys(("v", "sent_at", "boot", "mode", "rotate", "forget", "bot"), anything),
)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=200) | bodies.map(lambda body: json.dumps(body).encode()),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("Origin", "Cookie", "User-Agent", "Authorization"), header)),
    st.sampled_from(["", "Bearer sk_demo"]),
)
def test_no_request_makes_it_fail_and_the_sums_agree(
    roomy: Collector, body: bytes, headers: dict[str, str], secret: str
) -> None:
    before = roomy.records()
    extra = {"Authorization": secret, "Origin": ""} if secret else {}
    answer = roomy.post(body, headers | extra)
    assert answer.status_code in (200, 400, 401, 403, 413)
    fresh = roomy.records()[len(before) :]
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
