"""Hostile text in every field that others can send, through every page and every file (REQUIREMENTS D3, D6, T9)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog

from collector.catalog.values import Goal
from collector.core.event import CHAT_EVENTS, CLICK, CUSTOM, IDENTIFY, PAGE, TYPES, Agent, Event, Source
from collector.core.times import MINUTE
from collector.reports.registry import reports
from tests.browser.conftest import opened, serve
from tests.browser.looking import REFUSED, Served, pages
from tests.support.pages import Installation, installed

pytestmark = pytest.mark.browser
CORPUS = (
    "<script>document.title='hacked'</script>",
    '"><img src=x onerror="document.title=\'hacked\'">',
    "'-document.write(1)-'",
    "</script><script>document.title='hacked'</script>",
    "<svg onload=document.title='hacked'>",
    "javascript:document.title='hacked'",
    "{{ 7*7 }}{% raw %}",
    "%(name)s {name} {0} %s",
    '=HYPERLINK("http://evil.example")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<!--\u2028\u202e\u0000]]>",
    "style=position:fixed;inset:0",
)
# What an attack would leave in a page, had it not stayed text. The plot's own box is styled by the chart's script.
PLANTED = ", ".join(
    (
        'main script:not([type="application/json"])',
        "main [onerror]",
        "main [onload]",
        "main [style]:not(.plot-area, .plot-area *)",
        "main iframe",
        "main img",
        'main a[href^="javascript"]',
    )
)


def hostile_events(now: int) -> list[Event]:
    """Events of every type, each of whose fields holds an attack."""
    rng = Random(9)
    events = []
    for number, attack in enumerate(CORPUS * 3):
        for at, type_ in enumerate((*TYPES, CUSTOM, CUSTOM)):
            name = CHAT_EVENTS[number % len(CHAT_EVENTS)] if at == len(TYPES) else attack
            events.append(
                Event(
                    id=f"{rng.getrandbits(128):032x}",
                    type=type_,
                    visitor=f"{attack}{number}",
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
                    user=f"{attack}{number % 7}" if type_ == IDENTIFY else None,
                    props={attack: attack, "last_field": attack, "invalid": [attack], "score": attack, "role": attack},
                    agent=Agent(attack, attack, attack),
                    source=Source("retargeting" if number % 3 else "email", attack, attack, attack, attack, attack),
                    value=float(number),
                )
            )
    return events


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation all of whose words are attacks."""
    for shop in installed(tmp_path_factory.mktemp("attacked"), events=False):
        shop.append(hostile_events(shop.now))
        goals = [Goal(attack[:90], f"event:{attack}") for attack in CORPUS[:4]]
        shop.catalog.update_site(shop.site_id, goals=[Goal("Purchase", "event:purchase"), *goals])
        for number, attack in enumerate(CORPUS):
            shop.catalog.save_report(shop.site_id, f"{attack}{number}", "funnel", f"step=event:{number}", shop.now)
            shop.catalog.save_segment(shop.site_id, f"{attack}{number}", ["any"], [], shop.now)
            shop.ledger.quarantine(shop.site_id, attack.encode(), "bad", shop.now)
        yield shop


@pytest.fixture(scope="module")
def served_attacked(attacked: Installation) -> Iterator[Served]:
    """The same, served."""
    yield from serve(attacked)


def test_no_word_of_others_ever_runs(browser: Browser, served_attacked: Served) -> None:
    context = browser.new_context()
    look = opened(context, served_attacked)
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    look.page.on("dialog", note)
    found = {}
    paths = pages(served_attacked)
    for number in (1, 4, 5):
        paths[f"timeline-{number}"] = "/shop/timeline?person=" + quote(f"{CORPUS[number]}{number}", safe="")
    paths["overview-segment"] = "/shop/overview?segment=" + quote(f"{CORPUS[4]}4", safe="")
    for name, path in paths.items():
        look.forget()
        page = look.open(path)
        if name not in REFUSED:
            assert page.locator("h1").inner_text() not in ("Something went wrong here.", ""), name
        wrong = [text for text in look.problems if "Failed to load resource" not in text]
        if "hacked" in page.title():
            wrong.append("a script ran")
        wrong += page.evaluate(f"[...document.querySelectorAll(`{PLANTED}`)].map(one => one.outerHTML.slice(0, 80))")
        if look.hosts - {served_attacked.origin.removeprefix("http://")}:
            wrong.append(f"spoke to {look.hosts}")
        if wrong:
            found[name] = wrong
    context.close()
    assert found == {}
    assert ran == []


def test_no_cell_of_a_csv_is_a_formula(attacked: Installation) -> None:
    client = attacked.client()
    asked = {"funnel": "step=any&people=reached&at=1", "timeline": f"person={CORPUS[4]}4"}
    asked |= {"impact": "exposure=any&goal=event:purchase", "chat": "goal=event:purchase"}
    seen = 0
    for name in reports():
        query = asked.get(name, "")
        answer = client.get(f"/shop/{name}.json?{query}")
        assert answer.status_code == 200, (name, answer.text)
        for block in (answer.json or {})["blocks"]:
            text = client.get(f"/shop/{name}.csv?{query}&block={block['id']}").text
            for row in csv.reader(io.StringIO(text)):
                for cell in row:
                    seen += cell.startswith("'")
                    assert not cell.startswith(("=", "@", "\t", "\r")), (name, block["id"], cell)
    assert seen > 0
