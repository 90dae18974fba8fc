"""Who may see and change what: checked on the site that an object belongs to (REQUIREMENTS D10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from flask import g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response

from collector.catalog.values import Role, Site, User
from collector.core import query
from collector.web.rooms import Rooms, the_rooms
from collector.web.session import current_user

P = ParamSpec("P")
R = TypeVar("R")
_RANK: dict[Role, int] = {"viewer": 1, "editor": 2, "owner": 3}


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
        return _RANK[self.role] >= _RANK["editor"]

    @property
    def is_owner(self) -> bool:
        """Whether the user may change the site's settings and its team."""
        return self.role == "owner"


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


def of_site(needs: Role = "viewer") -> Callable[[Callable[Concatenate[SiteAccess, P], R]], Callable[..., R]]:
    """A view under a site, given what its user may do there. A site that is not the user's does not exist for them."""

    def decorate(view: Callable[Concatenate[SiteAccess, P], R]) -> Callable[..., R]:
        @wraps(view)
        def guarded(site_name: str, *args: P.args, **kwargs: P.kwargs) -> R:
            access = open_site(site_name)
            if _RANK[access.role] < _RANK[needs]:
                raise Forbidden
            g.access = access
            return view(access, *args, **kwargs)

        return guarded

    return decorate


def open_site(name: str) -> SiteAccess:
    """The site called so with the user's role; NotFound where there is none for this user."""
    user, rooms = the_user(), the_rooms()
    record = rooms.catalog.site_by_name(name)
    role = rooms.catalog.role(user, record.id) if record else None
    if record is None or role is None:
        raise NotFound
    return SiteAccess(rooms, user, rooms.catalog.question_site(record), record, role)


def visible_sites(user: User) -> Sequence[Site]:
    """The sites that a user has a role at."""
    catalog = the_rooms().catalog
    sites = catalog.sites()
    if user.admin:
        return sites
    roles = catalog.roles(user)
    return [site for site in sites if site.id in roles]
