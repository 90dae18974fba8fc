"""Every word on a page goes through gettext; numbers, lengths and moments through Babel."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog as Messages
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel

from collector.core.blocks import Cell, Unit
from collector.core.text import T, Value
from collector.web import format as shown
from tests.support.pages import Installation, installed

ROOT = Path(__file__).parent.parent.parent
OPEN, CLOSE = "⟦", "⟧"
# What is no word of ours: product names, what the site and its visitors are called, numbers, signs.
NOT_OURS = re.compile(r"Desireline|WordPress|Shopify|Next\.js, Nuxt, SPA|owner@shop\.example|shop|[A-Z]{3,4}")


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    """Every message in the code and the templates, as the documented command finds them."""
    target = tmp_path_factory.mktemp("messages") / "messages.pot"
    options = ["-q", "extract", "-F", "pyproject.toml", "-k", "T", "-o", str(target), "collector", "templates"]
    # The folders are named, since beside them lies a folder of npm packages with thousands of files.
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", *options], cwd=ROOT, check=True)
    with target.open("rb") as file:
        return read_po(file)


def pseudo(text: str) -> str:
    """A translation that can be told from English."""
    return f"{OPEN}{text}{CLOSE}"


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory, messages: Messages) -> Iterator[Installation]:
    """An installation whose German is a pseudo-language."""
    folder = tmp_path_factory.mktemp("translations")
    german = Messages("de")
    for message in messages:
        if isinstance(message.id, tuple):
            german.add(message.id, tuple(map(pseudo, message.id)))
        elif isinstance(message.id, str) and message.id:
            german.add(message.id, pseudo(message.id))
    target = folder / "de" / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (target / "messages.mo").open("wb") as file:
        write_mo(file, german)
    for shop in installed(tmp_path_factory.mktemp("shop")):
        shop.app.extensions["babel"].translation_directories = [str(folder)]
        yield shop


class Visible(HTMLParser):
    """The texts that people see or hear on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skip += tag in ("script", "style", "pre", "code", "datalist")
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder") and value and not self._skip:
                self.found.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in ("script", "style", "pre", "code", "datalist")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._skip:
            self.found.append(data.strip())


def test_messages_are_found_in_code_and_templates(messages: Messages) -> None:
    found = {message.id for message in messages if isinstance(message.id, str)}
    assert {"Overview", "Skip to content", "Break down by", "{people} made {sessions}."} <= found
    assert len(found) > 300


def test_a_per_cent_sign_in_a_template_is_doubled() -> None:
    broken = [
        f"{path.name}: {found[0]}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for found in re.finditer(r'_\("[^"]*?(?<!%)%(?![(%])[^"]*"', path.read_text())
    ]
    assert broken == []


PAGES = [
    "/login",
    "/shop/funnel",
    "/shop/install",
    "/shop/settings",
    "/shop/quality",
    "/shop/saved",
    "/shop/team",
    "/sites/new",
    "/password",
    "/shop/nothing",
    "/shop/person/erase?person=v001",
]


@pytest.mark.parametrize("path", PAGES)
def test_no_word_on_a_page_is_left_untranslated(path: str, translated: Installation) -> None:
    client = translated.app.test_client() if path == "/login" else translated.client()
    page = Visible()
    page.feed(client.get(path, headers={"Accept-Language": "de"}).text)
    text = [part for part in page.found if OPEN not in part and CLOSE not in part]
    left = [part for part in text if re.search(r"[A-Za-z]{2}", NOT_OURS.sub("", part))]
    known = {"event:refund", "event:purchase", "event:signup", "page:/pricing", "https://shop.example"}
    known |= {"v001", "Purchase", "Sign-up", "total", "EUR"}
    assert [part for part in left if part not in known] == []
    assert any(OPEN in part for part in page.found)


