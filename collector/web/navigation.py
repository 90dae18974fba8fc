"""The site's navigation, made from the reports that there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, g, request, url_for

from collector.core.text import T
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web.format import text
from collector.web.guard import SiteAccess
from collector.web.language import gettext
from collector.web.session import current_user

_GROUPS = (T("Now"), T("Journeys"), T("What works"), T("Your own"))
# The first place (`Report.menu`) of each range, and the group it belongs to.
_RANGES = ((0, 0), (30, 1), (50, 2), (60, 3), (65, 2), (70, 3))


@dataclass(frozen=True, slots=True)
class Item:
    """One link of the navigation."""

    label: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Links under one heading.

    Attributes:
        main: about journeys, and so open on a wide window; the others open where one of their pages is shown.
    """

    title: str
    links: Sequence[Item]
    main: bool

    @property
    def here(self) -> bool:
        """Whether the page that is shown is one of these."""
        return any(link.here for link in self.links)


def _item(label: str, endpoint: str, site: str) -> Item:
    room = endpoint.partition(".")[0]
    # A dashboard and the form of an annotation are shown as a part of their lists.
    within = room in ("annotations", "dashboards") and request.blueprint == room
    return Item(label, url_for(endpoint, site_name=site), within or request.endpoint == endpoint)


def group_of(report: Report) -> int:
    """Which group a report's place puts it in: that of the last range which begins at or before it."""
    return [group for first, group in _RANGES if first <= (report.menu or 0)][-1]


def navigation(access: SiteAccess) -> list[Group]:
    """Groups of links: reports in menu order and what was kept, how data comes in, and what this reader can set."""
    site = access.site.name
    here = (request.view_args or {}).get("report_name", "")
    # A timeline is reached from the list of visitors, and is shown as a part of it; a segment from that of segments.
    here = {"timeline": "visitors", "segment": "segments"}.get(
        here, "segments" if request.blueprint == "segments" else here
    )
    asked: list[list[Item]] = [[] for _ in _GROUPS]
    for name, report in reports().items():
        if report.menu is not None:
            href = url_for("reports.show", site_name=site, report_name=name)
            asked[group_of(report)].append(Item(text(report.title), href, name == here))
    asked[-1].append(_item(gettext("Dashboards"), "dashboards.listing", site))
    asked[-1].append(_item(gettext("Saved reports"), "saved.listing", site))
    asked[-1].append(_item(gettext("Annotations"), "annotations.listing", site))
    groups = [Group(text(title), links, True) for title, links in zip(_GROUPS, asked, strict=True)]
    groups += [Group(gettext("Site"), _own(access, site), False), Group(gettext("Settings"), _set(access, site), False)]
    return [group for group in groups if group.links]


def _own(access: SiteAccess, site: str) -> list[Item]:
    found = [_item(gettext("Install"), "install.page", site)]
    if access.may_edit:
        found.append(_item(gettext("Connections"), "connections.page", site))
        found.append(_item(gettext("Ad costs"), "spend.page", site))
    return [*found, _item(gettext("Data quality"), "quality.page", site), _item(gettext("Bots"), "bots.page", site)]


def _set(access: SiteAccess, site: str) -> list[Item]:
    found = []
    if access.may_edit:
        found.append(_item(gettext("General"), "settings.page", site))
    if access.is_owner:
        found.append(_item(gettext("Privacy"), "privacy.page", site))
        found.append(_item(gettext("Signed user ids"), "identity.page", site))
        found.append(_item(gettext("Team"), "team.page", site))
    if access.may_edit:
        found.append(_item(gettext("Shared links"), "shares.page", site))
    return found


def install(app: Flask) -> None:
    """Give every template the signed-in user, and under a site its navigation."""

    @app.context_processor
    def _context() -> dict[str, object]:
        access: SiteAccess | None = g.get("access")
        user = current_user()
        if access is None:
            return {"user": user, "site": None, "may_edit": False, "is_owner": False}
        return {
            "user": user,
            "site": access.site,
            "navigation": navigation(access),
            "may_edit": access.may_edit,
            "is_owner": access.is_owner,
        }
