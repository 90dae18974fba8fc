"""The blocks of a dashboard: each asked as a report's page asks, shown when it is ready, and told when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from werkzeug.exceptions import ServiceUnavailable

from collector.catalog.dashboards import Dashboard, Pin
from collector.core import query
from collector.core.blocks import Block, Result
from collector.core.errors import UserError
from collector.core.query import Query, flags
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web.address import Pairs, grouped, replaced
from collector.web.asked import asked as asked_words
from collector.web.asked import settled
from collector.web.asking import StillWorking
from collector.web.bare import written
from collector.web.draw import BlockView
from collector.web.fields import field
from collector.web.format import day, text
from collector.web.funnel_view import Step, steps
from collector.web.impact_view import Effect, effects
from collector.web.language import gettext
from collector.web.questions import shortened
from collector.web.report_page import UNSEEN
from collector.web.shares import PERSONAL
from collector.web.turns import ask_in_turn

SPAN = ("period", "from", "to", "all-time")
# Blocks that are not asked by then are told to be worked on: the next look finds more of them ready.
PATIENCE = 4.0
# Their numbers are of one goal, the site's first where the question names none.
OF_A_GOAL = ("attribution", "drivers", "experiment", "impact")
Draw = Callable[[Report, Pairs, Block], BlockView]


@dataclass(frozen=True, slots=True)
class Tile:
    """A pinned block as the page shows it: its view, or `working`, or what is wrong with its question.

    Attributes:
        report, days: where it comes from and of which days it tells, in words.
        asked: what is asked beyond what its report asks by itself, in the words of that report's own page; nothing
            where there is no answer, since a link's reader learns of no question that is not answered.
        pairs: the question, for the way to its report.
        funnel, effects: what is drawn of the block instead, where it is one of these.
    """

    pin: Pin
    report: str
    pairs: Pairs
    days: str = ""
    asked: Sequence[str] = ()
    view: BlockView | None = None
    working: bool = False
    error: str = ""
    funnel: Sequence[Step] = ()
    effects: Sequence[Effect] = ()


def pairs_of(pin: Pin, report: Report, period: str) -> Pairs:
    """The question of a pin, in the dashboard's period where it has one and the report reads days."""
    given = written(parse_qsl(pin.arguments, keep_blank_values=True), flags(report.params))
    return replaced(given, [("period", period)], SPAN) if period and report.ranged else given


def tiles(
    who: str,
    journeys: Journeys,
    site: query.Site,
    board: Dashboard,
    pins: Sequence[Pin],
    now: int,
    draw: Draw,
    people: bool = True,
) -> list[Tile]:
    """Each block asked in turn, answers that are kept shared with the reports' own pages.

    Args:
        who: shares its turns with other questions.
        draw: makes the view of a block of a report asked with these pairs.
        people: whether single people may be seen.
    """
    until = time.monotonic() + PATIENCE
    found = []
    for pin in pins:
        late = time.monotonic() > until
        tile, block = _answer(who, journeys, site, board.period, pin, now, late, people)
        if block is not None:
            view = draw(reports()[pin.report], tile.pairs, block)
            # Two reports may call a block alike, and no two parts of a page may.
            tile = replace(
                tile,
                view=replace(view, id=f"{view.id}-{pin.id}"),
                funnel=steps(view) if (pin.report, pin.block) == ("funnel", "steps") else (),
                effects=effects(block) if pin.block == "effect" else (),
            )
        found.append(tile)
    return found


def _answer(
    who: str, journeys: Journeys, site: query.Site, period: str, pin: Pin, now: int, late: bool, people: bool
) -> tuple[Tile, Block | None]:
    """The block as its report answers it, and the tile around it."""
    report = reports().get(pin.report)
    if report is None:
        return Tile(pin, pin.report, [], error=gettext("There is no such report any more.")), None
    tile = Tile(pin, text(report.title), pairs_of(pin, report, period))
    if not people and report.name in PERSONAL:
        return replace(tile, error=gettext("Single people are not shared.")), None
    if late:
        return replace(tile, working=True), None
    try:
        asked, result = ask_in_turn(who, report, journeys, grouped(tile.pairs), site, now, page=True)
    except (StillWorking, ServiceUnavailable):
        return replace(tile, working=True), None
    except UserError as error:
        # Whoever has a link learns nothing of the question but that it has no answer.
        told = f"{error.message} {error.hint}".strip() if people else gettext("This question has no answer now.")
        return replace(tile, error=told), None
    found = next((one for one in shortened(result).blocks if one.id == pin.block), None)
    if found is None:
        return replace(tile, error=gettext("The answer has no such part for these days.")), None
    if not people and any(column.unit == "person" for column in found.columns):
        return replace(tile, error=gettext("Single people are not shared.")), None
    return replace(tile, days=_days(report, asked), asked=asked_of(report, tile.pairs, site, result)), found


def asked_of(report: Report, pairs: Pairs, site: query.Site, answer: Result) -> list[str]:
    """What is asked beside the days and what the report asks by itself, in the words of the report's own page."""
    given = grouped(pairs)
    fields = settled([field(param, given) for param in report.params if param.name not in UNSEEN], answer)
    if report.name in OF_A_GOAL and site.goals and not any(value.strip() for value in given.get("goal", ())):
        first = [str(site.goals[0][1])]
        fields = [replace(one, values=first) if one.name == "goal" else one for one in fields]
    return asked_words("", [one for one in fields if one.given], given, site.goals)


def _days(report: Report, asked: Query) -> str:
    if not report.ranged:
        return ""
    if asked.span is None:
        return gettext("All time")
    return gettext("%(first)s to %(last)s", first=day(asked.span.first), last=day(asked.span.last))