@pytest.mark.parametrize("path", ["/shop/overview", "/shop/visitors", "/shop/funnel?step=any&step=event:purchase"])
def test_headings_and_sentences_of_reports_are_translated(path: str, translated: Installation) -> None:
    text = translated.client().get(path, headers={"Accept-Language": "de"}).text
    assert '<html lang="de">' in text
    for part in ("h1", "h2", "th", "dt", "summary", "label"):
        for found in re.findall(rf"<{part}[^>]*>(.*?)</{part}>", text, re.DOTALL):
            words = re.sub(r"<[^>]*>", "", found).strip()
            if words and re.search(r"[A-Za-z]{3}", words) and ":" not in words and words not in ("Purchase", "Sign-up"):
                assert OPEN in words, words
    assert OPEN in re.findall(r'class="headline">(.*?)</p>', text, re.DOTALL)[0]


def test_the_sentences_of_a_timeline_are_translated(translated: Installation) -> None:
    client = translated.client()
    listed = client.get("/shop/visitors.json?all-time=1&did=event:purchase&limit=1").json
    assert listed is not None
    person = next(block for block in listed["blocks"] if block["id"] == "visitors")["rows"][0][0]
    text = client.get(f"/shop/timeline?person={person}", headers={"Accept-Language": "de"}).text
    assert re.search(rf"{re.escape(OPEN)}Looked at [^{re.escape(CLOSE)}]*{re.escape(CLOSE)}", text)


@pytest.fixture
def english() -> Iterator[None]:
    app = Flask("words")
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "count", "–"),
        (float("nan"), "ratio", "–"),
        (1234567, "count", "1,234,567"),
        (0.5, "ratio", "50%"),
        (0.1234, "ratio", "12.3%"),
        (0.00123, "ratio", "0.12%"),
        (0.0000228, "ratio", "0.0023%"),
        (0.0, "ratio", "0%"),
        (0.0312, "points", "+3.12 pp"),
        (-0.0312, "points", "−3.12 pp"),
        (0, "points", "0 pp"),
        (0, "seconds", "0 s"),
        (3.25, "seconds", "3.2 s"),
        (42, "seconds", "42 s"),
        (59.7, "seconds", "1 min"),
        (200, "seconds", "3 min 20 s"),
        (3600, "seconds", "1 h"),
        (7500, "seconds", "2 h 5 min"),
        (100_000, "seconds", "1 d 3 h"),
        (1234.5, "money", "1,234.50"),
        (-0.001, "number", "0"),
        (3.14159, "number", "3.14"),
        (True, "bool", "yes"),
        (1795293723468, "time", "Nov 22, 2026, 02:42"),
        ("2026-03-01", "date", "Mar 1, 2026"),
        ("not a day", "date", "not a day"),
        ("<b>", "text", "<b>"),
    ],
)
def test_a_cell_is_written_in_the_words_of_its_unit(value: Cell, unit: Unit, words: str) -> None:
    assert shown.cell(value, unit, ZoneInfo("Asia/Dhaka")) == words


@pytest.mark.usefixtures("english")
def test_values_in_a_sentence_have_their_units() -> None:
    text = T("{people} people, {rate}, by {name}", people=Value(1234, "count"), rate=Value(0.5, "ratio"), name="{x}")
    assert shown.text(text) == "1,234 people, 50%, by {x}"


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("past", "words"),
    [(5_000, "just now"), (90_000, "1 min ago"), (7_200_000, "2 hours ago"), (86_400_000 * 3, "3 days ago")],
)
def test_how_long_ago(past: int, words: str) -> None:
    assert shown.ago(1_000_000_000_000 - past, 1_000_000_000_000) == words


def test_numbers_and_days_are_written_in_the_readers_language(translated: Installation) -> None:
    client: FlaskClient = translated.client()
    page = client.get("/shop/overview?from=2026-01-05&to=2026-03-06", headers={"Accept-Language": "de"}).text
    assert "05.01.2026 – 06.03.2026" in page
