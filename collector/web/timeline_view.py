"""A timeline's blocks as visits with their events, for its own page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from zoneinfo import ZoneInfo

from collector.core.blocks import Block, Cell, Result
from collector.core.event import Kind
from collector.core.stored import StoredEvent
from collector.core.times import day_of
from collector.reports.sentence import sentence
from collector.web import format as shown
from collector.web.words import value_words

_HIDDEN = frozenset(("id", "session", "text", "time", "properties", "mark", "goal", "stage"))


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known: its name and its value; `href` only for http addresses; `verified` where the site vouches."""

    label: str
    value: str
    href: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class EventView:
    """One event: when, what in a sentence, its details, its mark (goal, chat, retargeting), the stage it led into."""

    id: str
    iso: str
    clock: str
    text: str
    mark: str
    goal: str
    stage: str
    engaged: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Visit:
    """A run of events with the facts of its session."""

    number: int
    day: str
    start: str
    facts: Sequence[str]
    retargeting: bool
    events: Sequence[EventView]


@dataclass(frozen=True, slots=True)
class Linked:
    """A visitor that belongs to the person; only one linked by a person's id can be taken away."""

    key: str
    since: str
    reason: str
    can_unlink: bool


def named(block: Block) -> list[dict[str, Cell]]:
    """The block's rows as name to cell."""
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def profile(result: Result, zone: ZoneInfo) -> list[Fact]:
    """What is known of the person, those things that have a value."""
    typed = _from_visits(named(result.block("sessions")), zone)
    found = []
    rows = named(result.block("profile"))
    twice = any(row["name"] == "user" for row in rows)
    for row in rows:
        name, value = str(row["name"]), str(row["value"] if row["value"] is not None else "")
        # Whoever is known by a user id is called by it: once is enough.
        if value and not (twice and name == "person"):
            words = typed.get(name) or _parts(name, value)
            found.append(Fact(shown.cell(row["label"], "label", UTC), words, verified=row["verified"] is True))
    return found


def _from_visits(visits_: Sequence[Mapping[str, Cell]], zone: ZoneInfo) -> dict[str, str]:
    """Times and lengths of the profile in the reader's words; nothing where the list of visits is cut."""
    if not visits_ or not any(visit["session"] == 1 for visit in visits_):
        return {}
    first, last = min(_whole(visit["start"]) for visit in visits_), max(_whole(visit["end"]) for visit in visits_)
    engaged = sum(_whole(visit["engaged_seconds"]) for visit in visits_)
    found = {"first_seen": shown.moment(first, zone), "last_seen": shown.moment(last, zone)}
    return found | ({"engaged": shown.seconds(engaged)} if engaged else {})


def _parts(name: str, value: str) -> str:
    """Values of closed sets in words, where a value is made of several."""
    known = {"first_touch": "channel", "devices": "device"}.get(name)
    if known is None:
        return value_words(name, value)
    ways = [way.split(" / ") for way in (value.split(", ") if name == "devices" else [value])]
    return ", ".join(" · ".join((value_words(known, way[0]), *way[1:])) for way in ways)


def linked(result: Result, zone: ZoneInfo) -> list[Linked]:
    """The visitors of the person."""
    return [
        Linked(
            str(row["visitor"]),
            shown.cell(row["since"], "time", zone) if row["since"] is not None else "",
            value_words("reason", str(row["reason"] or "")),
            row["since"] is not None,
        )
        for row in named(result.block("linked"))
    ]


def visits(result: Result, zone: ZoneInfo) -> list[Visit]:
    """The events in their visits, in the order that the report gives them."""
    block = result.block("events")
    sessions = {row["session"]: row for row in named(result.block("sessions"))}
    groups: dict[Cell, list[dict[str, Cell]]] = {}
    for row in named(block):
        groups.setdefault(row["session"], []).append(row)
    labels = {column.name: shown.text(column.label) for column in block.columns}
    return [_visit(number, rows, sessions.get(number), labels, zone) for number, rows in groups.items()]


def _visit(
    number: Cell,
    rows: Sequence[dict[str, Cell]],
    session: Mapping[str, Cell] | None,
    labels: Mapping[str, str],
    zone: ZoneInfo,
) -> Visit:
    start = _whole(session["start"] if session else rows[0]["time"])
    return Visit(
        number=_whole(number),
        day=shown.day(day_of(start, zone), "full"),
        start=shown.clock(start, zone, "HH:mm"),
        facts=_session_facts(session) if session else (),
        retargeting=any(row["mark"] == "retargeting" for row in rows)
        or bool(session and session["channel"] == "retargeting"),
        events=[_event(row, labels, zone) for row in rows],
    )


def _session_facts(session: Mapping[str, Cell]) -> list[str]:
    source = value_words("channel", str(session["channel"] or ""))
    if session["source"] and session["source"] != session["channel"]:
        source = f"{source}: {session['source']}"
    campaign = str(session["campaign"] or "")
    device = " · ".join(value_words(name, str(session[name])) for name in ("device", "browser") if session[name])
    return [part for part in (source, campaign, device) if part]


def _event(row: Mapping[str, Cell], labels: Mapping[str, str], zone: ZoneInfo) -> EventView:
    time = _whole(row["time"])
    engaged = row["engaged_seconds"]
    return EventView(
        id=str(row["id"]),
        iso=shown.iso(time, zone),
        clock=shown.clock(time, zone),
        text=shown.text(sentence(_stored(row))),
        mark=str(row["mark"] or ""),
        goal=str(row["goal"] or ""),
        stage=str(row["stage"] or ""),
        engaged=shown.seconds(engaged) if isinstance(engaged, int | float) and engaged >= 1 else "",
        facts=_facts(row, labels),
    )


def _facts(row: Mapping[str, Cell], labels: Mapping[str, str]) -> list[Fact]:
    found = []
    for name, value in row.items():
        if name in _HIDDEN or value in (None, "", 0):
            continue
        words = shown.seconds(value) if name == "engaged_seconds" and isinstance(value, int | float) else str(value)
        found.append(Fact(labels[name], words, web_address(words) if name == "url" else ""))
    return found + [Fact(name, _flat(value)) for name, value in _properties(row).items()]


def _properties(row: Mapping[str, Cell]) -> dict[str, object]:
    found = json.loads(str(row["properties"] or "{}"))
    return found if isinstance(found, dict) else {}


def _flat(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _stored(row: Mapping[str, Cell]) -> StoredEvent:
    """What a row tells of its event, for the sentence: the row's own text is English, the page's is translated."""

    def said(name: str) -> str:
        return str(row.get(name) or "")

    props = json.loads(said("properties") or "{}")
    value = row.get("value")
    return StoredEvent(
        id=0,
        uid=said("id"),
        visitor=said("visitor"),
        time=0,
        received=0,
        kind=Kind(said("type"), said("name"), said("target")),
        url=said("url"),
        path="",
        title=said("title"),
        query="",
        referrer="",
        pageview="",
        source=None,
        agent=None,
        bot="",
        value=float(value) if isinstance(value, int | float) else None,
        props=props,
    )


def web_address(text: str) -> str:
    """`text` where it is an address that may be a link (http or https only, D3), else nothing."""
    return text if text.startswith(("https://", "http://")) and text.isprintable() else ""


def _whole(value: Cell) -> int:
    return int(value) if isinstance(value, int | float) else 0
