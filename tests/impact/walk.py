"""The lives of a shop's people (`shop.py`), with the exposure's effect and without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collector.core.times import DAY, HOUR
from collector.journeys.part import Bool, Float64, Int64
from tests.impact.lives import NEVER, START, After, Lives, Rows
from tests.impact.shop import (
    CART,
    CHANNEL_SHARES,
    CHANNELS,
    DIRECT,
    GUIDE,
    LEAVE,
    MOVES,
    PAGES,
    PRODUCT,
    RETARGETING,
    Shop,
    View,
    offsets,
)

EXPOSURE, GOAL, MESSAGE = len(PAGES), len(PAGES) + 1, len(PAGES) + 2  # kinds, after those of pages
LINK, OPENED, FORM, SENT = range(MESSAGE + 1, MESSAGE + 5)  # acts, where they are told
CONTENT = SENT + 1  # and from here on products, by their content
LEFT_AGAIN = 1.3  # times as often as started, a chat is opened
DOSES = ("1", "2 to 3", "4 and more")
EDGES = np.concatenate([np.cumsum(MOVES, axis=1)[:, :LEAVE], np.ones((LEAVE + 1, 1))], axis=1)


@dataclass(slots=True, eq=False)
class _Met:
    """As things were at each person's exposure."""

    channel: Int64
    again: Bool
    saw: Bool
    dose: Int64


def lives_of(shop: Shop, seed: int | list[int], people: int = 0, rows: bool = True) -> Lives:
    """The lives of people in a shop.

    Args:
        seed: of the random numbers, which both lives have in common. people: how many, 0 for as many as the shop has.
        rows: whether events are kept.
    """
    count = people or shop.people
    with_, without = (_Walk(shop, np.random.default_rng(seed), count, true) for true in (True, False))
    with_.live(rows)
    without.live(False)
    first, device = with_.first_visit, with_.mobile
    return Lives(
        with_.exposed_at,
        with_.counts,
        with_.after.told(),
        without.after.told(),
        with_.goals > 0,
        with_.spent,
        (first * 2 + device) * len(CHANNELS) + with_.first,
        with_.groups(),
        with_.inside(),
        with_.rows,
    )


