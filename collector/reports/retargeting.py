"""Retargeting: what ads that bring people back changed, what that cost, and whom they reached."""

from __future__ import annotations

from collector.core.blocks import Block, Result
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Param, Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.impact.engine import Answer
from collector.reports.impact.report import DOSE, GOAL, HORIZON, NEW, PEOPLE, VALUE
from collector.reports.people_list import LIMIT
from collector.reports.retargeting_blocks import has_seen, own_blocks, recency_effect, ways_block
from collector.reports.retargeting_facts import CAME, CLICKED, SAW, facts_of
from collector.reports.retargeting_lists import AT, CHOICES, GROUP, SUBSET, listed
from collector.reports.retargeting_money import money_of
from collector.reports.retargeting_money_block import money_block
from collector.reports.retargeting_seen import CLICK, SEEN, VIEW, both_known, seen_blocks
from collector.reports.touch import Preset, measured, nothing_yet, page, seen

_BANDS = (1, 5)  # visits by ads: 1, 2 to 5, 6 and more


def run(journeys: Journeys, query: Query) -> Result:
    """The impact of coming by retargeting on the goal, its money, and the visits themselves."""
    if not seen(journeys, [CAME, SAW]):
        return nothing_yet(
            journeys,
            T("Retargeting"),
            T("Nobody has come by retargeting yet."),
            (
                T("Mark the links of these ads with utm_medium=retargeting, or name the campaign so."),
                T("Without such marks, add a rule for the source, campaign or URL parameter that your ads use."),
            ),
        )
    both = has_seen(journeys)
    how = CLICKED if both else CAME
    ways = [(CLICK, how), *([(VIEW, SAW)] if both else [])]
    name = T("coming by a retargeting ad") if both else T("retargeting")
    preset = Preset((how,), name, how, _BANDS)
    people = listed(journeys, query, how, ways)
    found = measured(journeys, query, preset)
    own = own_blocks(query, facts_of(journeys, query, how), how)
    first = [*_effects(journeys, query, found, name), ways_block(journeys, query, ways)] if both else []
    return page(journeys, query, preset, found, [*_counted(journeys, query, found, how, both), *first, *own], people)


def _effects(journeys: Journeys, query: Query, found: Answer | UserError, name: Text) -> list[Block]:
    """What seeing changed, beside what clicking did."""
    known = both_known(found, measured(journeys, query, SEEN))
    return [] if known is None else seen_blocks(*known, name)


def _counted(journeys: Journeys, query: Query, found: Answer | UserError, how: Matcher, both: bool) -> list[Block]:
    """What an effect is needed for."""
    if isinstance(found, UserError):
        return []
    away = recency_effect(found)
    return [money_block(money_of(journeys, query, found, how), both), *([] if away is None else [away])]


REPORT = Report(
    name="retargeting",
    title=T("Retargeting"),
    summary=T("What retargeting ads really changed, what that cost, whom they brought back, and which carts."),
    params=(
        GOAL,
        HORIZON,
        VALUE,
        Param("cart", "matcher", T("Cart"), T("What fills a cart."), default="event:add_to_cart"),
        DOSE,
        NEW,
        Param(
            PEOPLE.name,
            "choice",
            PEOPLE.label,
            choices=(*PEOPLE.choices, *CHOICES),
        ),
        AT,
        GROUP,
        SUBSET,
        LIMIT,
    ),
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=54,
    follows=lambda _: "part",
)
