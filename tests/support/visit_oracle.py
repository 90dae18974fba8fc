"""Slow, plain-Python journeys: the same words as the columnar view, written a second time to hold it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from collector.core.event import ENGAGEMENT, PAGE, Agent, Kind, Source
from collector.core.matcher import Matcher
from tests.support.worlds import E

MINUTE = 60_000
DAY = 1_440 * MINUTE
SOURCES = (
    None,
    Source("organic_search", "google"),
    Source("email", "news", "email", "may", campaign_mark=True),
    Source("retargeting", "adnet", "retargeting", "cart", campaign_mark=True),
)
AGENTS = (None, Agent("mobile", "iOS", "Safari"), Agent("desktop", "Windows", "Firefox"))


@dataclass(slots=True)
class Visit:
    """A session: whose, and its events with their ids in order."""

    person: str
    events: list[tuple[int, E]] = field(default_factory=list)

    @property
    def source(self) -> Source:
        return self.events[0][1].source or Source()


def person_of(visitor: str, users: Mapping[str, str]) -> str:
    return users.get(visitor, visitor)


def visits(events: Sequence[E], users: Mapping[str, str]) -> list[Visit]:
    """Every session of every person, cut visitor by visitor."""
    found: list[Visit] = []
    for visitor in {event.visitor for event in events}:
        mine = [(at, e) for at, e in enumerate(events, 1) if e.visitor == visitor and e.kind.type != ENGAGEMENT]
        mine.sort(key=lambda row: (row[1].time, row[0]))
        running: Visit | None = None
        for at, event in mine:
            if running is not None:
                start, last = running.events[0][1], running.events[-1][1]
                mark = event.source is not None and event.source.campaign_mark and event.source != start.source
                if event.time - last.time > 30 * MINUTE or event.time - start.time >= DAY or mark:
                    running = None
            if running is None:
                running = Visit(person_of(visitor, users))
                found.append(running)
            running.events.append((at, event))
    return found


def fits(matcher: Matcher, visit: Visit, number: int, event: E) -> bool:
    """Whether one event of a visit is what a matcher means."""
    if matcher.is_source:
        return number == visit.events[0][0] and matcher.fits_source(visit.source.channel, visit.source.source)
    props = event.props
    return matcher.fits_kind(event.kind) and all(c.test(props.get(c.key), c.key in props) for c in matcher.conditions)


def is_bounce(visit: Visit) -> bool:
    """One page and nothing else that a visitor does; bots left out."""
    done = [e for _, e in visit.events if not e.bot and e.kind != Kind("event", "chat_shown")]
    return len(done) == 1 and done[0].kind.type == PAGE


@st.composite
def logs(draw: st.DrawFn, visitors: str = "abcde", most: int = 40) -> list[E]:
    """A random log: few visitors, few names, gaps around the session limit, ties, bots, engagement."""
    step = st.sampled_from([0, 0, 1_000, 29 * MINUTE, 30 * MINUTE, 31 * MINUTE, 9 * 60 * MINUTE, 26 * 60 * MINUTE])
    what = st.sampled_from(
        [
            "page:/",
            "page:/",
            "page:/pricing",
            "page:/pricing/",
            "event:add",
            "event:buy",
            "event:chat_shown",
            "engagement",
        ]
    )
    time, found = 1_763_000_000_000, []
    for _ in range(draw(st.integers(0, most))):
        time += draw(step)
        name = draw(what)
        value = 2_000.0 if name == "engagement" else draw(st.sampled_from([None, 5.0])) if name == "event:buy" else None
        found.append(
            E(
                draw(st.sampled_from(visitors)),
                time,
                name,
                page=draw(st.sampled_from(["/", "/pricing"])),
                source=draw(st.sampled_from(SOURCES)) if name.startswith("page") else None,
                agent=draw(st.sampled_from(AGENTS)),
                value=value,
                props={"total": 5} if value == 5.0 else {},
                bot=draw(st.sampled_from([0, 0, 0, 0, 1])),
            )
        )
    return draw(st.permutations(found))


def users(visitors: str = "abcde") -> st.SearchStrategy[dict[str, str]]:
    """Some visitors linked to known people, two of them to the same one perhaps."""
    return st.dictionaries(st.sampled_from(visitors), st.sampled_from(["ann", "bob"]), max_size=3)
