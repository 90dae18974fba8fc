"""Annotations of a site: what happened on which day, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

import peewee

from collector.catalog import check
from collector.catalog.base import Base, Record
from collector.core.annotation import KINDS, Annotation, AnnotationKind
from collector.core.errors import UserError
from collector.core.times import parse_date

ANNOTATION = peewee.Table("annotation")
MOST = 1_000
MOST_LETTERS = 120
MOST_LINK = 500


def _annotation(row: Record) -> Annotation:
    return Annotation(row["id"], date.fromisoformat(row["day"]), row["kind"], row["text"], row["link"])


class Annotations(Base):
    """The part of the catalog about annotations. Everything is found within its site only."""

    def annotations(self, site_id: int) -> Sequence[Annotation]:
        """A site's annotations, the earliest first."""
        mine = ANNOTATION.select().where(ANNOTATION.c.site == site_id)
        return tuple(_annotation(row) for row in self._all(mine.order_by(ANNOTATION.c.day, ANNOTATION.c.id)))

    def annotation(self, site_id: int, annotation_id: int) -> Annotation | None:
        """One of a site's annotations."""
        row = self._first(ANNOTATION.select().where(_at(site_id, annotation_id)))
        return None if row is None else _annotation(row)

    def add_annotation(
        self, site_id: int, day: str, text: str, now: int, kind: str = "release", link: str = ""
    ) -> Annotation:
        """Mark what happened on a day.

        Args:
            day: YYYY-MM-DD, of the site's zone.
            link: an address (http or https), or "".

        Raises:
            UserError: no day, no text, no such kind, no address, or too many annotations.
        """
        cells = _cells(day, text, kind, link)
        with self._engine.writing():
            before = {one.id for one in self.annotations(site_id)}
            if len(before) >= MOST:
                raise UserError("There are too many annotations.", "Delete those that nobody needs any more.")
            self._add(ANNOTATION, site=site_id, created=now, **cells)
            return next(one for one in self.annotations(site_id) if one.id not in before)

    def change_annotation(self, site_id: int, annotation_id: int, day: str, text: str, kind: str, link: str) -> bool:
        """Say it anew; whether the site had it.

        Raises:
            UserError: as `add_annotation`.
        """
        cells = _cells(day, text, kind, link)
        with self._engine.writing():
            return self._change(ANNOTATION.update(**cells).where(_at(site_id, annotation_id))) > 0

    def delete_annotation(self, site_id: int, annotation_id: int) -> bool:
        """Delete an annotation; whether the site had it."""
        with self._engine.writing():
            return self._change(ANNOTATION.delete().where(_at(site_id, annotation_id))) > 0


def _at(site_id: int, annotation_id: int) -> object:
    # A number from an address, which may be longer than any id.
    number = annotation_id if annotation_id < 2**63 else 0
    return (ANNOTATION.c.site == site_id) & (ANNOTATION.c.id == number)


def _cells(day: str, text: str, kind: str, link: str) -> dict[str, str]:
    words = " ".join(check.storable(text).split())
    if not words or len(words) > MOST_LETTERS:
        raise UserError("An annotation needs a few words.", f"At most {MOST_LETTERS} characters.")
    return {"day": parse_date(day).isoformat(), "text": words, "kind": _kind(kind), "link": _link(link)}


def _kind(text: str) -> AnnotationKind:
    for known in KINDS:
        if text == known:
            return known
    raise UserError(f"{text!r} is not a kind of annotation.", f"Choose one of {', '.join(KINDS)}.")


def _link(text: str) -> str:
    link = check.storable(text).strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or len(link) > MOST_LINK or not link.isprintable() or " " in link:
        raise UserError("This is not a link.", f"Begin it with https:// or http://, at most {MOST_LINK} characters.")
    return link
