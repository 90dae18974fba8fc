"""An impact answer's effect in the units of its measure, each on a scale of its own, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import groupby

from collector.core.blocks import Block, Cell, Unit
from collector.core.text import T
from collector.web import format as shown
from collector.web.draw import BlockView
from collector.web.figures import Interval, finite, place_all
from collector.web.hints import measured
from collector.web.language import gettext
from collector.web.report_page import in_strips

# The blocks that an answer about impact has; a page's own come after them.
FIGURES = ("incremental", "difference", "revenue", "naive")
ANSWER = (
    *("people", *FIGURES, "curve", "effect", "money", "time", "groups", "dose", "recency_effect"),
    *("checks", "balance", "used", "before_after"),
)
ALIKE = 0.1  # of a standardised difference
MOST_PLACES = 6
SURE = 0.05  # of a chance
_NAMES = {"rate": T("Reached the goal"), "value": T("Value a person")}


@dataclass(frozen=True, slots=True)
class Effect:
    """One measure: what happened, what would have, and the difference with its interval."""

    name: str
    exposed: str
    naive: str
    without: str
    difference: str
    between: str
    lift: str
    in_all: str
    interval: Interval
    zero: float
    help: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """The groups of one kind, and how often groups that do not differ look so different.

    differs: whether that is so seldom that they are taken to differ. most: whether of all kinds these do most surely.
    """

    name: str
    view: BlockView
    chance: str
    differs: bool
    most: bool


@dataclass(frozen=True, slots=True)
class Dot:
    """One feature of the balance plot: the standardised difference before and after, in words and as places."""

    feature: str
    before: str
    after: str
    places: Interval
    alike: bool


@dataclass(frozen=True, slots=True)
class Dots:
    """The balance plot: its features, those first that are not alike after all, then the most different before.

    zero, edges: where zero stands, and the two lines between which groups count as alike.
    """

    rows: Sequence[Dot]
    zero: float
    edges: tuple[float, float]

    @property
    def alike(self) -> bool:
        """Whether no feature is left that is not alike."""
        return all(row.alike for row in self.rows)


@dataclass(frozen=True, slots=True)
class Check:
    """One check in words; `ok` is None where there is no threshold."""

    name: str
    value: str
    threshold: str
    meaning: str
    ok: bool | None


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
                between=shown.between(_words(cells["low"], gap), _words(cells["high"], gap)),
                lift=_words(cells["lift"], "ratio"),
                in_all=_words(cells.get("incremental"), "count" if unit == "ratio" else "money"),
                interval=Interval(*places[1:]),
                zero=places[0] or 0.0,
            )
        )
    return found


def sooner(block: Block) -> list[Effect]:
    """The block `time` as one more measure of the effect; nothing where nobody was compared."""
    if not block.rows:
        return []
    short = "days" in block.draw
    unit: Unit = "seconds" if short else "number"
    cells = [measured(block, block.rows[0], at)[0] for at in range(len(block.columns))]
    exposed, without, *gained = (finite(cell) for cell in cells)
    places = place_all([0.0, *gained])
    low, high = (_signed(end, unit) for end in gained[1:])
    said = gettext("Of the time for the goal, what was left when it was reached, on the average: more is sooner.")
    return [
        Effect(
            name=gettext("Time left at the goal") if short else gettext("Days left at the goal"),
            exposed=_words(exposed, unit),
            naive=shown.EMPTY,
            without=_words(without, unit),
            difference=_signed(gained[0], unit),
            between=shown.between(low, high),
            lift=shown.EMPTY,
            in_all=shown.EMPTY,
            interval=Interval(*places[1:]),
            zero=places[0] or 0.0,
            help=said,
        )
    ]


def _signed(value: float | None, unit: Unit) -> str:
    words = _words(value, unit)
    return f"+{words}" if value is not None and value > 0 and words != _words(0, unit) else words


def kinds(view: BlockView) -> list[Kind]:
    """The block `groups` by kind of group, each a table of its own."""
    heads = [head.name for head in view.heads if head.name not in ("kind", "chance")]
    least = min((finite(row[-1]) or 0.0 for row in view.values), default=0.0)
    found = []
    for name, drawn in groupby(zip(view.rows, view.values, strict=True), key=lambda row: row[0].cells[0].text):
        rows = list(drawn)
        chance = finite(rows[0][1][-1])
        own = replace(view, rows=[row for row, _ in rows], title=name).only(*heads)
        differs = chance is not None and chance < SURE
        found.append(Kind(name, own, _words(chance, "ratio"), differs, differs and chance == least))
    return found


def rest(blocks: Sequence[BlockView]) -> list[list[BlockView]]:
    """The blocks that are not of the answer, neighbouring numbers together."""
    return in_strips([one for one in blocks if one.id not in ANSWER])


def dots(block: Block) -> Dots | None:
    """The block `balance` as a plot; None where nobody was compared."""
    told = [(_words(row[0], "label"), finite(row[4]), finite(row[5])) for row in block.rows]
    known = [(name, before, after) for name, before, after in told if before is not None and after is not None]
    if not known:
        return None
    known.sort(key=lambda one: (abs(one[2]) <= ALIKE, -abs(one[1])))
    places = place_all([0.0, -ALIKE, ALIKE, *(one[1] for one in known), *(one[2] for one in known)])
    zero, low, high, *points = (place or 0.0 for place in places)
    rows = [
        Dot(name, shown.number(before), shown.number(after), Interval(after_at, other=before_at), abs(after) <= ALIKE)
        for (name, before, after), before_at, after_at in zip(
            known, points[: len(known)], points[len(known) :], strict=True
        )
    ]
    return Dots(rows, zero, (low, high))


def checks(block: Block) -> list[Check]:
    """The block `checks` in words, each number with so many places that it can be told from its threshold."""
    told = block.draw.get("told")
    hints = told if isinstance(told, list) else []
    found = []
    for row, (way, unit) in zip(block.rows, hints, strict=False):
        value, threshold = _apart(finite(row[1]), finite(row[2]), unit)
        sides = {"least": gettext("at least %(n)s", n=threshold), "most": gettext("at most %(n)s", n=threshold)}
        ok = row[3] if isinstance(row[3], bool) else None
        found.append(Check(_words(row[0], "label"), value, sides.get(way, ""), _words(row[4], "label"), ok))
    return found


def _apart(value: float | None, threshold: float | None, unit: Unit) -> tuple[str, str]:
    """Both numbers in words that differ where the numbers do."""
    words, limit = _words(value, unit), _words(threshold, unit)
    if value is None or threshold is None or value == threshold or words != limit:
        return words, limit
    per = 100 if unit == "ratio" else 1
    for places in range(1, MOST_PLACES):
        near, edge = shown.number(value * per, places), shown.number(threshold * per, places)
        if near != edge:
            return (f"{near}%", f"{edge}%") if unit == "ratio" else (near, edge)
    return words, limit


def _words(value: Cell, unit: Unit) -> str:
    return shown.cell(value, unit, UTC)
