"""Ads that are only seen: to whom they are shown while away, when, and whom they bring back.

When an ad is shown depends on what somebody left behind and on nothing that is still to come, as with an ad system that
cannot see into the future.
"""

from __future__ import annotations

from math import log
from random import Random

from collector.core.event import AD_SEEN
from collector.core.times import HOUR
from collector.demo.acts import Shopper

CAMPAIGN = {"channel": "retargeting", "source": "bannernet", "campaign": "still-fresh"}
# The share of those who left a cart, and of those who only looked, to whom ads are shown in a time away.
_CART, _LOOKED = 0.55, 0.3
# Browsers that send a cookie to the collector from other sites (docs/ads.md).
_COUNTED = "Chrome/"
_SOON = 2 * HOUR


def show(shopper: Shopper, until: int, rng: Random) -> int | None:
    """Show ads to somebody who is away.

    Args:
        until: ms UTC of their next visit, or of the end of the world.
        rng: for this alone.

    Returns:
        when they saw the first; None where they saw none.
    """
    trail = shopper.trail
    looked = bool(shopper.saw & {"/plans", "/coffees", "/build/grind"})
    reached, count = rng.random(), rng.choice((1, 1, 2, 3))
    hours = [rng.lognormvariate(log(22), 0.9), *(rng.uniform(3, 40) for _ in range(count - 1))]
    if shopper.orders or _COUNTED not in trail.agent or reached >= (_CART if shopper.cart else _LOOKED * looked):
        return None
    first, at = None, trail.clock
    for gap in hours:
        at = max(at + _SOON, at + int(gap * HOUR))
        if at >= until:
            break
        trail.elsewhere(at, AD_SEEN, **CAMPAIGN)
        first = at if first is None else first
    return first
