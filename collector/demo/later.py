"""What comes after a first story: regulars who order in a rhythm of their own, and what a newsletter brings back.

It has random numbers of its own, so that first visits and first orders are the same with it and without. Nobody chats
here and nobody orders for the first time: what the world says is true of chat and of the ad stays true.
"""

from __future__ import annotations

from random import Random

from collector.core.times import DAY, HOUR
from collector.demo.acts import Shopper, order, put_in_cart, read_on
from collector.demo.world import LETTER, LETTER_BACK, REGULARS, WAYS, World

_RETURN = WAYS["direct"]


def live_on(shopper: Shopper, since: int, world: World, rng: Random) -> None:
    """Add the later visits of one person.

    Args:
        since: ms UTC of the end of their first story.
        rng: for this alone.
    """
    shopper.rng = rng
    visits = [(at, False) for at in _rhythm(shopper, since, world.now, rng)]
    letter = world.now - LETTER_BACK * DAY + int(rng.expovariate(1 / 7) * HOUR)
    if shopper.known and rng.random() < 0.35 and letter > since + 2 * HOUR:
        visits.append((letter, True))
    for at, by_letter in sorted(visits):
        _visit(shopper, at, by_letter)


def _rhythm(shopper: Shopper, since: int, now: int, rng: Random) -> list[int]:
    """The times of a regular's next orders, evenly apart, until they stop or the world ends."""
    if not shopper.orders or rng.random() >= REGULARS:
        return []
    gap, times, at = rng.choice((4, 5, 7, 7, 10)), [], since
    while rng.random() >= 0.12:
        at += int(gap * DAY * rng.uniform(0.85, 1.15))
        if at > now:
            break
        times.append(at)
    return times


def _visit(shopper: Shopper, at: int, by_letter: bool) -> None:
    rng, way = shopper.rng, LETTER if by_letter else _RETURN
    shopper.trail.arrive(at, rng.choice(way.landings), way.query)
    shopper.trail.wait(700)
    read_on(shopper, rng.choice((1, 2, 2, 3)), lambda: None)
    if not by_letter:
        put_in_cart(shopper)
        order(shopper, finish=rng.random() < 0.95)
