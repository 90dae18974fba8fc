"""Annotations: a site's own and nobody else's, checked before they are kept."""

from __future__ import annotations

from datetime import date

import pytest

from collector.catalog.annotations import MOST_LETTERS
from collector.catalog.catalog import Catalog
from collector.core.annotation import Annotation
from collector.core.errors import UserError


@pytest.fixture
def site(catalog: Catalog) -> int:
    return catalog.add_site("shop", ["https://shop.example"], 1).site.id


def test_annotations_are_kept_in_the_order_of_their_days(catalog: Catalog, site: int) -> None:
    late = catalog.add_annotation(site, "2026-03-02", "  new\n checkout ", 5, "release", "https://shop.example/notes")
    early = catalog.add_annotation(site, "2026-02-01", "spring sale", 6, "campaign")
    assert late == Annotation(late.id, date(2026, 3, 2), "release", "new checkout", "https://shop.example/notes")
    assert list(catalog.annotations(site)) == [early, late]
    assert catalog.change_annotation(site, early.id, "2026-04-01", "summer sale", "other", "")
    changed = Annotation(early.id, date(2026, 4, 1), "other", "summer sale")
    assert list(catalog.annotations(site)) == [late, changed]
    record = catalog.site(site)
    assert record is not None
    assert list(catalog.question_site(record).annotations) == [late, changed]
    assert catalog.delete_annotation(site, late.id)
    assert not catalog.delete_annotation(site, late.id)
    assert list(catalog.annotations(site)) == [changed]


def test_another_site_neither_sees_nor_changes_them(catalog: Catalog, site: int) -> None:
    other = catalog.add_site("other", [], 1).site.id
    mine = catalog.add_annotation(site, "2026-03-02", "a release", 5)
    assert catalog.annotation(other, mine.id) is None
    assert not catalog.change_annotation(other, mine.id, "2026-01-01", "theirs", "other", "")
    assert not catalog.delete_annotation(other, mine.id)
    assert not catalog.delete_annotation(site, 2**70)
    assert list(catalog.annotations(site)) == [mine]
    catalog.delete_site(site)
    assert not catalog.annotations(site)


@pytest.mark.parametrize(
    ("day", "text", "kind", "link"),
    [
        ("2026-02-30", "a", "release", ""),
        ("0001-01-01", "a", "release", ""),
        ("", "a", "release", ""),
        ("2026-02-01", " \0 ", "release", ""),
        ("2026-02-01", "a" * (MOST_LETTERS + 1), "release", ""),
        ("2026-02-01", "a", "party", ""),
        ("2026-02-01", "a", "release", "javascript:alert(1)"),
        ("2026-02-01", "a", "release", "https://"),
        ("2026-02-01", "a", "release", "https://[x"),
        ("2026-02-01", "a", "release", "https://a.example/" + "x" * 500),
        ("2026-02-01", "a", "release", "https://a.example/\u202e"),
    ],
)
def test_what_cannot_be_kept_is_refused(catalog: Catalog, site: int, day: str, text: str, kind: str, link: str) -> None:
    with pytest.raises(UserError):
        catalog.add_annotation(site, day, text, 5, kind, link)
    assert not catalog.annotations(site)
