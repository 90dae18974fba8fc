"""Simulated people who are shown ads elsewhere while they are away, and come back by themselves or because of it.

Who left a cart is shown more ads and comes back sooner anyway; both get rarer the longer somebody is away. Each life is
lived twice by the same random numbers, with the ads and without any, so that the truth is known of everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.event import AD_SEEN, Kind, Source
from collector.core.matcher import parse_matcher
from collector.core.query import Query
from collector.core.times import DAY, MINUTE
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.plan import Plan
from tests.impact.lives import NEVER, START, After, Lives, Rows
from tests.impact.memory import Columns, in_memory
from tests.support.worlds import site

KINDS = (
    Kind("page", "/"),
    Kind("page", "/blog/a"),
    Kind("page", "/pricing"),
    Kind("page", "/cart"),
    Kind("event", AD_SEEN),
    Kind("event", "purchase"),
)
SOURCES = (
    Source(),
    Source("organic_search", "google"),
    Source("email", "news", "email", campaign_mark=True),
    Source("retargeting", "meta", "impression", "cart"),
)
PRICING, CART, IMPRESSION, GOAL = 2, 3, 4, 5
AD = 3
PAGE_SHARES = np.array([0.42, 0.24, 0.2, 0.14])
HORIZON = 14 * DAY
FADING = 2.0  # days after which returns are half as likely
ADS_FADING = 3.0  # days after which ads are


@dataclass(frozen=True, slots=True)
class SeenAds:
    """What is true: by how much having seen an ad multiplies returns, in logs, until the next one.

    often: log of the ads a day that somebody without a cart is shown at first. days: how long people go on arriving;
    everybody is `watched` for so many days more. null, holds, refused, money: as of
    `simulate.World`.
    """

    name: str
    words: str
    effect: float = 0.0
    often: float = -3.2
    null: bool = False
    people: int = 2_500
    visits: int = 6
    steps: int = 5
    days: int = 40
    watched: int = 30
    money: tuple[float, float] | None = (40.0, 0.4)
    holds: bool = True
    refused: bool = False

    @property
    def as_of(self) -> int:
        """The end of what is known, ms UTC."""
        return START + (self.days + self.watched) * DAY


class _Life:
    """One of the two lives of everybody; draws are those of the other."""

    def __init__(self, world: SeenAds, seeds: list[int], people: int, ads: bool) -> None:
        self.world, self.ads, self.rng, self.rows = world, ads, np.random.default_rng(seeds), Rows()
        self.begun = START + (self.rng.random(people) * world.days * DAY).astype(np.int64)
        self.first = self.rng.integers(0, 3, people)
        self.mobile = self.rng.random(people) < 0.5
        self.time = self.begun.copy()
        self.pages = np.zeros(people, dtype=np.int64)
        self.pricing, self.cart, self.bought = (np.zeros(people, dtype=np.bool_) for _ in range(3))
        self.exposed_at = np.full(people, NEVER, dtype=np.int64)
        self.before = np.zeros(people, dtype=np.bool_)
        self.spent = np.zeros(people)
        self.first_visit = np.zeros(people, dtype=np.int64)
        self.goals: list[tuple[Int64, Int64, Float64]] = []

    def live(self) -> _Life:
        everybody = np.arange(len(self.time))
        here = everybody
        for visit in range(1, self.world.visits + 1):
            self.visit(here, visit, self.rng.random((self.world.steps * 2 + 5, len(everybody))))
            if visit == 1:
                seen = np.minimum(self.pages, 4) * 4 + self.pricing * 2 + self.cart
                self.first_visit = (seen * 2 + self.mobile) * 4 + self.first
            here = self.leave(here, visit, self.rng.exponential(size=(2, len(everybody))))
        return self

    def visit(self, here: Int64, visit: int, draw: Float64) -> None:
        inside = here
        for step in range(self.world.steps):
            page = np.searchsorted(np.cumsum(PAGE_SHARES), draw[2 * step, inside])
            self.pages[inside] += 1
            self.pricing[inside] |= page == PRICING
            self.cart[inside] |= page == CART
            later = np.where(draw[-5, inside] < 0.6, 0, (draw[-5, inside] * 100).astype(np.int64) % 3)
            source = self.first[inside] if visit == 1 else later
            self.tell(inside, page, source if step == 0 else np.full(len(inside), -1))
            self.time[inside] += (20_000 + 60_000 * draw[2 * step + 1, inside]).astype(np.int64)
            inside = inside[draw[2 * step + 1, inside] < 0.62]
        self.buy(here, draw)

    def buy(self, here: Int64, draw: Float64) -> None:
        log_odds = -3.6 + 0.9 * self.cart + 0.6 * self.pricing + 0.1 * np.minimum(self.pages, 8) - 1.5 * self.bought
        won = here[draw[-1, here] < 1 / (1 + np.exp(-log_odds[here]))]
        median, spread = self.world.money or (0.0, 0.0)
        # The normal deviate of Box and Muller (1958), from two draws.
        normal = np.sqrt(-2 * np.log1p(-draw[-2, won])) * np.cos(2 * np.pi * draw[-3, won])
        value = np.round(median * np.exp(spread * normal), 2)
        self.bought[won] = True
        self.spent[won] += value
        self.goals.append((won, self.time[won].copy(), value))
        self.tell(won, np.full(len(won), GOAL), np.full(len(won), -1), value)

    def leave(self, here: Int64, visit: int, draw: Float64) -> Int64:
        """Who comes back, after having been shown an ad or not."""
        keen = 0.9 * self.cart[here] + 0.5 * self.pricing[here] + 0.3 * self.mobile[here] + 0.1 * min(visit, 4)
        back = np.exp(-2.5 + keen - 0.5 * self.bought[here])
        shown = np.exp(self.world.often + 1.3 * keen - 0.2 * min(visit, 4))
        due = draw[0, here]
        away = FADING * np.expm1(np.minimum(due / (back * FADING), 30.0))
        ad = 1 / 24 + ADS_FADING * np.expm1(np.minimum(draw[1, here] / (shown * ADS_FADING), 30.0))
        met = self.ads & (self.exposed_at[here] == NEVER) & (ad < np.minimum(away, 3_000))
        hit = here[met]
        self.exposed_at[hit] = self.time[hit] + (ad[met] * DAY).astype(np.int64)
        self.before[hit] = self.bought[hit]
        spent = back[met] * FADING * np.log1p(ad[met] / FADING)
        sooner = spent + (due[met] - spent) / np.exp(self.world.effect)
        away[met] = FADING * np.expm1(np.minimum(sooner / (back[met] * FADING), 30.0))
        self.show(hit, away[met])
        self.time[here] += np.minimum(away * DAY, 4_000 * DAY).astype(np.int64) + 40 * MINUTE
        return here[self.time[here] < self.world.as_of]

    def show(self, hit: Int64, away: Float64) -> None:
        """The ad, and the same again half a day later where they are still away."""
        for late in (0, DAY // 2):
            at = self.exposed_at[hit] + late
            still = (at < self.time[hit] + away * DAY) & (at < self.world.as_of)
            who, back = hit[still], self.time[hit[still]]
            self.time[who] = at[still]
            self.tell(who, np.full(len(who), IMPRESSION), np.full(len(who), AD))
            self.time[who] = back

    def tell(self, who: Int64, kind: Int64, source: Int64, value: Float64 | None = None) -> None:
        self.rows.add(who, self.time[who], kind, source, self.mobile[who], None if self.world.money is None else value)

    def after(self, exposed_at: Int64, counts: Bool) -> Float64:
        found = After(len(exposed_at), HORIZON)
        for who, time, value in self.goals:
            delay = time - exposed_at[who]
            within = counts[who] & (delay > 0) & (delay <= HORIZON)
            found.add(who[within], delay[within], np.ones(int(within.sum())), value[within])
        return found.told()


def lives_of(world: SeenAds, seeds: list[int], people: int = 0) -> Lives:
    """The lives of a world's people, or of so many."""
    was, would = (_Life(world, seeds, people or world.people, ads).live() for ads in (True, False))
    exposed = (was.exposed_at != NEVER) & (was.exposed_at < world.as_of)
    counts = exposed & ~was.before & (was.exposed_at + HORIZON <= world.as_of)
    return Lives(
        exposed_at=np.where(exposed, was.exposed_at, NEVER),
        counts=counts,
        was=was.after(was.exposed_at, counts),
        would=would.after(was.exposed_at, counts),
        ever=was.bought,
        spent=was.spent,
        first_visit=was.first_visit,
        groups={},
        inside=np.ones(len(counts), dtype=np.bool_),
        rows=was.rows,
    )


