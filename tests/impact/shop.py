"""A second, different kind of simulated people: they go from page to page as a chain does, and come back or not.

Unlike in `simulate.py`, what somebody does next depends on where they are; pages have content of their own; there
may be many visits a day; and an exposure may change whether somebody comes back, not only what they do at a page. So
the life without it is lived anew, by the same random numbers, which part only where the exposure makes a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from collector.core.times import DAY
from collector.journeys.part import Bool, Float64, Int64
from tests.impact.lives import START

HOME, LIST, PRODUCT, GUIDE, CART, HELP = range(6)
PAGES = ("/", "/shop", "/product", "/fit", "/cart", "/help")
LEAVE = len(PAGES)
# From (the last row: a visit's beginning) to. Away is what is left of each row.
MOVES = np.array(
    [
        [0.05, 0.40, 0.18, 0.03, 0.03, 0.04],
        [0.05, 0.12, 0.50, 0.03, 0.02, 0.03],
        [0.03, 0.24, 0.30, 0.09, 0.12, 0.03],
        [0.02, 0.15, 0.40, 0.05, 0.12, 0.04],
        [0.04, 0.12, 0.18, 0.05, 0.18, 0.10],
        [0.10, 0.15, 0.15, 0.10, 0.08, 0.10],
        [0.38, 0.22, 0.28, 0.05, 0.04, 0.03],
    ]
)
DIRECT, ORGANIC, SOCIAL, EMAIL, RETARGETING = range(5)
CHANNELS = ("Direct", "Organic search", "Organic social", "Email", "Retargeting")
CHANNEL_SHARES = np.array([0.30, 0.35, 0.20, 0.15])


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is true of some people right before a chance; all of it is in the events, and more than the engine keeps.

    place, before: the page and the one before it in this visit (-1 for none). content: which page of its kind.
    times: how often each kind of page was looked at, this time included. special: whether a page with special content
    was ever. visits, step: of the visit and its page, from 1. first, channel: of the first visit, of this one. hour,
    weekday: in the world's zone. day: since `START`. gap, age, since: days since the visit before (0 in the first),
    first seen, the exposure. attention: seconds, on the pages before. goals: how often before. dose: of the exposure.
    """

    place: Int64
    before: Int64
    content: Int64
    times: Int64
    special: Bool
    visits: int
    step: int
    first: Int64
    channel: Int64
    mobile: Bool
    hour: Float64
    weekday: Int64
    day: Float64
    gap: Float64
    age: Float64
    attention: Float64
    goals: Int64
    dose: Int64
    since: Float64

    def saw(self, place: int) -> Bool:
        """Whether ever."""
        return np.asarray(self.times[:, place] > 0)


Chance = Callable[[View], Float64]


def flat(log_odds: float) -> Chance:
    """The same for everybody."""
    return lambda view: np.full(len(view.place), log_odds)


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, as a person asks it. first, last: days since `START`, None for all time."""

    exposure: str = "event:chat_started"
    horizon: int = 14 * DAY
    first: int | None = None
    last: int | None = None
    new: bool = False
    where: str = ""
    value: str | None = None
    dose: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """What is true, and what the engine is asked.

    Attributes:
        exposure, goal: log odds after each page; where the question's exposure is a source, `exposure` is at the
            beginning of each visit. effect: what having been exposed adds to the goal's log odds; returning: to those
            of coming back.
        back: log odds of one more visit; pause: shortest and longest days until it.
        contents: how many pages of the kind /product there are; those below `special` are special.
        dose: how many messages an exposure has (1 and more), by what is true then.
        acts: whether what is done between pages is told too: links clicked, a chat opened before it is started or left
            again, and the form that is filled in before every goal.
        money: median and log-spread of a goal's value; None for none. rebuy: what each goal adds to the log odds.
        lead: days on which people begin before the first of those of the question.
        warned: too little to hold what it says, so that its own checks must say so.
        null, holds, refused: as of `simulate.World`.
    """

    name: str
    words: str
    exposure: Chance
    goal: Chance
    effect: Chance = field(default_factory=lambda: flat(0.0))
    returning: float = 0.0
    back: Chance = field(default_factory=lambda: flat(0.2))
    pause: tuple[float, float] = (0.3, 5.0)
    asked: Asked = field(default_factory=Asked)
    contents: int = 1
    special: int = 0
    dose: Callable[[View, Float64], Int64] | None = None
    acts: bool = False
    money: tuple[float, float] | None = None
    rebuy: float = -1.0
    visits: int = 6
    steps: int = 10
    days: int = 40
    watched: int = 30
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    people: int = 2_000
    warned: bool = False
    null: bool = False
    holds: bool = True
    refused: bool = False

    @property
    def as_of(self) -> int:
        """The end of what is known, ms UTC."""
        return START + (self.days + self.watched) * DAY

    @property
    def by_source(self) -> bool:
        """Whether people are exposed by how a visit begins."""
        return self.asked.exposure.startswith("source:")

    @property
    def span(self) -> tuple[int, int]:
        """Start and end of the question's range."""
        first, last = self.asked.first, self.asked.last
        return -(2**62) if first is None else START + first * DAY, 2**62 if last is None else START + last * DAY


@lru_cache
def offsets(zone: ZoneInfo, days: int) -> Int64:
    """The zone's distance from UTC in ms, an entry for each hour since `START`."""
    begin = datetime.fromtimestamp(START / 1_000, UTC)
    apart = [(begin + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in range(days * 24)]
    return np.array([0 if one is None else one // timedelta(milliseconds=1) for one in apart], dtype=np.int64)
