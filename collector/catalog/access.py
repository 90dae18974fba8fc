"""API tokens: a user's own keys to read reports with programs. What a token may do never exceeds what its user may."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import peewee

from collector.catalog import check
from collector.catalog.base import Base, Record, digest, new_secret
from collector.catalog.values import User
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.store.protocol import LedgerDown

API_TOKEN = peewee.Table("api_token")
PREFIX = "dl_"
MOST = 100
_SHOWN = len(PREFIX) + 4


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as its list shows it.

    Attributes:
        start: its first characters, to tell tokens apart by.
        sites: the ids of the sites it reads; none for all that its user may see.
        created, expires, used: ms UTC; `expires` 0 is never, `used` is the day of its last use, 0 for never.
    """

    id: int
    user_id: int
    name: str
    start: str
    sites: tuple[int, ...]
    epoch: int
    created: int
    expires: int
    used: int


def _token(row: Record) -> ApiToken:
    return ApiToken(
        id=row["id"],
        user_id=row["account"],
        name=row["name"],
        start=row["start"],
        sites=tuple(json.loads(row["sites"])),
        epoch=row["epoch"],
        created=row["created"],
        expires=row["expires"],
        used=row["used"],
    )


class ApiTokens(Base):
    """The part of the catalog about API tokens; only hashes of them are kept."""

    def make_api_token(
        self, user: User, name: str, sites: Sequence[int], now: int, ttl: int | None
    ) -> tuple[ApiToken, str]:
        """A token of the user's and its secret, which is shown once.

        Args:
            sites: the sites it may read; none for all that the user may see, now and later.
            now: ms UTC.
            ttl: ms until it ends; None for never.

        Raises:
            UserError: no name, or too many tokens.
        """
        secret = new_secret(PREFIX)
        cells = {
            "account": user.id,
            "name": check.label(name, "token"),
            "digest": digest(secret),
            "start": secret[:_SHOWN],
            "sites": json.dumps(sorted(set(sites))),
            "epoch": user.epoch,
            "created": now,
            "expires": 0 if ttl is None else now + ttl,
            "used": 0,
        }
        with self._engine.writing():
            over = (API_TOKEN.c.epoch != user.epoch) | ((API_TOKEN.c.expires > 0) & (API_TOKEN.c.expires <= now))
            self._change(API_TOKEN.delete().where((API_TOKEN.c.account == user.id) & over))
            if len(self.api_tokens(user, now)) >= MOST:
                raise UserError("There are too many tokens.", "Revoke those that nobody uses.")
            self._add(API_TOKEN, **cells)
            made = self._all(API_TOKEN.select().where(API_TOKEN.c.digest == digest(secret)))
        return _token(made[0]), secret

    def api_tokens(self, user: User, now: int) -> Sequence[ApiToken]:
        """The user's tokens that work, the latest first."""
        # Whoever changes their password, or logs out everywhere, ends their tokens as well.
        mine = (API_TOKEN.c.account == user.id) & (API_TOKEN.c.epoch == user.epoch)
        mine &= (API_TOKEN.c.expires == 0) | (API_TOKEN.c.expires > now)
        return [_token(row) for row in self._all(API_TOKEN.select().where(mine).order_by(API_TOKEN.c.id.desc()))]

    def revoke_api_token(self, user_id: int, token_id: int) -> bool:
        """End a token; whether the user had it."""
        number = token_id if token_id < 2**63 else 0
        with self._engine.writing():
            mine = (API_TOKEN.c.account == user_id) & (API_TOKEN.c.id == number)
            return self._change(API_TOKEN.delete().where(mine)) > 0

    def api_token(self, secret: str, now: int) -> ApiToken | None:
        """The token with this secret, and its day of use noted; None where it is unknown or over.

        Whether its user is still there and has not ended their sessions since (`epoch`) is for the caller to look at.
        """
        row = self._first(API_TOKEN.select().where(API_TOKEN.c.digest == digest(secret)))
        if row is None or 0 < row["expires"] <= now:
            return None
        token, today = _token(row), now // DAY * DAY
        if token.used != today:
            with suppress(LedgerDown), self._engine.writing():  # who may read, may read from a full disk too
                self._change(API_TOKEN.update(used=today).where(API_TOKEN.c.id == token.id))
        return token
