"""The accounting of the way in: every event is counted once, in the transaction that decides what becomes of it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core.times import DAY
from collector.store.aside import AsideRoom
from collector.store.ledger import SqlLedger
from collector.store.open import open_ledger
from collector.store.protocol import Ledger, Mark, SetAside
from tests.store.making import custom, page
from tests.support.effort import examples

NOW = 20_000 * DAY + 5


def told(ledger: Ledger, site: int | None = None, since: int = 0) -> dict[tuple[int, str, str], int]:
    return {(one.site, one.outcome, one.reason): one.events for one in ledger.outcomes(site, since)}


def test_every_outcome_is_counted_with_its_reason(ledger: Ledger) -> None:
    ledger.append_marked([(1, [page(1), page(2)])], Mark("box", 1, NOW, {1: 2}))
    batch = [page(1), page(3, bot="webdriver"), page(4), custom(2, "other thing")]
    aside = [SetAside(1, b"x", "unknown_type", NOW), SetAside(None, b"y", "KeyError", NOW, 7)]
    done = ledger.append_marked([(1, batch), (2, [page(1)])], Mark("box", 2, NOW, {1: 5, 2: 1, 0: 7}), aside)
    assert (done.stored, done.duplicates) == (3, 2)
    assert told(ledger) == {
        (0, "accepted", ""): 7,
        (0, "quarantined", "KeyError"): 7,
        (1, "accepted", ""): 7,
        (1, "duplicate", ""): 1,
        (1, "duplicate", "conflict"): 1,
        (1, "flagged", "webdriver"): 1,
        (1, "quarantined", "unknown_type"): 1,
        (1, "stored", ""): 3,
        (2, "accepted", ""): 1,
        (2, "stored", ""): 1,
    }
    assert told(ledger, 2) == {(2, "accepted", ""): 1, (2, "stored", ""): 1}


def test_a_repeated_id_is_a_conflict_only_where_it_says_something_else(ledger: Ledger) -> None:
    first = page(1, created=500, time=1_000)
    ledger.append_marked([(1, [first])], Mark("box", 1, NOW, {1: 1}))
    # Sent again, it arrives later, and its time by our clock moves a little.
    ledger.append_marked([(1, [page(1, created=500, time=1_040)])], Mark("box", 2, NOW, {1: 1}))
    assert told(ledger)[1, "duplicate", ""] == 1
    others = [page(1, created=501), page(1, path="/other", created=500), custom(1, "page")]
    ledger.append_marked([(1, others)], Mark("box", 3, NOW, {1: 3}))
    assert told(ledger)[1, "duplicate", "conflict"] == 3
    assert told(ledger)[1, "duplicate", ""] == 1
    assert [event.path for event, _ in ledger.export(1)] == ["/"]


def test_an_append_that_fails_counts_nothing_and_an_import_is_not_the_way_in(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        ledger.append_marked([(1, [page(1, bot="no such reason")])], Mark("box", 1, NOW, {1: 1}))
    ledger.append(1, [page(2)])
    assert told(ledger) == {}


def test_old_days_are_put_together_and_no_total_changes(ledger: Ledger) -> None:
    for day in (0, 10, 70, 80):
        ledger.append_marked([(1, [page(day)])], Mark("box", day + 1, NOW - day * DAY, {1: 1}))
    before = told(ledger)
    assert before[1, "stored", ""] == 4
    assert told(ledger, since=NOW - 75 * DAY)[1, "stored", ""] == 3
    ledger.tidy(["box"], NOW)
    assert told(ledger) == before
    assert told(ledger, since=NOW - 75 * DAY)[1, "stored", ""] == 2
    assert told(ledger, since=NOW)[1, "stored", ""] == 1


def test_marks_go_with_their_inbox_or_when_nobody_moved_them_for_a_month(ledger: Ledger) -> None:
    for name, age in (("here", 40), ("gone", 40), ("elsewhere", 20), ("removed", 0)):
        ledger.append(1, [], Mark(name, 1, NOW - age * DAY))
    ledger.tidy(["here"], NOW)
    ledger.drop_marks(["removed"])
    assert sorted(ledger.marks()) == ["elsewhere", "here"]


def test_quarantine_is_let_go_of_after_its_days(ledger: Ledger) -> None:
    for age in (0, 89, 91, 400):
        ledger.quarantine(1, str(age).encode(), "bad", NOW - age * DAY)
    ledger.tidy([], NOW)
    assert [row.raw for row in ledger.quarantined(1)] == [b"0", b"89"]


def test_a_full_quarantine_keeps_the_oldest_and_counts_the_others(ledger: SqlLedger) -> None:
    ledger._appender._room = AsideRoom(ledger.engine, most=1_000)

    def send(number: int, site: int | None = 1, size: int = 300) -> None:
        aside = [SetAside(site, bytes(size), "bad", NOW + number * DAY)]
        ledger.append_marked([], Mark("box", number, NOW, {site or 0: 1}), aside)

    for number in range(1, 5):
        send(number)
    send(5, site=2)
    assert [row.time for row in ledger.quarantined(1)] == [NOW + DAY, NOW + 2 * DAY]
    assert told(ledger, 1) == {
        (1, "accepted", ""): 4,
        (1, "quarantined", "bad"): 2,
        (1, "quarantined", "no_room"): 2,
    }
    assert len(ledger.quarantined(2)) == 1
    assert sorted(ledger.quarantine_sizes()) == [(1, 2), (2, 1)]
    ledger.release([row.id for row in ledger.quarantined(1)])
    send(6)
    assert len(ledger.quarantined(1)) == 1, "there is room again"


def test_quarantine_is_summed_up_by_reason(ledger: Ledger) -> None:
    aside = [SetAside(1, b"a", "odd", NOW, 3), SetAside(1, b"b", "odd", NOW + 1), SetAside(1, b"c", "even", NOW)]
    ledger.append_marked([], Mark("box", 1, NOW), aside)
    assert [(one.reason, one.rows, one.events) for one in ledger.quarantine_reasons(1)] == [
        ("odd", 2, 4),
        ("even", 1, 1),
    ]
    assert [row.raw for row in ledger.quarantined(1, reason="even")] == [b"c"]
    assert ledger.quarantine_reasons(2) == []


def test_a_ledger_knows_its_size_and_whether_it_is_migrated(ledger: Ledger, ledger_url: str) -> None:
    assert sum(ledger.sizes().values()) > 50_000
    assert ledger.migrated()


EVENTS = st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["", "ua_list"]), st.sampled_from("ab")), max_size=12)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.tuples(EVENTS, EVENTS, st.integers(0, 3)), max_size=5))
def test_accepted_is_the_sum_of_what_became_of_it(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[tuple[list[tuple[int, str, str]], ...]]
) -> None:
    ledger = open_ledger(f"sqlite://{tmp_path_factory.mktemp('ledger')}/l.db")
    ledger.migrate()
    seen: dict[int, set[int]] = {1: set(), 2: set()}
    stored: Counter[int] = Counter()
    for number, (one, two, aside) in enumerate(chunks, 1):
        sent = {1: one, 2: two}
        events = [(site, [page(n, bot=bot, path=f"/{name}") for n, bot, name in rows]) for site, rows in sent.items()]
        away = [SetAside(1, b"x", "bad", NOW)] * int(aside)  # type: ignore[call-overload]
        ledger.append_marked(events, Mark("box", number, NOW, {1: len(one) + len(away), 2: len(two)}), away)
        for site, rows in sent.items():
            fresh = {n for n, _, _ in rows} - seen[site]
            seen[site] |= fresh
            stored[site] += len(fresh)
    sums: Counter[int] = Counter()
    for (site, outcome, _), events_ in told(ledger).items():
        sums[site] += -events_ if outcome == "accepted" else events_
    kept = {
        site: sum(n for (s, o, _), n in told(ledger).items() if s == site and o in ("stored", "flagged"))
        for site in seen
    }
    ledger.close()
    assert set(sums.values()) <= {0}
    assert kept == {site: stored[site] for site in seen}
