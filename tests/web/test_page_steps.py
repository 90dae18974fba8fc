"""Numbers of steps follow their steps when the form of a funnel moves or removes one."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from collector.web.address import canonical

STEPS = [("step", text) for text in "abcd"]


def edited(*pairs: tuple[str, str], edit: str) -> list[tuple[str, str]]:
    """What else than the steps an address says after an edit."""
    return [pair for pair in canonical([*STEPS, *pairs, ("_edit", edit)]) if pair[0] != "step"]


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ([("optional", "2")], "down:step:1", [("optional", "3")]),
        ([("optional", "3"), ("optional", "2")], "up:step:2", [("optional", "2"), ("optional", "3")]),
        ([("optional", "2")], "up:step:1", []),
        ([("optional", "3")], "down:step:2", []),
        ([("optional", "2"), ("optional", "3")], "remove:step:1", [("optional", "2")]),
        ([("optional", "3")], "remove:step:3", []),
        ([("optional", "3")], "remove:step:0", [("optional", "2")]),
        ([("optional", "9")], "down:step:0", []),
        ([("exclude", "event:x@1-2")], "down:step:1", [("exclude", "event:x@1-3")]),
        ([("exclude", "event:x@1-2")], "down:step:0", [("exclude", "event:x@1-2")]),
        ([("exclude", "event:x@2-3")], "up:step:3", [("exclude", "event:x@2-4")]),
        ([("exclude", "event:x@1-3")], "remove:step:1", [("exclude", "event:x@1-2")]),
        ([("exclude", "event:x@1-3")], "remove:step:2", [("exclude", "event:x@1-2")]),
        ([("exclude", "event:x@2-3")], "remove:step:2", []),
        ([("exclude", "event:x@nonsense")], "remove:step:2", [("exclude", "event:x@nonsense")]),
        ([("between", "1-4")], "remove:step:2", [("between", "1-3")]),
        ([("between", "2-3")], "up:step:1", [("between", "1-3")]),
        ([("window", "7d"), ("optional", "2")], "add:step", [("window", "7d"), ("optional", "2"), ("_rows", "6")]),
        ([("optional", "2")], "remove:where:0", [("optional", "2")]),
    ],
)
def test_numbers_follow_their_steps(before: list[tuple[str, str]], edit: str, after: list[tuple[str, str]]) -> None:
    assert edited(*before, edit=edit) == after


def test_the_rows_of_the_form_follow_too() -> None:
    rows = [("event:x", "1", "2"), ("event:y", "2", "3"), ("", "", ""), ("event:z", "?", "4")]
    fields = [pair for row in rows for pair in zip(("_exclude", "_after", "_before"), row, strict=True)]
    kept = [("exclude", "event:x@1-3"), ("exclude", "event:y@2-3"), ("exclude", "event:z@?-4")]
    assert edited(*fields, edit="down:step:1") == kept
    kept = [("exclude", "event:y@1-2"), ("exclude", "event:z@?-4")]
    assert edited(*fields, edit="remove:step:0") == kept


@given(
    st.lists(
        st.sampled_from(
            [("optional", str(n)) for n in (2, 3)]
            + [("exclude", f"x@{a}-{b}") for a in range(1, 4) for b in range(a + 1, 5)]
        ),
        max_size=4,
    ),
    st.integers(0, 3),
)
def test_down_and_up_again_is_where_it_was_but_for_ends(pairs: list[tuple[str, str]], at: int) -> None:
    moved = canonical([*STEPS, *pairs, ("_edit", f"down:step:{at}")])
    back = canonical([*moved, ("_edit", f"up:step:{min(at + 1, 3)}")])
    if at < 3:
        assert [pair for pair in back if pair[0] == "exclude"] == [pair for pair in pairs if pair[0] == "exclude"]
        assert [text for name, text in back if name == "step"] == list("abcd")
    numbers = [int(text) for name, text in moved if name == "optional"]
    assert all(1 < number < 4 for number in numbers)


def test_the_page_answers_after_a_step_with_numbers_was_moved(owner: FlaskClient) -> None:
    asked = [("step", one) for one in ("page:/**", "click:Buy now", "event:add_to_cart", "event:purchase")]
    asked += [("optional", "2"), ("_exclude", "event:chat_started"), ("_after", "1"), ("_before", "4")]
    page = owner.get(f"/shop/funnel?{urlencode([*asked, ('_edit', 'down:step:1')])}", follow_redirects=True)
    assert page.status_code == 200
    assert "optional=3" in page.request.query_string.decode()
    assert "exclude=event:chat_started@1-4" in page.request.query_string.decode()
    page = owner.get(f"/shop/funnel?{urlencode([*asked, ('_edit', 'remove:step:3')])}", follow_redirects=True)
    assert page.status_code == 200
    assert "exclude=event:chat_started@1-3" in page.request.query_string.decode()
