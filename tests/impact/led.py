"""Shops in which acts lead to the exposure and to the goal; in view while the engine learnt to tell places apart."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Float64
from tests.impact.fresh import close
from tests.impact.shop import CART, HELP, Shop, View, flat


def asking(view: View) -> Float64:
    """Who is at the help page has something to ask."""
    return np.asarray(close(view) + 1.5 * (view.place == HELP))


def ordering(view: View) -> Float64:
    """At the cart people order, at the help page they do not."""
    return np.asarray(close(view) + 1.2 * (view.place == CART) - 1.0 * (view.place == HELP))


LED = (
    Shop(
        "led to",
        "no effect; who is at the help page chats, who is at the cart buys; a chat is opened first, a form filled in",
        lambda view: -5.2 + asking(view),
        lambda view: -5.2 + ordering(view),
        null=True,
        acts=True,
        money=(40, 0.4),
    ),
    Shop(
        "led on",
        "the same with an effect",
        lambda view: -5.2 + asking(view),
        lambda view: -5.2 + ordering(view),
        flat(0.9),
        acts=True,
    ),
)
