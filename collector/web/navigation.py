"""The site's navigation, made from the reports that there are."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g, request, url_for

from collector.reports.registry import reports
from collector.web.format import text
from collector.web.guard import SiteAccess
from collector.web.language import gettext
from collector.web.session import current_user


@dataclass(frozen=True, slots=True)
class Item:
    """One link of the navigation."""

    label: str
    href: str
    here: bool


def _item(label: str, endpoint: str, site: str) -> Item:
    return Item(label, url_for(endpoint, site_name=site), request.endpoint == endpoint)


def navigation(access: SiteAccess) -> list[dict[str, object]]:
    """Groups of links: reports in menu order and saved ones, how data comes in, and what can be set by this reader."""
    site = access.site.name
    here = (request.view_args or {}).get("report_name", "")
    # A timeline is reached from the list of visitors, and is shown as a part of it.
    here = {"timeline": "visitors"}.get(here, here)
    asked = [
        Item(text(report.title), url_for("reports.show", site_name=site, report_name=name), name == here)
        for name, report in reports().items()
        if report.menu is not None
    ]
    asked.append(_item(gettext("Saved reports"), "saved.listing", site))
    own = [_item(gettext("Install"), "install.page", site)]
    if access.may_edit:
        own.append(_item(gettext("Connections"), "connections.page", site))
    own += [_item(gettext("Data quality"), "quality.page", site), _item(gettext("Bots"), "bots.page", site)]
    changed = []
    if access.may_edit:
        changed.append(_item(gettext("General"), "settings.page", site))
    if access.is_owner:
        changed.append(_item(gettext("Privacy"), "privacy.page", site))
        changed.append(_item(gettext("Signed user ids"), "identity.page", site))
        changed.append(_item(gettext("Team"), "team.page", site))
    if access.may_edit:
        changed.append(_item(gettext("Shared links"), "shares.page", site))
    groups = [(gettext("Reports"), asked), (gettext("Site"), own), (gettext("Settings"), changed)]
    return [{"title": title, "items": items} for title, items in groups if items]


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
