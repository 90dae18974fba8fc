"""Carts: where each begins, and whether it was bought within the window (SEMANTICS 11)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from collector.core.deadline import check
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.scorecard.asked import Asked


class Carts(NamedTuple):
    """The carts of a part, all ever, ascending by `row`, that of the add which begins each.

    bought: whether a purchase followed within the window, its end included.
    """

    row: Int64
    bought: Bool


def carts(journeys: Journeys, part: Part, question: Asked, include_bots: bool) -> Carts:
    """The carts of all persons of a part; remembered, as they do not depend on the range."""
    key = ("carts", question.cart, question.purchase, question.window, include_bots)
    return part.memo.get(key, lambda: _carts(journeys, part, question, include_bots))


def _carts(journeys: Journeys, part: Part, question: Asked, include_bots: bool) -> Carts:
    check()
    adds = journeys.rows(part, question.cart, include_bots)
    none = np.empty(0, dtype=np.int64)
    buys = none if question.purchase is None else journeys.rows(part, question.purchase, include_bots)
    person, time = part.person[adds], part.time[adds]
    # Purchases before each add. Of an add and a purchase at one instant the add counts as the earlier, whichever of
    # them the log holds first, so that an order imported with one time is a cart that was bought.
    following = np.searchsorted(part.key[buys], part.key[adds], side="left")
    begins = np.ones(len(adds), dtype=np.bool_)
    begins[1:] = (
        (person[1:] != person[:-1]) | (time[1:] - time[:-1] > question.window) | (following[1:] > following[:-1])
    )
    rows, following = adds[begins], following[begins]
    bought = following < len(buys)
    buy = buys[following[bought]]
    own = part.person[buy] == part.person[rows[bought]]
    bought[bought] = own & (part.time[buy] - part.time[rows[bought]] <= question.window)
    return Carts(rows, bought)


def over(part: Part, found: Carts, question: Asked) -> Bool:
    """The carts whose window is over."""
    ended: Bool = part.time[found.row] + question.window <= question.now
    return ended
