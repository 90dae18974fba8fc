"""What somebody does on the shop's pages: read, sign up, fill a cart, order. Each act leaves its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from collector.core import event as events
from collector.demo.trail import Trail
from collector.demo.world import ANSWERS, PRICES

# Where people go next from a page, most likely first; a page not named here leads to the shop window.
_NEXT = {
    "/": ("/coffees", "/plans", "/blog/", "/about"),
    "/coffees": ("/plans", "/build/roast", "/blog/nine-days", "/about"),
    "/plans": ("/coffees", "/about", "/build/roast", "/"),
    "/blog/": ("/blog/grind", "/blog/water", "/blog/nine-days"),
    "/blog/nine-days": ("/coffees", "/blog/", "/plans"),
    "/blog/grind": ("/build/roast", "/blog/water", "/coffees"),
    "/blog/water": ("/plans", "/blog/", "/coffees"),
    "/build/roast": ("/build/body", "/coffees"),
    "/build/body": ("/build/grind", "/coffees"),
    "/build/grind": ("/plans", "/coffees"),
    "/about": ("/coffees", "/plans"),
}
_LINK_TEXTS = {
    "/coffees": "Browse coffees",
    "/plans": "See the plans",
    "/build/roast": "Build a blend",
    "/about": "About",
}
_WORTH = {"/plans": 0.8, "/coffees": 0.6, "/build/grind": 0.9, "/about": 0.5}
# What can be put into the cart on which page.
_OFFERED = {
    "/coffees": ("first-light", "north-pier", "slack-tide"),
    "/plans": ("plan-cup", "plan-pot", "plan-crew"),
    "/build/grind": ("own-blend",),
}
_FIELDS = ("name", "email", "street", "postcode")


@dataclass(slots=True)
class Shopper:
    """Somebody on a device, with what they hold and have seen.

    opinion: gives what draws their words when they are asked. at_cart: called whenever they come to the cart page.
    """

    trail: Trail
    rng: Random
    user: str
    opinion: Callable[[], Random]
    at_cart: Callable[[], None]
    known: bool = False
    must_sign_in: bool = False
    plan: str = ""
    pages: int = 1
    saw: set[str] = field(default_factory=set)
    cart: list[str] = field(default_factory=list)
    orders: int = 0

    @property
    def interest(self) -> float:
        """How much what they looked at draws them to a cart, in log odds; a blend of their own the most."""
        return sum(worth for path, worth in _WORTH.items() if path in self.saw)


def read_on(shopper: Shopper, pages: int, after_page: Callable[[], None]) -> None:
    """Read the page at hand and `pages` - 1 more, following links; `after_page` is called when each has been read."""
    trail, rng = shopper.trail, shopper.rng
    if shopper.must_sign_in:
        trail.wait(4_000)
        trail.add(events.IDENTIFY, shopper.user, {"plan": shopper.plan})
        shopper.must_sign_in = False
    for step in range(pages):
        shopper.saw.add(trail.path)
        trail.read(rng.lognormvariate(2.9, 0.8), rng.choice((25, 50, 75, 100)))
        if trail.path == "/about" and rng.random() < 0.2:
            trail.add(events.DOWNLOAD, "/brewing-guide.pdf", {"text": "Brewing guide (PDF, one page)"})
        after_page()
        if step == pages - 1:
            break
        choices = _NEXT.get(trail.path, ("/coffees", "/plans"))
        path = rng.choices(choices, range(len(choices), 0, -1))[0]
        _follow(shopper, path)


def _follow(shopper: Shopper, path: str) -> None:
    trail = shopper.trail
    trail.add(events.CLICK, _LINK_TEXTS.get(path, path.strip("/") or "Harbour Coffee"), {"tag": "a", "href": path})
    trail.wait(300)
    trail.go(path)
    shopper.pages += 1


def fill_signup(shopper: Shopper) -> None:
    """Start the sign-up form: leave it, or get it right, at the second attempt perhaps."""
    trail, rng = shopper.trail, shopper.rng
    _follow(shopper, "/signup")
    trail.wait(rng.uniform(3_000, 15_000))
    trail.add(events.FORM_START, "signup")
    trail.wait(rng.uniform(8_000, 60_000))
    if rng.random() < 0.25:
        trail.add(events.FORM_FAILED, "signup", {"invalid": [rng.choice(("email", "terms", "plan"))]})
        trail.wait(rng.uniform(3_000, 20_000))
    if rng.random() < (0.34 if trail.clock < trail.world.shorter_form else 0.16):
        trail.add(
            events.FORM_ABANDON, "signup", {"last_field": rng.choice(("email", "plan")), "ms": 21_000, "touched": 2}
        )
        return
    shopper.plan = rng.choices(("cup", "pot", "crew"), (5, 3, 1))[0]
    trail.add(events.FORM, "signup", {"ms": 42_000, "fields": 5})
    trail.add(events.IDENTIFY, shopper.user, {"plan": shopper.plan, "newsletter": rng.random() < 0.5})
    trail.custom("signup", plan=shopper.plan)
    shopper.known = True
    trail.wait(500)
    trail.go("/welcome")
    trail.read(rng.uniform(3, 15), 100)


def open_cart(shopper: Shopper) -> None:
    """From the page that an ad leads to, to the cart."""
    trail, rng = shopper.trail, shopper.rng
    trail.read(rng.uniform(4, 30), 60)
    trail.add(events.CLICK, "Open my cart", {"tag": "a", "href": "/cart"})
    trail.wait(400)
    trail.go("/cart")
    shopper.at_cart()


def put_in_cart(shopper: Shopper) -> None:
    """Choose something, two things perhaps, and look at the cart."""
    trail, rng = shopper.trail, shopper.rng
    if trail.path not in _OFFERED:
        _follow(shopper, rng.choice(("/coffees", "/plans")))
        trail.read(rng.uniform(5, 40), 75)
    offered = _OFFERED[trail.path]
    for product in rng.sample(offered, min(len(offered), rng.choices((1, 2), (4, 1))[0])):
        trail.wait(rng.uniform(2_000, 12_000))
        trail.add(events.CLICK, "Add to cart", {"tag": "button"}, target=f"add-{product}")
        trail.custom("add_to_cart", product=product, price=PRICES[product])
        shopper.cart.append(product)
    look_at_cart(shopper)


def look_at_cart(shopper: Shopper) -> None:
    """Go to the cart page and read it."""
    _follow(shopper, "/cart")
    shopper.at_cart()
    shopper.trail.read(shopper.rng.uniform(4, 40), 100)


def finishes(shopper: Shopper, rng: Random) -> bool:
    """Whether somebody at the checkout finishes it: more do since it is one page."""
    return rng.random() < (0.68 if shopper.trail.clock < shopper.trail.world.one_page else 0.9)


def order(shopper: Shopper, finish: bool) -> None:
    """Go to the checkout with the cart; `finish` it or leave the form."""
    trail, rng = shopper.trail, shopper.rng
    total = sum(PRICES[product] for product in shopper.cart)
    _follow(shopper, "/checkout")
    trail.custom("begin_checkout", total=total, items=len(shopper.cart))
    trail.wait(rng.uniform(3_000, 10_000))
    trail.add(events.FORM_START, "checkout")
    trail.wait(rng.uniform(15_000, 90_000))
    if rng.random() < 0.2:
        trail.add(events.FORM_FAILED, "checkout", {"invalid": ["postcode"]})
        trail.wait(rng.uniform(3_000, 15_000))
    if not finish:
        place = rng.randrange(1, len(_FIELDS) + 1)
        trail.add(events.FORM_ABANDON, "checkout", {"last_field": _FIELDS[place - 1], "ms": 30_000, "touched": place})
        return
    trail.add(events.FORM, "checkout", {"ms": 55_000, "fields": 6})
    trail.wait(600)
    trail.go("/thanks")
    shopper.orders += 1
    number = f"{shopper.user.removeprefix('member-')}-{shopper.orders}"
    trail.custom("purchase", total=total, order_id=number, items=len(shopper.cart))
    shopper.cart.clear()
    trail.read(rng.uniform(3, 20), 100)
    opinion = shopper.opinion()
    if opinion.random() < ANSWERS:
        trail.custom("nps_rated", score=opinion.choices(range(2, 11), (1, 1, 1, 2, 3, 5, 8, 9, 7))[0])
