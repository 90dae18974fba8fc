"""What stands where a number should: an address or a form that holds it is answered in words, never by a fault."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from collector.core.whole import whole
from collector.reports.registry import reports
from tests.support.pages import token_in

# More digits than Python reads, signs that are no number, digits of other scripts, and numbers beyond any id.
ODD = ("9" * 5_000, "--5", "-", "-1", "٣", "²", "1_0", "9" * 30, "NaN", " ", "0x10", "1e3")


@given(st.text(max_size=30) | st.sampled_from(ODD))
def test_a_whole_number_is_read_or_none(text: str) -> None:
    found = whole(text)
    assert found is None or (text.strip().isascii() and found == int(text) and 0 <= found < 2**63)


@pytest.mark.parametrize("odd", ODD[:6])
def test_no_address_ends_in_a_fault(odd: str, owner: FlaskClient) -> None:
    for name, report in reports().items():
        for changed in (param.name for param in report.params if param.kind == "int"):
            kept = [(key, text) for key, texts in report.example.items() for text in texts if key != changed]
            answer = owner.get(f"/shop/{name}.json?{urlencode([*kept, (changed, odd)])}")
            assert answer.status_code in (200, 302, 400), (name, changed)
    for more in (
        [("exclude", f"event:x@1-{odd}")],
        [("optional", odd), ("_edit", "up:step:1")],
        [("_edit", f"remove:step:{odd}")],
        [("_exclude", "event:x"), ("_after", odd), ("_before", odd), ("_edit", "remove:step:1")],
        [("_rows", odd)],
    ):
        asked = urlencode([("step", "page:/"), ("step", "any"), ("step", "event:purchase"), *more])
        assert owner.get(f"/shop/funnel?{asked}").status_code in (200, 302, 400), more


@pytest.mark.parametrize("odd", ODD)
def test_no_form_ends_in_a_fault(odd: str, owner: FlaskClient) -> None:
    token = token_in(owner.get("/shop/settings"))
    for path, fields in (
        ("/shop/shared/revoke", {"share": odd}),
        ("/tokens/revoke", {"token": odd}),
        ("/shop/team/remove", {"user": odd}),
        ("/shop/bots/trust", {"agent": odd}),
        ("/shop/dashboards/pin", {"report": "overview", "block": "trend", "query": "", "dashboard": odd}),
        ("/shop/dashboards/1/arrange", {"pin": odd, "action": "up"}),
        ("/shop/stages/edit", {"name": "A", "what": "any", "action": f"drop-{odd}"}),
        ("/shop/connections/hooks/delete", {"hook": odd}),
        ("/shop/shared", {"report": "dashboard", "query": f"dashboard={odd}"}),
    ):
        answer = owner.post(path, data={"csrf_token": token, **fields})
        assert answer.status_code in (200, 302, 400, 404), (path, answer.status_code)
