"""Events that are not people's: which user agent sent them, and what somebody overruled, to be taken back exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from collector.core.event import ENGAGEMENT, Event
from collector.core.times import MINUTE
from collector.store.clean import clean_text
from collector.store.engine import Engine, Row
from collector.store.identity import CHANGE
from collector.store.privacy import FlaggedAgent, FlaggedVisitor
from collector.store.protocol import BOT_REASONS

QUARTER = 15 * MINUTE
_BOTS: Mapping[str, int] = {reason: number for number, reason in enumerate(BOT_REASONS)}
# Those that a user agent's trusted part overrules: what the list says, never what the browser or its acts say.
BY_AGENT = (_BOTS["ua_list"], _BOTS["ai_agent"])
# What the place of the page says, which the site's origins overrule (`collector.store.places`).
PLACE = _BOTS["preview"]
_AT_ONCE = 500
_TALLY = (
    "INSERT INTO tally (site, bot, events) VALUES (?, ?, ?) "
    "ON CONFLICT (site, bot) DO UPDATE SET events = tally.events + excluded.events"
)
# Attention only adds to the event it belongs to, so it is counted nowhere (SEMANTICS 2).
_COUNTED = "FROM event e JOIN kind k ON k.id = e.kind WHERE e.site = ? AND e.bot > 0 AND e.time >= ? AND e.time < ?"
_NO_ATTENTION = f"AND k.type <> '{ENGAGEMENT}'"


def pardon(engine: Engine, fresh: Sequence[Event], places: Sequence[int]) -> None:
    """Unflag what visitors do whom somebody called people; `places` are their rows. Inside `Engine.writing`."""
    flagged = sorted({place for event, place in zip(fresh, places, strict=True) if event.bot})
    if not flagged:
        return
    query = f"SELECT visitor FROM trusted_visitor WHERE {engine.within('visitor')}"  # noqa: S608
    people = {row[0] for row in engine.rows(query, (engine.many(flagged),))}
    for event, place in zip(fresh, places, strict=True):
        if place in people:
            event.bot = ""


def save(engine: Engine, site: int, fresh: Sequence[Event], places: Sequence[int]) -> None:
    """Keep which user agents flagged events came from; inside `Engine.writing`."""
    told = [
        (place, _BOTS[event.bot], *event.flagged)
        for event, place in zip(fresh, places, strict=True)
        if event.bot and event.flagged is not None
    ]
    if not told:
        return
    digests = {text: _digest(clean_text(text)) for _, _, text, _ in told}
    versions = {text: version for _, _, text, version in told}
    engine.run_many(
        "INSERT INTO agent_text (site, digest, text, list) VALUES (?, ?, ?, ?) ON CONFLICT (site, digest) DO NOTHING",
        [(site, digests[text], clean_text(text), clean_text(versions[text])) for text in sorted(digests)],
    )
    query = f"SELECT digest, id FROM agent_text WHERE site = ? AND {engine.within('digest', 'text')}"  # noqa: S608
    ids: dict[str, int] = dict(engine.rows(query, (site, engine.many(sorted(set(digests.values()))))))
    engine.run_many(
        "INSERT INTO flag (visitor, bot, agent_text) VALUES (?, ?, ?) "
        "ON CONFLICT (visitor, bot, agent_text) DO NOTHING",
        sorted({(place, bot, ids[digests[text]]) for place, bot, text, _ in told}),
    )


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def drop(engine: Engine, ids: object) -> None:
    """Forget what is kept of these visitors (bound by `Engine.many`); inside `Engine.writing`."""
    for table in ("flag", "trusted_visitor", "cleared"):
        engine.run(f"DELETE FROM {table} WHERE {engine.within('visitor')}", (ids,))  # noqa: S608 - names of ours


def drop_unused_texts(engine: Engine, site: int) -> int:
    """Remove user agents that no flag names any more; inside `Engine.writing`."""
    return engine.run(
        "DELETE FROM agent_text WHERE site = ? "
        "AND NOT EXISTS (SELECT 1 FROM flag WHERE flag.agent_text = agent_text.id)",
        (site,),
    )


# -- reading
def flagged_times(engine: Engine, site: int, start: int, end: int) -> Sequence[tuple[str, int, int]]:
    """Flagged events by reason and quarter of an hour."""
    query = f"SELECT e.bot, e.time / {QUARTER}, count(*) {_COUNTED} {_NO_ATTENTION} GROUP BY 1, 2 ORDER BY 2, 1"
    return [(BOT_REASONS[row[0]], int(row[1]), row[2]) for row in engine.rows(query, (site, start, end))]


def flagged_agents(engine: Engine, site: int, start: int, end: int, limit: int) -> Sequence[FlaggedAgent]:
    """User agents by their flagged events."""
    counted = (
        f"SELECT e.visitor, e.bot, count(*) AS events, max(e.time) AS last {_COUNTED} {_NO_ATTENTION} GROUP BY 1, 2"
    )
    query = (
        "SELECT t.id, t.text, t.list, c.bot, sum(c.events), count(*), max(c.last) "  # noqa: S608 - words of ours
        f"FROM ({counted}) c JOIN flag f ON f.visitor = c.visitor AND f.bot = c.bot "
        "JOIN agent_text t ON t.id = f.agent_text GROUP BY t.id, t.text, t.list, c.bot ORDER BY 5 DESC, t.id LIMIT ?"
    )
    rows = engine.rows(query, (site, start, end, limit))
    return [FlaggedAgent(r[0], r[1], r[2], BOT_REASONS[r[3]], int(r[4]), r[5], r[6]) for r in rows]


def flagged_visitors(engine: Engine, site: int, start: int, end: int, limit: int) -> Sequence[FlaggedVisitor]:
    """Visitors by their flagged events."""
    counted = (
        f"SELECT e.visitor, e.bot, count(*) AS events, max(e.time) AS last {_COUNTED} {_NO_ATTENTION} GROUP BY 1, 2"
    )
    query = (
        f"SELECT v.key, c.bot, c.events, c.last FROM ({counted}) c JOIN visitor v ON v.id = c.visitor "  # noqa: S608
        "ORDER BY c.events DESC, v.id LIMIT ?"
    )
    return [FlaggedVisitor(r[0], BOT_REASONS[r[1]], r[2], r[3]) for r in engine.rows(query, (site, start, end, limit))]


def flagged_text(engine: Engine, site: int, number: int) -> str:
    """One user agent."""
    row = engine.row("SELECT text FROM agent_text WHERE site = ? AND id = ?", (site, number))
    return str(row[0]) if row else ""


def trusted_visitors(engine: Engine, site: int) -> Sequence[tuple[str, int]]:
    """Visitors that somebody called people."""
    query = (
        "SELECT v.key, t.time FROM trusted_visitor t JOIN visitor v ON v.id = t.visitor WHERE t.site = ? ORDER BY 2, 1"
    )
    return [(row[0], row[1]) for row in engine.rows(query, (site,))]


# -- changing
def trust_visitor(engine: Engine, site: int, visitor: int, people: bool, trusted: Sequence[str], now: int) -> int:
    """Put a visitor on the list of people, or take it off; stored events follow."""
    with engine.writing():
        engine.run("DELETE FROM trusted_visitor WHERE visitor = ?", (visitor,))
        if people:
            engine.run("INSERT INTO trusted_visitor (visitor, site, time) VALUES (?, ?, ?)", (visitor, site, now))
            return _clear(engine, site, [visitor], range(1, len(BOT_REASONS)), now)
    keep = {pair for pair in _trusted_pairs(engine, site, trusted) if pair[0] == visitor}
    cleared = engine.rows("SELECT DISTINCT visitor, bot FROM cleared WHERE visitor = ?", (visitor,))
    return _restore_pairs(engine, site, {(row[0], row[1]) for row in cleared} - keep, now)


def reclassify(engine: Engine, site: int, trusted: Sequence[str], now: int) -> int:
    """Clear what trusted user agents sent, restore what is no longer trusted; events that changed."""
    wanted = _trusted_pairs(engine, site, trusted)
    people = {row[0] for row in engine.rows("SELECT visitor FROM trusted_visitor WHERE site = ?", (site,))}
    cleared = engine.rows("SELECT DISTINCT visitor, bot FROM cleared WHERE site = ? AND bot <> ?", (site, PLACE))
    gone = {(row[0], row[1]) for row in cleared if row[0] not in people} - wanted
    changed = _restore_pairs(engine, site, gone, now)
    for bot in BY_AGENT:
        visitors = sorted({visitor for visitor, number in wanted if number == bot})
        for start in range(0, len(visitors), _AT_ONCE):
            with engine.writing():
                changed += _clear(engine, site, visitors[start : start + _AT_ONCE], [bot], now)
    return changed


def _trusted_pairs(engine: Engine, site: int, trusted: Sequence[str]) -> set[tuple[int, int]]:
    """(visitor, reason) whose user agents, all of them, have a trusted part."""
    parts = [part.lower() for part in trusted]
    texts = engine.rows("SELECT id, text FROM agent_text WHERE site = ?", (site,))
    people = {row[0] for row in texts if any(part in row[1].lower() for part in parts)}
    if not people:
        return set()
    mine: set[tuple[int, int]] = set()
    others: set[tuple[int, int]] = set()
    query = (
        "SELECT f.visitor, f.bot, f.agent_text FROM flag f JOIN agent_text t ON t.id = f.agent_text WHERE t.site = ?"
    )
    for visitor, bot, text in engine.rows(query, (site,)):
        if bot in BY_AGENT:
            (mine if text in people else others).add((visitor, bot))
    return mine - others


def _clear(engine: Engine, site: int, visitors: Sequence[int], bots: Iterable[int], now: int) -> int:
    """Unflag these visitors' events of these reasons, remembering them; inside `Engine.writing`."""
    ids, reasons = engine.many(list(visitors)), engine.many(list(bots))
    where = f"{engine.within('visitor')} AND {engine.within('bot')}"
    counted = engine.rows(f"SELECT visitor, bot, count(*) FROM event WHERE {where} GROUP BY 1, 2", (ids, reasons))  # noqa: S608
    if not counted:
        return 0
    engine.run(
        f"INSERT INTO cleared (event, site, visitor, bot) SELECT id, site, visitor, bot FROM event WHERE {where}",  # noqa: S608
        (ids, reasons),
    )
    engine.run(f"UPDATE event SET bot = 0 WHERE {where}", (ids, reasons))  # noqa: S608
    move(engine, site, [(bot, 0, number) for _, bot, number in counted])
    journal(engine, site, {row[0] for row in counted}, now)
    return sum(row[2] for row in counted)


