"""What happens in the shop of the benchmarks: pages, events, sources, devices, and how one act leads to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collector.core.event import Agent, Kind, Source


def _words(text: str, between: str | None = None) -> list[str]:
    return text.split(between)


_FEATURES = _words("reports exports alerts dashboards api sharing templates comments automation security")
CATEGORIES = _words("chairs desks lamps shelves sofas beds rugs curtains mirrors kitchen garden office")
_TOPICS = _words("guide news story tips review trends launch team design season")
_DOCS = _words("install events identify privacy import export funnels goals segments api")
_APP = _words("home reports funnels people settings billing team imports exports alerts goals segments tags audit help")
_INFO = _words("about contact customers careers terms privacy shipping returns press faq")
_USES = _words(
    "export import invite report dashboard alert api share comment template filter schedule annotate compare pin "
    "embed webhook segment tag audit"
)
_BUTTONS = _words(
    "Buy now,Start free trial,Book a demo,Compare plans,Read more,Show menu,Add to wishlist,Subscribe,Watch video,"
    "Accept offer,Change country,Open chat,Next page,Sort by price,Apply filter,Copy link,Contact sales,See example,"
    "Show reviews,Size guide,Track order,Close banner,Switch to yearly,Download app",
    ",",
)
_FORMS = ("newsletter", "contact", "signup", "checkout")

# Each group of kinds with its own weights (`_FALL` is how steeply they fall from the first to the last).
GROUPS: Mapping[str, Sequence[Kind]] = {
    "home": [Kind("page", "/")],
    "pricing": [Kind("page", "/pricing")],
    "features": [Kind("page", "/features"), *(Kind("page", f"/features/{name}") for name in _FEATURES)],
    "list": [Kind("page", "/products"), *(Kind("page", f"/category/{name}") for name in CATEGORIES)],
    "product": [Kind("page", f"/product/{number}") for number in range(1, 161)],
    "cart": [Kind("page", "/cart")],
    "checkout page": [Kind("page", "/checkout")],
    "thanks": [Kind("page", "/thanks")],
    "login": [Kind("page", "/login")],
    "signup page": [Kind("page", "/signup")],
    "blog": [Kind("page", "/blog"), *(Kind("page", f"/blog/{t}-{n}") for n in range(1, 8) for t in _TOPICS)],
    "docs": [Kind("page", "/docs"), *(Kind("page", f"/docs/{name}/{n}") for n in range(1, 5) for name in _DOCS)],
    "info": [Kind("page", f"/{name}") for name in _INFO],
    "app": [Kind("page", f"/app/{name}") for name in _APP],
    "add": [Kind("event", "add_to_cart")],
    "remove": [Kind("event", "remove_from_cart")],
    "checkout": [Kind("event", "checkout")],
    "purchase": [Kind("event", "purchase")],
    "signup": [Kind("event", "signup")],
    "trial": [Kind("event", "trial_started")],
    "subscription": [Kind("event", f"subscription_{what}") for what in ("started", "renewed", "upgraded", "cancelled")],
    "chat": [
        Kind("event", f"chat_{what}") for what in ("opened", "started", "message", "agent_joined", "ended", "rated")
    ],
    "feature": [Kind("event", f"feature_{name}") for name in _USES],
    "act": [
        Kind("event", name)
        for name in _words(
            "search filter_used video_play wishlist_add coupon_applied video_complete review_read invite_sent "
            "error_shown banner_seen experiment_seen nps_rated refund login logout shared"
        )
    ],
    "click": [Kind("click", text, f"#{text.lower().replace(' ', '-')}") for text in _BUTTONS],
    "form start": [Kind("form_start", name) for name in _FORMS],
    "form": [Kind("form", name) for name in _FORMS],
    "form failed": [Kind("form_failed", name) for name in _FORMS],
    "away": [
        *(Kind("outbound", f"https://{name}.example/") for name in ("partner", "maps", "video", "social", "bank")),
        *(Kind("download", f"/files/{name}.pdf") for name in ("catalogue", "prices", "terms", "guide", "manual")),
    ],
}
STATES = tuple(GROUPS)
PAGE_STATES = frozenset(name for name, kinds in GROUPS.items() if kinds[0].type == "page")
_ORDERED = [kind for name in STATES for kind in GROUPS[name]]
# Pages first, so that a page's kind and its place among the pages are one number; both count from 1.
KINDS: Sequence[Kind] = [kind for kind in _ORDERED if kind.type == "page"] + [k for k in _ORDERED if k.type != "page"]
PAGES: Sequence[str] = [kind.name for kind in KINDS if kind.type == "page"]
NUMBER: Mapping[Kind, int] = {kind: number for number, kind in enumerate(KINDS, 1)}

# What comes next in a visit, with weights; whatever is not named leads back to `home` or a list.
NEXT: Mapping[str, str] = {
    "home": "list 26, pricing 10, product 14, features 12, blog 8, click 9, act 5, login 4, docs 3, info 4, chat 2",
    "pricing": "signup page 16, features 14, home 12, click 12, chat 6, list 8, form start 4, pricing 6, docs 6",
    "features": "features 22, pricing 18, signup page 6, docs 8, home 10, click 8, act 6, list 6, away 2",
    "list": "product 52, list 16, act 10, home 6, click 6, chat 1",
    "product": "product 28, add 19, list 20, act 9, click 9, home 4, chat 2, away 1, pricing 2",
    "cart": "checkout page 52, product 14, remove 9, list 12, act 6, chat 2, home 5",
    "checkout page": "form start 8, checkout 66, cart 12, chat 3, product 4, home 3",
    "thanks": "home 20, list 20, signup page 12, app 8, click 10, product 12",
    "login": "app 74, home 8, login 6, signup page 5, form failed 3",
    "signup page": "form start 28, signup 30, pricing 10, home 8, form failed 4, info 4",
    "blog": "blog 46, home 12, features 9, product 6, click 8, form start 3, away 4, pricing 4, act 4",
    "docs": "docs 56, features 8, app 8, pricing 6, home 6, act 4, away 3",
    "info": "home 28, info 18, form start 9, list 12, away 6, pricing 6, chat 4",
    "app": "app 34, feature 42, docs 5, subscription 2, click 6, act 4, chat 1",
    "add": "cart 56, product 24, list 14, checkout page 8, act 4",
    "remove": "cart 34, list 26, product 24, home 8",
    "checkout": "purchase 76, checkout page 16, form failed 4, cart 8, chat 3",
    "purchase": "thanks 82, home 8, list 6",
    "signup": "app 52, trial 26, pricing 6, docs 8, home 4",
    "trial": "app 72, docs 12, feature 12",
    "subscription": "app 60, home 10, feature 20",
    "chat": "chat 52, product 10, pricing 8, home 8, cart 5, list 8",
    "feature": "feature 36, app 44, click 6, docs 3, act 5",
    "act": "product 26, list 20, home 12, app 8, act 10, features 6",
    "click": "product 18, list 14, home 12, pricing 9, features 8, app 6, click 8, signup page 5",
    "form start": "form 58, form failed 10, home 10, form start 6",
    "form": "home 26, app 18, signup 14, checkout 10, list 12, thanks 4",
    "form failed": "form start 30, form 28, home 12, info 6",
    "away": "home 30, product 14, blog 12, list 10",
}
# How the first visit begins, how later ones do, and those of people who have come often.
FIRST = "home 30, product 22, blog 18, list 10, pricing 5, features 6, docs 5, info 3, signup page 1"
LATER = "home 28, product 20, list 14, login 12, pricing 6, blog 8, app 5, docs 4, cart 3"
LOYAL = "app 26, login 20, home 20, product 12, list 10, docs 5, blog 4, cart 3"

SOURCES: Sequence[Source] = [
    Source("organic_search", "google"),
    *(Source("paid_search", "google", "cpc", f"search-{n}", campaign_mark=True) for n in range(1, 9)),
    *(Source("paid_social", "facebook", "paid_social", f"social-{n}", campaign_mark=True) for n in range(1, 7)),
    *(Source("retargeting", "criteo", "retargeting", f"rtg-{n}", campaign_mark=True) for n in range(1, 6)),
    *(Source("email", "newsletter", "email", f"mail-{n}", campaign_mark=True) for n in range(1, 13)),
    *(Source("organic_search", name) for name in ("bing", "duckduckgo", "ecosia")),
    *(Source("organic_social", name) for name in ("facebook", "instagram", "linkedin", "reddit")),
    *(Source("ai", name) for name in ("chatgpt", "perplexity")),
    *(Source("display", "adnet", "display", f"banner-{n}", campaign_mark=True) for n in range(1, 5)),
    *(Source("affiliate", f"affiliate-{n}", "affiliate", "", campaign_mark=True) for n in range(1, 5)),
    *(Source("referral", f"site-{n}.example") for n in range(1, 21)),
]
RETARGETING = [number for number, source in enumerate(SOURCES, 1) if source.channel == "retargeting"]
AGENTS: Sequence[Agent] = [
    *(
        Agent("mobile", os, browser)
        for os, browser in (("Android", "Chrome"), ("iOS", "Safari"), ("Android", "Samsung"))
    ),
    *(
        Agent("desktop", os, browser)
        for os in ("Windows", "macOS")
        for browser in ("Chrome", "Firefox", "Edge", "Safari")
    ),
    *(Agent("tablet", os, browser) for os, browser in (("iPadOS", "Safari"), ("Android", "Chrome"))),
    Agent("other"),
]
PLANS = ("free", "starter", "pro", "team", "enterprise")
COUNTRIES = _words("DE US GB FR AT CH NL ES IT PL SE DK NO BE IE CA AU BR IN JP CZ PT FI RO HU GR MX ZA NZ SG")
