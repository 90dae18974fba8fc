"""Carts: how many were begun, bought and abandoned, and of how many it is not known yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool
from collector.reports.scope import share
from collector.reports.scorecard import carts
from collector.reports.scorecard.asked import Asked, Seen, Stretch, link
from collector.reports.scorecard.measures import rows_in

CART_STATES = ("begun", "bought", "abandoned", "open", "open_bought", "over")


def carts_in(
    journeys: Journeys, query: Query, question: Asked, seen: Seen, stretch: Stretch, state: str
) -> tuple[carts.Carts, Bool]:
    """The carts of a part, and which of them began in the stretch and are in a state of `CART_STATES`."""
    found = carts.carts(journeys, seen.part, question, query.include_bots)
    mask = rows_in(seen.part, found.row, seen.lasting, stretch)
    over = carts.over(seen.part, found, question)
    if state == "bought":
        return found, mask & over & found.bought
    if state == "abandoned":
        return found, mask & over & ~found.bought
    if state == "open_bought":
        return found, mask & ~over & found.bought
    return found, mask if state == "begun" else mask & (over if state == "over" else ~over)


def carts_block(journeys: Journeys, query: Query, question: Asked, found: Sequence[Seen]) -> Block:
    """How many carts were begun, bought and abandoned in the range, and of how many it is not known yet."""
    columns = (
        Column("begun", T("Carts"), "count", T("Begun by an add without another in the window before it.")),
        Column("bought", T("Bought"), "count", T("Within the window, of those whose window is over.")),
        Column("abandoned", T("Abandoned"), "count", T("Their window is over without a purchase.")),
        Column(
            "open", T("Time not over"), "count", T("Not counted as bought or abandoned before their window is over.")
        ),
        Column("open_bought", T("Of these bought"), "count", T("Already, before their window is over.")),
        Column("rate", T("Abandonment"), "ratio", T("Of the carts whose window is over.")),
    )
    count = dict.fromkeys(CART_STATES, 0)
    if question.purchase is not None:
        for seen in found:
            for state in CART_STATES:
                mask = carts_in(journeys, query, question, seen, question.stretch, state)[1]
                count[state] += int(np.count_nonzero(mask))
    states = ("begun", "bought", "abandoned", "open", "open_bought")
    rows = [[*(count[state] for state in states), share(count["abandoned"], count["over"])]] if count["begun"] else []
    return Block(
        "carts",
        "number",
        T("Carts"),
        columns,
        rows,
        draw={"cell_links": {state: [link(query, "carts", group=state)] for state in states}},
        note=_cart_note(question, query),
        empty=_no_carts(journeys, question),
    )


def _cart_note(question: Asked, query: Query) -> Text:
    goals = query.site.goals
    return T(
        "A cart is begun by {cart} and bought by {purchase} within {window}.",
        cart=words(question.cart, goals),
        purchase=words(question.purchase, goals) if question.purchase else "–",
        window=Value(question.window / SECOND, "seconds"),
    )


def _no_carts(journeys: Journeys, question: Asked) -> Text:
    if question.purchase is None:
        return T(
            "What a purchase is is not known: send the event purchase with its value, set a goal, or name yours above."
        )
    if not journeys.kind_ids(question.cart):
        return T(
            "No cart was ever seen: send {cart} whenever something is put into it, or name the event you send above.",
            cart=str(question.cart),
        )
    return T("No cart was begun in this time.")
