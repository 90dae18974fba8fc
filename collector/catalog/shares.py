"""Share links: one report with its exact question, to be read by whoever has the link, until it is revoked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import peewee

from collector.catalog import check
from collector.catalog.base import ACCOUNT, Base, Record, digest, new_secret
from collector.core.times import MINUTE
from collector.store.protocol import LedgerDown

SHARE = peewee.Table("share_link")


@dataclass(frozen=True, slots=True)
class Share:
    """A shared report.

    Attributes:
        user_id, email: who made the link.
        arguments: the report's query string.
        people: whether lists of people may be seen.
        created, expires, opened: ms UTC; `expires` 0 is never, `opened` the last time, 0 for never.
    """

    id: int
    site_id: int
    user_id: int
    email: str
    name: str
    report: str
    arguments: str
    people: bool
    created: int
    expires: int
    opened: int

    def over(self, now: int) -> bool:
        """Whether its time is up."""
        return 0 < self.expires <= now


def _share(row: Record) -> Share:
    return Share(
        id=row["id"],
        site_id=row["site"],
        user_id=row["account"],
        email=row["email"],
        name=row["name"],
        report=row["report"],
        arguments=row["arguments"],
        people=bool(row["people"]),
        created=row["created"],
        expires=row["expires"],
        opened=row["opened"],
    )


class Shares(Base):
    """The part of the catalog about share links; only hashes of their secrets are kept."""

    def make_share(
        self,
        site_id: int,
        user_id: int,
        name: str,
        report: str,
        arguments: str,
        now: int,
        *,
        ttl: int | None = None,
        people: bool = False,
    ) -> tuple[Share, str]:
        """A link to a report and its secret, which is shown once.

        Args:
            arguments: the report's query string.
            ttl: ms until it ends; None for never.

        Raises:
            UserError: no name.
        """
        secret = new_secret()
        with self._engine.writing():
            self._add(
                SHARE,
                site=site_id,
                account=user_id,
                digest=digest(secret),
                name=check.label(name, "link"),
                report=report,
                arguments=urlencode(parse_qsl(check.storable(arguments).removeprefix("?"), keep_blank_values=True)),
                people=int(people),
                created=now,
                expires=0 if ttl is None else now + ttl,
                opened=0,
            )
            made = self._one(SHARE.c.digest == digest(secret))
        if made is None:  # pragma: no cover - the row was just written
            raise LookupError(name)
        return made, secret

    def shares(self, site_id: int) -> Sequence[Share]:
        """A site's links, the latest first."""
        return [_share(row) for row in self._all(self._rows(SHARE.c.site == site_id).order_by(SHARE.c.id.desc()))]

    def share(self, share_id: int) -> Share | None:
        """The link with this number."""
        return self._one(SHARE.c.id == (share_id if share_id < 2**63 else 0))

    def share_by_secret(self, secret: str) -> Share | None:
        """The link with this secret; only hashes are compared."""
        return self._one(SHARE.c.digest == digest(secret))

    def revoke_share(self, site_id: int, share_id: int) -> bool:
        """End a link; whether the site had it."""
        number = share_id if share_id < 2**63 else 0
        with self._engine.writing():
            return self._change(SHARE.delete().where((SHARE.c.site == site_id) & (SHARE.c.id == number))) > 0

    def share_opened(self, share: Share, now: int) -> None:
        """Note that somebody reads it, once a minute at most."""
        if now - share.opened >= MINUTE:
            with suppress(LedgerDown), self._engine.writing():  # a full disk keeps nobody from reading
                self._change(SHARE.update(opened=now).where(SHARE.c.id == share.id))

    def _one(self, condition: object) -> Share | None:
        row = self._first(self._rows(condition))
        return None if row is None else _share(row)

    @staticmethod
    def _rows(condition: object) -> peewee.Select:
        columns = ("id", "site", "account", "name", "report", "arguments", "people", "created", "expires", "opened")
        own = [getattr(SHARE.c, name) for name in columns]
        joined = SHARE.select(*own, ACCOUNT.c.email).join(ACCOUNT, on=(ACCOUNT.c.id == SHARE.c.account))
        return joined.where(condition)
