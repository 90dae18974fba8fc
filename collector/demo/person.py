"""One person's story: visits over days, from a first look to an order, a left cart or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from random import Random

from collector.core.assignment import EXPOSED, OFF, ON, assign
from collector.core.times import DAY, HOUR, MINUTE
from collector.demo.acts import Shopper, fill_signup, finishes, look_at_cart, open_cart, order, put_in_cart, read_on
from collector.demo.banner import show
from collector.demo.later import live_on
from collector.demo.rhythm import first_days, moment
from collector.demo.talk import chat
from collector.demo.trail import Trail, WireEvent
from collector.demo.world import (
    AD,
    CHAT_SHARE,
    DEVICES,
    HOLDOUT,
    PROMISE,
    PROMISE_SHARE,
    SEEN,
    WAYS,
    Way,
    World,
)


@dataclass(slots=True)
class Story:
    """What one person did, and what the simulation alone knows: whether an effect made them buy."""

    events: list[WireEvent] = field(default_factory=list)
    persuaded_by: str = ""
    keen: float = 0.0


def chance(rng: Random, log_odds: float) -> bool:
    """True with the probability that has these log odds."""
    return rng.random() < 1 / (1 + exp(-log_odds))


class Person:
    """Tells a `Story`; everything is drawn from generators seeded by the world's seed and the person's number."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.rng = Random(f"{world.seed}/{number}")
        self.story = Story(keen=self.rng.gauss(0, 1))
        self._drawn: dict[str, Random] = {}
        self.devices = [self._device("")]
        self.shopper = Shopper(
            self.devices[0], self.rng, f"member-{world.seed}-{number}", lambda: self._apart("opinion"), self._at_cart
        )
        self.visits = 0
        self.chatted = self.won = self.welcomed = self.promised = self.at_cart = False  # in this visit
        self.arms: dict[tuple[str, str], str] = {}  # of the experiments, by name and device
        self.held_back = False  # from the chat, on this device
        self.saw_ad = False

    def _apart(self, purpose: str) -> Random:
        """A generator of this person's for one purpose, so that it shifts nothing else."""
        if purpose not in self._drawn:
            self._drawn[purpose] = Random(f"{self.world.seed}/{self.number}/{purpose}")
        return self._drawn[purpose]

    def _device(self, suffix: str) -> Trail:
        agent = self.rng.choices([text for _, text in DEVICES], [weight for weight, _ in DEVICES])[0]
        key = f"sim-{self.world.seed}-{self.number}{suffix}"
        return Trail(self.world, key, agent, Random(f"{self.world.seed}/{self.number}{suffix}/ids"))

    def tell(self) -> Story:
        """Live through all visits; what would lie after `now` is left out."""
        rng = self.rng
        way = WAYS[rng.choices(list(WAYS), [way.weight for way in WAYS.values()])[0]]
        starts, weights = first_days(self.world.now, self.world.days)
        at = moment(rng, rng.choices(starts, cum_weights=weights)[0])
        planned = 1
        while planned < 9 and chance(rng, 0.15 + 0.7 * (self.story.keen + way.keen) - 0.12 * planned):
            planned += 1
        for left in range(planned - 1, -1, -1):
            self._visit(at, way)
            at = self._next_time(rng.lognormvariate(1.0, 0.9))
            self._away(min(at, self.world.now) if left else self.world.now)
            if at > self.world.now:
                break
            way = self._way_back(way)
        if self.shopper.known or self.shopper.orders:
            live_on(self.shopper, max(trail.clock for trail in self.devices), self.world, self._apart("later"))
        self.story.events = [found for trail in self.devices for found in trail.events if found["at"] <= self.world.now]
        self.story.events.sort(key=lambda found: found["at"])
        return self.story

    def _way_back(self, way: Way) -> Way:
        if self.shopper.cart and self.rng.random() < 0.3:
            return AD
        if self.shopper.known and self.rng.random() < 0.4:
            return WAYS["newsletter"]
        return WAYS["direct"] if way is AD or self.rng.random() < 0.6 else way

    def _next_time(self, days: float) -> int:
        """A moment about `days` later, at least two hours after the end of the last visit."""
        clock = max(trail.clock for trail in self.devices)
        return max(clock + 2 * HOUR, moment(self.rng, clock - 12 * HOUR + int(days * DAY)))

    def _away(self, until: int) -> None:
        """The time until the next visit: ads may be seen, and the first may bring somebody back who would not come."""
        first = show(self.shopper, until, self._apart("ads"))
        brought, hours = self._apart("ads").random() < self.world.seen_effect, self._apart("ads").expovariate(1 / 10)
        if first is None or self.saw_ad:
            return
        self.saw_ad = True
        at = max(self.shopper.trail.clock, first) + HOUR + int(hours * HOUR)
        if brought and at + 6 * HOUR < until:
            own = self.rng
            self.rng = self.shopper.rng = self._apart("back")
            self._visit(at, SEEN)
            self.rng = self.shopper.rng = own

    def _visit(self, at: int, way: Way) -> None:
        rng, shopper = self.rng, self.shopper
        self._pick_device()
        self.visits += 1
        self.chatted = self.won = self.welcomed = self.promised = self.at_cart = False
        shopper.trail.arrive(at, rng.choice(way.landings), way.query, rng.choice(way.referrers) or self._elsewhere(way))
        shopper.trail.wait(700)
        self._offer_chat()
        if way is AD:
            open_cart(shopper)
        pull = self.story.keen + way.keen
        pages = 1 + min(8, int(rng.expovariate(1 / max(0.4, 1.6 + 0.8 * pull))))
        read_on(shopper, pages, lambda: self._after_page(pull))
        if not shopper.cart and chance(rng, -3.1 + 0.7 * pull + shopper.interest):
            put_in_cart(shopper)
            self._maybe_chat()
        elif shopper.cart and not self.at_cart:
            look_at_cart(shopper)
        if shopper.cart and chance(rng, -1.9 + 0.4 * pull + 0.2 * min(self.visits, 4) - 1.5 * shopper.orders):
            order(shopper, finish=finishes(shopper, rng))
        elif shopper.orders == 0 and not self.story.persuaded_by:
            self._change_mind(way)

    def _after_page(self, pull: float) -> None:
        """At any point of a visit, perhaps a chat, and perhaps the sign-up form, after which they go on."""
        self._maybe_chat()
        shopper = self.shopper
        if not shopper.known and chance(self.rng, -3.7 + 0.3 * pull + 0.4 * ("/plans" in shopper.saw)):
            fill_signup(shopper)
            self.welcomed = shopper.known

    def _assigned(self, name: str, share: float) -> str:
        """What chance gives this device in an experiment; told when it is first asked, for both arms alike."""
        trail = self.shopper.trail
        if (name, trail.visitor) not in self.arms:
            variant = self.arms[name, trail.visitor] = assign(trail.visitor, name, share)
            told = share if variant == ON else 1 - share
            trail.custom(EXPOSED, experiment=name, variant=variant, share=round(told, 6))
        return self.arms[name, trail.visitor]

    def _at_cart(self) -> None:
        """The cart page says when the coffee arrives, or not."""
        self.at_cart = True
        self.promised = self._assigned(PROMISE, PROMISE_SHARE) == ON

    def _offer_chat(self) -> None:
        """The chat's button, held back from a few by chance until that experiment ended."""
        trail = self.shopper.trail
        if (HOLDOUT, trail.visitor) not in self.arms and trail.clock >= self.world.holdout_ends:
            self.arms[HOLDOUT, trail.visitor] = ON
        self.held_back = self._assigned(HOLDOUT, CHAT_SHARE) == OFF
        if not self.held_back:
            trail.custom("chat_shown", provider="demochat")

    def _elsewhere(self, way: Way) -> str:
        return f"{self.world.elsewhere}/" if way is AD else ""

    def _maybe_chat(self) -> None:
        """After a page, perhaps a chat, one a visit.

        Who chats depends on what can be seen of them (pages, prices, cart, visits), and so does who buys.
        """
        shopper = self.shopper
        seen = 0.12 * min(shopper.pages, 8) + 0.9 * bool(shopper.cart) + 0.5 * ("/plans" in shopper.saw)
        if self.chatted or not chance(self.rng, -5.0 + seen + 0.15 * min(self.visits, 4)) or self.held_back:
            return
        self.chatted = True
        self.won = self.rng.random() < self.world.chat_effect * chat(shopper)

    def _change_mind(self, way: Way) -> None:
        """At the end of a visit without an order: the effects that the world says are true."""
        ad, welcome, promise = (self._apart("mind").random() for _ in range(3))
        if self.won:
            self._persuade("chat")
        elif way is AD and ad < self.world.retargeting_effect:
            self._persuade("retargeting")
        elif self.welcomed and welcome < self.world.welcome_effect:
            self._persuade("welcome")
        elif self.promised and promise < self.world.promise_effect:
            self._persuade("promise")

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
