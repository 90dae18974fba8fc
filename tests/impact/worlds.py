"""The worlds: what traps an answer may fall into, each by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Float64
from tests.impact.simulate import EMAIL, PAID, State, World

IMPOSSIBLE, CERTAIN = -50.0, 50.0


@dataclass(frozen=True, slots=True)
class Slope:
    """Log odds that rise with how far somebody is on their way, by what everybody can see."""

    base: float
    slope: float = 0.0

    def __call__(self, state: State) -> Float64:
        return np.asarray(self.base + self.slope * state.keen)


def hidden_exposure(state: State) -> Float64:
    return np.asarray(-4.6 + 1.0 * state.hidden + 0.3 * state.keen)


def hidden_goal(state: State) -> Float64:
    return np.asarray(-4.6 + 1.0 * state.hidden + 0.3 * state.keen)


def fading(state: State) -> Float64:
    """Half is gone after a day."""
    return np.asarray(2.2 * 0.5**state.since)


def by_kind_of_people(state: State) -> Float64:
    """More on the phone, none for email, less for those who return."""
    return np.asarray((0.5 + 1.2 * state.mobile) * (state.first != EMAIL) * (1.0 if state.visits == 1 else 0.6))


def exposure_by_kind(state: State) -> Float64:
    return np.asarray(-5.0 + 0.7 * state.keen + 0.8 * state.mobile + 0.5 * (state.first == PAID))


def only_email(state: State) -> Float64:
    """Everybody who came by email, nobody else."""
    return np.where(state.first == EMAIL, CERTAIN, IMPOSSIBLE)


def after_goal(state: State) -> Float64:
    """Those who have bought ask about their order; others as they are further on."""
    return np.asarray(-5.2 + 0.9 * state.keen + 3.0 * state.bought)


def _bends(state: State) -> Float64:
    """The middle of a visit (0 to 1), the phone at the prices, and coming back late."""
    middle = np.exp(-((state.visit_pages - 3) ** 2) / 4)
    return np.asarray(1.8 * middle + 1.5 * (state.mobile & state.pricing) + 0.8 * (state.gap > 2))


def bent_exposure(state: State) -> Float64:
    return -5.4 + _bends(state)


def bent_goal(state: State) -> Float64:
    return -5.2 + _bends(state)


def in_office_hours(state: State) -> Float64:
    """Staffed from 9 to 17 on weekdays, since the fortieth day."""
    open_ = (state.hour >= 9) & (state.hour < 17) & (state.day % 7 < 5) & (state.day >= 40)
    return np.where(open_, -3.4 + 0.6 * state.keen, IMPOSSIBLE)


def by_season(state: State) -> Float64:
    """Evenings sell, and from day to day more is sold."""
    evening = (state.hour >= 18) & (state.hour < 23)
    return np.asarray(-6.0 + 0.7 * state.keen + 1.0 * evening + 0.018 * state.day)


def retargeted(state: State) -> Float64:
    """Visits that an ad brings: those who left a cart, and soon."""
    if state.visits == 1:
        return np.full(len(state.pages), IMPOSSIBLE)
    return np.asarray(-3.4 + 1.3 * state.cart + 0.8 * state.pricing - 0.2 * state.gap)


CHAT, BUY = Slope(-5.2, 0.9), Slope(-5.2, 0.9)
WORLDS = (
    World("none", "no effect; those who are further on chat and buy", CHAT, BUY, null=True, money=(40, 0.4)),
    World("weak", "an effect, little confounding", Slope(-4.1, 0.3), Slope(-4.6, 0.5), Slope(1.0), money=(40, 0.4)),
    World("middle", "an effect, confounding", CHAT, BUY, Slope(1.0), money=(40, 0.4)),
    World("strong", "an effect, strong confounding", Slope(-6.4, 1.5), Slope(-6.2, 1.3), Slope(1.0)),
    World(
        "later",
        "a quarter is exposed in the end, controls too",
        Slope(-3.9, 0.7),
        BUY,
        Slope(1.3),
        again=0.65,
        money=(40, 0.4),
    ),
    World("frequent", "four in ten are exposed in the end", Slope(-3.0, 0.6), BUY, Slope(1.0), again=0.6),
    World("fading", "half of the effect is gone after a day", CHAT, BUY, fading),
    World("mixed", "the effect differs by device, channel and return", exposure_by_kind, BUY, by_kind_of_people),
    World("harmful", "being exposed hurts a little", Slope(-4.4, 0.7), Slope(-4.4, 0.8), Slope(-0.5)),
    World("rare", "about a hundred people are exposed", Slope(-6.4, 0.8), Slope(-4.2, 0.7), Slope(1.0), people=5_000),
    World("few", "goals are rare", Slope(-4.2, 0.7), Slope(-7.2, 0.8), Slope(0.9), people=5_000),
    World("bent", "what drives both is neither straight nor a sum", bent_exposure, bent_goal, Slope(0.8)),
    World("heavy", "money with a heavy tail", Slope(-4.6, 0.8), Slope(-4.6, 0.8), Slope(0.8), money=(40, 1.2)),
    World("immortal", "no effect; who stays longer has more of both", Slope(-2.6), Slope(-4.0), null=True, again=0.75),
    World("after", "no effect; who has bought asks about the order", after_goal, BUY, null=True, money=(40, 0.4)),
    World("bots", "no effect; bots chat and buy a thousandfold", CHAT, BUY, null=True, money=(40, 0.4), bots=200),
    World("devices", "everybody comes as two visitors, linked later", CHAT, BUY, Slope(1.0), two_devices=True),
    World(
        "checkout",
        "no effect; everybody comes as two visitors, whom only a goal links",
        CHAT,
        BUY,
        null=True,
        two_devices=True,
        by_goal=True,
        holds=False,
    ),
    World(
        "season",
        "no effect; office hours, a first day, sales by hour and day",
        in_office_hours,
        by_season,
        null=True,
        days=100,
        people=5_000,
        money=(40, 0.4),
    ),
    World("retargeting", "an ad brings back who left a cart", retargeted, BUY, Slope(1.0), again=0.65, by_source=True),
    World(
        "hidden",
        "no effect; something nobody measures drives both",
        hidden_exposure,
        hidden_goal,
        null=True,
        holds=False,
    ),
    World("apart", "only those are exposed of whom nobody is not", only_email, BUY, Slope(1.0), refused=True),
)
BY_NAME = {world.name: world for world in WORLDS}
