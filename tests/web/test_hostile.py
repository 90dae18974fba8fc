"""Hostile words in every field through every page and every file: text stays text (REQUIREMENTS D3, D6, T9)."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from werkzeug.test import TestResponse

from collector.reports.registry import reports
from tests.cli.desk import Desk
from tests.support.hostile import CORPUS, FEW, SHORT, Attacked, attacked, storable

ALL = "all-time=1&include-bots=1"
QUESTIONS = {
    "funnel": f"{ALL}&step=any&step=any&people=reached&at=1&by=device",
    "impact": f"{ALL}&exposure=any&goal=event:purchase",
    "chat": f"{ALL}&goal=event:purchase",
    "retargeting": f"{ALL}&goal=event:purchase",
    "live": "",
    "planner": f"{ALL}&base=5%25",
}
OWN_ELEMENTS = frozenset(("script", "link", "form", "a", "img", "iframe", "object", "embed", "meta", "base", "svg"))
FORMULA = ("=", "+", "-", "@", "\t", "\r", "|")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Planted(HTMLParser):
    """Notes whatever an attack that became markup would leave in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            local = value.startswith(("/", "#", "?")) and not value.startswith("//") and "\\" not in value[:2]
            if name.startswith("on") or name in ("style", "srcdoc") or (tag == "svg" and name == "href"):
                self.found.append(f"<{tag} {name}={value[:40]}>")
            if name == "action" and not local:
                self.found.append(f"<{tag} {name}={value[:40]}>")
            if name in ("href", "src") and value and not local and urlsplit(value).scheme not in ("http", "https"):
                self.found.append(f"<{tag} {name}={value[:40]}>")
            if name in ("href", "src") and value and not local and "noopener" not in given.get("rel", ""):
                self.found.append(f"<{tag} {name}={value[:40]}> without rel")
        if (
            tag == "script"
            and given.get("type") != "application/json"
            and not given.get("src", "").startswith("/static/")
        ):
            self.found.append(f"<script {given}>")
        if tag in ("img", "iframe", "object", "embed", "base", "title2") or given.get("http-equiv"):
            self.found.append(f"<{tag}>")


def planted(page: str) -> list[str]:
    parser = Planted()
    parser.feed(page)
    return parser.found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """An installation all of whose words are attacks."""
    yield from attacked(tmp_path_factory.mktemp("attacked"))


def pages(world: Attacked) -> list[str]:
    """Every address of a page that shows words of others."""
    found = [f"/shop/{name}?{QUESTIONS.get(name, ALL)}" for name in reports() if name != "timeline"]
    found += [f"/shop/timeline?{ALL}&person={quote(key, safe='')}" for key in world.people]
    found += [f"/shop/person/erase?person={quote(key, safe='')}" for key in world.people[:8]]
    found += [f"/shop/overview?segment={quote(storable(SHORT[at]), safe='')}{at}" for at in (0, 1, 20)]
    found += [f"/shop/{name}" for name in ("saved", "shared", "install", "quality", "settings", "team", "connections")]
    found += [f"/shop/{name}" for name in ("spend", "stages/edit", "dashboards", "annotations", "bots", "privacy")]
    found += [f"/shop/dashboards/{one.id}" for one in world.shop.catalog.dashboards(world.shop.site_id)[:6]]
    found += [f"/shop/annotations/{one.id}" for one in world.shop.catalog.annotations(world.shop.site_id)]
    for name in [name for name in world.shop.catalog.segments(world.shop.site_id) if name.startswith("list ")][:6]:
        found += [f"/shop/segment?segment={quote(name, safe='')}", f"/shop/segments/edit?name={quote(name, safe='')}"]
    return [*found, "/?all=1", "/tokens", "/sites/new", "/password"]


def echoes() -> list[str]:
    """Addresses that hold an attack themselves."""
    found = []
    for attack in FEW:
        text = quote(attack.encode("utf-8", "replace"), safe="")[:1_500]
        found += [f"/shop/funnel?step={text}&step=event:{text}&by={text}&exclude={text}", f"/shop/{text}"]
        found += [
            f"/shop/overview?{text}={text}&from={text}&_only={text}",
            f"/shop/visitors?search={text}&after={text}",
        ]
        found += [f"/shop/timeline?person={text}&before={text}", f"/login?next={text}", f"/{text}", f"/static/{text}"]
        found += [
            f"/shop/match.json?matcher={text}",
            f"/shop/suggest.json?q={text}",
            f"/shop/overview.csv?block={text}",
        ]
        found += [
            f"/shop/impact?exposure=event:{text}&goal=event:{text}",
            f"/shared/{text}",
            f"/login/once?token={text}",
        ]
    return found


def looked_at(answer: TestResponse, path: str) -> list[str]:
    """What is wrong with an answer."""
    wrong = [] if answer.status_code < 500 else [f"{answer.status_code}"]
    if "default-src 'none'" not in answer.headers.get("Content-Security-Policy", ""):
        wrong.append("no policy")
    if answer.headers.get("X-Content-Type-Options") != "nosniff" or "Set-Cookie: x" in str(answer.headers):
        wrong.append("headers")
    if any(CONTROLS.search(value) for _, value in answer.headers):
        wrong.append("a control character in a header")
    to = urlsplit(answer.headers.get("Location", ""))
    if to.netloc not in ("", "localhost") or to.scheme not in ("", "http"):
        wrong.append(f"leads to {to.geturl()}")
    if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 308):
        wrong += planted(answer.text)
    elif answer.mimetype == "application/json":
        json.loads(answer.text, parse_constant=lambda name: wrong.append(name))
    elif answer.mimetype not in ("text/html", "text/csv", "text/plain"):
        wrong.append(answer.mimetype or "no type")
    return [f"{path[:80]}: {one}" for one in wrong]


