"""What shortens the life of the cookie, and that the linker's script is not taken for the tag."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from collector.doctor.cookies import Address, addresses, cookies
from collector.doctor.finding import Case, Page
from collector.doctor.tag import _Scripts
from collector.settings import read_settings

HOSTS = {
    "shop.example": ["203.0.112.7"],
    "www.shop.example": ["203.0.112.7"],
    "near.shop.example": ["203.0.9.1"],
    "far.shop.example": ["198.51.7.1"],
    "six.shop.example": ["2001:4860::1"],
    "both.shop.example": ["198.51.7.1", "203.0.112.9"],
    "private.shop.example": ["10.0.0.1"],
    "other.example": ["203.0.112.7"],
    "stats.shop.co.uk": ["198.51.7.1"],
    "shop.co.uk": ["198.51.7.2"],
}


def resolve(host: str) -> list[Address]:
    return [ip_address(text) for text in HOSTS.get(host, [])]


@pytest.mark.parametrize(
    ("collector", "origin", "words"),
    [
        ("", "https://shop.example", ""),
        ("https://shop.example", "https://shop.example", ""),
        ("https://near.shop.example", "https://shop.example", ""),
        ("https://near.shop.example", "https://www.shop.example", ""),
        ("https://both.shop.example", "https://shop.example", ""),
        ("https://private.shop.example", "https://shop.example", ""),
        ("https://nowhere.shop.example", "https://shop.example", ""),
        ("https://stats.shop.co.uk", "https://shop.co.uk", ""),
        ("https://stats.abc.example", "https://www.abc.example", ""),
        ("https://stats.other.co.uk", "https://shop.co.uk", "another site"),
        ("https://far.shop.example", "https://shop.example", "7 days"),
        ("https://six.shop.example", "https://shop.example", "7 days"),
        ("https://other.example", "https://shop.example", "another site"),
    ],
)
def test_a_cookie_that_browsers_cut_short_is_told(tmp_path: Path, collector: str, origin: str, words: str) -> None:
    settings = read_settings({"DESIRELINE_DATA": str(tmp_path), "DESIRELINE_PUBLIC_URL": collector})
    found = list(cookies(Case(settings, 0, lambda address: Page(0, {}, "")), origin, resolve))
    assert [words in finding.text for finding in found] == ([True] if words else [])


def test_hosts_are_looked_up_and_unknown_ones_are_no_error() -> None:
    assert ip_address("127.0.0.1") in addresses("127.0.0.1")
    assert addresses("no-such-host.invalid") == []


def test_the_linker_before_the_tag_is_not_the_tag() -> None:
    scripts = _Scripts()
    scripts.feed('<script src="https://c.example/linker.js" data-site="k"></script><script src="/t.js" data-site="k">')
    assert [tag.src for tag in scripts.tags] == ["/t.js"]
