"""A report's page as values: the question as a form, the answer as views of blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import url_for

from collector.core.blocks import Block, Result
from collector.core.deadline import Cancelled
from collector.core.errors import NoGoalError, UserError
from collector.core.query import Query, parse_span
from collector.core.text import T
from collector.core.times import Span
from collector.core.whole import whole
from collector.journeys.journeys import TRAIT, Journeys
from collector.reports.base import Report
from collector.reports.by_segment import OFFERED
from collector.web import draw, suggestions
from collector.web.acts import Goals
from collector.web.address import ROWS, Pairs, address, grouped, replaced
from collector.web.asked import asked, settled
from collector.web.bare import is_set
from collector.web.draw import BlockView
from collector.web.field_words import field_words
from collector.web.fields import FieldView, common
from collector.web.fields import field as make_field
from collector.web.format import moment, text
from collector.web.guard import SiteAccess
from collector.web.language import gettext
from collector.web.period import Period, period
from collector.web.plots import Mark
from collector.web.questions import STOPPED, shortened
from collector.web.turns import ask_in_turn
from collector.web.words import BREAKDOWNS, value_words

PEOPLE_REPORT = "visitors"
# Parameters that links and page templates set, without a field of their own.
UNSEEN = ("limit", "after", "before", "people", "at", "group", "subset", "within", "next")
ONLY = "_only"
PERSON_REPORT = "timeline"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What the report templates show."""

    name: str
    title: str
    summary: str
    path: str
    pairs: Pairs
    query_string: str
    fields: Sequence[FieldView]
    where: FieldView
    where_not: FieldView
    period: Period | None
    suggestions: Sequence[suggestions.Suggestion]
    properties: Sequence[tuple[str, str]]
    given: Mapping[str, Sequence[str]]
    segments: Sequence[str] = ()
    goals: Goals = ()
    breaks_down: bool = False
    each_segment: bool = False
    blocks: Sequence[BlockView] = ()
    headline: str = ""
    notes: Sequence[str] = ()
    as_of: str = ""
    json: str = ""
    error: str = ""
    hint: str = ""
    no_goal: bool = False
    nothing_yet: bool = False
    can_save: bool = True
    hidden: Sequence[tuple[str, str]] = ()
    only: str = ""
    rows_asked: int = 0
    answer: Result | None = None
    query: Query | None = None
    field_by: Mapping[str, FieldView] = field(default_factory=dict)

    @property
    def editing(self) -> bool:
        """Whether a further row was just asked for."""
        return self.rows_asked > 0

    @property
    def asked(self) -> list[str]:
        """What is asked, for the line that says it."""
        fields = settled(self.fields, self.answer)
        return asked(self.period.label if self.period else "", fields, self.given, self.goals)

    @property
    def has_charts(self) -> bool:
        """Whether the page needs the script that draws plots."""
        return any(block.chart for block in self.blocks)

    @property
    def filtered(self) -> int:
        """How many filters on people are set."""
        flags = bool(self.include_bots) + bool(self.include_cookieless)
        return len(self.where.values) + len(self.where_not.values) + flags

    def last(self, name: str) -> str:
        """The text of a common option as the address says it."""
        values = [value for value in self.given.get(name, ()) if value.strip()]
        return values[-1] if values else ""

    @property
    def by(self) -> str:
        """The breakdown."""
        return self.last("by")

    @property
    def segment(self) -> str:
        """The chosen segment's name."""
        return self.last("segment")

    @property
    def include_bots(self) -> bool:
        """Whether bots count."""
        return is_set(self.given, "include-bots")

    @property
    def include_cookieless(self) -> bool:
        """Whether people counted without cookies are followed for longer than a day too."""
        return is_set(self.given, "include-cookieless")

    @property
    def all_time(self) -> bool:
        """Whether the range is all time."""
        return is_set(self.given, "all-time")

    @property
    def rolling(self) -> str:
        """The period that moves on with the days, as the address says it."""
        return self.last("period")

    @property
    def first_given(self) -> str:
        """The day the address begins the range with."""
        return self.last("from")

    @property
    def last_given(self) -> str:
        """The day the address ends the range with."""
        return self.last("to")

    @property
    def strips(self) -> list[list[BlockView]]:
        """The blocks in order, neighbouring numbers together."""
        return in_strips(self.blocks)

    def strips_beside(self, *ids: str) -> list[list[BlockView]]:
        """The same without the blocks called so."""
        return in_strips([block for block in self.blocks if block.id not in ids])

    @property
    def without_people(self) -> str:
        """The address of this page without its list of people."""
        return address(self.path, replaced(self.pairs, [], UNSEEN))

    def whole(self, block_id: str) -> str:
        """The address of this page with one block alone, in full."""
        return address(self.path, [*self.pairs, (ONLY, block_id)])

    @property
    def without_only(self) -> str:
        """The address of this page with all its blocks."""
        return address(self.path, self.pairs)

    @property
    def older(self) -> str:
        """Where a list that is read page by page goes on, if it does."""
        found = next((block.next for block in self.blocks if block.next), None)
        return address(self.path, replaced(self.pairs, [found])) if found else ""

    @property
    def newest(self) -> str:
        """Back to the beginning of such a list, if this is not it."""
        if not self.last("after"):
            return ""
        return address(self.path, replaced(self.pairs, [], ["after"]))

    def block(self, block_id: str) -> BlockView | None:
        """The block called so, None where the answer has none."""
        return next((block for block in self.blocks if block.id == block_id), None)


