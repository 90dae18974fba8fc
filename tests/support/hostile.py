"""Hostile words, and an installation that has them in every field others can write (REQUIREMENTS D3, D6, T9)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch
from urllib.parse import quote
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from collector.catalog.values import Goal, Retargeting
from collector.core.errors import UserError
from collector.core.event import CHAT_EVENTS, CLICK, CUSTOM, IDENTIFY, PAGE, TYPES, Agent, Event, Source
from collector.core.spend import SpendDay
from collector.core.stages import parse_stages
from collector.core.times import MINUTE, day_of
from collector.ingest.bots import NO_LIST
from collector.ingest.preview import host_of, is_preview
from collector.loading import Loader
from collector.sites import CatalogBook
from tests.support.pages import ORIGIN, Installation, installed

# A script that ran says so in the title, in a dialog, or by this mark on the window.
CANARY = "__pwned"
CORPUS = (
    "<script>document.title='hacked';window.__pwned=1</script>",
    '"><img src=x onerror="window.__pwned=1">',
    "' autofocus onfocus='window.__pwned=1' x='",
    "'-window.__pwned=1-'",
    "</script><script>window.__pwned=1</script>",
    "</title></textarea></style><svg onload=window.__pwned=1>",
    "javascript:window.__pwned=1//",
    "data:text/html,<script>window.__pwned=1</script>",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>",
    "%(name)s {name} {0} %s %n",
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\uff1d1+1",
    "\t=1+1",
    "-2+3+cmd|' /C calc'!A0",
    "'; DROP TABLE event; --",
    "$.a'\"`--/*\\",
    "../../../../etc/passwd",
    "%2e%2e%2f..\\..\\",
    "a\r\nSet-Cookie: x=1\r\n\r\n<script>window.__pwned=1</script>",
    "\x1b]0;hacked\x07\x1b[31mred\x1b[2J\x9b31m",
    "<!--\u2028\u2029\u202e\u200b\u200f]]>",
    "nul\x00nul",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001d573",
    "a\u0301" * 40,
    "x" * 3_000,
    "__proto__",
    "constructor",
    "style=position:fixed;inset:0",
    "\ud800 lone",
)
# One for every place that markup can break out of, and the kinds that are not markup.
FEW = tuple(CORPUS[at] for at in (0, 1, 2, 5, 6, 8, 9, 10, 15, 17, 19, 20, 22, 29))
SHORT = tuple(attack[:90] for attack in CORPUS)


def storable(attack: str) -> str:
    """As events hold it, whose way in cleans NUL and lone surrogates."""
    return attack.replace("\x00", "").encode("utf-8", "replace").decode()


def hostile_events(now: int) -> list[Event]:
    """Events of every type, each of whose fields holds an attack that no way in has cleaned."""
    rng = Random(9)
    events = []
    for number, attack in enumerate(map(storable, CORPUS * 2)):
        for at, type_ in enumerate((*TYPES, CUSTOM, CUSTOM)):
            name = CHAT_EVENTS[number % len(CHAT_EVENTS)] if at == len(TYPES) else attack
            events.append(
                Event(
                    id=f"{rng.getrandbits(128):032x}",
                    type=type_,
                    visitor=f"{attack[:100]}{number}".strip(),
                    time=now - (number + 2) * MINUTE + at,
                    received=now,
                    name="" if type_ == PAGE else name,
                    target=attack if type_ == CLICK else "",
                    url=attack if number % 2 else f"https://shop.example/{attack}",
                    path=f"/{attack}",
                    query=attack,
                    title=attack,
                    referrer=attack,
                    pageview=attack,
                    user=f"{attack[:100]}{number % 7}" if type_ == IDENTIFY else None,
                    props={attack[:200]: attack, "last_field": attack, "invalid": [attack], "score": attack},
                    agent=Agent(attack, attack, attack),
                    source=Source("retargeting" if number % 3 else "email", attack, attack, attack, attack, attack),
                    value=float(number),
                )
            )
    return events


def send_hostile(shop: Installation) -> None:
    """The same words through the way in, as a browser can send them."""
    client = shop.app.test_client(use_cookies=False)
    for number, attack in enumerate(CORPUS):
        event = {
            "id": f"0198f3a2-5b1c-7d10-8a4e-{number:012x}",
            "type": ("page", "event", "click", "form", "identify", "outbound")[number % 6],
            "at": shop.now,
            **dict.fromkeys(("name", "target", "title", "ref", "pageview", "user", "text"), attack),
            "url": f"{ORIGIN}/{attack}?{attack}=1#{attack}",
            "props": {attack: attack, "nested": {attack: [attack, {attack: attack}]}},
            "traits": {attack: attack, "email": attack},
        }
        body = json.dumps(
            {"v": 1, "key": shop.site.site.write_key, "sent_at": shop.now, "boot": attack, "events": [event, attack]}
        )
        header = attack.encode("utf-8", "replace").decode("latin-1").translate({10: None, 13: None, 0: None})
        headers = {"Origin": ORIGIN, "User-Agent": header, "Referer": header, "Accept-Language": header}
        answer = client.post("/collect", data=body, headers=headers)
        assert answer.status_code == 200, (attack, answer.text)
        elsewhere = f"https://{header[:150]}"
        answer = client.post("/collect", data=body, headers={**headers, "Origin": elsewhere})
        # A word that could be a machine's name is taken for a page that is tried out.
        assert answer.status_code == (200 if is_preview(host_of(elsewhere)) else 403), attack
        assert client.get(f"/collect?key={quote(header)}&url={quote(header)}").status_code == 401
    loader = Loader(shop.ledger, shop.settings.inbox, CatalogBook(shop.catalog), NO_LIST, lambda sites: None, lambda: 0)
    loader.drain_all()
    loader.close()


def _catalog(shop: Installation) -> None:
    """Names of everything that a user of ours can name."""
    catalog, site = shop.catalog, shop.site_id
    goals = []
    for number, attack in enumerate(SHORT):
        if "\r" not in attack and attack.strip():
            goals.append(Goal(storable(attack), f"event:{storable(attack).strip()}"))
        catalog.save_report(site, f"{attack}{number}", "funnel", f"step=event:{quote(storable(attack))}&step=any", 1)
        catalog.save_segment(site, f"{attack}{number}", [f"event:{storable(attack)}"], [], 1)
        catalog.make_share(site, shop.owner.id, f"{attack}{number}", "overview", quote(storable(attack)), 1)
        _pinned(shop, number, attack)
        catalog.make_api_token(shop.owner, f"{attack}{number}", [], 1, None)
        shop.ledger.quarantine(site, attack.encode("utf-8", "replace"), attack, 1)
        try:
            user = catalog.create_user(f"{attack.replace(' ', '')}@x{number}.example", "a long enough password", 1)
        except UserError:
            continue  # no address, however it is looked at
        catalog.set_role(user.id, site, "viewer")
    catalog.update_site(
        site,
        title=CORPUS[0],
        goals=[Goal("Purchase", "event:purchase"), *goals[:12]],
        retargeting=[Retargeting("campaign", storable(attack)) for attack in SHORT[:8]],
    )


def _pinned(shop: Installation, number: int, attack: str) -> None:
    """Marks, dashboards and kept lists called by an attack, with blocks whose questions hold it too."""
    catalog, site, day = shop.catalog, shop.site_id, str(day_of(shop.now, ZoneInfo("UTC")))
    if not storable(attack).strip():
        return
    catalog.add_annotation(site, day, attack, shop.now, link=f"https://a.example/?{quote(storable(attack))}")
    board = catalog.add_dashboard(site, f"{attack}{number}", shop.now)
    for report, block in (("overview", "trend"), ("funnel", "steps"), (storable(attack), storable(attack))):
        arguments = f"segment={quote(storable(attack))}{number}&step=event:{quote(storable(attack))}"
        catalog.pin_block(site, board.id, attack, report, block, arguments)
    catalog.save_list(site, f"list {attack}{number}", [attack, "v000"], day, shop.now)


def _spent(shop: Installation) -> None:
    """What advertising cost by attacks, and stages called so."""
    day = str(day_of(shop.now, ZoneInfo("UTC")))
    days = [SpendDay(day, storable(text), storable(text), storable(text), 1.5, "EUR") for text in SHORT]
    shop.catalog.put_spend(shop.site_id, days)
    stages: list[tuple[str, str]] = []
    for text in map(storable, SHORT):
        with suppress(UserError):  # some read as conditions, which is said where they are typed
            parse_stages([*stages, (text, f"event:{text}")])
            stages.append((text, f"event:{text}"))
        if len(stages) == 8:
            break
    shop.catalog.update_site(shop.site_id, stages=stages)


@dataclass(frozen=True, slots=True)
class Attacked:
    """An installation all of whose words are attacks, and keys of people to look at."""

    shop: Installation
    people: Sequence[str]


def attacked(folder: Path) -> Iterator[Attacked]:
    """Such an installation, for a fixture."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for shop in installed(folder, events=False):
        with patch("collector.catalog.users._hasher", quick):  # nobody logs in with these passwords
            _catalog(shop)
        _spent(shop)
        send_hostile(shop)
        shop.append(hostile_events(shop.now))
        keys = [f"{storable(attack)[:100]}{number}".strip() for number, attack in enumerate(CORPUS)]
        yield Attacked(shop, keys)
