"""The demo site's server: pages with their placeholders filled, and nothing but the site's own files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from collector.demo.pages import PageServer, addresses, site_folder
from collector.demo.world import TITLES

VALUES = {
    "COLLECTOR": "http://127.0.0.1:8000",
    "WRITE_KEY": 'wk_"<&',
    "SHOP": "http://127.0.0.1:8001",
    "ELSEWHERE": "http://localhost:8002",
}


@pytest.fixture(scope="module")
def shop() -> Iterator[PageServer]:
    server = PageServer(site_folder("shop"), values=VALUES, one_name=True).start()
    yield server
    server.stop()


def get(server: PageServer, path: str, method: str = "GET") -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", urlsplit(server.origin).port, timeout=5)
    connection.request(method, path)
    answer = connection.getresponse()
    text = answer.read().decode("latin-1")
    connection.close()
    return answer, text


@pytest.mark.parametrize("path", sorted(TITLES))
def test_every_page_that_simulated_people_visit_is_there_and_carries_the_tag(shop: PageServer, path: str) -> None:
    answer, text = get(shop, path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    tag = '<script defer src="http://127.0.0.1:8000/t.js" data-site="wk_&quot;&lt;&amp;"></script>'
    assert tag in text
    assert "{{" not in text


def test_links_and_scripts_of_all_pages_lead_somewhere(shop: PageServer) -> None:
    for path in addresses(site_folder("shop")):
        _, text = get(shop, path)
        for link in re.findall(r'(?:href|src)="(/[^"]*)"', text):
            assert get(shop, link)[0].status == 200, f"{path} links to {link}"


def test_the_other_site_links_back_by_a_retargeting_ad() -> None:
    other = PageServer(site_folder("elsewhere"), values=VALUES).start()
    try:
        _, text = get(other, "/")
    finally:
        other.stop()
    ad = "http://127.0.0.1:8001/come-back?utm_source=adnet&amp;utm_medium=retargeting&amp;utm_campaign=cart-reminder"
    assert f'href="{ad}"' in text
    assert "t.js" not in text


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/..%2f..%2fpyproject.toml", "/nowhere", "/shop.js/", "//etc/passwd"]
)
def test_what_is_not_part_of_the_site_is_not_found(shop: PageServer, path: str) -> None:
    answer, text = get(shop, path)
    assert answer.status == 404
    assert "drifted off" in text


def test_a_head_request_gets_no_body(shop: PageServer) -> None:
    answer, text = get(shop, "/plans", "HEAD")
    assert answer.status == 200
    assert int(answer.headers["Content-Length"]) > 500
    assert text == ""


def test_the_shop_has_one_name_and_the_other_site_is_another_host(shop: PageServer) -> None:
    connection = HTTPConnection("127.0.0.1", urlsplit(shop.origin).port, timeout=5)
    connection.request("GET", "/plans?x=1", headers={"Host": "localhost:1"})
    answer = connection.getresponse()
    connection.close()
    assert (answer.status, answer.headers["Location"]) == (302, f"{shop.origin}/plans?x=1")
