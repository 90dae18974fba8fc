"""The stored view: refreshed in pieces it says what one built at once says, and what the ledger holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.event import ASSIGNED, Agent, Event, Source
from collector.core.matcher import parse_matcher
from collector.journeys import first, merge, refresh
from collector.journeys.journeys import Journeys
from collector.journeys.part import person_code
from collector.journeys.view import ViewStore
from collector.store.open import open_ledger
from collector.store.protocol import Ledger
from tests.support import oracle
from tests.support.effort import examples
from tests.support.logs import MINUTE, PAID, RETARGETING, START
from tests.support.worlds import E

SITE = 1
NOW = START + 10_000 * MINUTE
ASIDE_MARK = "/aside"


def event(number: int, visitor: str, minute: int, what: str = "page:/", **more: object) -> Event:
    type_, _, name = what.partition(":")
    made: dict[str, object] = {"name": name} if type_ != "page" else {"path": name, "url": f"https://a.example{name}"}
    return Event(str(UUID(int=number)), type_, visitor, START + minute * MINUTE, NOW, **{**made, **more})  # type: ignore[arg-type]


def told(journeys: Journeys) -> dict[int, tuple[list[tuple[object, ...]], list[list[int]]]]:
    """Each person's rows, and the ledger ids of each of their sessions."""
    found: dict[int, tuple[list[tuple[object, ...]], list[list[int]]]] = {}
    for part in journeys.parts:
        assert (np.diff(part.persons) > 0).all()
        assert (np.diff(part.key) >= 0).all()
        assert (part.key == (part.person.astype(np.int64) << part.shift | (part.time - part.origin))).all()
        assert (part.kind_keys == part.key[part.kind_rows]).all()
        people = np.flatnonzero(part.bot == 0)
        assert part.kind_rows.tolist() == people[np.argsort(part.kind[people], kind="stable")].tolist()
        for kind in range(len(part.kind_start) - 1):
            assert set(part.kind[part.kind_rows[part.kind_start[kind] : part.kind_start[kind + 1]]]) <= {kind}
        assert (np.diff(part.session_row) > 0).all()
        assert (part.session[part.session_row] == np.arange(len(part.session_row))).all()
        for person in np.flatnonzero(part.alive).tolist():
            rows = range(int(part.person_row[person]), int(part.person_row[person + 1]))
            columns = [
                getattr(part, name)
                for name in ("id", "time", "visitor", "kind", "page", "source", "agent", "bot", "engaged")
            ]
            values = [None if np.isnan(part.value[row]) else float(part.value[row]) for row in rows]
            cells: list[tuple[object, ...]] = [
                (*(int(c[row]) for c in columns), value) for row, value in zip(rows, values, strict=True)
            ]
            groups: dict[int, list[int]] = {}
            for row in rows:
                groups.setdefault(int(part.session[row]), []).append(int(part.id[row]))
            code = int(part.persons[person])
            assert code not in found
            found[code] = (cells, sorted(groups.values()))
    return found


def expected_sessions(ledger: Ledger) -> dict[int, list[list[int]]]:
    """The sessions of each person by the oracle, from what the ledger exports."""
    rows = ledger.export(SITE, 0, 100_000)
    # What a list says of an experiment is in no visit of the visitor's: as if another had done it.
    log = [
        E(
            stored.visitor + (ASIDE_MARK if stored.kind == ASSIGNED else ""),
            stored.time,
            f"{stored.kind.type}:{stored.kind.name}",
            source=stored.source,
            target=stored.kind.target,
        )
        for stored, _ in rows
    ]
    visitors = {row.key: row.id for row in ledger.visitors(SITE)}
    owner = {link.visitor: link.person for link in ledger.links(SITE)}
    groups: dict[tuple[int, int], list[int]] = {}
    for one in oracle.sessions(log):
        visitor = visitors[one.event.visitor.removesuffix(ASIDE_MARK)]
        code = person_code(visitor, owner.get(visitor))
        groups.setdefault((code, one.session), []).append(rows[one.number][0].id)
    found: dict[int, list[list[int]]] = {}
    for (code, _), ids in groups.items():
        found.setdefault(code, []).append(ids)
    return {code: sorted(sessions) for code, sessions in found.items()}


