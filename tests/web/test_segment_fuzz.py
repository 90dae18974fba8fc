"""Whatever is sent to /v1/*, the answer is JSON with a code of the page, and what was taken is on disk once."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.anything import anything, header
from tests.support.effort import examples
from tests.web.doors import ORIGIN, Collector

ids = st.sampled_from(["a1", "u1", "v_" + "0" * 32, "null", ""]) | anything
moments = st.sampled_from(["2025-11-21T18:33:20.000Z", 1_763_750_000, 0, ""]) | anything
pages = st.fixed_dictionaries({}, optional=dict.fromkeys(("url", "path", "search", "referrer", "title"), anything))
contexts = st.fixed_dictionaries({}, optional={"page": pages | anything, "campaign": anything, "userAgent": anything})
kinds = st.sampled_from(["track", "page", "identify", "alias", "group", "screen", "click"]) | anything
messages = st.fixed_dictionaries(
    {"type": kinds},
    optional={
        **dict.fromkeys(("userId", "anonymousId", "previousId", "groupId", "messageId"), ids),
        **dict.fromkeys(("timestamp", "originalTimestamp", "sentAt"), moments),
        **dict.fromkeys(("event", "name", "category", "writeKey", "integrations"), anything),
        **dict.fromkeys(("properties", "traits"), pages | anything),
        "context": contexts | anything,
    },
)
bodies = (
    messages
    | anything
    | st.fixed_dictionaries(
        {"batch": st.lists(messages | anything, max_size=4) | anything},
        optional={"context": contexts | anything, "sentAt": moments, "writeKey": anything},
    )
)
paths = st.sampled_from(
    ["batch", "b", "import", "track", "p", "i", "alias", "g", "screen", "m", "projects/wk_demo/settings", "other"]
)


def basic(key: str) -> str:
    return "Basic " + b64encode(f"{key}:".encode()).decode()


@settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    paths,
    st.binary(max_size=200) | bodies.map(lambda body: json.dumps(body).encode()),
    st.booleans(),
    st.sampled_from([basic("wk_demo"), basic("sk_demo"), "Bearer wk_demo"]) | header,
    st.fixed_dictionaries(
        {}, optional={"Origin": st.just(ORIGIN) | header, "Sec-GPC": st.just("1"), "Content-Encoding": header}
    ),
)
def test_no_request_makes_it_fail_and_the_sums_agree(
    roomy: Collector, path: str, body: bytes, packed: bool, key: str, headers: dict[str, str]
) -> None:
    before = len(roomy.records())
    answer = roomy.client.post(
        f"/v1/{path}",
        data=gzip.compress(body) if packed else body,
        headers={"User-Agent": "analytics-python/2.4.0", "Authorization": key} | headers,
    )
    assert answer.status_code in (200, 400, 401, 403, 404, 413)
    assert answer.is_json
    assert answer.json is not None
    fresh = roomy.records()[before:]
    kept = sum(len(record.events) + len(record.quarantined) for record in fresh)
    if answer.status_code == 200 and path != "m":
        sent = json.loads(body)
        sent = sent["batch"] if path in ("batch", "b", "import") else [sent]
        refused = [status for status in answer.json.get("results", {}).values() if status.startswith("refused:")]
        assert answer.json["success"] == (not refused)
        assert kept <= len(sent)
        assert refused or kept == len(sent)
    else:
        assert kept == 0
