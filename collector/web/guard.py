"""Who may see and change what: checked on the site that an object belongs to (REQUIREMENTS D10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from flask import g, redirect, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from collector.catalog.access import PREFIX
from collector.catalog.values import Role, Site, User
from collector.core import query
from collector.web.guessing import refuse_guessers, wrong_guess
from collector.web.rooms import Rooms, the_rooms
from collector.web.session import current_user

P = ParamSpec("P")
R = TypeVar("R")
_RANK: dict[Role, int] = {"viewer": 1, "editor": 2, "owner": 3}
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class SiteAccess:
    """A site as one user may use it: `site` as questions need it, `record` with all its settings."""

    rooms: Rooms
    user: User
    site: query.Site
    record: Site
    role: Role

    @property
    def may_edit(self) -> bool:
        """Whether the user may change goals, segments, links, and erase people."""
        return at_least(self.role, "editor")

    @property
    def is_owner(self) -> bool:
        """Whether the user may change the site's settings and its team."""
        return self.role == "owner"


def at_least(role: Role | None, needs: Role) -> bool:
    """Whether a role is this one or more."""
    return role is not None and _RANK[role] >= _RANK[needs]


class LoginNeeded(Exception):  # noqa: N818 - not an error: it leads to the login page
    """Nobody is signed in."""


def to_login() -> Response:
    """The login page, which leads back here; a form that was sent is not sent again."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("auth.login") + (f"?next={quote(back)}" if back else ""))


def the_user() -> User:
    """The signed-in user; LoginNeeded where there is none."""
    user = current_user()
    if user is None:
        raise LoginNeeded
    return user


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """A view for signed-in users."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        the_user()
        return view(*args, **kwargs)

    return guarded


def of_site(
    needs: Role = "viewer", api: bool = False
) -> Callable[[Callable[Concatenate[SiteAccess, P], R]], Callable[..., R]]:
    """A view under a site, given what its user may do there. A site that is not the user's does not exist for them.

    Args:
        api: whether a program with an API token may have its CSV and JSON.
    """

    def decorate(view: Callable[Concatenate[SiteAccess, P], R]) -> Callable[..., R]:
        @wraps(view)
        def guarded(site_name: str, *args: P.args, **kwargs: P.kwargs) -> R:
            secret = api_secret() if api else None
            access = open_site(site_name) if secret is None else open_by_token(site_name, secret)
            if not at_least(access.role, needs):
                raise Forbidden
            g.access = access
            return view(access, *args, **kwargs)

        return guarded

    return decorate


def open_site(name: str) -> SiteAccess:
    """The site called so with the user's role; NotFound where there is none for this user."""
    return _access(name, the_user())


def _access(name: str, user: User) -> SiteAccess:
    rooms = the_rooms()
    record = rooms.catalog.site_by_name(name)
    role = rooms.catalog.role(user, record.id) if record else None
    if record is None or role is None:
        raise NotFound
    return SiteAccess(rooms, user, rooms.catalog.question_site(record), record, role)


def api_secret() -> str | None:
    """The API token of this request, None where it has none or asks for a page.

    Only what looks like ours: a proxy in front may put its own kind of token into the same header.
    """
    header = request.headers.get("Authorization", "")
    if header[: len(_BEARER)].lower() != _BEARER or not request.path.endswith((".csv", ".json")):
        return None
    secret = header[len(_BEARER) :].strip()
    return secret if secret.startswith(PREFIX) else None


def open_by_token(name: str, secret: str) -> SiteAccess:
    """The site called so for reading, where the token's scope and its user's role allow it now.

    Raises:
        Unauthorized: the token is unknown, revoked or over; all the same from outside.
        TooManyRequests: this address tried too many of those.
        NotFound: no such site within the token's scope.
    """
    rooms = the_rooms()
    refuse_guessers()
    token = rooms.catalog.api_token(secret, rooms.clock())
    user = rooms.catalog.user(token.user_id) if token else None
    if token is None or user is None or user.epoch != token.epoch:
        wrong_guess()
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "Desireline reports"}))
    access = _access(name, user)
    if token.sites and access.site.id not in token.sites:
        raise NotFound
    return replace(access, role="viewer")


def visible_sites(user: User) -> Sequence[Site]:
    """The sites that a user has a role at."""
    catalog = the_rooms().catalog
    sites = catalog.sites()
    if user.admin:
        return sites
    roles = catalog.roles(user)
    return [site for site in sites if site.id in roles]
