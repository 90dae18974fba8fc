"""Who a visitor key belongs to while events come in (SEMANTICS 4): claims, signed ones, shared devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from collector.core.event import IDENTIFY, Event
from collector.core.times import MINUTE
from collector.store.clean import clean_text
from collector.store.engine import Engine
from collector.store.traits import Told, save_traits

# How much of the hash of a user id names a derived key; the longer ones only where a shorter one is taken.
DIGITS = (8, 16, 32, 64)
# A person with more visitors is a mistake or a shared account (REQUIREMENTS B17): no more are linked by themselves.
MOST_VISITORS = 500
CLAIMED, SIGNED = "identify", "signed"
LINK = "INSERT INTO link (site, visitor, person, time, reason) VALUES (?, ?, ?, ?, ?)"
CHANGE = "INSERT INTO change (site, kind, visitor, time) VALUES (?, ?, ?, ?)"


@dataclass(slots=True)
class Seat:
    """A visitor key's row, and the row its events go to now: 0 for itself, else that of a derived key."""

    id: int
    current: int

    @property
    def active(self) -> int:
        return self.current or self.id


def derived_key(key: str, user: str, digits: int = DIGITS[0]) -> str:
    """The key under which `user`'s events on somebody else's device are kept."""
    return f"{key}~{sha256(user.encode()).hexdigest()[:digits]}"


