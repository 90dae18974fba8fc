"""Paths: which places people go through, and the commonest whole journeys (SEMANTICS 6)."""

from __future__ import annotations

from collector.core.blocks import Result
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.funnel_plan import lasting
from collector.reports.paths.blocks import OWN, Answer, flow_block, journeys_blocks, summary_block
from collector.reports.paths.modes import follow
from collector.reports.paths.names import names_of
from collector.reports.paths.nodes import flow_of
from collector.reports.paths.people import listed_block
from collector.reports.paths.places import places, rules_of
from collector.reports.paths.words import headline, notes
from collector.reports.people_list import LIMIT


def run(journeys: Journeys, query: Query) -> Result:
    """The flow and the commonest journeys; with `people`, the list of those people first."""
    rules = rules_of(query)
    which, top = query.values["people"], query.values["top"]
    found = follow(journeys, query, rules, each=isinstance(which, str))
    names = names_of(found.plan, places(journeys, rules), query.site.goals)
    kept = tuple(pair for pair in query.arguments if pair[0] not in OWN)
    answer = Answer(query, found, flow_of(found, top if isinstance(top, int) else 8), names, kept)
    if isinstance(which, str):
        blocks = [listed_block(journeys, answer, which), flow_block(answer)]
    else:
        blocks = [summary_block(answer), flow_block(answer), *journeys_blocks(answer)]
    return Result(blocks, journeys.as_of, headline(answer), notes(answer))


def _follows(query: Query) -> str:
    window = query.values["window"]
    return "whole" if lasting(query.values["unit"] == "session", window if isinstance(window, int) else 0) else ""


REPORT = Report(
    name="paths",
    title=T("Paths"),
    summary=T("Which ways people take: from where they land, from a start, to a goal or around an event."),
    params=(
        Param("start", "matcher", T("From"), T("Where paths begin, like page:/pricing; the landing if nothing is.")),
        Param("goal", "matcher", T("To"), T("Where paths end, like event:signup.")),
        Param("around", "matcher", T("Around"), T("What to see before and after, like event:add_to_cart.")),
        Param(
            "depth", "int", T("Steps"), T("How many places one after the other."), default="5", minimum=2, maximum=10
        ),
        Param(
            "unit",
            "choice",
            T("Count"),
            default="session",
            choices=(("session", T("Visits")), ("person", T("People"))),
        ),
        Param(
            "window", "duration", T("Window"), T("How long people are followed; a visit ends by itself."), default="14d"
        ),
        Param(
            "places",
            "choice",
            T("Places"),
            default="pages",
            choices=(("pages", T("Pages")), ("events", T("Events")), ("both", T("Pages and events"))),
        ),
        Param(
            "only",
            "matcher",
            T("Only these places"),
            T("Pages or events that alone count as places, like page:/blog/** or event:signup."),
            repeat=True,
            maximum=20,
        ),
        Param(
            "group-pages",
            "text",
            T("Pages to take together"),
            T("A path with stars, like /product/*; ** stands for several parts. The first rule that fits counts."),
            repeat=True,
            maximum=50,
        ),
        Param("every-page", "flag", T("Every page for itself"), T("Keep paths apart that differ in a number only.")),
        Param("loops", "flag", T("Leave out going back and forth"), T("Of A, B, A, B only A, B is kept.")),
        Param("top", "int", T("Places a step"), T("The rest is “other”."), default="8", minimum=1, maximum=30),
        Param(
            "people",
            "choice",
            T("List of people"),
            choices=(
                ("all", T("All in the flow")),
                ("place", T("Who was at the place")),
                ("link", T("Who went from the place to the next")),
                ("journey", T("Who made the journey")),
                ("journey-never", T("Who made the journey and never got to the goal")),
                ("reached", T("Who reached the goal")),
                ("never", T("Who did not reach the goal")),
            ),
        ),
        Param("at", "int", T("At step"), T("The step of the list."), minimum=1, maximum=10),
        Param("group", "text", T("Place"), T("Or journey, whose people are listed.")),
        Param("next", "text", T("Next place"), T("To which they went.")),
        LIMIT,
    ),
    run=run,
    example={"start": ["page:/"], "depth": ["4"]},
    menu=32,
    follows=_follows,
)
