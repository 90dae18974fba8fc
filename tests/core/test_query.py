"""Questions: read from text arguments, refused with a hint, written back as the same arguments."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.query import Exclusion, Param, Segment, Site, parse_exclusion, parse_query
from collector.core.text import T
from collector.core.times import DAY, day_start, parse_duration

ZONE = ZoneInfo("Europe/Berlin")
NOW = day_start(date(2026, 3, 15), ZONE) + 1
SITE = Site(1, "shop", ZONE, {"buyers": Segment("buyers", (parse_matcher("event:purchase"),))})
PARAMS = (
    Param("step", "matcher", T("Step"), repeat=True, required=2, maximum=3),
    Param("window", "duration", T("Window"), default="14d"),
    Param("order", "choice", T("Order"), default="ordered", choices=(("ordered", T("In order")), ("any", T("Any")))),
    Param("at", "int", T("At"), minimum=1, maximum=12),
    Param("exclude", "exclude", T("Exclude"), repeat=True),
)
STEPS = {"step": ["page:/", "event:purchase"]}


def test_defaults_are_the_last_thirty_days_in_the_sites_zone() -> None:
    query = parse_query(PARAMS, STEPS, SITE, NOW)
    assert query.span is not None
    assert (query.span.first, query.span.last) == (date(2026, 2, 14), date(2026, 3, 15))
    assert query.values["window"] == parse_duration("14d")
    assert query.values["at"] is None
    assert query.values["exclude"] == ()


def test_a_segment_adds_its_matchers_to_those_given() -> None:
    query = parse_query(PARAMS, {**STEPS, "segment": ["buyers"], "where": ["page:/pricing"]}, SITE, NOW)
    assert list(map(str, query.where)) == ["page:/pricing", "event:purchase"]


def test_arguments_write_the_same_question_again() -> None:
    # A bare flag says yes: links and kept answers must not take it for none.
    given = {**STEPS, "from": ["2026-01-01"], "where": ["page:/a", "page:/b"], "include-bots": [""], "order": [""]}
    query = parse_query(PARAMS, given, SITE, NOW)
    assert query.include_bots
    again: dict[str, list[str]] = {}
    for name, text in query.arguments:
        again.setdefault(name, []).append(text)
    assert parse_query(PARAMS, again, SITE, NOW) == query


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": ["page:/"]},
        {"step": ["page:/"] * 4},
        {**STEPS, "order": ["sideways"]},
        {**STEPS, "window": ["soon"]},
        {**STEPS, "at": ["13"]},
        {**STEPS, "at": ["x"]},
        {**STEPS, "exclude": ["event:x@2-1"]},
        {**STEPS, "segment": ["nobody"]},
        {**STEPS, "colour": ["red"]},
        {**STEPS, "from": ["2026-03-02"], "to": ["2026-03-01"]},
        {**STEPS, "from": ["yesterday"]},
        {**STEPS, "period": ["12h"]},
        {**STEPS, "period": ["0d"]},
        {**STEPS, "period": ["99999d"]},
        {**STEPS, "period": ["soon"]},
        {**STEPS, "period": ["7d"], "from": ["2026-03-01"]},
        {**STEPS, "period": ["7d"], "to": ["2026-03-01"]},
        {**STEPS, "period": ["7d"], "all-time": ["1"]},
    ],
)
def test_a_question_that_cannot_be_read_is_refused(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(UserError):
        parse_query(PARAMS, wrong, SITE, NOW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("page:/plans[#times>=2]", "[#times>=2]"),
        ("event:buy[total>=1][#last=30d]", "[#last=30d]"),
        ("page:/[#visit=3]", "[#visit=3]"),
        ("page:/[#in]", "[#in]"),
        ("page:/ | page:/plans", "| joins"),
        ("page:/[a=b] | is:new", "| joins"),
        ("page:/ -> page:/plans", "-> joins"),
    ],
)
def test_what_is_said_of_people_is_no_step_and_says_where_it_belongs(text: str, said: str) -> None:
    for given in ({"step": [text, "page:/"]}, {**STEPS, "exclude": [f"{text}@1-2"]}):
        with pytest.raises(UserError) as refused:
            parse_query(PARAMS, given, SITE, NOW)
        assert said in refused.value.message
        assert "Who is counted" in (refused.value.hint or "")
    for fine in ("event:a | b", "event:buy[note=a | event:b]", 'any[note="x] -> page:/"]', "click:#buy", "click:[#1]"):
        assert str(parse_query(PARAMS, {"step": [fine, "any"]}, SITE, NOW).values["step"][0]) == fine  # type: ignore[index]


def test_exclusions_name_the_steps_they_stand_between() -> None:
    assert parse_exclusion("event:refund[total>5]@1-3") == Exclusion(parse_matcher("event:refund[total>5]"), 1, 3)


def test_all_time_has_no_span_and_no_end() -> None:
    query = parse_query(PARAMS, {**STEPS, "all-time": [""]}, SITE, NOW)
    assert query.span is None
    assert query.start < 0 < NOW < query.end


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("1d", date(2026, 3, 15), date(2026, 3, 15)),
        ("7d", date(2026, 3, 9), date(2026, 3, 15)),
        ("2w", date(2026, 3, 2), date(2026, 3, 15)),
        ("yesterday", date(2026, 3, 14), date(2026, 3, 14)),
        ("this-month", date(2026, 3, 1), date(2026, 3, 15)),
        ("last-month", date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_a_period_ends_today_in_the_sites_zone_and_moves_on_with_it(period: str, first: date, last: date) -> None:
    query = parse_query(PARAMS, {**STEPS, "period": [period]}, SITE, NOW)
    assert query.span is not None
    assert (query.span.first, query.span.last) == (first, last)
    assert ("period", period) in query.arguments
    later = parse_query(PARAMS, {**STEPS, "period": ["7d"]}, SITE, NOW + DAY)
    assert later.span is not None
    assert later.span.last == date(2026, 3, 16)
