"""Where somebody is at a moment: the page before them, and what they did last.

Some places nobody is exposed at: between a form that was sent and the order, nobody opens a chat. Who is there is about
to reach the goal, and compared with the exposed would stand for people who are not. So places are told apart, and those
where far too many exposures are missing for chance are not compared at all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from collector.core.event import CUSTOM, PAGE, Kind
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.impact.coded import Codes
from collector.reports.impact.moments import Moments
from collector.reports.impact.tape import Tape
from collector.reports.scope import page_path

MOST = 12  # places told apart by their name
LEAST_CASES = 5  # exposures at each of those
SURELY = 5.0  # exposures to be expected somewhere: none at all is then one chance in a hundred and fifty (Poisson)
LEVELS = MOST + 3


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A code below LEVELS for each moment: 0 for none (arriving), 1 for any other place, then the places of most
    exposures, and the last level where nobody is ever exposed.
    """

    name: str
    codes: Codes


def places(journeys: Journeys, tape: Tape, moments: Moments) -> list[Place]:
    """The page and the last act of each moment; of the time before leaving where ads are seen elsewhere."""
    away = len(tape.seat) > 0
    row = tape.seat[moments.row] if away else moments.row
    known = (row >= 0) & (moments.after | away)
    found = []
    for name, group, at in (
        ("page", _groups(journeys, _page), _standing(tape)[row]),
        ("act", _groups(journeys, _act), row),
    ):
        value = np.where(known & (at >= 0), group[tape.kind[at]], 0)
        found.append(Place(name, _coded(value, tape, moments)))
    return found


def _page(kind: Kind) -> Hashable:
    return page_path(kind.name) if kind.type == PAGE else None


def _act(kind: Kind) -> Hashable:
    """Acts of one sort are one, such as clicks, since they have thousands of names; events of a site's own are not."""
    return kind.type, kind.name if kind.type == CUSTOM else ""


def _groups(journeys: Journeys, label: Callable[[Kind], Hashable]) -> Int64:
    """Per kind the number of its label, 0 for none."""
    group = np.zeros(max(journeys.kinds, default=0) + 1, dtype=np.int64)
    known: dict[Hashable, int] = {None: 0}
    for number, kind in journeys.kinds.items():
        group[number] = known.setdefault(label(kind), len(known))
    return group


def _standing(tape: Tape) -> Int64:
    """The last page of its session up to each row, -1 for none."""
    order = np.argsort(tape.first, kind="stable")
    first, found = tape.first[order], np.empty_like(order)
    seat = np.maximum.accumulate(np.where(tape.page[order], np.arange(len(order)), -1))
    found[order] = np.where((seat >= 0) & (first[seat] == first), order[seat], -1)
    return found


def _coded(value: Int64, tape: Tape, moments: Moments) -> Codes:
    """The level of each moment from the number of its place."""
    size = int(value.max(initial=0)) + 1
    mine = np.bincount(value[moments.case], minlength=size)
    scale = np.where(moments.control, tape.scale[tape.person[moments.row]], 0.0)
    theirs = np.bincount(value, weights=scale, minlength=size)
    expected = theirs * (len(moments.case) / max(float(theirs.sum()), 1e-9))
    level = np.ones(size, dtype=np.uint8)
    level[(mine == 0) & (expected >= SURELY)] = LEVELS - 1
    best = 1 + np.argsort(-mine[1:], kind="stable")[:MOST]
    best = best[mine[best] >= LEAST_CASES]
    level[best] = np.arange(2, len(best) + 2)
    level[0] = 0
    return np.asarray(level[value])