def in_strips(blocks: Sequence[BlockView]) -> list[list[BlockView]]:
    """Blocks in order, neighbouring numbers together."""
    found: list[list[BlockView]] = []
    for one in blocks:
        if one.cards and found and found[-1][-1].cards:
            found[-1].append(one)
        else:
            found.append([one])
    return found


class Links:
    """Addresses that one report page's rows and blocks lead to."""

    def __init__(self, site: str, report: Report, pairs: Pairs) -> None:
        self.site = site
        self.report = report
        self.pairs = [pair for pair in pairs if not pair[0].startswith("_")]
        self.own = {param.name for param in report.params}

    def report_path(self, name: str, suffix: str = "") -> str:
        """The path of a report of this site."""
        return url_for("reports.show", site_name=self.site, report_name=name + suffix)

    def people(self, arguments: Sequence[tuple[str, str]]) -> str:
        """Where a row's people are: this report where it knows the arguments, else the list of visitors.

        Arguments that begin with a `report` are a question of that one.
        """
        if arguments and arguments[0][0] == "report":
            return address(self.report_path(arguments[0][1]), arguments[1:])
        if any(name in self.own for name, _ in arguments):
            # An argument without a text takes back what the address says now.
            changed = replaced(self.pairs, arguments)
            return address(self.report_path(self.report.name), [pair for pair in changed if pair[1]])
        return address(self.report_path(PEOPLE_REPORT), arguments)

    def person(self, key: str) -> str:
        """The timeline of a person."""
        return address(self.report_path(PERSON_REPORT), [("person", key)])

    def csv(self, block: str) -> str:
        """A block as CSV."""
        return address(self.report_path(self.report.name, ".csv"), [*self.pairs, ("block", block)])

    def json(self) -> str:
        """The whole answer as JSON."""
        return address(self.report_path(self.report.name, ".json"), self.pairs)


