"""The ledger's privacy verbs on both engines: erased stays erased, old goes, a site goes, flags can be overruled."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from collector.core.event import Agent, Event
from collector.core.times import DAY
from collector.journeys.view import ViewStore
from collector.store import retention
from collector.store.open import open_ledger
from collector.store.protocol import Ledger, Mark
from tests.journeys.test_view import told
from tests.store.making import custom, identify, page, uid

CURL = ("curl/8.1", "5.2.3")
T0 = 1_700_000_000_000


def ids(ledger: Ledger, *keys: str) -> list[int]:
    return list(ledger.visitor_ids(1, keys).values())


def bot(number: int, visitor: str, reason: str = "ua_list", agent: str = "curl/8.1", **more: Any) -> Event:
    made = page(number, visitor, **more)
    made.bot, made.flagged = reason, (agent, "5.2.3")
    return made


def reasons(ledger: Ledger) -> list[str]:
    return [event.bot for event, _ in ledger.export(1)]


# -- suppression
def test_whoever_was_erased_does_not_come_back_by_retry_import_or_identify(ledger: Ledger) -> None:
    first = [page(1, "v_gone"), identify(2, "ann", "v_gone"), page(3, "v_kept")]
    ledger.append(1, first)
    ledger.forget(1, ids(ledger, "v_gone"), 5_000)
    done = ledger.append(1, [*first, page(4, "v_gone"), identify(5, "ann", "v_third"), page(6, "v_third")])
    assert (done.stored, done.duplicates, done.refused) == (1, 1, 4)
    assert [(event.visitor, user) for event, user in ledger.export(1)] == [("v_kept", ""), ("v_third", "")]
    assert ledger.suppressions(1) == 2


def test_what_is_refused_is_counted_with_the_mark(ledger: Ledger) -> None:
    ledger.append(1, [page(1, "v_gone")])
    ledger.forget(1, ids(ledger, "v_gone"), 5_000)
    ledger.append_marked([(1, [page(2, "v_gone"), page(3)])], Mark("box", 1, T0, {1: 2}))
    found = {(one.outcome, one.reason): one.events for one in ledger.outcomes(1)}
    assert found == {("accepted", ""): 2, ("refused", "erased"): 1, ("stored", ""): 1}


def test_only_that_site_refuses_and_only_until_it_is_lifted(ledger: Ledger, ledger_url: str) -> None:
    ledger.append(1, [page(1, "v_gone"), identify(2, "ann", "v_gone")])
    ledger.forget(1, ids(ledger, "v_gone"), 5_000)
    assert ledger.append(2, [page(1, "v_gone")]).stored == 1
    assert ledger.append(1, [page(3, "v_gone")]).stored == 0
    other = open_ledger(ledger_url)  # another process lifts it
    assert other.lift(1, "v_gone", 6_000)
    assert not other.lift(1, "v_gone", 6_000)
    other.close()
    assert ledger.append(1, [page(3, "v_gone")]).stored == 1
    assert ledger.append(1, [identify(4, "ann", "v_gone")]).stored == 0
    assert ledger.lift(1, "ann", 6_000)
    assert ledger.append(1, [identify(4, "ann", "v_gone")]).stored == 1


def test_the_list_holds_no_name(ledger: Ledger) -> None:
    ledger.append(1, [page(1, "v_gone"), identify(2, "ann", "v_gone")])
    ledger.forget(1, ids(ledger, "v_gone"), 5_000)
    rows = ledger.engine.rows("SELECT digest FROM suppressed")  # type: ignore[attr-defined]
    assert len(rows) == 2
    assert all(set(digest) <= set("0123456789abcdef") for (digest,) in rows)


# -- consent
def consent(number: int, visitor: str, state: str, **props: str) -> Event:
    made = Event(uid(number), "consent", visitor, 1_000 * number, 1_000 * number, name=state, props=props)
    made.url, made.agent = "https://shop.example/privacy", Agent("desktop", "Windows", "Firefox")
    return made


def test_consent_is_logged_once_with_what_proves_it(ledger: Ledger) -> None:
    events = [consent(1, "v_a", "granted", version="3"), consent(2, "c_b", "denied", purpose="ads", policy="4")]
    ledger.append(1, [*events, consent(1, "v_a", "granted", version="3")])
    ledger.append(1, events)
    assert [
        (c.visitor, c.time, c.state, c.purpose, c.policy, c.mode, c.host, c.browser) for c in ledger.consents(1)
    ] == [
        ("v_a", 1_000, "granted", "analytics", "3", "cookie", "shop.example", "Firefox"),
        ("c_b", 2_000, "denied", "ads", "4", "cookieless", "shop.example", "Firefox"),
    ]
    assert [one.state for one in ledger.consents_of(1, ["c_b"])] == ["denied"]
    assert ledger.consents(2) == []


def test_of_an_erased_person_the_proof_stays_and_nothing_that_names_them(ledger: Ledger) -> None:
    ledger.append(1, [consent(1, "v_gone", "granted", version="3"), page(2, "v_gone")])
    assert ledger.forget(1, ids(ledger, "v_gone"), 5_000)["consent"] == 1
    (proof,) = ledger.consents(1)
    assert proof.visitor.startswith("erased:")
    assert (proof.state, proof.policy, proof.time, proof.host, proof.browser) == ("granted", "3", 1_000, "", "")


# -- retention
def old_log() -> list[Event]:
    """Three visitors: one only old, one old and new, one new; and a device that two people use."""
    events = []
    for number, (visitor, day) in enumerate([("old", 1), ("old", 2), ("both", 1), ("both", 50), ("new", 50)], 1):
        made = page(number, visitor, f"/{visitor}{day}")
        made.time = made.received = T0 + day * DAY
        events.append(made)
    for number, (user, day) in enumerate([("ann", 1), ("bob", 1), ("bob", 50)], 10):
        told_who = identify(number, user, "shared", time=T0 + day * DAY)
        events.append(told_who)
    events.append(identify(20, "carl", "old", time=T0 + DAY))
    events.append(bot(21, "robot", time=T0 + DAY))
    return events


def test_what_is_old_goes_as_the_dry_run_said_and_everything_else_stays(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(1, old_log())
    ledger.append(2, [page(1, "other")])
    before = T0 + 30 * DAY
    for site, time in ((1, T0), (1, T0 + 40 * DAY), (2, T0)):
        ledger.quarantine(site, b"{}", "bad", time)
    ledger.append(1, [consent(30, "old", "granted"), consent(31, "new", "granted")])
    ledger.engine.run("UPDATE event SET time = ? WHERE id > 10 AND site = 1 AND time < 1000000", (T0,))  # type: ignore[attr-defined]
    views = ViewStore(tmp_path / "views", ledger)
    views.refresh(1)
    told_before = ledger.old_counts(1, before)
    done = ledger.expire(1, before, T0 + 60 * DAY)
    assert {name: done[name] for name in told_before} == told_before
    assert (done["event"], done["visitor"], done["quarantine"], done["consent"]) == (9, 2, 1, 1)
    assert done["person"] == 1
    assert {event.visitor for event, _ in ledger.export(1)} == {"both", "new", "shared~81b637d8"}
    assert {user for _, user in ledger.persons(1)} == {"ann", "bob"}
    assert {path for _, _, path in ledger.pages(1)} == {"/both50", "/new50"}
    assert ledger.counts(1) == {"events": 3, "visitors": 4, "persons": 2, "quarantined": 1}
    assert ledger.counts(2)["events"] == 1
    run = ledger.last_expiry(1)
    assert run is not None
    assert (run.time, run.before, run.counts) == (T0 + 60 * DAY, before, done)
    assert all(number == 0 for number in ledger.old_counts(1, before).values())
    views.refresh(1)
    assert told(views.open(1)) == told(ViewStore(tmp_path / "anew", ledger).open(1))


def test_a_page_that_comes_again_after_its_name_was_removed_gets_a_new_one(ledger: Ledger) -> None:
    ledger.append(1, old_log())
    ledger.expire(1, T0 + 30 * DAY, T0 + 60 * DAY)
    ledger.append(1, [page(90, "late", "/old1")])
    assert "/old1" in {event.path for event, _ in ledger.export(1)}


def test_it_works_in_small_transactions_and_stops_when_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention.pieces, "__defaults__", (2,))
    ledger.append(1, old_log())
    pauses = 0

    def pause() -> bool:
        nonlocal pauses
        pauses += 1
        return pauses == 2

    assert ledger.expire(1, T0 + 30 * DAY, 1, pause)["event"] == 4
    assert ledger.last_expiry(1) is None
    assert ledger.expire(1, T0 + 30 * DAY, 1, lambda: False)["event"] == 3
    assert ledger.last_expiry(1) is not None


# -- a site goes
def test_a_deleted_site_leaves_no_row_and_its_neighbour_whole(ledger: Ledger) -> None:
    ledger.append(1, [*old_log(), consent(30, "v_a", "granted")])
    ledger.append(2, old_log())
    ledger.quarantine(1, b"{}", "bad", 1)
    ledger.forget(1, ids(ledger, "both"), 5)
    ledger.trust_visitor(1, "robot", True, (), 5)
    kept = ledger.counts(2)
    ledger.mark_deleted(1, 9)
    ledger.delete_site(1)
    engine = ledger.engine  # type: ignore[attr-defined]
    for table in (*retention.SHARED, "event", "visitor", "person", "link", "quarantine", "consent", "change", "tally"):
        assert engine.row(f"SELECT count(*) FROM {table} WHERE site = 1") == (0,), table
    assert ledger.counts(2) == kept
    assert ledger.deleted_sites() == {1}
    assert ledger.delete_site(1)["event"] == 0


# -- flags
def test_flagged_user_agents_are_kept_with_what_they_sent(ledger: Ledger) -> None:
    ledger.append(
        1,
        [
            bot(1, "robot"),
            bot(2, "robot", agent="curl/9"),
            bot(3, "other"),
            bot(4, "spam", "referrer_spam", "Chrome"),
            page(5, "person"),
        ],
    )
    agents = ledger.flagged_agents(1, 0, 10_000)
    assert [(a.text, a.reason, a.list_version) for a in agents if a.text == "Chrome"] == [
        ("Chrome", "referrer_spam", "5.2.3")
    ]
    assert {a.text for a in agents} == {"curl/8.1", "curl/9", "Chrome"}
    assert [(v.key, v.reason, v.events) for v in ledger.flagged_visitors(1, 0, 10_000)] == [
        ("robot", "ua_list", 2),
        ("other", "ua_list", 1),
        ("spam", "referrer_spam", 1),
    ]
    assert ledger.flagged_times(1, 0, 10_000) == [("ua_list", 0, 3), ("referrer_spam", 0, 1)]
    assert ledger.flagged_times(1, 5_000, 10_000) == []
    assert ledger.flagged_text(1, agents[0].id) == agents[0].text
    assert ledger.flagged_text(2, agents[0].id) == ""


def test_overruling_a_user_agent_changes_what_is_stored_and_can_be_taken_back(ledger: Ledger, tmp_path: Path) -> None:
    views = ViewStore(tmp_path / "views", ledger)
    ledger.append(
        1,
        [
            bot(1, "probe", agent="Probe/1 (ours)"),
            bot(2, "probe", "webdriver", "Probe/1 (ours)"),
            bot(3, "robot"),
            bot(4, "mixed", agent="Probe/1 (ours)"),
            bot(5, "mixed"),
            page(6, "person"),
        ],
    )
    views.refresh(1)
    before = reasons(ledger), dict(ledger.counts(1))
    assert ledger.reclassify(1, ["probe/1"], 9) == 1
    assert reasons(ledger) == ["", "webdriver", "ua_list", "ua_list", "ua_list", ""]
    assert ledger.counts(1)["bot:ua_list"] == 3
    views.refresh(1)
    assert told(views.open(1)) == told(ViewStore(tmp_path / "anew", ledger).open(1))
    assert ledger.reclassify(1, ["probe/1"], 9) == 0
    assert ledger.reclassify(1, [], 9) == 1
    assert (reasons(ledger), ledger.counts(1)) == before
    views.refresh(1)
    assert told(views.open(1)) == told(ViewStore(tmp_path / "again", ledger).open(1))


def test_a_visitor_called_a_person_is_one_whatever_flags_it(ledger: Ledger) -> None:
    ledger.append(1, [bot(1, "odd"), bot(2, "odd", "behaviour"), bot(3, "robot")])
    assert ledger.trust_visitor(1, "odd", True, (), 9) == 2
    ledger.append(1, [bot(4, "odd")])
    assert reasons(ledger) == ["", "", "ua_list", ""]
    assert ledger.trusted_visitors(1) == [("odd", 9)]
    assert ledger.flag_visitor(1, "odd", "behaviour", 0, 9) == 0
    assert ledger.reclassify(1, [], 9) == 0
    assert ledger.trust_visitor(1, "odd", False, (), 9) == 2
    assert reasons(ledger) == ["ua_list", "behaviour", "ua_list", ""]
    assert ledger.trusted_visitors(1) == []


def test_a_visitor_s_earlier_events_can_be_set_aside_too(ledger: Ledger) -> None:
    ledger.append(1, [page(1, "odd"), page(5, "odd"), bot(6, "odd", "prefetch"), page(7)])
    assert ledger.flag_visitor(1, "odd", "behaviour", 5_000, 9) == 1
    assert reasons(ledger) == ["", "behaviour", "prefetch", ""]
    assert ledger.counts(1)["bot:behaviour"] == 1
    assert ledger.flag_visitor(1, "nobody", "behaviour", 0, 9) == 0


def test_whatever_happens_in_whatever_order_the_view_agrees_with_one_built_anew(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite://{tmp_path}/ledger.db")
    ledger.migrate()
    views = ViewStore(tmp_path / "views", ledger)
    chance = random.Random(11)
    number = 0
    for step in range(40):
        batch: list[Event] = []
        for _ in range(chance.randrange(1, 6)):
            number += 1
            who = f"v{chance.randrange(12)}"
            when = T0 + chance.randrange(60) * DAY // 2
            kind = chance.randrange(5)
            if kind == 0:
                batch.append(identify(number, f"u{chance.randrange(4)}", who, time=when))
            elif kind == 1:
                batch.append(bot(number, who, agent=chance.choice(["curl/1", "probe/2"]), time=when))
            elif kind == 2:
                batch.append(Event(uid(number), "engagement", who, when, when, value=1_000.0))
            else:
                batch.append(custom(number, chance.choice("abc"), who))
                batch[-1].time = when
        ledger.append(1, batch)
        act = chance.randrange(6)
        if act == 0:
            ledger.expire(1, T0 + step * DAY // 3, step)
        elif act == 1:
            ledger.reclassify(1, chance.choice([[], ["probe/2"], ["curl/1"]]), step)
        elif act == 2:
            ledger.flag_visitor(1, f"v{chance.randrange(12)}", "behaviour", T0, step)
        elif act == 3 and chance.random() < 0.4:
            ledger.forget(1, ids(ledger, f"v{chance.randrange(12)}"), step)
        if chance.random() < 0.6:
            views.refresh(1)
    views.refresh(1)
    assert told(views.open(1)) == told(ViewStore(tmp_path / "anew", ledger).open(1))
    tallies = ledger.counts(1)
    assert tallies["events"] == len(ledger.export(1, 0, 10_000))
    assert sum(n for name, n in tallies.items() if name.startswith("bot:")) == sum(1 for r in reasons(ledger) if r)
    ledger.close()
