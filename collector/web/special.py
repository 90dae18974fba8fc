"""What the pages of some reports show beside their blocks."""

from __future__ import annotations

from collections.abc import Mapping

from collector.web import funnel_view, impact_view, timeline_view
from collector.web.address import address, replaced
from collector.web.guard import SiteAccess
from collector.web.report_page import ReportPage
from collector.web.saved import saved_address


def extras(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    """Further values for the template of this report; none for most."""
    if page.name == "timeline":
        return _timeline(access, page)
    if page.name == "funnel":
        return _funnel(access, page)
    if page.name in ("impact", "chat", "retargeting"):
        return _impact(access, page)
    return {}


def _impact(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    effect = next((block for block in page.answer.blocks if block.id == "effect"), None) if page.answer else None
    return {
        "effects": impact_view.effects(effect) if effect else [],
        "own": impact_view.rest(page.blocks),
        "goal": str(access.site.goals[0][1]) if access.site.goals else "",
        "without_people": address(page.path, replaced(page.pairs, [], ["people"])),
        "exposed_people": address(page.path, replaced(page.pairs, [("people", "exposed")])),
    }


def _funnel(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    kept = [one for one in access.rooms.catalog.saved_reports(access.site.id) if one.report == page.name]
    saved = [{"name": one.name, "href": saved_address(access.site.name, one.report, one.arguments)} for one in kept]
    view, groups = page.block("steps"), page.block("breakdown")
    return {
        "saved": saved,
        "funnel": funnel_view.steps(view) if view else [],
        "breakdown": funnel_view.breakdown(groups, page.answer) if groups and page.answer else None,
        "whole_funnel": address(page.path, replaced(page.pairs, [], ["people", "at"])),
    }


def _timeline(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    if page.answer is None:
        return {"person_name": "", "visits": [], "profile": [], "linked": [], "earlier": "", "csv": ""}
    zone, result = access.site.zone, page.answer
    facts = timeline_view.profile(result)
    events = page.block("events")
    later = [events.next] if events and events.next else []
    return {
        "person_name": facts[0].value if facts else page.last("person"),
        "visits": timeline_view.visits(result, zone),
        "profile": facts,
        "linked": timeline_view.linked(result, zone),
        "earlier": address(page.path, replaced(page.pairs, later)) if later else "",
        "newest_first": address(page.path, replaced(page.pairs, [("order", "newest")])),
        "oldest_first": address(page.path, replaced(page.pairs, [], ["order"])),
        "csv": events.csv if events else "",
    }
