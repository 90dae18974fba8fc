"""For which domain a site may have its cookie (B25)."""

from __future__ import annotations

import pytest

from collector.catalog.catalog import Catalog
from collector.catalog.check_domain import shared_domain
from collector.core.errors import UserError

ORIGINS = ["https://www.shop.example", "https://*.shop.example", "http://shop.example:8443"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("shop.example", "shop.example"), (" .Shop.Example ", "shop.example"), ("www.shop.example", "www.shop.example")],
)
def test_it_is_a_domain_of_the_site_s_own(catalog: Catalog, given: str, kept: str) -> None:
    assert catalog.add_site("shop", ORIGINS, 5, cookie_domain=given).site.options.cookie_domain == kept
    other = catalog.add_site("other", ORIGINS, 5).site
    assert other.options.cookie_domain == ""
    assert catalog.update_site(other.id, cookie_domain=given).options.cookie_domain == kept
    assert catalog.update_site(other.id, cookie_domain="").options.cookie_domain == ""


@pytest.mark.parametrize(
    "given",
    [
        "example",
        "co.uk",
        "github.io",
        "localhost",
        "127.0.0.1",
        "elsewhere.example",
        "op.example",
        "a b",
        "shop.example/",
    ],
)
def test_else_it_is_refused(catalog: Catalog, given: str) -> None:
    origins = [*ORIGINS, "https://a.co.uk", "https://me.github.io", "http://localhost:3000", "http://127.0.0.1:80"]
    with pytest.raises(UserError):
        catalog.add_site("shop", origins, 5, cookie_domain=given)
    site = catalog.add_site("other", origins, 5).site
    with pytest.raises(UserError):
        catalog.update_site(site.id, cookie_domain=given)


def test_origins_cannot_leave_it_behind(catalog: Catalog) -> None:
    site = catalog.add_site("shop", ORIGINS, 5, cookie_domain="shop.example").site
    with pytest.raises(UserError, match=r"shop\.example"):
        catalog.update_site(site.id, origins=["https://other.example"])
    with pytest.raises(UserError):
        catalog.update_site(site.id, origins=[])
    assert catalog.update_site(site.id, origins=["https://other.example"], cookie_domain="").origins


@pytest.mark.parametrize(
    ("origins", "shared"),
    [
        (ORIGINS, "shop.example"),
        (["https://www.shop.co.uk", "https://blog.shop.co.uk"], "shop.co.uk"),
        (["https://a.vercel.app", "https://b.vercel.app"], ""),
        (["https://shop.example", "http://shop.example:81"], ""),
        (["https://shop.example", "https://blog.example"], ""),
        (["http://10.0.0.1", "http://10.0.0.2"], ""),
        ([], ""),
    ],
)
def test_what_several_hosts_share_is_told(origins: list[str], shared: str) -> None:
    assert shared_domain(origins) == shared
