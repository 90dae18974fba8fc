"""Users, their passwords and their roles at sites."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from collector.catalog import check
from collector.catalog.base import ACCOUNT, MEMBERSHIP, TOKEN, Record
from collector.catalog.throttle import Throttle
from collector.catalog.values import ROLES, LoginResult, Member, Role, User
from collector.core.errors import UserError

# argon2id with the library's parameters, which follow RFC 9106's second recommendation.
_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """What is verified for unknown users, so that they take as long as known ones (REQUIREMENTS D14).

    Nobody has this password. Made at the first need: every command would wait for it.
    """
    return _hasher.hash("nobody has this password")


def _user(row: Record) -> User:
    return User(row["id"], row["email"], bool(row["admin"]), row["epoch"], row["created"])


def _fits(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


class Users(Throttle):
    """The part of the catalog about people who log in."""

    def users(self) -> Sequence[User]:
        """Everybody, by e-mail address."""
        return [_user(row) for row in self._all(ACCOUNT.select().order_by(ACCOUNT.c.email))]

    def user(self, user_id: int) -> User | None:
        """The user with this id."""
        row = self._first(ACCOUNT.select().where(ACCOUNT.c.id == user_id))
        return None if row is None else _user(row)

    def user_by_email(self, email: str) -> User | None:
        """The user with this address, whatever its case."""
        row = self._account(email)
        return None if row is None else _user(row)

    def _account(self, email: str) -> Record | None:
        return self._first(ACCOUNT.select().where(ACCOUNT.c.email == check.storable(email).strip().lower()))

    def create_user(self, email: str, password: str, now: int, admin: bool = False) -> User:
        """Make a user; an admin owns every site and may add sites and users.

        Raises:
            UserError: no address, a bad password, or the address is taken.
        """
        address, stored = check.email(email), _hasher.hash(check.password(password))
        with self._engine.writing():
            if self._account(address):
                raise UserError(f"There is a user {address} already.")
            self._add(ACCOUNT, email=address, password=stored, admin=int(admin), epoch=1, created=now)
            row = self._account(address)
        if row is None:  # pragma: no cover - the row was just written
            raise LookupError(address)
        return _user(row)

    def set_password(self, user_id: int, password: str) -> User:
        """Change a password: every session and every open token of the user ends."""
        stored = _hasher.hash(check.password(password))
        with self._engine.writing():
            update = ACCOUNT.update(password=stored, epoch=ACCOUNT.c.epoch + 1).where(ACCOUNT.c.id == user_id)
            if not self._change(update):
                raise UserError("There is no such user.")
            self._change(TOKEN.delete().where(TOKEN.c.account == user_id))
        return cast(User, self.user(user_id))

    def end_sessions(self, user_id: int) -> None:
        """Log a user out everywhere."""
        with self._engine.writing():
            self._change(ACCOUNT.update(epoch=ACCOUNT.c.epoch + 1).where(ACCOUNT.c.id == user_id))

    def delete_user(self, user_id: int) -> None:
        """Remove a user with their roles and tokens."""
        with self._engine.writing():
            self._change(ACCOUNT.delete().where(ACCOUNT.c.id == user_id))

    def check_login(self, email: str, password: str, address: str, now: int) -> LoginResult:
        """Whether this password is this user's. Unknown users and wrong passwords look and last the same.

        Args:
            address: the client's IP address.
            now: ms UTC.
        """
        wait = self._attempt(email, address, now)
        if wait:
            return LoginResult(None, wait)
        row = self._account(email)
        stored = row["password"] if row else _nobody()
        if not _fits(stored, password[: check.MAX_PASSWORD + 1]) or row is None:
            return LoginResult(None)
        self._succeeded(email, address)
        if _hasher.check_needs_rehash(stored):
            with self._engine.writing():
                # Only where the password has not been changed meanwhile.
                fresh = ACCOUNT.update(password=_hasher.hash(password))
                self._change(fresh.where((ACCOUNT.c.id == row["id"]) & (ACCOUNT.c.password == stored)))
        return LoginResult(_user(row))

    # -- roles
    def set_role(self, user_id: int, site_id: int, role: str) -> None:
        """Give a user a role at a site, in place of the one they had.

        Raises:
            UserError: no such role.
        """
        if role not in ROLES:
            raise UserError(f"{role!r} is not a role.", f"Choose one of {', '.join(ROLES)}.")
        with self._engine.writing():
            self._change(self._membership(user_id, site_id))
            self._add(MEMBERSHIP, account=user_id, site=site_id, role=role)

    def remove_role(self, user_id: int, site_id: int) -> None:
        """Take a user's role at a site away."""
        with self._engine.writing():
            self._change(self._membership(user_id, site_id))

    @staticmethod
    def _membership(user_id: int, site_id: int) -> object:
        return MEMBERSHIP.delete().where((MEMBERSHIP.c.account == user_id) & (MEMBERSHIP.c.site == site_id))

    def role(self, user: User, site_id: int) -> Role | None:
        """What a user is at a site: an admin owns every one."""
        if user.admin:
            return "owner"
        mine = (MEMBERSHIP.c.account == user.id) & (MEMBERSHIP.c.site == site_id)
        row = self._first(MEMBERSHIP.select().where(mine))
        return None if row is None else row["role"]

    def roles(self, user: User) -> dict[int, Role]:
        """A user's roles by site id; admins own the rest as well."""
        rows = self._all(MEMBERSHIP.select().where(MEMBERSHIP.c.account == user.id))
        return {row["site"]: row["role"] for row in rows}

    def members(self, site_id: int) -> Sequence[Member]:
        """The users with a role at a site, by e-mail address."""
        rows = self._all(
            ACCOUNT.select(
                ACCOUNT.c.id, ACCOUNT.c.email, ACCOUNT.c.admin, ACCOUNT.c.epoch, ACCOUNT.c.created, MEMBERSHIP.c.role
            )
            .join(MEMBERSHIP, on=(MEMBERSHIP.c.account == ACCOUNT.c.id))
            .where(MEMBERSHIP.c.site == site_id)
            .order_by(ACCOUNT.c.email)
        )
        return [Member(_user(row), row["role"]) for row in rows]