class _Walk:
    """One life of everybody. Random numbers are drawn for all people at every turn, so that both lives share them."""

    def __init__(self, shop: Shop, rng: np.random.Generator, people: int, true: bool) -> None:
        self.shop, self.rng, self.people, self.true, self.rows, self.keep = shop, rng, people, true, Rows(), False
        self.first = rng.choice(4, people, p=CHANNEL_SHARES)
        self.mobile = rng.random(people) < 0.45
        self.begun = START + (rng.random(people) * shop.days * DAY).astype(np.int64)
        self.time, self.last = self.begun.copy(), self.begun.copy()
        self.channel, self.channel_before = self.first.copy(), self.first.copy()
        self.place, self.before = np.full(people, -1), np.full(people, -1)
        self.content = np.zeros(people, dtype=np.int64)
        self.times = np.zeros((people, len(PAGES)), dtype=np.int64)
        self.special = np.zeros(people, dtype=np.bool_)
        self.attention, self.looking = np.zeros(people), np.zeros(people)
        self.goals, self.dose = np.zeros(people, dtype=np.int64), np.zeros(people, dtype=np.int64)
        self.exposed_at = np.full(people, NEVER, dtype=np.int64)
        self.counts = np.zeros(people, dtype=np.bool_)
        self.after, self.spent = After(people, shop.asked.horizon), np.zeros(people)
        self.first_visit = np.zeros(people, dtype=np.int64)
        none = np.zeros(people, dtype=np.bool_)
        self.met = _Met(self.first.copy(), none, np.zeros((people, len(PAGES)), dtype=np.bool_), self.dose)

    def live(self, keep: bool) -> None:
        self.keep = keep
        here = np.arange(self.people)
        for visit in range(1, self.shop.visits + 1):
            self.visit(here, visit)
            if visit == 1:
                seen = np.minimum(self.times.sum(axis=1), 4) * 4
                self.first_visit = seen + (self.times[:, CART] > 0) * 2 + (self.times[:, GUIDE] > 0)
            back = self.shop.back(self.view(here, visit, 0))
            if self.true:
                back = back + self.shop.returning * (self.exposed_at[here] != NEVER)
            draw, pause, link, other = (self.rng.random(self.people) for _ in range(4))
            here = here[draw[here] < _odds(back)]
            short, long = self.shop.pause
            self.last[here] = self.time[here]
            self.time[here] += ((short + pause[here] * (long - short)) * DAY).astype(np.int64)
            here = here[self.time[here] < self.shop.as_of]
            self.channel_before[here] = self.channel[here]
            self.channel[here] = np.where(link[here] < 0.7, DIRECT, (other[here] * 4).astype(np.int64))

    def visit(self, here: Int64, visit: int) -> None:
        inside = here
        self.place[inside], self.before[inside] = -1, -1
        for step in range(1, self.shop.steps + 1):
            move, content, look, meet, wait, goal, rest = (self.rng.random(self.people) for _ in range(7))
            worth = self.rng.standard_normal(self.people)
            if self.shop.by_source and step == 1:
                hit = inside[meet[inside] < _odds(self.shop.exposure(self.view(inside, visit, 0)))]
                self.channel[hit] = RETARGETING
                self.mark(hit, visit, self.channel_before, wait)
            to = (move[inside][:, None] > EDGES[self.place[inside]]).sum(axis=1)
            inside, to = inside[to < LEAVE], to[to < LEAVE]
            self.look(inside, to, step, content)
            self.looking[inside] = np.round(4 + 56 * look[inside] ** 2)
            if step > 1:
                self.act(inside, LINK, -300)
            self.tell(inside, self.kind(inside), self.channel[inside] if step == 1 else None, self.looking)
            self.time[inside] += (5_000 + 60_000 * look[inside]).astype(np.int64)
            if not self.shop.by_source:
                chance = _odds(self.shop.exposure(self.view(inside, visit, step)))
                hit = inside[meet[inside] < chance]
                self.mark(hit, visit, self.channel, wait)
                self.act(inside[meet[inside] < LEFT_AGAIN * chance], OPENED, -3_000)
                self.tell(hit, np.full(len(hit), EXPOSURE))
                self.say(hit)
                self.again(hit)
            self.time[inside] += (5_000 + 40_000 * wait[inside]).astype(np.int64)
            self.decide(inside, visit, step, goal, worth)
            self.time[inside] += (2_000 + 20_000 * rest[inside]).astype(np.int64)
            self.attention[inside] += self.looking[inside]

    def look(self, inside: Int64, to: Int64, step: int, content: Float64) -> None:
        self.before[inside] = self.place[inside] if step > 1 else -1
        self.place[inside] = to
        self.times[inside, to] += 1
        self.content[inside] = (content[inside] * self.shop.contents).astype(np.int64)
        self.special[inside] |= (to == PRODUCT) & (self.content[inside] < self.shop.special)

    def kind(self, inside: Int64) -> Int64:
        of = (self.place[inside] == PRODUCT) & (self.shop.contents > 1)
        return np.asarray(np.where(of, CONTENT + self.content[inside], self.place[inside]))

    def mark(self, hit: Int64, visit: int, channel: Int64, draw: Float64) -> None:
        fresh = hit[self.exposed_at[hit] == NEVER]
        self.exposed_at[fresh] = self.time[fresh]
        start, end = self.shop.span
        time, asked = self.time[fresh], self.shop.asked
        self.counts[fresh] = (self.goals[fresh] == 0) & (time + asked.horizon <= self.shop.as_of)
        self.counts[fresh] &= (time >= start) & (time < end) & self.inside()[fresh]
        if asked.new:
            self.counts[fresh] &= (self.begun[fresh] >= start) & (self.begun[fresh] < end)
        self.met.channel[fresh] = channel[fresh]
        self.met.again[fresh] = visit > 1
        self.met.saw[fresh] = self.times[fresh] > 0
        if self.shop.dose is not None:
            self.dose[fresh] = self.shop.dose(self.view(fresh, visit, 1), draw[fresh])

    def say(self, hit: Int64) -> None:
        """An exposure's messages, one by one, a moment after it."""
        if self.shop.dose is None:
            return
        for message in range(1, int(self.dose[hit].max(initial=0)) + 1):
            who = hit[(self.dose[hit] >= message) & (self.exposed_at[hit] == self.time[hit])]
            self.tell(who, np.full(len(who), MESSAGE), later=message * 500)

    def again(self, hit: Int64) -> None:
        """Where the dose is how often one was exposed."""
        if self.shop.asked.dose == self.shop.asked.exposure:
            self.dose[hit] += self.time[hit] - self.exposed_at[hit] <= self.shop.asked.horizon

    def decide(self, inside: Int64, visit: int, step: int, draw: Float64, worth: Float64) -> None:
        view = self.view(inside, visit, step)
        log_odds = self.shop.goal(view) + self.shop.rebuy * self.goals[inside]
        if self.true:
            log_odds = log_odds + np.where(self.exposed_at[inside] != NEVER, self.shop.effect(view), 0.0)
        won = inside[draw[inside] < _odds(log_odds)]
        value = np.zeros(self.people)
        if self.shop.money is not None:
            median, spread = self.shop.money
            value = np.round(median * np.exp(spread * worth))
        met = won[self.counts[won] & (self.time[won] - self.exposed_at[won] <= self.shop.asked.horizon)]
        self.after.add(met, self.time[met] - self.exposed_at[met], np.ones(len(met)), value[met])
        self.spent[won] += value[won]
        self.goals[won] += 1
        self.act(won, FORM, -4_000)
        self.act(won, SENT, -500)
        self.tell(won, np.full(len(won), GOAL), value=value[won] if self.shop.money is not None else None)

    def act(self, who: Int64, kind: int, later: int) -> None:
        """Something done right before what comes now."""
        if self.shop.acts:
            self.tell(who, np.full(len(who), kind), later=later)

    def tell(
        self,
        who: Int64,
        kind: Int64,
        source: Int64 | None = None,
        engaged: Float64 | None = None,
        value: Float64 | None = None,
        later: int = 0,
    ) -> None:
        if not self.keep:
            return
        rows, none = self.rows, np.full(len(who), NEVER)
        rows.person.append(who)
        rows.time.append(self.time[who] + later)
        rows.kind.append(kind)
        rows.source.append(none if source is None else source)
        rows.device.append(self.mobile[who].astype(np.int64))
        rows.value.append(np.full(len(who), np.nan) if value is None else value)
        rows.engaged.append(
            np.zeros(len(who), np.int64) if engaged is None else (engaged[who] * 1_000).astype(np.int64)
        )

    def view(self, who: Int64, visit: int, step: int) -> View:
        time, met = self.time[who], self.exposed_at[who]
        shift = offsets(self.shop.zone, self.shop.days + self.shop.watched + 2)
        local = time - START + shift[np.clip((time - START) // HOUR, 0, len(shift) - 1)]
        return View(
            place=self.place[who],
            before=self.before[who],
            content=self.content[who],
            times=self.times[who],
            special=self.special[who],
            visits=visit,
            step=step,
            first=self.first[who],
            channel=self.channel[who],
            mobile=self.mobile[who],
            hour=local % DAY / HOUR,
            weekday=local // DAY % 7,
            day=(time - START) / DAY,
            gap=(time - self.last[who]) / DAY if visit > 1 else np.zeros(len(who)),
            age=(time - self.begun[who]) / DAY,
            attention=self.attention[who],
            goals=self.goals[who],
            dose=self.dose[who],
            since=np.where(met == NEVER, 0.0, (time - met) / DAY),
        )

    def inside(self) -> Bool:
        """Whom the question is asked of."""
        return self.mobile if self.shop.asked.where else np.ones(self.people, dtype=np.bool_)

    def groups(self) -> Mapping[str, Bool]:
        """By the names of the report."""
        met = self.met
        by = "Channel of the visit before" if self.shop.by_source else "Channel"
        band = np.searchsorted([1, 3], self.dose)
        found = {
            "Visit: On the first visit": ~met.again,
            "Visit: On a later visit": met.again,
            **{f"{by}: {name}": met.channel == at for at, name in enumerate(CHANNELS)},
            "Device: Desktop": ~self.mobile,
            "Device: Mobile": self.mobile,
        }
        for place, page in enumerate(PAGES):
            found |= {f"Before: Saw {page}": met.saw[:, place], f"Before: Not: Saw {page}": ~met.saw[:, place]}
        if self.shop.asked.dose is not None:
            found |= {f"Dose: {name}": (band == at) & (self.dose > 0) for at, name in enumerate(DOSES)}
        return found


def _odds(log_odds: Float64) -> Float64:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