def rebuilt(folder: Path, ledger: Ledger) -> Journeys:
    shutil.rmtree(folder / "again", ignore_errors=True)
    return ViewStore(folder / "again", ledger).open(SITE)


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    """Let a handful of rows be enough for every threshold."""
    kept = (refresh.LEAST_COMPACTED, first.AT_ONCE, first.CHUNK)
    refresh.LEAST_COMPACTED, first.AT_ONCE, first.CHUNK = 8, 5, 3
    yield
    refresh.LEAST_COMPACTED, first.AT_ONCE, first.CHUNK = kept


LISTED = "event:experiment_exposed"
_step = st.one_of(
    st.tuples(
        st.just("append"),
        st.lists(
            st.tuples(
                st.sampled_from("abcd"),
                st.sampled_from([0, 1, 2, 5, 40, 41, 100, 1_500]),
                st.sampled_from(["page:/", "page:/x", "event:go", "engagement:", "engagement:", "click:Buy", LISTED]),
                st.sampled_from([None, None, PAID, RETARGETING]),
                st.sampled_from([None, None, None, "ann", "bob"]),
            ),
            min_size=2,
            max_size=8,
        ),
    ),
    st.tuples(st.just("link"), st.tuples(st.sampled_from("abcd"), st.sampled_from(["ann", "bob"]))),
    st.tuples(st.just("unlink"), st.sampled_from("abcd")),
    st.tuples(st.just("forget"), st.sampled_from("abcd")),
    st.tuples(st.just("refresh"), st.just("")),
    st.tuples(st.just("refresh"), st.just("")),
)


def _do(ledger: Ledger, numbers: Iterator[int], act: str, what: object) -> None:
    if act == "append":
        assert isinstance(what, list)
        events = []
        for visitor, minute, kind, source, user in what:
            value = 5_000.0 if kind.startswith("engagement") else None
            events.append(event(next(numbers), visitor, minute, kind, source=source, user=user, value=value))
        ledger.append(SITE, events)
        return
    try:
        if act == "link":
            assert isinstance(what, tuple)
            ledger.link(SITE, what[0], what[1], NOW)
        elif act == "unlink":
            ledger.unlink(SITE, str(what), NOW)
        elif act == "forget":
            ledger.forget(SITE, list(ledger.visitor_ids(SITE, [str(what)]).values()), NOW)
    except UserError:
        return


@settings(
    max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(_step, min_size=4, max_size=16), st.sampled_from((63, 63, 30, 28)))
def test_a_view_refreshed_in_pieces_equals_one_built_at_once(steps: Sequence[tuple[str, object]], bits: int) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        patch.setattr(merge, "KEY_BITS", bits)
        ledger = open_ledger(f"sqlite://{folder}/ledger.db")
        ledger.migrate()
        views = ViewStore(folder, ledger)
        numbers = iter(range(1, 1_000))
        for act, what in [*steps, ("refresh", "")]:
            if act != "refresh":
                _do(ledger, numbers, act, what)
                continue
            views.refresh(SITE)
            assert views.refresh(SITE) is False
            journeys = views.open(SITE)
            found = told(journeys)
            assert found == told(rebuilt(folder, ledger))
            assert {code: groups for code, (_, groups) in found.items()} == expected_sessions(ledger)
        ledger.close()


def test_a_view_that_does_not_fit_into_one_part_is_several_each_of_which_fits(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first, "AT_ONCE", 10)
    monkeypatch.setattr(first, "CHUNK", 100)
    monkeypatch.setattr(merge, "KEY_BITS", 27 + 4)  # 1,500 minutes are 27 bits: fifteen sessions
    numbers = iter(range(1, 1_000))
    people = [f"p{n:02}" for n in range(24)]
    ledger.append(SITE, [event(next(numbers), one, minute) for one in people for minute in (0, 1_500)])
    views = ViewStore(tmp_path, ledger)
    assert len(views.open(SITE).parts) > 2
    for turn in range(7):
        # Those of the first parts come back, until nearly nobody lives there any more.
        some = people[turn * 3 : turn * 3 + 3]
        ledger.append(SITE, [event(next(numbers), one, 1_400) for one in some])
        views.refresh(SITE)
        parts = views.open(SITE).parts
        assert all(int(part.shift) + len(part.session_row).bit_length() <= 31 for part in parts)
    assert told(views.open(SITE)) == told(rebuilt(tmp_path, ledger))
    assert sum(part.size for part in parts) < 2 * (48 + 21)
    gone = set(ledger.visitor_ids(SITE, people[::7]).values())
    ledger.forget(SITE, list(gone), NOW)
    views.refresh(SITE)
    journeys = views.open(SITE)
    assert told(journeys) == told(rebuilt(tmp_path, ledger))
    assert not gone & {int(visitor) for part in journeys.parts for visitor in part.visitor}


