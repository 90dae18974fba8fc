"""An impact answer's effect in the units of its measure, each on a scale of its own, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from collector.core.blocks import Block, Cell, Unit
from collector.core.text import T
from collector.web import format as shown
from collector.web.draw import BlockView
from collector.web.figures import Interval, finite, place_all

# The blocks that an answer about impact has, in the order of the page; a page's own come after them.
ANSWER = ("effect", "curve", "checks", "used", "balance", "before_after", "people")
_NAMES = {"rate": T("Reached the goal"), "value": T("Value a person")}


@dataclass(frozen=True, slots=True)
class Effect:
    """One measure: what happened, what would have, and the difference with its interval."""

    name: str
    exposed: str
    naive: str
    without: str
    difference: str
    low: str
    high: str
    lift: str
    interval: Interval
    zero: float


def effects(block: Block) -> list[Effect]:
    """The rows that have an answer; none where it was refused."""
    names = [column.name for column in block.columns]
    found = []
    for row in block.rows:
        cells = dict(zip(names, row, strict=True))
        numbers = [finite(cells.get(name)) for name in ("difference", "low", "high")]
        if numbers[0] is None:
            continue
        places = place_all([0.0, *numbers])
        unit: Unit = "ratio" if cells["measure"] == "rate" else "money"
        gap: Unit = "points" if unit == "ratio" else "money"
        found.append(
            Effect(
                name=shown.text(_NAMES.get(str(cells["measure"]), str(cells["measure"]))),
                exposed=_words(cells["exposed"], unit),
                naive=_words(cells["naive"], unit),
                without=_words(cells["counterfactual"], unit),
                difference=_words(cells["difference"], gap),
                low=_words(cells["low"], gap),
                high=_words(cells["high"], gap),
                lift=_words(cells["lift"], "ratio"),
                interval=Interval(*places[1:]),
                zero=places[0] or 0.0,
            )
        )
    return found


def rest(blocks: Sequence[BlockView]) -> list[list[BlockView]]:
    """The blocks that are not of the answer, neighbouring numbers together."""
    own: list[list[BlockView]] = []
    for one in blocks:
        if one.id in ANSWER or one.id in ("incremental", "difference", "naive"):
            continue
        if one.cards and own and own[-1][-1].cards:
            own[-1].append(one)
        else:
            own.append([one])
    return own


def _words(value: Cell, unit: Unit) -> str:
    return shown.cell(value, unit, UTC)
