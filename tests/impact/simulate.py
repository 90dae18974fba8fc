"""People who visit, look at pages, are exposed and buy, by hazards that are known: with and without the exposure.

Both lives of a person share the path and all random numbers; only the chance of the goal differs, from the first
exposure on. So the life without the exposure is known of everybody, and the true effect with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from collector.core.times import DAY
from collector.journeys.part import Bool, Float64, Int64
from tests.impact.lives import NEVER, START, After, Lives, Rows

HORIZON = 14 * DAY
HOME, BLOG, PRICING, CART, EXPOSURE, GOAL = range(6)
DIRECT, ORGANIC, PAID, EMAIL, RETARGETING = range(5)
PAGE_SHARES = np.array([0.34, 0.30, 0.22, 0.14])
CHANNEL_SHARES = np.array([0.25, 0.30, 0.25, 0.20])
PAGES, TELLING = ("/", "/blog/a", "/pricing", "/cart"), (PRICING, CART)
CHANNELS = ("Direct", "Organic search", "Paid search", "Email", "Retargeting")


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is true of some people right before a chance. Counts include the page that is being looked at.

    first, channel: of the first visit, of this one. gap: days since the visit before (0 in the first). age: days since
    first seen. hour, day: UTC, day since `START`. bought: whether the goal was reached before. hidden: what no tracker
    sees. since: days since the first exposure, 0 for people not exposed.
    """

    first: Int64
    channel: Int64
    mobile: Bool
    visits: int
    visit_pages: int
    pages: Int64
    pricing: Bool
    cart: Bool
    gap: Float64
    age: Float64
    hour: Float64
    day: Float64
    bought: Bool
    hidden: Float64
    since: Float64

    @property
    def keen(self) -> Float64:
        """How far somebody is on their way, by what everybody can see: about 0 to 4."""
        by_channel = np.array([0.2, 0.0, 0.3, 0.5, 0.4])[self.first]
        return np.asarray(
            by_channel + 0.2 * self.mobile + 0.8 * self.pricing + 1.0 * self.cart + 0.12 * np.minimum(self.pages, 8)
        )


Hazard = Callable[[State], Float64]


