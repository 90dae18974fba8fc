"""The demo's own site: made at the first start, found again at the next, with goals, funnels and an owner."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace

from collector.catalog.values import Goal, Site
from collector.cli.rooms import Rooms
from collector.cli.user import make_user, one_time_link
from collector.core.times import DAY, day_of
from collector.demo.costs import costs
from collector.demo.world import LETTER_BACK, ONE_PAGE_BACK, SHORTER_BACK, World

NAME = "shop"
EMAIL = "owner@harbour.example"
_STATE = "demo.json"
_GOALS = (Goal("Purchase", "event:purchase", "total", "EUR"), Goal("Sign-up", "event:signup"))
_SAVED = (
    (
        "Visit to order",
        "funnel",
        "step=any&step=event:add_to_cart&step=event:begin_checkout&step=event:purchase&window=14d",
    ),
    ("Prices to sign-up", "funnel", "step=page:/plans&step=form_start:signup&step=event:signup&window=7d"),
    ("Journal readers who buy", "funnel", "step=page:/blog/*&step=event:add_to_cart&step=event:purchase&window=30d"),
    ("What advertising brings", "attribution", "goal=event:purchase&model=markov&all-time=1"),
    ("Do buyers buy again?", "retention", "start=event:purchase&return=event:purchase&interval=week&all-time=1"),
    ("On the way to a cart", "paths", "goal=event:add_to_cart&depth=4&period=30d"),
    (
        "What holding back the chat shows",
        "experiment",
        "name=chat-holdout&goal=event:purchase&horizon=14d&took=event:chat_started&matched=1&all-time=1",
    ),
)
_SEGMENTS = (
    ("Left a cart", ("event:add_to_cart",), ("event:purchase",)),
    ("Bought twice", ("event:purchase[#times>=2]",), ()),
    ("Phone people from ads", ("device:mobile", "channel:paid_search | channel:paid_social"), ()),
    ("Known, gone for 14 days", ("is:identified",), ("any[#last=14d]",)),
    ("Chatted", ("event:chat_started",), ()),
)
_STAGES = (
    ("Visitor", "any"),
    ("Interested", "page:/plans | page:/build/* | event:add_to_cart"),
    ("Signed up", "event:signup"),
    ("Customer", "event:purchase"),
    ("Regular", "event:purchase[#times>=3]"),
    ("Lost", "quiet:14d"),
)
# What happened how many days before the last: kind and words.
_ANNOTATIONS: tuple[tuple[int, str, str], ...] = (
    (40, "other", "The brewing guide is a PDF now"),
    (SHORTER_BACK, "release", "A shorter sign-up form"),
    (LETTER_BACK, "campaign", "Newsletter: the late harvest"),
    (ONE_PAGE_BACK, "release", "The checkout on one page"),
)
_DASHBOARD = "Monday morning"
# Name, report, block, question, and whether it takes the whole width.
_PINS = (
    ("People", "overview", "trend", "period=30d&compare=previous", True),
    ("Visit to order", "funnel", "steps", _SAVED[0][2], False),
    ("Where people are", "stages", "now", "period=30d", False),
    ("New, returning, asleep", "lifecycle", "lifecycle", "interval=week&goal=event:purchase&all-time=1", False),
    ("Do buyers buy again?", "retention", "curve", _SAVED[4][2], False),
    ("What advertising brings", "attribution", "models", _SAVED[3][2], True),
)


@dataclass(frozen=True, slots=True)
class DemoSite:
    """What a demo needs to fill and show its site. `world` is the one that its data came from first."""

    id: int
    name: str
    write_key: str
    secret_key: str
    login: str
    email: str
    world: World


def prepare_site(rooms: Rooms, world: World) -> DemoSite:
    """Make the site, or find it again.

    A second start keeps the world of the first (its last moment and its addresses above all): its events have the same
    ids, so that sending them again adds none.
    """
    path = rooms.settings.data / _STATE
    site = rooms.catalog.site_by_name(NAME)
    origins = [world.shop]
    known = _read(rooms) if site is not None else None
    if site is None:
        site = _make(rooms, origins, world)
    elif not set(origins) <= set(site.origins):
        site = rooms.catalog.update_site(site.id, origins=[*site.origins, *origins])
    now = world.now
    if known is not None and _same(known, world):
        world = known
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(world)))
    user = rooms.catalog.user_by_email(EMAIL) or make_user(rooms.catalog, EMAIL, now, admin=True)
    return DemoSite(
        id=site.id,
        name=NAME,
        write_key=site.write_key,
        # Secret keys are kept as hashes only; a new one each time is simpler than keeping one readable.
        secret_key=rooms.catalog.new_secret_key(site.id),
        login=one_time_link(rooms.catalog, rooms.settings, "login", now, user),
        email=EMAIL,
        world=world,
    )


def _make(rooms: Rooms, origins: list[str], world: World) -> Site:
    site = rooms.catalog.add_site(NAME, origins, world.now, title="Harbour Coffee", goals=_GOALS).site
    for name, report, arguments in _SAVED:
        rooms.catalog.save_report(site.id, name, report, arguments, world.now)
    for name, where, where_not in _SEGMENTS:
        rooms.catalog.save_segment(site.id, name, where, where_not, world.now)
    for back, kind, words in _ANNOTATIONS:
        if back <= world.days:
            day = day_of(world.now - back * DAY, site.zone).isoformat()
            rooms.catalog.add_annotation(site.id, day, words, world.now, kind)
    rooms.catalog.put_spend(site.id, costs(world))
    dashboard = rooms.catalog.add_dashboard(site.id, _DASHBOARD, world.now)
    for name, report, block, arguments, wide in _PINS:
        rooms.catalog.pin_block(site.id, dashboard.id, name, report, block, arguments, wide)
    return rooms.catalog.update_site(site.id, stages=_STAGES)


def _read(rooms: Rooms) -> World | None:
    """The world of an earlier start; None where there was none or its file cannot be read."""
    try:
        kept = json.loads((rooms.settings.data / _STATE).read_text())
        return World(**{field.name: kept[field.name] for field in fields(World)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _same(known: World, world: World) -> bool:
    """Whether the same people were asked for; when and at which address they were told apart, is not asked."""
    return replace(known, now=0, shop="", elsewhere="") == replace(world, now=0, shop="", elsewhere="")
