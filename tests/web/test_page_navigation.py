"""The navigation: reports in groups by their place, and only what belongs together open."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from collector.reports.registry import reports
from collector.web.navigation import group_of
from tests.support.pages import installed

GROUPS = ["Now", "Journeys", "What works", "Your own", "Site", "Settings"]


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    for shop in installed(tmp_path_factory.mktemp("shop"), events=False):
        yield shop.client()


def groups(page: str, label: str) -> dict[str, tuple[bool, str]]:
    """Title to whether it is open, and its links, of the navigation with this label."""
    nav = page.split(f'aria-label="{label}"')[1].split("</nav>")[0]
    found = re.findall(
        r'<details class="nav-group"[^>]*?( open)?>\s*<summary>(.*?)</summary>(.*?)</details>', nav, re.S
    )
    return {title: (bool(is_open), links) for is_open, title, links in found}


def test_each_report_stands_in_the_group_of_its_place(owner: FlaskClient) -> None:
    side = groups(owner.get("/shop/overview").text, "Site")
    assert list(side) == GROUPS
    for name, report in reports().items():
        inside = [title for title, (_, links) in side.items() if f'href="/shop/{name}"' in links]
        assert inside == ([] if report.menu is None else [GROUPS[group_of(report)]])


def test_the_side_opens_all_reports_and_the_short_menu_only_where_the_reader_is(owner: FlaskClient) -> None:
    page = owner.get("/shop/funnel").text
    assert [title for title, (is_open, _) in groups(page, "Site").items() if is_open] == GROUPS[:4]
    assert [title for title, (is_open, _) in groups(page, "Site, short").items() if is_open] == ["Journeys"]


def test_a_settings_page_opens_its_own_group(owner: FlaskClient) -> None:
    side = groups(owner.get("/shop/settings").text, "Site")
    assert side["Settings"][0]
    assert 'aria-current="page">General' in side["Settings"][1]
    assert not side["Site"][0]


def test_the_pages_of_events_and_people_come_before_those_of_causes() -> None:
    places = {name: group_of(report) for name, report in reports().items() if report.menu is not None}
    assert places["overview"] == places["visitors"] == places["events"] == 0
    assert places["funnel"] == 1
    assert places["impact"] == places["chat"] == places["retargeting"] == 2