def test_every_page_shows_hostile_words_as_words(world: Attacked) -> None:
    client = world.shop.client()
    wrong, seen = [], ""
    for path in pages(world):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code in (200, 404) or "segment=" in path or "connections" in path, (
            path,
            answer.status_code,
        )
        wrong += looked_at(answer, path)
        seen += answer.text
    assert wrong == []
    # The words are there, so the pages were looked at and not only opened.
    for shown in ("&lt;script&gt;", "{{ 7*7 }}", "DROP TABLE event", "=HYPERLINK", "etc/passwd"):
        assert shown in seen, shown


def test_an_address_that_holds_an_attack_is_answered_with_words(world: Attacked) -> None:
    client = world.shop.client()
    assert [wrong for path in echoes() for wrong in looked_at(client.get(path), path)] == []


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/..", "/\\evil.example", "///evil.example/x", "/\r\nX: 1"]
)
def test_no_path_leads_to_another_host(path: str, world: Attacked) -> None:
    # Put in place as a server does: the client would take the first of these for a host.
    answer = world.shop.client().get("/", environ_overrides={"PATH_INFO": path})
    assert looked_at(answer, path) == []
    assert looked_at(world.shop.client().get(f"/login?next={quote(path)}", follow_redirects=True), path) == []


def test_forms_give_hostile_words_back_as_words(world: Attacked) -> None:
    world.shop.app.config["WTF_CSRF_ENABLED"] = False
    client = world.shop.client()
    wrong = []
    for attack in map(storable, FEW):
        given = dict.fromkeys(("name", "email", "origin", "timezone", "origins", "retargeting", "goal_name"), attack)
        given |= dict.fromkeys(("matcher", "query", "report", "where", "role", "visitor", "person", "life"), attack)
        given |= {"password": attack, "next": attack, "policy_gpc": attack, "payment_domains": attack, "site": attack}
        for path in ("/shop/team", "/shop/settings", "/shop/settings/goals", "/shop/segments", "/tokens"):
            wrong += looked_at(client.post(path, data=given), path)
        for path in ("/sites/new", "/shop/saved", "/shop/shared", "/shop/person/erase", "/shop/person/unlink"):
            wrong += looked_at(client.post(path, data=given), path)
    world.shop.app.config["WTF_CSRF_ENABLED"] = True
    assert wrong == []


def csv_wrong(text: str) -> list[str]:
    """Cells that a spreadsheet or a terminal would obey."""
    wrong = []
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            first = unicodedata.normalize("NFKC", cell[:1])
            if first in FORMULA and not re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", cell):
                wrong.append(cell[:40])
            if CONTROLS.search(cell.replace("\r", "")):
                wrong.append(repr(cell[:40]))
    return wrong


def test_every_csv_is_neutral_and_every_json_strict(world: Attacked) -> None:
    client = world.shop.client()
    neutralised = 0
    for name in reports():
        query = QUESTIONS.get(name, ALL)
        if name == "timeline":
            query += "&person=" + quote(world.people[0], safe="")
        answer = client.get(f"/shop/{name}.json?{query}")
        assert answer.status_code == 200, (name, answer.text)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", answer.text)
        for block in (answer.json or {})["blocks"]:
            twin = client.get(f"/shop/{name}.csv?{query}&block={block['id']}")
            assert csv_wrong(twin.text) == [], (name, block["id"])
            assert twin.headers["Content-Disposition"].startswith("attachment; ")
            neutralised += twin.text.count("'=")
    assert neutralised > 0


def test_the_export_of_a_person_is_a_file_with_a_harmless_name(world: Attacked) -> None:
    client = world.shop.client()
    for key in world.people:
        answer = client.get(f"/shop/person/export?person={quote(key, safe='')}")
        if answer.status_code == 404:  # that visitor became a known person under another name
            continue
        assert json.loads(answer.text)["events"]
        assert re.fullmatch(
            r"attachment; filename=\"person\.json\"; filename\*=UTF-8''[\w.%~-]+", answer.headers["Content-Disposition"]
        )


def test_the_command_line_prints_nothing_that_a_terminal_obeys(world: Attacked) -> None:
    desk = Desk(world.shop.settings.data, world.shop.settings.database)
    outputs = {}
    for name in ("overview", "visitors", "events", "funnel", "timeline"):
        options = ["--all-time", "--site", "shop"]
        options += ["--step", "any", "--step", "any"] if name == "funnel" else []
        options += ["--person", world.people[20]] if name == "timeline" else []
        outputs[name] = desk.ok("report", name, *options, "--format", "table")
    for what in ("events", "people"):
        outputs[f"{what} jsonl"] = desk.ok("export", what, "--site", "shop")
        outputs[f"{what} csv"] = desk.ok("export", what, "--site", "shop", "--format", "csv")
        assert csv_wrong(outputs[f"{what} csv"]) == []
        for line in outputs[f"{what} jsonl"].splitlines():  # at U+2028, too
            json.loads(line)
    outputs["users"] = desk.ok("user", "list")
    outputs["sites"] = desk.ok("site", "list")
    outputs["error"] = desk.run("report", "overview", "--site", "shop", "--where", CORPUS[20]).output
    for name, text in outputs.items():
        assert len(text) > 20, name
        found = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
        assert found is None, (name, text[max(0, found.start() - 40) : found.end() + 10])
