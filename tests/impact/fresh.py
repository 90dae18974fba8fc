"""Shops nobody had in view while the engine was built: other mechanisms, other questions, other random numbers."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from collector.core.times import DAY
from collector.journeys.part import Float64, Int64
from tests.impact.shop import CART, EMAIL, GUIDE, HELP, LIST, PRODUCT, Asked, Shop, View, flat

IMPOSSIBLE = -50.0


def turned_back(view: View) -> Float64:
    """From the cart back to a product, or the third look at one: what somebody is at, not how far they are."""
    back = (view.place == PRODUCT) & (view.before == CART)
    return np.asarray(1.6 * back + 0.35 * np.minimum(view.times[:, PRODUCT], 6) + 0.8 * view.saw(HELP))


def close(view: View) -> Float64:
    """How close somebody is, by what they looked at."""
    return np.asarray(1.1 * view.saw(CART) + 0.5 * view.saw(GUIDE) + 0.15 * np.minimum(view.times[:, PRODUCT], 5))


def fitting(view: View) -> Float64:
    """Some products fit hardly anybody at once, and have a link to the guide; who looks at them means to buy."""
    return np.asarray(1.5 * ((view.place == PRODUCT) & (view.content < 3)) + 0.8 * view.special)


def loyal(view: View) -> Float64:
    """Who has been coming for long does everything more."""
    return np.asarray(1.2 * (view.age > 7) + 0.3 * min(view.visits, 4))


def recent(view: View) -> Float64:
    """An audience: looked at products, gone for less than two days; the cart's for longer."""
    if view.visits == 1:
        return np.full(len(view.place), IMPOSSIBLE)
    in_audience = view.saw(PRODUCT) & (view.gap < np.where(view.saw(CART), 4.0, 2.0))
    return np.where(in_audience, -1.4 + 0.5 * view.saw(CART), -4.5)


def cooling(view: View) -> Float64:
    """Who is back soon buys sooner."""
    return np.asarray(close(view) + 0.7 * (view.gap < 2) * (view.visits > 1))


def staffed(view: View) -> Float64:
    """From 9 to 17 on weekdays where the shop is."""
    open_ = (view.hour >= 9) & (view.hour < 17) & (view.weekday < 5)
    return np.where(open_, -3.3 + 0.8 * close(view), IMPOSSIBLE)


def by_clock(view: View) -> Float64:
    """Evenings and weekends sell, where the shop is."""
    return np.asarray(-5.0 + close(view) + 1.1 * ((view.hour >= 19) & (view.hour < 23)) + 0.5 * (view.weekday >= 5))


def rising(view: View) -> Float64:
    """Ever more of it, up to a campaign's end on day 50, and then little."""
    return np.where(view.day < 50, 2.4 * (view.day / 50) ** 2, 0.3)


def long_looks(view: View) -> Float64:
    """By attention, whatever was looked at."""
    return np.asarray(0.9 * np.log1p(view.attention / 30) + 0.4 * (view.place == LIST), dtype=np.float64)


def both_ways(view: View) -> Float64:
    """Helps on a telephone with a cart, puts off who has none, and does nothing for email."""
    return np.asarray(
        (np.where(view.saw(CART), 1.0 + 0.9 * view.mobile, -1.2 + 0.3 * view.mobile)) * (view.first != EMAIL)
    )


def messages(view: View, draw: Float64) -> Int64:
    """1 to 6, more of them of those who are close."""
    return np.asarray(1 + np.floor(draw * (2.2 + 3.5 * view.saw(CART))), dtype=np.int64)


def wear(view: View) -> Float64:
    """People come less and less, more slowly who came by email."""
    return np.asarray(1.6 - 0.12 * view.visits + 0.4 * (view.first == EMAIL))


NEWCOMERS = Shop(
    "newcomers",
    "asked of new people in a range; those from before are loyal, and left out",
    lambda view: -6.1 + close(view) + loyal(view),
    lambda view: -5.8 + close(view) + loyal(view),
    flat(0.8),
    back=flat(0.7),
    days=60,
    visits=8,
    steps=7,
    people=2_500,
    asked=Asked(first=21, last=70, new=True),
)

