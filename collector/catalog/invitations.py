"""Invitations to a site for people who have an account: whoever opens the link, logged in, gets the role.

An address alone proves nothing: the owner of another site may have made the account that goes by it, and hold its
first password. The link goes to the person themselves, so it is what is believed.
"""

from __future__ import annotations

from dataclasses import dataclass

import peewee

from collector.catalog import check
from collector.catalog.base import Base, digest, new_secret
from collector.catalog.values import ROLES, Role
from collector.core.errors import UserError

INVITATION = peewee.Table("invitation")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A role at a site for whoever holds the link, as long as the inviter owns the site."""

    site_id: int
    inviter_id: int
    email: str
    role: Role


class Invitations(Base):
    """The part of the catalog about invitations; only hashes of their secrets are kept."""

    def invite(self, site_id: int, inviter_id: int, email: str, role: str, now: int, ttl: int) -> str:
        """The secret of a new invitation; an earlier one to the same address and site ends.

        Raises:
            UserError: no address, or no such role.
        """
        address, secret = check.email(email), new_secret()
        if role not in ROLES:
            raise UserError(f"{role!r} is not a role.", f"Choose one of {', '.join(ROLES)}.")
        before = (INVITATION.c.site == site_id) & (INVITATION.c.email == address)
        with self._engine.writing():
            self._change(INVITATION.delete().where(before | (INVITATION.c.expires <= now)))
            self._add(
                INVITATION,
                digest=digest(secret),
                site=site_id,
                inviter=inviter_id,
                email=address,
                role=role,
                expires=now + ttl,
            )
        return secret

    def invitation(self, secret: str, now: int) -> Invitation | None:
        """What the secret invites to; None where it is unknown, used or too old."""
        row = self._first(INVITATION.select().where(self._open(secret, now)))
        return None if row is None else Invitation(row["site"], row["inviter"], row["email"], row["role"])

    def redeem_invitation(self, secret: str, now: int) -> Invitation | None:
        """Use the invitation up; None as with `invitation`."""
        with self._engine.writing():
            found = self.invitation(secret, now)
            self._change(INVITATION.delete().where(self._open(secret, now)))
        return found

    @staticmethod
    def _open(secret: str, now: int) -> object:
        return (INVITATION.c.digest == digest(secret)) & (INVITATION.c.expires > now)
