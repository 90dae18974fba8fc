"""Segments of a site: sets of people under a name, and what else names them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

import peewee

from collector.catalog import check
from collector.catalog.base import REPORT, SEGMENT, Record
from collector.catalog.dashboards import PIN
from collector.catalog.lists import Lists
from collector.catalog.shares import SHARE
from collector.core.errors import UserError
from collector.core.people import Fact, PeopleCondition, Segment, lists_in, renamed, segments_in
from collector.core.people_text import check_segments, parse_kept, parse_people, written

Found = TypeVar("Found")
_FILTERS = ("where", "where-not")


@dataclass(frozen=True, slots=True)
class Use:
    """Something that names a segment: `kind` is report, share, pin (on a dashboard) or segment.

    `report` and `arguments` are its question.
    """

    kind: str
    id: int
    name: str
    report: str = ""
    arguments: str = ""


def _segment(row: Record) -> Segment:
    where, where_not = (tuple(map(parse_kept, json.loads(row[name]))) for name in ("wheres", "wheres_not"))
    return Segment(row["name"], where, where_not)


def _texts(segment: Segment) -> dict[str, str]:
    return {
        "wheres": json.dumps(list(map(str, segment.where))),
        "wheres_not": json.dumps(list(map(str, segment.where_not))),
    }


class Segments(Lists):
    """The part of the catalog about segments. Everything is found within its site only."""

    def segments(self, site_id: int) -> Mapping[str, Segment]:
        """A site's segments by name, in order of name."""
        rows = self._all(SEGMENT.select().where(SEGMENT.c.site == site_id).order_by(SEGMENT.c.name))
        return {row["name"]: _segment(row) for row in rows}

    def save_segment(
        self,
        site_id: int,
        name: str,
        where: Iterable[str],
        where_not: Iterable[str],
        now: int,
        replace: bool = False,
    ) -> Segment:
        """Keep a set of people: those of whom all of `where` and none of `where_not` holds (conditions as text).

        Raises:
            UserError: no name, it is taken and not to be replaced, a condition cannot be read, there is none,
                or it names a segment that there is not or that leads back to this one.
        """
        read = [tuple(map(parse_people, texts)) for texts in (where, where_not)]
        made = Segment(check.label(name, "segment"), *read)
        if not made.where and not made.where_not:
            raise UserError("A segment needs a condition.", "Say what its people did or did not do.")
        with self._engine.writing():
            self._write_segment(site_id, made, now, replace)
        return made

    def save_list(
        self, site_id: int, name: str, people: Iterable[str], day: str, now: int, replace: bool = False
    ) -> Segment:
        """Keep these people (user ids, visitors' keys) as they are on `day` (ISO) as a segment: nobody joins it later.

        Raises:
            UserError: no name, it is taken and not to be replaced, nobody is on the list, or too many are.
        """
        name = check.label(name, "segment")
        with self._engine.writing():
            made = Segment(name, (Fact("list", self._keep_list(site_id, people, day, now)),))
            self._write_segment(site_id, made, now, replace)
        return made

    def _write_segment(self, site_id: int, made: Segment, now: int, replace: bool) -> None:
        known = self.segments(site_id)
        if made.name in known and not replace:
            raise UserError(f"There is a segment {made.name!r} already.", "Choose another name.")
        check_segments(made, {**known, made.name: made})
        for name in lists_in(made):
            self.people_on(site_id, name)
        if made.name in known:
            mine = (SEGMENT.c.site == site_id) & (SEGMENT.c.name == made.name)
            self._change(SEGMENT.update(**_texts(made)).where(mine))
            self._drop_unnamed(site_id)
        else:
            self._add(SEGMENT, site=site_id, name=made.name, created=now, **_texts(made))

    def _drop_unnamed(self, site_id: int) -> None:
        """Delete the kept lists that no segment names any more."""
        self._drop_lists(site_id, [name for one in self.segments(site_id).values() for name in lists_in(one)])

    def delete_segment(self, site_id: int, name: str) -> bool:
        """Delete a segment; whether the site had it.

        Raises:
            UserError: other segments name it.
        """
        name = check.storable(name)
        with self._engine.writing():
            naming = [one.name for one in self.segment_uses(site_id, name) if one.kind == "segment"]
            if naming:
                raise UserError(f"{name!r} is a part of {', '.join(naming)}.", "Change or delete that first.")
            mine = (SEGMENT.c.site == site_id) & (SEGMENT.c.name == name)
            gone = self._change(SEGMENT.delete().where(mine)) > 0
            self._drop_unnamed(site_id)
            return gone

    def rename_segment(self, site_id: int, old: str, new: str) -> Segment:
        """Give a segment another name, also in all that names it: segments, saved reports, shared links.

        Raises:
            UserError: there is none called `old`, or `new` is no name, is taken, or would read as something else there.
        """
        old, new = check.storable(old), check.label(new, "segment")
        with self._engine.writing():
            known = self.segments(site_id)
            if old not in known:
                raise UserError(f"There is no segment {old!r}.", f"Known: {', '.join(known) or 'none yet'}.")
            if new in known and new != old:
                raise UserError(f"There is a segment {new!r} already.", "Choose another name.")
            for one in known.values():
                after = _renamed(one, old, new)
                if after != one:
                    mine = (SEGMENT.c.site == site_id) & (SEGMENT.c.name == one.name)
                    self._change(SEGMENT.update(name=after.name, **_texts(after)).where(mine))
            for table in (REPORT, SHARE, PIN):
                for row in self._asking(table, site_id, old):
                    arguments = urlencode([(name, _after(name, text, old, new)) for name, text in _pairs(row)])
                    self._change(table.update(arguments=arguments).where(table.c.id == row["id"]))
            return self.segments(site_id)[new]

    def segment_uses(self, site_id: int, name: str) -> Sequence[Use]:
        """What names a segment: other segments, saved reports, shared links, blocks on dashboards."""
        found = [
            Use("report", row["id"], row["name"], row["report"], row["arguments"])
            for row in self._asking(REPORT, site_id, name)
        ]
        found += [
            Use("share", row["id"], row["name"], row["report"], row["arguments"])
            for row in self._asking(SHARE, site_id, name)
        ]
        found += [
            Use("pin", row["id"], row["name"], row["report"], row["arguments"])
            for row in self._asking(PIN, site_id, name)
        ]
        rows = self._all(SEGMENT.select().where(SEGMENT.c.site == site_id).order_by(SEGMENT.c.name))
        return [*found, *(Use("segment", row["id"], row["name"]) for row in rows if name in _segment(row).named)]

    def _asking(self, table: peewee.Table, site_id: int, name: str) -> list[Record]:
        """Rows of saved questions that name a segment, by name."""
        rows = self._all(table.select().where(table.c.site == site_id).order_by(table.c.name, table.c.id))
        return [row for row in rows if any(_names(of, text, name) for of, text in _pairs(row))]


def _pairs(row: Record) -> list[tuple[str, str]]:
    return parse_qsl(row["arguments"], keep_blank_values=True)


def _names(argument: str, text: str, segment: str) -> bool:
    if argument in _FILTERS:
        return _read(text, lambda condition: segment in segments_in(condition), False)
    return argument == "segment" and text == segment


def _after(argument: str, text: str, old: str, new: str) -> str:
    """An argument of a question after a segment's new name."""
    if not _names(argument, text, old):
        return text
    return new if argument == "segment" else _read(text, lambda one: written(renamed(one, old, new)), text)


def _read(text: str, use: Callable[[PeopleCondition], Found], otherwise: Found) -> Found:
    """What is made of a question's condition; a saved address may hold anything."""
    try:
        condition = parse_people(text)
    except UserError:
        return otherwise
    return use(condition)


def _renamed(segment: Segment, old: str, new: str) -> Segment:
    where, where_not = (tuple(renamed(one, old, new) for one in some) for some in (segment.where, segment.where_not))
    for condition in (*where, *where_not) if old in segment.named else ():
        written(condition)
    return Segment(new if segment.name == old else segment.name, where, where_not)