def test_attention_that_came_before_a_late_page_goes_to_that_page(ledger: Ledger, tmp_path: Path) -> None:
    views = ViewStore(tmp_path, ledger)
    attention = event(2, "a", 10, "engagement:", value=8_000.0)
    ledger.append(SITE, [event(1, "a", 0, "page:/one"), attention])
    views.refresh(SITE)
    ledger.append(SITE, [event(3, "a", 5, "page:/two")])
    views.refresh(SITE)
    (rows, _) = next(iter(told(views.open(SITE)).values()))
    assert [row[8] for row in rows] == [0, 8_000]


def test_who_is_in_an_experiment_by_a_list_did_nothing_and_is_in_no_visit(ledger: Ledger, tmp_path: Path) -> None:
    attention = event(4, "a", 12, "engagement:", value=8_000.0)
    on_a_page = event(5, "a", 41, "event:experiment_exposed", url="https://a.example/x", path="/x")
    listed = [event(1, "a", 0, LISTED), event(3, "a", 11, LISTED), event(6, "b", 5, LISTED)]
    ledger.append(SITE, [*listed, event(2, "a", 10, "page:/"), attention, on_a_page])
    journeys = ViewStore(tmp_path, ledger).open(SITE)
    (part,) = journeys.parts
    assert ((part.time - START) // MINUTE).tolist() == [0, 10, 11, 41, 5]
    assert part.bot.tolist() == [-1, 0, -1, 0, -1]
    assert part.engaged.tolist() == [0, 8_000, 0, 0, 0]
    begun = part.session_row[part.bot[part.session_row] == 0]
    assert part.time[begun].tolist() == [START + 10 * MINUTE, START + 41 * MINUTE]  # the list prolonged no visit


def test_a_view_of_the_format_before_is_built_anew(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(SITE, [event(1, "a", 0)])
    views = ViewStore(tmp_path, ledger)
    views.refresh(SITE)
    meta = next((tmp_path / "journeys" / str(SITE)).glob("gen-*/meta.json"))
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "format": 1}))
    assert ViewStore(tmp_path, ledger).refresh(SITE) is True


def test_erased_people_are_in_no_file_of_the_view(ledger: Ledger, tmp_path: Path) -> None:
    views = ViewStore(tmp_path, ledger)
    secret = 987_654_321.25
    ledger.append(
        SITE,
        [
            event(n, visitor, n, "event:buy", value=value, props={"plan": plan})
            for n, (visitor, value, plan) in enumerate([("a", 1.0, "pro"), ("b", secret, "hush"), ("c", 2.0, "pro")], 1)
        ],
    )
    views.refresh(SITE)
    assert views.open(SITE).rows(views.open(SITE).parts[0], parse_matcher("event:buy[plan=hush]")).tolist()
    ledger.append(SITE, [event(9, "b", 50, "event:buy")])
    views.refresh(SITE)
    ledger.forget(SITE, list(ledger.visitor_ids(SITE, ["b"]).values()), NOW)
    views.refresh(SITE)
    contents = b"".join(path.read_bytes() for path in (tmp_path / "journeys").rglob("*") if path.is_file())
    assert np.float64(secret).tobytes() not in contents
    assert np.float64(2.0).tobytes() in contents
    assert b"hush" not in contents
    journeys = views.open(SITE)
    found = [len(journeys.rows(part, parse_matcher("event:buy[plan~h]"))) for part in journeys.each()]
    assert sum(found) == 0


def test_deleting_the_folder_or_tearing_a_file_loses_nothing(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(SITE, [event(n, "abc"[n % 3], n, "page:/") for n in range(1, 12)])
    before = told(ViewStore(tmp_path, ledger).open(SITE))
    assert sum(len(rows) for rows, _ in before.values()) == 11
    for spoil in (_delete, _tear_meta, _tear_column):
        spoil(tmp_path / "journeys" / str(SITE))
        assert told(ViewStore(tmp_path, ledger).open(SITE)) == before


def _delete(folder: Path) -> None:
    shutil.rmtree(folder)


def _tear_meta(folder: Path) -> None:
    next(folder.glob("gen-*/meta.json")).write_text("{")


def _tear_column(folder: Path) -> None:
    column = next(folder.glob("seg-*/time.npy"))
    column.write_bytes(column.read_bytes()[:-8])


def test_files_from_before_the_machine_started_are_not_trusted(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(SITE, [event(1, "a", 0)])
    views = ViewStore(tmp_path, ledger)
    views.refresh(SITE)
    meta = next((tmp_path / "journeys" / str(SITE)).glob("gen-*/meta.json"))
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "boot": "another"}))
    assert ViewStore(tmp_path, ledger).refresh(SITE) is True


