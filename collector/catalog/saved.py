"""Saved reports of a site, and what questions are asked of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import parse_qsl, urlencode

import peewee

from collector.catalog import check
from collector.catalog.annotations import Annotations
from collector.catalog.base import REPORT, Record
from collector.catalog.segments import Segments
from collector.catalog.values import SavedReport, Site
from collector.core import query
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.stages import parse_stages


def _report(row: Record) -> SavedReport:
    return SavedReport(row["id"], row["name"], row["report"], row["arguments"], row["created"])


class Saved(Segments, Annotations):
    """The part of the catalog about what people saved. Everything is found within its site only."""

    def saved_reports(self, site_id: int) -> Sequence[SavedReport]:
        """A site's saved reports, by name."""
        rows = self._all(REPORT.select().where(REPORT.c.site == site_id).order_by(REPORT.c.name))
        return [_report(row) for row in rows]

    def saved_report(self, site_id: int, report_id: int) -> SavedReport | None:
        """One of a site's saved reports."""
        row = self._first(REPORT.select().where(self._at(REPORT, site_id, report_id)))
        return None if row is None else _report(row)

    def save_report(
        self, site_id: int, name: str, report: str, arguments: str, now: int, replace: bool = False
    ) -> SavedReport:
        """Keep a report's query string under a name.

        Raises:
            UserError: no name, or it is taken and not to be replaced.
        """
        name = check.label(name, "report")
        canonical = urlencode(parse_qsl(arguments.removeprefix("?"), keep_blank_values=True))
        mine = (REPORT.c.site == site_id) & (REPORT.c.name == name)
        with self._engine.writing():
            if replace:
                self._change(REPORT.delete().where(mine))
            elif self._first(REPORT.select().where(mine)):
                raise UserError(f"There is a saved report {name!r} already.", "Choose another name.")
            self._add(REPORT, site=site_id, name=name, report=report, arguments=canonical, created=now)
            return _report(self._all(REPORT.select().where(mine))[0])

    def delete_report(self, site_id: int, report_id: int) -> bool:
        """Delete a saved report; whether the site had it."""
        with self._engine.writing():
            return self._change(REPORT.delete().where(self._at(REPORT, site_id, report_id))) > 0

    @staticmethod
    def _at(table: peewee.Table, site_id: int, row_id: int) -> object:
        # A number from an address, which may be longer than any id.
        return (table.c.site == site_id) & (table.c.id == (row_id if row_id < 2**63 else 0))

    def question_site(self, site: Site) -> query.Site:
        """What a question must know of the site it is asked of: its zone, segments, goals and stages."""
        goals = [(goal.name, parse_matcher(goal.matcher)) for goal in site.goals]
        stages = parse_stages(site.options.stages)
        return query.Site(
            id=site.id,
            name=site.name,
            zone=site.zone,
            segments=self.segments(site.id),
            goals=goals,
            stages=stages,
            annotations=self.annotations(site.id),
            currencies={parse_matcher(goal.matcher): goal.currency for goal in site.goals if goal.currency},
            lists=partial(self.people_on, site.id),
        )