SHOPS = (
    Shop(
        "paths",
        "no effect; what somebody is at drives both, finer than it is kept",
        lambda view: -5.3 + turned_back(view),
        lambda view: -5.4 + turned_back(view),
        null=True,
        money=(40, 0.5),
    ),
    Shop(
        "same day",
        "asked within a day, of people who come several times a day",
        lambda view: -4.6 + close(view),
        lambda view: -5.2 + close(view),
        flat(1.0),
        back=wear,
        pause=(0.03, 0.5),
        visits=10,
        steps=6,
        asked=Asked(horizon=DAY),
        people=1_400,
    ),
    Shop(
        "month",
        "asked within 30 days; it only makes people come back, and they buy again; money is a property",
        lambda view: -4.8 + close(view),
        lambda view: -5.0 + close(view),
        returning=1.1,
        rebuy=-0.3,
        pause=(1.0, 9.0),
        visits=8,
        steps=8,
        watched=40,
        money=(60, 0.6),
        asked=Asked(horizon=30 * DAY, value="total"),
    ),
    Shop(
        "guide",
        "a page is the exposure; three of twelve products link to it, and sell",
        lambda view: -4.6 + fitting(view),
        lambda view: -4.9 + fitting(view) + 0.6 * view.saw(CART),
        flat(0.7),
        contents=12,
        special=3,
        asked=Asked(exposure="page:/size-guide"),
    ),
    NEWCOMERS,
    replace(
        NEWCOMERS,
        name="crowded",
        words="the same, where more than half of those compared with are exposed later: too few are left, "
        "and it says so",
        exposure=lambda view: -4.9 + close(view) + loyal(view),
        goal=lambda view: -5.2 + close(view) + loyal(view),
        warned=True,
    ),
    Shop(
        "audience",
        "ads follow those who were here lately, by what they looked at",
        recent,
        lambda view: -5.2 + cooling(view),
        flat(0.9),
        back=flat(0.6),
        steps=7,
        asked=Asked(exposure="source:retargeting"),
    ),
    Shop(
        "phones",
        "asked of telephones alone; elsewhere it hurts",
        lambda view: -4.7 + close(view),
        lambda view: -5.0 + close(view),
        lambda view: np.where(view.mobile, 0.9, -1.5),
        asked=Asked(where="device:mobile"),
        people=3_000,
    ),
    Shop(
        "rising",
        "no effect; exposure and sales rise together for weeks, and fall together",
        lambda view: -6.0 + 0.6 * close(view) + rising(view),
        lambda view: -6.0 + 0.6 * close(view) + rising(view),
        null=True,
        days=80,
        people=2_500,
        asked=Asked(horizon=7 * DAY),
    ),
    Shop(
        "far away",
        "no effect; office hours and evenings in New York, over a change of the clocks",
        staffed,
        by_clock,
        null=True,
        days=130,
        zone=ZoneInfo("America/New_York"),
        people=3_000,
        asked=Asked(horizon=5 * DAY),
    ),
    Shop(
        "both ways",
        "helps some and hurts others",
        lambda view: -4.4 + 0.8 * close(view),
        lambda view: -4.6 + close(view),
        both_ways,
        people=2_200,
    ),
    Shop(
        "floor",
        "about forty people are exposed, hardly more than are asked for",
        lambda view: -5.3 + 0.8 * close(view),
        lambda view: -4.6 + close(view),
        flat(1.2),
        people=700,
    ),
    Shop(
        "messages",
        "each message does a little; who is close writes more",
        lambda view: -4.3 + 0.8 * close(view),
        lambda view: -5.0 + close(view),
        lambda view: np.asarray(0.3 * view.dose, dtype=np.float64),
        dose=messages,
        people=2_000,
        asked=Asked(dose="event:chat_message"),
    ),
    Shop(
        "habit",
        "a feature is used again and again, by a third; more of it is of those who stay, and does no more",
        lambda view: -3.8 + 0.7 * close(view),
        lambda view: -5.2 + close(view),
        flat(0.8),
        back=wear,
        pause=(0.1, 2.0),
        visits=10,
        steps=5,
        asked=Asked(exposure="event:feature_used", horizon=7 * DAY, dose="event:feature_used"),
    ),
    Shop(
        "attention",
        "no effect; how long people look drives both",
        lambda view: -6.2 + long_looks(view),
        lambda view: -6.2 + long_looks(view),
        null=True,
        money=(40, 0.4),
    ),
)