def visitor_ids(engine: Engine, site: int, keys: Iterable[str]) -> dict[str, Seat]:
    """The rows of these visitor keys, made where they are new; inside `Engine.writing`."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    find = f"SELECT key, id, current FROM visitor WHERE site = ? AND {engine.within('key', 'text')}"  # noqa: S608
    rows = engine.rows(find, (site, engine.many(wanted)))
    if len(rows) < len(wanted):
        known = {row[0] for row in rows}
        missing = [key for key in wanted if key not in known]
        engine.run(
            f"INSERT INTO visitor (site, key) SELECT ?, {engine.each()} ON CONFLICT (site, key) DO NOTHING",
            (site, engine.many(missing)),
        )
        rows += engine.rows(find, (site, engine.many(missing)))
    return {key: Seat(number, current) for key, number, current in rows}


def person_ids(engine: Engine, site: int, users: Iterable[str], now: int) -> dict[str, int]:
    """The rows of these users, made where they are new; inside `Engine.writing`."""
    wanted = sorted(set(users))
    engine.run_many(
        "INSERT INTO person (site, user_id, time) VALUES (?, ?, ?) ON CONFLICT (site, user_id) DO NOTHING",
        [(site, user, now) for user in wanted],
    )
    find = f"SELECT user_id, id FROM person WHERE site = ? AND {engine.within('user_id', 'text')}"  # noqa: S608
    return dict(engine.rows(find, (site, engine.many(wanted))))


class Claims:
    """The seats of one append: which visitor row each event goes to, and the links that its claims make.

    All of it happens in the order of the events, inside one write transaction.
    """

    def __init__(self, engine: Engine, site: int, events: Sequence[Event]) -> None:
        self._engine = engine
        self._site = site
        self._seats = visitor_ids(engine, site, (clean_text(event.visitor) for event in events))
        self._owners: dict[int, int | None] = {}
        self._since: dict[int, int] = {}
        self._claimed: set[int] = set()
        self._proved: set[int] = set()
        self._visitors: Counter[int] = Counter()
        self._capped: Counter[int] = Counter()
        self._told: list[Told] = []
        self._moved: set[str] = set()
        self._links: list[tuple[object, ...]] = []
        self._changes: list[tuple[object, ...]] = []
        claims = [event for event in events if event.user]
        self._persons: dict[str, int] = {}
        if claims:
            users = {clean_text(event.user or "") for event in claims}
            self._persons = person_ids(engine, site, users, max(event.received for event in claims))
            seats = [self._seats[clean_text(event.visitor)] for event in claims]
            self._load_owners({seat.id for seat in seats} | {seat.active for seat in seats})
            self._count_visitors()
        handed_over = {seat.current for seat in self._seats.values() if seat.current} - set(self._owners)
        if handed_over:
            self._load_owners(handed_over)

    def place(self, event: Event) -> int:
        """The visitor row that `event` belongs to; a claim of a user moves and links as SEMANTICS 4 says."""
        key = clean_text(event.visitor)
        seat = self._seats[key]
        if not event.user:
            # What is older than the takeover of the device, as an import may be, is its first owner's.
            return seat.id if seat.current and self._is_before(seat.current, event) else seat.active
        user = clean_text(event.user)
        person = self._persons[user]
        row = seat.active
        owner = self._owner(row)
        if owner is None:
            self._link(row, person, event)
        elif owner != person and self._is_before(row, event):
            row = seat.id if self._owner(seat.id) == person else self._derived(key, user, person, event)
        elif owner != person:
            self._move(key, seat, user, event)
            row = seat.active
        if event.verified and row in self._claimed and self._owner(row) == person:
            self._proved.add(row)
        if event.type == IDENTIFY and event.props:
            self._told.append(Told(row, person, event))
        return row

    def _is_before(self, visitor: int, event: Event) -> bool:
        """Whether an event is older than a link: by more than clocks and the order of requests may differ."""
        return event.time + MINUTE < self._since.get(visitor, event.time)

    def _move(self, key: str, seat: Seat, user: str, event: Event) -> None:
        """Another user took over the device: to the row that is theirs already, or to a derived one."""
        person = self._persons[user]
        if self._owner(seat.id) == person:
            seat.current = 0
        else:
            seat.current = self._derived(key, user, person, event)
        self._moved.add(key)

    def _derived(self, key: str, user: str, person: int, event: Event) -> int:
        row = 0
        for digits in DIGITS:
            name = derived_key(key, user, digits)
            row = visitor_ids(self._engine, self._site, [name])[name].id
            owner = self._owner(row)
            if owner is None:
                self._link(row, person, event)
                return row
            if owner == person:
                return row
        # Every name is linked to somebody else by hand: the events still belong on this device's last name.
        return row

    def _owner(self, visitor: int) -> int | None:
        if visitor not in self._owners:
            self._load_owners({visitor})
        return self._owners[visitor]

    def _load_owners(self, visitors: set[int]) -> None:
        self._owners |= dict.fromkeys(visitors)
        query = f"SELECT visitor, person, reason, time FROM link WHERE {self._engine.within('visitor')}"  # noqa: S608
        for visitor, person, reason, since in self._engine.rows(query, (self._engine.many(sorted(visitors)),)):
            self._owners[visitor], self._since[visitor] = person, since
            if reason == CLAIMED:
                self._claimed.add(visitor)

    def _count_visitors(self) -> None:
        query = f"SELECT person, count(*) FROM link WHERE {self._engine.within('person')} GROUP BY person"  # noqa: S608
        self._visitors = Counter(dict(self._engine.rows(query, (self._engine.many(sorted(self._persons.values())),))))

    def _link(self, visitor: int, person: int, event: Event) -> None:
        if self._visitors[person] >= MOST_VISITORS:
            self._capped[person] += 1
            return
        self._visitors[person] += 1
        self._owners[visitor], self._since[visitor] = person, event.time
        if not event.verified:
            self._claimed.add(visitor)
        self._links.append((self._site, visitor, person, event.time, SIGNED if event.verified else CLAIMED))
        self._changes.append((self._site, "link", visitor, event.received))

    def save(self) -> None:
        """Write the links, their journal, traits, and where keys point now."""
        self._engine.run_many(LINK, self._links)
        self._engine.run_many(CHANGE, self._changes)
        proved = [(SIGNED, visitor, CLAIMED) for visitor in sorted(self._proved)]
        self._engine.run_many("UPDATE link SET reason = ? WHERE visitor = ? AND reason = ?", proved)
        capped = [(more, person) for person, more in sorted(self._capped.items())]
        self._engine.run_many("UPDATE person SET capped = capped + ? WHERE id = ?", capped)
        save_traits(self._engine, self._site, self._told)
        seats = [(self._seats[key].current, self._seats[key].id) for key in sorted(self._moved)]
        self._engine.run_many("UPDATE visitor SET current = ? WHERE id = ?", seats)
