"""How many login attempts an account and an address may make, and how many wrong tokens an address may try."""

from __future__ import annotations

import ipaddress

from collector.catalog.base import ATTEMPT, Base, digest
from collector.core.times import MINUTE, SECOND

WINDOW = 15 * MINUTE
ACCOUNT_LIMIT = 10
ADDRESS_LIMIT = 30
GUESS_LIMIT = 60


def _network(address: str) -> str:
    """Whom an address stands for: one IPv4 address, or the /64 that a home or a server gets of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Throttle(Base):
    """Counts attempts in the database, so that all workers count together."""

    def _attempt(self, email: str, address: str, now: int) -> int:
        """Count an attempt before its password is looked at; seconds to wait where there were too many, else 0."""
        with self._engine.writing():
            # Those of the future were counted by a clock that was wrong: nobody waits until it is right.
            over = (ATTEMPT.c.since <= now - WINDOW) | (ATTEMPT.c.since > now)
            self._change(ATTEMPT.delete().where(over))
            waits = [self._wait(scope, limit, now) for scope, limit in self._scopes(email, address)]
            if any(waits):
                return max(waits)
            for scope, _ in self._scopes(email, address):
                # Counted at once and given back on success: parallel guesses must not slip through.
                if not self._change(ATTEMPT.update(failures=ATTEMPT.c.failures + 1).where(ATTEMPT.c.scope == scope)):
                    self._add(ATTEMPT, scope=scope, since=now, failures=1)
        return 0

    def _wait(self, scope: str, limit: int, now: int) -> int:
        row = self._first(ATTEMPT.select().where(ATTEMPT.c.scope == scope))
        if row is None or row["failures"] < limit:
            return 0
        left: int = row["since"] + WINDOW - now
        return max(1, -(-left // SECOND))

    def guess_wait(self, address: str, now: int) -> int:
        """Seconds that an address must wait which tried too many wrong tokens and links, else 0.

        They hold 256 random bits, so this keeps noise out of the log and load off the database, not guesses from luck.
        """
        scope = self._guesses(address)
        row = self._first(ATTEMPT.select().where(ATTEMPT.c.scope == scope))
        if row is None or not now - WINDOW < row["since"] <= now:
            return 0
        return self._wait(scope, GUESS_LIMIT, now)

    def guessed_wrong(self, address: str, now: int) -> None:
        """Count a token or a link that nobody was given, or that is over."""
        scope = self._guesses(address)
        with self._engine.writing():
            over = (ATTEMPT.c.since <= now - WINDOW) | (ATTEMPT.c.since > now)
            self._change(ATTEMPT.delete().where(over))
            if not self._change(ATTEMPT.update(failures=ATTEMPT.c.failures + 1).where(ATTEMPT.c.scope == scope)):
                self._add(ATTEMPT, scope=scope, since=now, failures=1)

    @staticmethod
    def _guesses(address: str) -> str:
        return digest(f"guesses {_network(address)}")

    def _succeeded(self, email: str, address: str) -> None:
        (account, _), (network, _) = self._scopes(email, address)
        with self._engine.writing():
            self._change(ATTEMPT.delete().where(ATTEMPT.c.scope == account))
            self._change(ATTEMPT.update(failures=ATTEMPT.c.failures - 1).where(ATTEMPT.c.scope == network))

    @staticmethod
    def _scopes(email: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
        # Hashed: neither unknown addresses of people nor of machines belong in a backup.
        account = digest(f"account {email.strip().lower()}")
        return (account, ACCOUNT_LIMIT), (digest(f"address {_network(address)}"), ADDRESS_LIMIT)