def _nothing(state: State) -> Float64:
    return np.zeros(len(state.pages))


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What is true, and what an engine must make of it.

    Attributes:
        exposure, goal: log odds at each page of being exposed after it, of reaching the goal after that.
        effect: what having been exposed adds to the goal's log odds.
        money: median and log-spread of a goal's value; None where goals carry none.
        rebuy: what an earlier goal adds to the goal's log odds. again, stay: chance of one more visit, one more page.
        days: how long people go on arriving; everybody is watched for 30 days more.
        by_source: exposed by how a visit begins (retargeting), at its first page, rather than by an event.
        people, bots: how many. two_devices: everybody comes as two visitors in turn, linked in the end; with
            by_goal only those who reach the goal are, as at a checkout, and the others stay two people.
        null: no effect at all. holds: everything that drives both is visible, and people are told apart rightly, so the
            answer must be right; where it does not hold the answer is wrong, and shown to be.
        refused: no answer can be right, so none may be given.
    """

    name: str
    words: str
    exposure: Hazard
    goal: Hazard
    effect: Hazard = _nothing
    money: tuple[float, float] | None = None
    rebuy: float = -1.5
    again: float = 0.5
    stay: float = 0.62
    visits: int = 6
    steps: int = 8
    days: int = 40
    by_source: bool = False
    people: int = 2_500
    bots: int = 0
    two_devices: bool = False
    by_goal: bool = False
    null: bool = False
    holds: bool = True
    refused: bool = False

    @property
    def as_of(self) -> int:
        """The end of what is known, ms UTC."""
        return START + (self.days + 30) * DAY


def odds(log_odds: Float64) -> Float64:
    """Log odds as a chance."""
    return np.asarray(1 / (1 + np.exp(-log_odds)))


class _Town:
    """The people of one run, moved page by page."""

    def __init__(self, world: World, rng: np.random.Generator, people: int, expected: bool) -> None:
        self.world, self.rng, self.expected, self.rows = world, rng, expected, Rows()
        self.first = rng.choice(4, people, p=CHANNEL_SHARES)
        self.mobile = rng.random(people) < 0.5
        self.hidden = rng.standard_normal(people)
        self.begun = START + (rng.random(people) * world.days * DAY).astype(np.int64)
        self.time, self.last = self.begun.copy(), self.begun.copy()
        self.channel = self.first.copy()
        self.pages = np.zeros(people, dtype=np.int64)
        self.pricing, self.cart = np.zeros(people, dtype=np.bool_), np.zeros(people, dtype=np.bool_)
        self.exposed_at = np.full(people, NEVER, dtype=np.int64)
        self.counts = np.zeros(people, dtype=np.bool_)
        self.bought, self.bought_without = np.zeros(people, dtype=np.bool_), np.zeros(people, dtype=np.bool_)
        self.was, self.would = After(people, HORIZON), After(people, HORIZON)
        self.spent = np.zeros(people)
        self.first_visit = np.zeros(people, dtype=np.int64)
        self.visit_before = self.first.copy()
        # As things were at the exposure: channel, visit, pricing and cart seen.
        self.met = np.zeros((people, 4), dtype=np.int64)

    def live(self) -> Lives:
        here = np.arange(len(self.first))
        for visit in range(1, self.world.visits + 1):
            self.visit(here, visit)
            if visit == 1:
                seen = np.minimum(self.pages, 4) * 4 + self.pricing * 2 + self.cart
                self.first_visit = (seen * 2 + self.mobile) * 4 + self.first
            here = here[self.rng.random(len(here)) < self.world.again]
            self.last[here] = self.time[here]
            self.time[here] += ((0.3 + self.rng.random(len(here)) * 4.2) * DAY).astype(np.int64)
            here = here[self.time[here] < self.world.as_of]
            self.visit_before[here] = self.channel[here]
            self.channel[here] = np.where(self.rng.random(len(here)) < 0.7, DIRECT, self.rng.integers(0, 4, len(here)))
        return Lives(
            self.exposed_at,
            self.counts,
            self.was.told(),
            self.would.told(),
            self.bought,
            self.spent,
            self.first_visit,
            self.groups(),
            np.ones(len(self.first), dtype=np.bool_),
            self.rows,
        )

    def groups(self) -> Mapping[str, Bool]:
        """By the names of the report."""
        channel, again, *saw = self.met.T
        by = "Channel of the visit before" if self.world.by_source else "Channel"
        return {
            "Visit: On the first visit": again == 0,
            "Visit: On a later visit": again == 1,
            **{f"{by}: {name}": channel == at for at, name in enumerate(CHANNELS)},
            "Device: Desktop": ~self.mobile,
            "Device: Mobile": self.mobile,
            **{f"Before: Saw {PAGES[page]}": was == 1 for page, was in zip(TELLING, saw, strict=True)},
            **{f"Before: Not: Saw {PAGES[page]}": was == 0 for page, was in zip(TELLING, saw, strict=True)},
        }

    def visit(self, here: Int64, visit: int) -> None:
        inside = here
        for step in range(1, self.world.steps + 1):
            if self.world.by_source and step == 1:
                self.come(inside, visit)
            page = np.searchsorted(np.cumsum(PAGE_SHARES), self.rng.random(len(inside)))
            self.pages[inside] += 1
            self.pricing[inside] |= page == PRICING
            self.cart[inside] |= page == CART
            self.tell(inside, page, self.channel[inside] if step == 1 else np.full(len(inside), NEVER))
            self.time[inside] += self.rng.integers(10_000, 70_000, len(inside))
            if not self.world.by_source:
                self.meet(inside, visit, step)
            self.time[inside] += self.rng.integers(5_000, 60_000, len(inside))
            self.decide(inside, visit, step)
            self.time[inside] += self.rng.integers(2_000, 20_000, len(inside))
            inside = inside[self.rng.random(len(inside)) < self.world.stay]

    def come(self, inside: Int64, visit: int) -> None:
        """Some visits begin by an ad: that is the exposure, and its source the visit's."""
        hit = inside[self.rng.random(len(inside)) < odds(self.world.exposure(self.state(inside, visit, 0)))]
        self.channel[hit] = RETARGETING
        self.mark(hit, visit, self.visit_before)

    def meet(self, inside: Int64, visit: int, step: int) -> None:
        hit = inside[self.rng.random(len(inside)) < odds(self.world.exposure(self.state(inside, visit, step)))]
        self.mark(hit, visit, self.channel)
        self.tell(hit, np.full(len(hit), EXPOSURE), np.full(len(hit), NEVER))

    def mark(self, hit: Int64, visit: int, channel: Int64) -> None:
        fresh = hit[self.exposed_at[hit] == NEVER]
        self.exposed_at[fresh] = self.time[fresh]
        again = np.full(len(fresh), visit > 1)
        self.met[fresh] = np.column_stack([channel[fresh], again, self.pricing[fresh], self.cart[fresh]])
        self.counts[fresh] = ~self.bought[fresh] & (self.time[fresh] + HORIZON <= self.world.as_of)

    def decide(self, inside: Int64, visit: int, step: int) -> None:
        state = self.state(inside, visit, step)
        base, draw = self.world.goal(state), self.rng.random(len(inside))
        met = self.exposed_at[inside] != NEVER
        added = np.where(met, self.world.effect(state), 0.0)
        now = draw < odds(base + added + self.world.rebuy * self.bought[inside])
        without = draw < odds(base + self.world.rebuy * self.bought_without[inside])
        value = self.value(len(inside))
        within = self.counts[inside] & (self.time[inside] - self.exposed_at[inside] <= HORIZON)
        at = inside[within]
        delay, worth = self.time[at] - self.exposed_at[at], value[within]
        for after, log_odds, drawn in ((self.was, base + added, now), (self.would, base, without)):
            if self.expected:
                self.expect(after, at, delay, log_odds[within], worth)
            else:
                after.add(at, delay, drawn[within].astype(np.float64), drawn[within] * worth)
        self.spent[inside] += now * value
        self.bought[inside] |= now
        self.bought_without[inside] |= without
        self.tell(inside[now], np.full(int(now.sum()), GOAL), np.full(int(now.sum()), NEVER), value[now])

    def expect(self, after: After, at: Int64, delay: Int64, log_odds: Float64, value: Float64) -> None:
        """Add the chance of the goal and the mean of the money at a chance, rather than what a draw makes of them."""
        chance, again = odds(log_odds), odds(log_odds + self.world.rebuy)
        reached = after.reached[at]
        after.add(at, delay, chance, value * ((1 - reached) * chance + reached * again))

    def value(self, count: int) -> Float64:
        """What a goal is worth; its mean where only means are asked for, so that they need fewer people."""
        if self.world.money is None:
            return np.zeros(count)
        median, spread = self.world.money
        if self.expected:
            return np.full(count, median * np.exp(spread**2 / 2))
        return np.asarray(np.round(median * np.exp(spread * self.rng.standard_normal(count)), 2))

    def tell(self, who: Int64, kind: Int64, source: Int64, value: Float64 | None = None) -> None:
        if self.expected:
            return
        self.rows.add(who, self.time[who], kind, source, self.mobile[who], None if self.world.money is None else value)

    def state(self, who: Int64, visit: int, step: int) -> State:
        time, met = self.time[who], self.exposed_at[who]
        since_start = (time - START) / DAY
        return State(
            first=self.first[who],
            channel=self.channel[who],
            mobile=self.mobile[who],
            visits=visit,
            visit_pages=step,
            pages=self.pages[who],
            pricing=self.pricing[who],
            cart=self.cart[who],
            gap=(time - self.last[who]) / DAY if visit > 1 else np.zeros(len(who)),
            age=(time - self.begun[who]) / DAY,
            hour=since_start % 1 * 24,
            day=np.floor(since_start),
            bought=self.bought[who],
            hidden=self.hidden[who],
            since=np.where(met == NEVER, 0.0, (time - met) / DAY),
        )


def simulate(world: World, rng: np.random.Generator, people: int = 0, expected: bool = False) -> Lives:
    """The lives of people in a world.

    Args:
        people: how many, 0 for as many as the world has. expected: no events are kept, and outcomes after exposures
            are chances and means given the path, from the hazards, which need fewer people than draws do.
    """
    return _Town(world, rng, people or world.people, expected).live()
