"""What seeing an ad elsewhere changed, beside what coming to the site by one did."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.text import T, Text
from collector.reports.impact.blocks import GROUP, doses_block, group_cells
from collector.reports.impact.checks import caution
from collector.reports.impact.doses import doses_of
from collector.reports.impact.engine import Answer
from collector.reports.impact.in_all import in_all, people_used
from collector.reports.impact.subgroups import AWAY, Group, groups_of
from collector.reports.impact.words import headline
from collector.reports.retargeting_facts import SAW
from collector.reports.touch import Preset

_TIMES = (1, 5)  # impressions: 1, 2 to 5, 6 and more
SEEN = Preset((SAW,), T("seeing an ad elsewhere"), SAW, _TIMES)
CLICK, VIEW = "click", "view"
WAYS = {CLICK: T("clicked, and came"), VIEW: T("seen")}


def seen_blocks(clicked: Answer, seen: Answer, name: Text) -> list[Block]:
    """Both effects beside each other, and that of seeing by time away and by how often.

    Args:
        name: what clicking is called in a sentence.
    """
    away = [group for groups in groups_of(seen) if groups.groups[0].kind == AWAY for group in groups.groups]
    told, doses = [_both(clicked, seen, name)], doses_of(seen)
    if len(away) > 1:
        told.append(_by_away(away))
    if len(doses) > 1:
        told.append(doses_block("seen_times", T("How often it was seen"), doses))
    return told


def _by_away(groups: Sequence[Group]) -> Block:
    return Block(
        "seen_away",
        "table",
        T("What seeing changed, by how long they had been away"),
        GROUP,
        [group_cells(group) for group in groups],
        draw={"y": "difference", "low": "low", "high": "high"},
        note=T("Compared with people alike who were away for as long. Each interval is right 19 times of 20."),
    )


def _both(clicked: Answer, seen: Answer, name: Text) -> Block:
    return Block(
        "ways_effect",
        "table",
        T("What clicking changed, and what seeing did"),
        (
            Column("way", T("Way")),
            Column("how", T("How the ad was met"), "label"),
            Column("people", T("People compared"), "count"),
            Column("exposed", T("Reached the goal"), "ratio"),
            Column("counterfactual", T("Without it"), "ratio", T("The same people without the ad, by people alike.")),
            Column("difference", T("Difference"), "points"),
            Column("low", T("At least"), "points", T("95 % interval, clustered by person.")),
            Column("high", T("At most"), "points"),
            Column("incremental", T("In all"), "count", T("Difference times the people compared.")),
            Column("meaning", T("In words"), "label"),
        ),
        [_row(CLICK, clicked, name), _row(VIEW, seen, SEEN.name)],
        draw={"y": "difference", "low": "low", "high": "high", "unseen": ("way",), "said": "meaning", "wide": True},
        note=T(
            "Who clicked came to the site, and is compared with people who came another way; who saw an ad was "
            "elsewhere, and is compared with people away for as long, with and without a click afterwards. Most who "
            "click have seen the ad, so that the two are not to be added up."
        ),
    )


def _row(way: str, found: Answer, name: Text) -> list[Cell]:
    rate, told = in_all(found, found.rate), found.rate
    words = " ".join(str(one) for one in (headline(found, name), *caution(found)))
    if rate is None or told is None:
        return [way, str(WAYS[way]), None, None, None, None, None, None, None, words]
    ends = (told.exposed, told.counterfactual, told.difference, told.low, told.high)
    cells = [float(column[-1]) for column in ends]
    return [way, str(WAYS[way]), round(people_used(found)), *cells, round(rate.difference), words]


def both_known(clicked: Answer | UserError, seen: Answer | UserError) -> tuple[Answer, Answer] | None:
    """Both answers, where both questions could be asked."""
    if isinstance(clicked, UserError) or isinstance(seen, UserError):
        return None
    return clicked, seen