def journeys(world: SeenAds, lives: Lives) -> Journeys:
    """What the product would have recorded."""
    rows = lives.rows
    person, time, kind, source, device = (
        np.concatenate(column) for column in (rows.person, rows.time, rows.kind, rows.source, rows.device)
    )
    nothing = np.zeros(len(person), dtype=np.int64)
    value = np.concatenate(rows.value)
    of = Columns(2 * (2 * person + 1), 2 * person + 1, time, kind, source, device, value, nothing, nothing)
    return in_memory(of, KINDS, SOURCES, world.as_of)


def asked(world: SeenAds) -> tuple[Query, Plan]:
    """What the engine is asked."""
    exposure, goal = parse_matcher(f"event:{AD_SEEN}"), parse_matcher("event:purchase")
    plan = Plan((exposure,), goal, HORIZON, -(2**62), 2**62, world.as_of)
    return Query(site(), None, world.as_of), plan


ADS = (
    SeenAds("seen", "no effect; ads elsewhere, shown to who left a cart and lately", null=True, often=-4.4),
    SeenAds("brought back", "ads elsewhere double how soon people return, by themselves", effect=0.7, often=-4.4),
    SeenAds(
        "still shown",
        "no effect; ads elsewhere to nearly half, to the last day",
        null=True,
        often=-3.4,
        watched=2,
        people=5_000,
    ),
)
