"""The pretend world: its size, what is true in it, and the tables its people are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

from collector.core.times import DAY


@dataclass(frozen=True, slots=True)
class World:
    """What decides every event of a simulation; two equal worlds give the same events, ids and all.

    What is true of chat: of the people whom an agent answers in a visit that they would leave without an order (their
    first), about the share `chat_effect` orders because of the chat, at the end of the visit or a few days later: more
    of them after a quick answer, or by some agents, fewer after a slow one (`talk.py`). Nothing else about a chat
    changes what somebody does. After each page people chat the more likely, the more pages they have seen, if they read
    the prices, have something in the cart, or have been here before; such people also buy more anyway. So comparing
    those who chatted with those who did not exaggerates, and comparing people at the same point does not.

    Until `HOLDOUT_ENDS` days before `now` one new device in ten is never offered the chat, by chance (`HOLDOUT`), so
    that the same effect can be seen without any model; on so few people, only roughly.

    What is true of ads that are clicked: that is done by people who left a cart and come back, instead of another way
    that they would have come back by. Of those who would leave again without an order, the share `retargeting_effect`
    orders because of the ad. Comparing with everybody else exaggerates: the others mostly never had a cart.

    What is true of ads that are only seen: while they are away, they are shown to people who left a cart, and to fewer
    of those who only looked at coffees or prices, on browsers that let such ads be counted. Of those who see one and
    would not come back within some hours by themselves, the share `seen_effect` comes back because of it, directly,
    once, and buys or not (`banner.py`). When an ad is shown has nothing to do with when they would have come.

    What is true of signing up: the first bag ships free, and of those who sign up in a visit that they would leave
    without an order, the share `welcome_effect` orders because of that. It is done at any point of a visit.

    What is true of the cart page: half of all devices see there when the coffee arrives, by chance (`PROMISE`); of
    those who would leave without an order, the share `promise_effect` orders because of that line.

    What else is true: the sign-up form lost fields `SHORTER_BACK` days before `now`, and fewer people leave it then;
    the checkout became one page `ONE_PAGE_BACK` days before, and more people finish it.

    The size and these effects were set with the impact pages in view, so that the default world gives them an answer.

    Running the same world with an effect of 0 shows what the same people would have done without it.

    Attributes:
        now: ms UTC of the last moment; nothing is later.
        shop, elsewhere: origins of the pretend shop and of the site that shows its ads.
        visitors: how many people set out; some have two devices. Bots come on top.
        days: how far back the first visit may lie.
    """

    now: int
    shop: str = "https://shop.example"
    elsewhere: str = "https://post.example"
    seed: int = 1
    visitors: int = 8_000
    days: int = 60
    chat_effect: float = 0.32
    retargeting_effect: float = 0.45
    seen_effect: float = 0.65
    welcome_effect: float = 0.1
    promise_effect: float = 0.15

    @property
    def start(self) -> int:
        """The first moment, ms UTC."""
        return self.now - self.days * DAY

    @property
    def shorter_form(self) -> int:
        """When the sign-up form became shorter, ms UTC."""
        return self.now - SHORTER_BACK * DAY

    @property
    def one_page(self) -> int:
        """When the checkout became one page, ms UTC."""
        return self.now - ONE_PAGE_BACK * DAY

    @property
    def holdout_ends(self) -> int:
        """From when on everybody new is offered the chat, ms UTC."""
        return self.now - HOLDOUT_ENDS * DAY


@dataclass(frozen=True, slots=True)
class Way:
    """A way into the shop: how often, from which referrer, to which pages with which query, and how keen it makes."""

    weight: float
    referrers: tuple[str, ...]
    landings: tuple[str, ...]
    query: str = ""
    keen: float = 0.0


WAYS = {
    "organic": Way(
        27,
        ("https://www.google.com/", "https://duckduckgo.com/", "https://www.bing.com/"),
        ("/", "/blog/grind", "/blog/water", "/coffees"),
    ),
    "direct": Way(17, ("",), ("/", "/coffees", "/plans"), keen=0.2),
    "paid": Way(
        14,
        ("https://www.google.com/",),
        ("/plans", "/"),
        "utm_source=google&utm_medium=cpc&utm_campaign=coffee-plans",
        0.3,
    ),
    "social": Way(
        12,
        ("https://www.instagram.com/", "https://www.reddit.com/", "https://www.youtube.com/"),
        ("/", "/blog/nine-days"),
        keen=-0.5,
    ),
    "paid_social": Way(
        6,
        ("https://www.facebook.com/",),
        ("/coffees",),
        "utm_source=facebook&utm_medium=paid_social&utm_campaign=first-bag",
        -0.3,
    ),
    "newsletter": Way(
        8, ("",), ("/blog/nine-days", "/blog/water"), "utm_source=newsletter&utm_medium=email&utm_campaign=journal", 0.6
    ),
    "referral": Way(
        8, ("https://coffeepages.example/best-roasters", "https://slowmornings.example/"), ("/", "/coffees"), keen=0.1
    ),
    "assistant": Way(
        8, ("https://chatgpt.com/", "https://www.perplexity.ai/"), ("/plans", "/coffees", "/blog/grind"), keen=0.4
    ),
}
# The way of an ad, for those who left a cart; its referrer is the world's own page elsewhere.
AD = Way(0, ("",), ("/come-back",), "utm_source=adnet&utm_medium=retargeting&utm_campaign=cart-reminder", 0.2)

# The way of those whom an ad brought back that they only saw.
SEEN = Way(0, ("",), ("/", "/coffees", "/plans"), keen=1.2)

# What is also true of the default world, in days before its last moment.
SHORTER_BACK = 28
LETTER_BACK = 23
ONE_PAGE_BACK = 15
HOLDOUT_ENDS = 3
LETTER = Way(0, ("",), ("/blog/water", "/blog/"), "utm_source=newsletter&utm_medium=email&utm_campaign=late-harvest")
# The experiment that holds the chat back, and how many of 1 are offered it.
HOLDOUT, CHAT_SHARE = "chat-holdout", 0.9
# The experiment of the cart page's line, which the shop's own page asks for too.
PROMISE, PROMISE_SHARE = "cart-promise", 0.5
# The share of those who ordered that goes on ordering, and of those who ordered that say how they liked it.
REGULARS = 0.3
ANSWERS = 0.25

_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
DEVICES = (
    (30, f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {_WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1"),
    (24, f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36"),
    (22, f"{_WINDOWS} {_CHROME} Safari/537.36"),
    (7, f"{_WINDOWS} {_CHROME} Safari/537.36 Edg/131.0.0.0"),
    (9, f"{_MAC} {_WEBKIT} Version/18.1 Safari/605.1.15"),
    (4, "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"),
    (4, f"Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) {_WEBKIT} Version/17.6 Mobile/15E148 Safari/604.1"),
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "python-requests/2.32.3",
)

TITLES = {
    "/": "Coffee that comes by sea",
    "/coffees": "Coffees",
    "/plans": "Plans and prices",
    "/blog/": "Journal",
    "/blog/nine-days": "Why nine days is the right age for a bean",
    "/blog/grind": "Grind by ear: a method without a chart",
    "/blog/water": "Your kettle is half the recipe",
    "/build/roast": "Build a blend: roast",
    "/build/body": "Build a blend: body",
    "/build/grind": "Build a blend: grind",
    "/signup": "Sign up",
    "/welcome": "Welcome aboard",
    "/cart": "Cart",
    "/checkout": "Checkout",
    "/thanks": "Thank you",
    "/about": "About us",
    "/come-back": "Your cart is still here",
}
PRICES = {
    "first-light": 14.0,
    "north-pier": 15.5,
    "slack-tide": 14.5,
    "plan-cup": 12.0,
    "plan-pot": 24.0,
    "plan-crew": 58.0,
    "own-blend": 17.0,
}

# Relative traffic by hour (UTC) and by weekday, Monday first: coffee is read about in the morning and after dinner.
HOURS = (1, 1, 1, 1, 2, 4, 8, 10, 9, 8, 7, 7, 8, 7, 6, 6, 6, 7, 8, 9, 9, 7, 4, 2)
WEEKDAYS = (10, 10, 10, 9, 8, 6, 7)