def test_open_journeys_stay_as_they_were_while_the_view_moves_on(ledger: Ledger, tmp_path: Path) -> None:
    views, reader = ViewStore(tmp_path, ledger), ViewStore(tmp_path, ledger)
    ledger.append(SITE, [event(n, "abcdef"[n % 6], n) for n in range(1, 30)])
    views.refresh(SITE)
    early = reader.open(SITE)
    before = told(early)
    for n in range(30, 60):
        ledger.append(SITE, [event(n, "abcdef"[n % 6], n)])
        views.refresh(SITE)
    assert told(early) == before
    assert sum(len(rows) for rows, _ in told(reader.open(SITE)).values()) == 59
    assert len(list((tmp_path / "journeys" / str(SITE)).glob("gen-*"))) == 2


def test_untouched_segments_and_what_was_found_in_them_are_kept_over_a_refresh(ledger: Ledger, tmp_path: Path) -> None:
    views = ViewStore(tmp_path, ledger)
    ledger.append(SITE, [event(n, f"visitor-{n}", n) for n in range(1, 50)])
    views.refresh(SITE)
    old = views.open(SITE)
    ledger.append(SITE, [event(50, "visitor-1", 90)])
    views.refresh(SITE)
    new = views.open(SITE)
    assert new is not old
    assert new.parts[0].memo is old.parts[0].memo
    assert len(new.parts) == 2
    assert not new.parts[0].alive.all()


def test_property_columns_follow_new_events(ledger: Ledger, tmp_path: Path) -> None:
    views = ViewStore(tmp_path, ledger)
    matcher = parse_matcher("event:buy[total>=100]")

    def found(store: ViewStore) -> int:
        journeys = store.open(SITE)
        return sum(int(part.alive[part.person[journeys.rows(part, matcher)]].sum()) for part in journeys.each())

    for n in range(1, 15):
        ledger.append(SITE, [event(n, f"v{n % 4}", n, "event:buy", props={"total": 50 * n, "odd": [n]})])
        views.refresh(SITE)
        assert found(views) == max(n - 1, 0)
    assert found(ViewStore(tmp_path, ledger)) == 13


def test_people_are_found_named_and_told_of(ledger: Ledger, tmp_path: Path) -> None:
    views = ViewStore(tmp_path, ledger)
    ledger.append(
        SITE,
        [
            event(1, "key-a", 0, agent=Agent("mobile"), source=Source("referral", "x.example")),
            event(2, "key-a", 1, "identify:", user="ann", props={"plan": "pro"}),
            event(3, "key-b", 2),
        ],
    )
    people = views.open(SITE).people
    ann, other = people.code("ann"), people.code("key-b")
    assert ann is not None
    assert other is not None
    assert people.code("key-a") == ann
    assert people.code("nobody") is None
    assert people.keys([ann, other]) == {ann: "ann", other: "key-b"}
    assert people.find("KEY-") == sorted([ann, other])
    assert people.find("an") == [ann]
    assert people.find("%") == []
    profile = people.profile(ann)
    assert (profile.user, profile.traits) == ("ann", {"plan": "pro"})
    assert [(one.key, one.reason) for one in profile.visitors] == [("key-a", "identify")]
    assert [one.time for one in people.timeline(ann)] == [START + MINUTE, START]
    assert people.profile(other).user == ""
    assert set(told(views.open(SITE))) == {ann, other}


def test_a_site_without_events_has_an_empty_view(ledger: Ledger, tmp_path: Path) -> None:
    journeys = ViewStore(tmp_path, ledger).open(SITE)
    assert list(journeys.each()) == []


def test_refresh_says_whether_there_was_anything_new_and_when_it_looked(ledger: Ledger, tmp_path: Path) -> None:
    views = ViewStore(tmp_path, ledger)
    ledger.append(SITE, [event(1, "a", 0)])
    assert views.refresh(SITE) is True
    early = views.open(SITE)
    assert views.refresh(SITE) is False
    assert views.open(SITE).as_of >= early.as_of
    assert views.open(SITE).parts[0].memo is early.parts[0].memo
