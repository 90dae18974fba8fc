"""One person's story: visits over days, from a first look to an order, a left cart or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import exp
from random import Random

from collector.core.assignment import EXPOSED, OFF, ON, assign
from collector.core.times import DAY, HOUR, MINUTE
from collector.demo.acts import Shopper, chat, fill_signup, open_cart, order, put_in_cart, read_on
from collector.demo.later import live_on
from collector.demo.trail import Trail, WireEvent
from collector.demo.world import AD, CHAT_SHARE, DEVICES, HOLDOUT, HOURS, WAYS, WEEKDAYS, Way, World


@dataclass(slots=True)
class Story:
    """What one person did, and what the simulation alone knows: whether an effect made them buy."""

    events: list[WireEvent] = field(default_factory=list)
    persuaded_by: str = ""
    keen: float = 0.0


def chance(rng: Random, log_odds: float) -> bool:
    """True with the probability that has these log odds."""
    return rng.random() < 1 / (1 + exp(-log_odds))


def moment(rng: Random, day_start: int) -> int:
    """A moment within 24 h of `day_start`, by the rhythm of hours."""
    first = datetime.fromtimestamp(day_start / 1000, UTC).hour
    hours = [HOURS[(first + step) % 24] for step in range(24)]
    return day_start + rng.choices(range(24), hours)[0] * HOUR + rng.randrange(HOUR)


def first_day(rng: Random, world: World) -> int:
    """The start of the 24 h in which somebody comes first: by weekday, with slow growth."""
    starts = [world.now - (back + 1) * DAY for back in range(world.days)]
    weights = [
        WEEKDAYS[datetime.fromtimestamp((start + DAY // 2) / 1000, UTC).weekday()] * (1.4 - 0.5 * back / world.days)
        for back, start in enumerate(starts)
    ]
    return rng.choices(starts, weights)[0]


class Person:
    """Tells a `Story`; everything is drawn from generators seeded by the world's seed and the person's number."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.rng = Random(f"{world.seed}/{number}")
        self.story = Story(keen=self.rng.gauss(0, 1))
        self.devices = [self._device("")]
        self.shopper = Shopper(self.devices[0], self.rng, f"member-{world.seed}-{number}", self._apart("opinion"))
        self.visits = 0
        self.chatted = self.won = False  # in this visit: chatted at all, and made up their mind by it
        self.arms: dict[str, str] = {}  # of the experiment, by device
        self.held_back = False  # from the chat, on this device

    def _apart(self, purpose: str) -> Random:
        """A generator of this person's for one purpose, so that it shifts nothing else."""
        return Random(f"{self.world.seed}/{self.number}/{purpose}")

    def _device(self, suffix: str) -> Trail:
        agent = self.rng.choices([text for _, text in DEVICES], [weight for weight, _ in DEVICES])[0]
        key = f"sim-{self.world.seed}-{self.number}{suffix}"
        return Trail(self.world, key, agent, Random(f"{self.world.seed}/{self.number}{suffix}/ids"))

    def tell(self) -> Story:
        """Live through all visits; what would lie after `now` is left out."""
        rng = self.rng
        way = WAYS[rng.choices(list(WAYS), [way.weight for way in WAYS.values()])[0]]
        at = moment(rng, first_day(rng, self.world))
        planned = 1
        while planned < 9 and chance(rng, 0.15 + 0.7 * (self.story.keen + way.keen) - 0.12 * planned):
            planned += 1
        for _ in range(planned):
            self._visit(at, way)
            at = self._next_time(rng.lognormvariate(1.0, 0.9))
            if at > self.world.now:
                break
            way = self._way_back(way)
        live_on(self.shopper, max(trail.clock for trail in self.devices), self.world, self._apart("later"))
        self.story.events = [found for trail in self.devices for found in trail.events if found["at"] <= self.world.now]
        self.story.events.sort(key=lambda found: found["at"])
        return self.story

    def _way_back(self, way: Way) -> Way:
        if self.shopper.cart and self.rng.random() < 0.5:
            return AD
        if self.shopper.known and self.rng.random() < 0.4:
            return WAYS["newsletter"]
        return WAYS["direct"] if way is AD or self.rng.random() < 0.6 else way

    def _next_time(self, days: float) -> int:
        """A moment about `days` later, at least two hours after the end of the last visit."""
        clock = max(trail.clock for trail in self.devices)
        return max(clock + 2 * HOUR, moment(self.rng, clock - 12 * HOUR + int(days * DAY)))

    def _visit(self, at: int, way: Way) -> None:
        rng, shopper = self.rng, self.shopper
        self._pick_device()
        self.visits += 1
        self.chatted = self.won = False
        shopper.trail.arrive(at, rng.choice(way.landings), way.query, rng.choice(way.referrers) or self._elsewhere(way))
        shopper.trail.wait(700)
        self._offer_chat()
        if way is AD:
            open_cart(shopper)
        pull = self.story.keen + way.keen
        read_on(shopper, 1 + min(8, int(rng.expovariate(1 / max(0.4, 1.6 + 0.8 * pull)))), self._maybe_chat)
        if not shopper.known and chance(rng, -2.6 + 0.5 * pull + 0.4 * shopper.saw_prices):
            fill_signup(shopper)
        if not shopper.cart and chance(rng, -2.4 + 0.7 * pull + 0.8 * shopper.saw_prices):
            put_in_cart(shopper)
            self._maybe_chat()
        if shopper.cart and chance(rng, -1.1 + 0.35 * pull + 0.25 * min(self.visits, 4) - 1.5 * shopper.orders):
            order(shopper, finish=rng.random() < 0.72)
        elif shopper.orders == 0 and not self.story.persuaded_by:
            self._change_mind(way)

    def _offer_chat(self) -> None:
        """The chat's button, held back from a few by chance; told at a device's first visit, for both arms alike."""
        trail = self.shopper.trail
        if trail.visitor not in self.arms:
            variant = self.arms[trail.visitor] = assign(trail.visitor, HOLDOUT, CHAT_SHARE)
            share = CHAT_SHARE if variant == ON else 1 - CHAT_SHARE
            trail.custom(EXPOSED, experiment=HOLDOUT, variant=variant, share=round(share, 6))
        self.held_back = self.arms[trail.visitor] == OFF
        if not self.held_back:
            trail.custom("chat_shown", provider="demochat")

    def _elsewhere(self, way: Way) -> str:
        return f"{self.world.elsewhere}/" if way is AD else ""

    def _maybe_chat(self) -> None:
        """After a page, perhaps a chat, one a visit.

        Who chats depends on what can be seen of them (pages, prices, cart, visits), and so does who buys.
        """
        shopper = self.shopper
        seen = 0.12 * min(shopper.pages, 8) + 0.9 * bool(shopper.cart) + 0.5 * shopper.saw_prices
        if self.chatted or not chance(self.rng, -5.0 + seen + 0.15 * min(self.visits, 4)) or self.held_back:
            return
        self.chatted = True
        chat(shopper)
        self.won = self.rng.random() < self.world.chat_effect

    def _change_mind(self, way: Way) -> None:
        """At the end of a visit without an order: the effects that the world says are true."""
        if self.won:
            self._persuade("chat")
        elif way is AD and self.rng.random() < self.world.retargeting_effect:
            self._persuade("retargeting")

    def _persuade(self, by: str) -> None:
        """Buy because of `by`: at once, or after sleeping on it."""
        self.story.persuaded_by = by
        if by == "chat" and self.rng.random() < 0.3:
            self.shopper.trail.arrive(self._next_time(self.rng.uniform(1, 4)), "/plans")
        if not self.shopper.cart:
            put_in_cart(self.shopper)
        order(self.shopper, finish=True)

    def _pick_device(self) -> None:
        """Known people sometimes come by a second device, and sign in there: one person, two visitors."""
        if not self.shopper.known:
            return
        if len(self.devices) == 1 and self.rng.random() < 0.25:
            self.devices.append(self._device("-b"))
        if len(self.devices) == 2:
            clock = max(trail.clock for trail in self.devices) + MINUTE
            self.shopper.trail = self.rng.choice(self.devices)
            self.shopper.trail.clock = clock
            self.shopper.must_sign_in = self.shopper.trail is self.devices[1] and not self.shopper.trail.events
