"""What was spent beside what it brought."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.query import Site
from collector.core.spend import Spend, SpendDay
from tests.reports.attributing import MAIL, SEARCH, SITE, START, ask, column, visits
from tests.support.worlds import E


def spent(*rows: tuple[str, str, str, str, float, str]) -> Site:
    return replace(SITE, spend=Spend([SpendDay(*row) for row in rows], 1))


def test_costs_stand_beside_what_they_brought() -> None:
    of = spent(
        ("2025-11-13", "paid_search", "google", "brand", 30.0, "EUR"),
        ("2025-11-14", "Paid_Search", "google", "other", 10.0, "EUR"),
        ("2025-11-14", "display", "criteo", "wide", 5.0, "EUR"),
        ("2025-11-14", "", "", "may", 7.0, "EUR"),
        ("2026-02-01", "paid_search", "google", "brand", 99.0, "EUR"),
    )
    result = ask(visits("a", "SM", 100.0), of=of, all_time="0", from_="2025-11-13", to="2025-11-20")
    assert column(result, "cost") == {"paid_search": 40.0, "email": None, "display": 5.0}
    assert column(result, "cpa") == {"paid_search": 80.0, "email": None, "display": None}
    assert column(result, "roas") == {"paid_search": 1.25, "email": None, "display": 0.0}
    assert "7.00 EUR was spent without a name" in " ".join(map(str, result.notes))
    by = ask(visits("a", "SM", 100.0), of=of, dimension="campaign", all_time="0", from_="2025-11-13", to="2025-11-20")
    assert column(by, "cost") == {"brand": 30.0, "may": 7.0, "other": 10.0, "wide": 5.0}
    assert "cost" not in [one.name for one in ask(visits("a", "S", 1.0), of=of, dimension="landing").blocks[1].columns]


def test_a_cost_stands_once_whatever_its_case_and_beside_no_direct_visits() -> None:
    letters = {"A": replace(SEARCH, campaign="Spring"), "B": replace(SEARCH, campaign="SPRING"), "D": None}
    letters |= {"C": replace(MAIL, campaign="direct"), "E": replace(MAIL, campaign="(other)")}
    events = [
        event
        for who, source in letters.items()
        for event in (E(who, START, "page:/", source=source), E(who, START + 1, "event:buy"))
    ]
    bills = (("2025-11-13", "", "", name, 10.0, "EUR") for name in ("spring", "SPRING", "Direct", "(Other)"))
    found = ask(events, of=spent(*bills), dimension="campaign")
    costs = {"SPRING": 20.0, "Spring": None, '"direct"': 10.0, '"(other)"': 10.0, "direct": None}
    assert column(found, "cost") == costs


def test_costs_in_two_currencies_are_never_summed() -> None:
    of = spent(
        ("2025-11-13", "paid_search", "", "", 30.0, "EUR"),
        ("2025-11-14", "paid_search", "", "", 30.0, "EUR"),
        ("2025-11-14", "paid_search", "", "", 50.0, "USD"),
    )
    result = ask(visits("a", "S", 100.0), of=of)
    assert column(result, "cost") == {"paid_search": 60.0}
    assert "EUR, USD" in str(result.notes[-1])
    assert column(ask(visits("a", "S", 100.0), of=of, currency="usd"), "cost") == {"paid_search": 50.0}
    with pytest.raises(UserError, match="Nothing was spent in CHF"):
        ask(visits("a", "S", 100.0), of=of, currency="CHF")


def test_revenue_is_divided_by_no_costs_in_another_currency() -> None:
    euros = {parse_matcher("event:buy"): "EUR"}
    yen = ("2025-11-13", "paid_search", "", "", 3_000.0, "JPY")
    only = ask(visits("a", "S", 100.0), of=replace(spent(yen), currencies=euros))
    assert column(only, "cpa") == {"paid_search": 3_000.0}
    assert column(only, "roas") == {"paid_search": None}
    assert "Revenue is in EUR and these costs are in JPY" in " ".join(map(str, only.notes))
    both = replace(spent(yen, yen, ("2025-11-14", "paid_search", "", "", 50.0, "EUR")), currencies=euros)
    told = ask(visits("a", "S", 100.0), of=both, goal="event:buy[a!=b]")
    assert column(told, "roas") == {"paid_search": 2.0}
    assert "Revenue is in" not in " ".join(map(str, told.notes))
    assert column(ask(visits("a", "S", 100.0), of=both, currency="jpy"), "roas") == {"paid_search": None}
    unknown = ask(visits("a", "S", 100.0), of=replace(both, currencies={}))
    assert column(unknown, "roas") == {"paid_search": 100.0 / 6_000.0}
    assert "Costs are in JPY; revenue is taken to be as well" in " ".join(map(str, unknown.notes))