def build(
    access: SiteAccess, journeys: Journeys, report: Report, pairs: Pairs, now: int, marks: Sequence[Mark] = ()
) -> ReportPage:
    """The page of a report for these arguments; a question that cannot be answered keeps its form and says why.

    Args:
        marks: what happened on which day, drawn on plots over days.
    """
    given = grouped(pairs)
    site = access.site
    links = Links(site.name, report, pairs)
    rows = next((whole(value) or 0 for name, value in pairs if name == ROWS), 0)
    fields = [make_field(param, given, rows if param.repeat else 0) for param in report.params]
    limit = [("limit", text_) for text_ in given.get("limit", ())[-1:]]
    path = links.report_path(report.name)
    base = {
        "name": report.name,
        "title": text(report.title),
        "summary": text(report.summary),
        "path": path,
        "pairs": links.pairs,
        "query_string": address("", links.pairs).lstrip("?"),
        "fields": [one for one in fields if one.name not in UNSEEN],
        "hidden": limit,
        "rows_asked": rows,
        "only": next((value for name, value in pairs if name == ONLY), ""),
        "field_by": {one.name: one for one in fields},
        "where": common("where", "matcher", text(T("Did all of this")), given),
        "where_not": common("where-not", "matcher", text(T("Did none of this")), given),
        "suggestions": suggestions.suggest(journeys, ""),
        "properties": breakdowns(access, journeys),
        "segments": list(site.segments),
        "goals": site.goals,
        "breaks_down": report.breaks_down and not report.own_by,
        "each_segment": report.name in OFFERED and bool(site.segments),
        "given": given,
        "nothing_yet": not any(part.size for part in journeys.each()),
    }
    picked = _period(path, pairs, given, access, now) if report.ranged else None
    missing = [param for param in report.params if len(given.get(param.name, ())) < param.required]
    if missing and not any(param.name in given for param in report.params):
        return ReportPage(**base, period=picked, can_save=False)  # type: ignore[arg-type]
    try:
        if any(name == STOPPED for name, _ in pairs):
            raise Cancelled
        query, result = ask_in_turn(f"user {access.user.id}", report, journeys, given, site, now, page=True)
    except NoGoalError:
        return ReportPage(**base, period=picked, no_goal=True, can_save=False)  # type: ignore[arg-type]
    except UserError as error:
        return ReportPage(**base, period=picked, **field_words(error, report), can_save=False)  # type: ignore[arg-type]
    result = shortened(result)
    return ReportPage(
        **base,  # type: ignore[arg-type]
        period=period(path, pairs, given, query.span) if report.ranged else None,
        blocks=draw.told_once([block_view(block, access, links, now, marks) for block in result.blocks]),
        headline=text(result.headline, site.zone),
        notes=[text(note, site.zone) for note in result.notes],
        as_of=moment(result.as_of, site.zone) if result.as_of else "",
        json=links.json(),
        answer=result,
        query=query,
    )


def block_view(block: Block, access: SiteAccess, links: Links, now: int, marks: Sequence[Mark] = ()) -> BlockView:
    """A block with its links and marks."""
    zone, csv = access.site.zone, links.csv(block.id)
    return draw.view(block, zone, links.people, links.person, csv, links.json(), now, marks, access.site.goals)


def _period(path: str, pairs: Pairs, given: Mapping[str, Sequence[str]], access: SiteAccess, now: int) -> Period | None:
    """The picker where the question itself cannot be read; None where its days are what cannot be read."""
    zone = access.site.zone
    try:
        span: Span | None = parse_span(given, zone, now)
    except UserError:
        return period(path, pairs, {}, None)
    return period(path, pairs, given, span)


def breakdowns(access: SiteAccess, journeys: Journeys) -> list[tuple[str, str]]:
    """What can be broken down by: what there is everywhere, then what was seen; remembered with the view."""
    known = [(name, value_words("property", name)) for name in BREAKDOWNS]
    seen = journeys.memo.get("property names")
    if not isinstance(seen, list):
        ledger, site = access.rooms.ledger, access.site.id
        seen = [f"{TRAIT}{name}" for name in ledger.trait_names(site, 50)] + list(ledger.property_names(site, 100))
        journeys.memo["property names"] = seen
    known += [("segment", gettext("Segment"))] if access.site.segments else []
    return known + [(name, value_words("property", name)) for name in seen if name not in dict(known)]