def _restore_pairs(engine: Engine, site: int, pairs: set[tuple[int, int]], now: int) -> int:
    changed = 0
    ordered = sorted(pairs)
    for start in range(0, len(ordered), _AT_ONCE):
        with engine.writing():
            changed += sum(_restore(engine, site, *pair, now) for pair in ordered[start : start + _AT_ONCE])
    return changed


def _restore(engine: Engine, site: int, visitor: int, bot: int, now: int) -> int:
    """Flag again what was cleared; inside `Engine.writing`."""
    mine = "SELECT event FROM cleared WHERE visitor = ? AND bot = ?"
    number = engine.run(f"UPDATE event SET bot = ? WHERE bot = 0 AND id IN ({mine})", (bot, visitor, bot))  # noqa: S608
    engine.run("DELETE FROM cleared WHERE visitor = ? AND bot = ?", (visitor, bot))
    move(engine, site, [(0, bot, number)])
    journal(engine, site, {visitor}, now)
    return number


def flag_visitor(engine: Engine, site: int, visitor: int, reason: str, since: int, now: int) -> int:
    """Flag a visitor's events from `since` on that are a person's so far."""
    bot = _BOTS[reason]
    with engine.writing():
        if engine.row("SELECT 1 FROM trusted_visitor WHERE visitor = ?", (visitor,)):
            return 0
        number = engine.run(
            "UPDATE event SET bot = ? WHERE visitor = ? AND time >= ? AND bot = 0", (bot, visitor, since)
        )
        move(engine, site, [(0, bot, number)])
        journal(engine, site, {visitor} if number else (), now)
    return number


def move(engine: Engine, site: int, moves: Iterable[tuple[int, int, int]]) -> None:
    """Keep the totals true: (from, to, events); inside `Engine.writing`."""
    rows: list[Row] = []
    for old, new, number in moves:
        rows += [(site, old, -number), (site, new, number)]
    engine.run_many(_TALLY, rows)


def journal(engine: Engine, site: int, visitors: Iterable[int], now: int) -> None:
    """Have the journeys of these visitors made anew; inside `Engine.writing`."""
    engine.run_many(CHANGE, [(site, "bots", visitor, now) for visitor in sorted(visitors)])
