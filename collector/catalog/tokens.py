"""One-time tokens: the first setup, a login link, a new password; and the sessions that were logged out of."""

from __future__ import annotations

from collector.catalog.base import TOKEN, Base, digest, new_secret
from collector.catalog.values import PURPOSES, Purpose, Token


class Tokens(Base):
    """The part of the catalog about tokens; only hashes of them are kept."""

    def issue_token(self, purpose: Purpose, now: int, ttl: int, user_id: int | None = None) -> str:
        """A token that works once, for `ttl` ms from `now` (ms UTC)."""
        if purpose not in PURPOSES:
            raise ValueError(purpose)
        secret = new_secret()
        with self._engine.writing():
            self._change(TOKEN.delete().where(TOKEN.c.expires <= now))
            self._add(TOKEN, digest=digest(secret), purpose=purpose, account=user_id, expires=now + ttl)
        return secret

    def peek_token(self, purpose: Purpose, secret: str, now: int) -> Token | None:
        """What the token is for, without using it up; None where it is unknown, used, too old or for something else."""
        row = self._first(TOKEN.select().where(self._valid(purpose, secret, now)))
        return None if row is None else Token(purpose, row["account"])

    def redeem_token(self, purpose: Purpose, secret: str, now: int) -> Token | None:
        """Use the token up; None as with `peek_token`."""
        with self._engine.writing():
            token = self.peek_token(purpose, secret, now)
            self._change(TOKEN.delete().where(self._valid(purpose, secret, now)))
        return token

    def end_session(self, session_id: str, now: int, until: int) -> None:
        """Remember until `until` (ms UTC), when it would be over anyway, that a session was logged out of."""
        with self._engine.writing():
            self._change(TOKEN.delete().where((TOKEN.c.expires <= now) | (TOKEN.c.digest == digest(session_id))))
            self._add(TOKEN, digest=digest(session_id), purpose="ended", account=None, expires=until)

    def session_ended(self, session_id: str, now: int) -> bool:
        """Whether that session was logged out of."""
        return self.peek_token("ended", session_id, now) is not None

    @staticmethod
    def _valid(purpose: Purpose, secret: str, now: int) -> object:
        return (TOKEN.c.digest == digest(secret)) & (TOKEN.c.purpose == purpose) & (TOKEN.c.expires > now)
