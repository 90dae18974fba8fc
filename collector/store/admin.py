"""What people do to a ledger by hand: link, unlink, look at totals."""

from __future__ import annotations

from collections.abc import Mapping

from collector.core.errors import UserError
from collector.core.identity import clean_user_id
from collector.store.clean import clean_text
from collector.store.engine import Engine, Row
from collector.store.identity import CHANGE, LINK, person_ids
from collector.store.protocol import BOT_REASONS

LINK_REASONS = ("identify", "signed", "import", "admin")


def _visitor(engine: Engine, site: int, key: str) -> Row:
    """(visitor, linked user id or None, link id)."""
    row = engine.row(
        "SELECT v.id, p.user_id, l.id FROM visitor v LEFT JOIN link l ON l.visitor = v.id "
        "LEFT JOIN person p ON p.id = l.person WHERE v.site = ? AND v.key = ?",
        (site, clean_text(key)),
    )
    if row is None:
        raise UserError(f"There is no visitor {key!r}.", "Give the key as the timeline or the export shows it.")
    return row


def link(engine: Engine, site: int, visitor: str, user: str, now: int, reason: str) -> None:
    """Link a visitor to a person, made where new.

    Raises:
        UserError: no such visitor, no usable user id, or the visitor is linked to another person.
    """
    wanted = clean_user_id(clean_text(user))
    if wanted is None:
        raise UserError(f"{user!r} cannot name one person.", "Use the id that your site knows the person by.")
    if reason not in LINK_REASONS:
        raise ValueError(reason)
    with engine.writing():
        row, owner, _ = _visitor(engine, site, visitor)
        if owner == wanted:
            return
        if owner is not None:
            raise UserError(f"{visitor!r} is linked to {owner!r} already.", "Unlink it first, then link it anew.")
        person = person_ids(engine, site, [wanted], now)[wanted]
        engine.run(LINK, (site, row, person, now, reason))
        engine.run(CHANGE, (site, "link", row, now))


def unlink(engine: Engine, site: int, visitor: str, now: int) -> None:
    """Take a visitor's link back.

    Raises:
        UserError: no such visitor, or it is linked to nobody.
    """
    with engine.writing():
        row, owner, number = _visitor(engine, site, visitor)
        if owner is None:
            raise UserError(f"{visitor!r} is linked to nobody.")
        engine.run("DELETE FROM link WHERE id = ?", (number,))
        engine.run(CHANGE, (site, "unlink", row, now))


def counts(engine: Engine, site: int) -> Mapping[str, int]:
    """Totals of a site."""
    tally: dict[int, int] = dict(engine.rows("SELECT bot, events FROM tally WHERE site = ? ORDER BY bot", (site,)))
    totals = {"events": sum(tally.values())}
    for name, table in (("visitors", "visitor"), ("persons", "person"), ("quarantined", "quarantine")):
        row = engine.row(f"SELECT count(*) FROM {table} WHERE site = ?", (site,))  # noqa: S608 - names of ours
        totals[name] = row[0] if row else 0
    return totals | {f"bot:{BOT_REASONS[bot]}": number for bot, number in tally.items() if bot and number}
