"""Access logs: which requests are pages, who is one visitor for a day, and that no address is left behind."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.times import DAY
from collector.importing.state import log_salt
from collector.ingest.bots import NO_LIST
from collector.ingest.imports.access_log import AccessLogReader, is_log
from collector.ingest.rows import RowError
from collector.ingest.rules import Arrival, SiteRules
from tests.importing.conftest import Shop

NOW = 1_790_000_000_000
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BOT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"


def line(
    path: str = "/",
    ip: str = "203.0.113.9",
    at: str = "09/Oct/2025:08:53:20 +0000",
    status: int = 200,
    method: str = "GET",
    referrer: str = "-",
    agent: str = FIREFOX,
) -> str:
    return f'{ip} - - [{at}] "{method} {path} HTTP/1.1" {status} 512 "{referrer}" "{agent}"'


LOG = [
    line("/shoes?email=kim@shop.example", referrer="https://www.google.com/"),
    line("/app.js"),
    line("/logo.PNG?v=3"),
    line("/robots.txt", agent=BOT),
    line("/missing", status=404),
    line("/old", status=301),
    line("/cart", method="POST"),
    line("/cart", at="09/Oct/2025:10:54:00 +0200", referrer="https://shop.example/shoes"),
    line("/", ip="2001:db8::1", at="09/Oct/2025:09:00:00 +0000"),
    line("/", at="10/Oct/2025:09:00:00 +0000"),
    line("/about.html", agent=BOT, ip="198.51.100.7"),
    line("/empty", agent="-", ip="198.51.100.8"),
    "not a line",
    line(r"\x16\x03\x01"),
    '203.0.113.9 - - [09/Oct/2025:08:53:20 +0000] "\\x16\\x03" 400 0 "-" "-"',
]


def test_pages_of_a_log_are_visits_and_the_rest_is_counted_by_reason(shop: Shop) -> None:
    path = shop.file("access.log", "\n".join(LOG))
    said = shop.take(path)
    assert "This looks like a web server's access log: [day/month/year:time zone] -> time" in said
    assert "15 rows read: 6 events added, 0 were there already, 1 refused, 8 left out." in said
    for count, reason in (
        (2, "files that are no pages (images, scripts, styles ...)"),
        (1, "files for robots and machines"),
        (1, "errors (status 400 and above)"),
        (1, "redirects and empty answers"),
        (1, "requests other than GET"),
        (2, "requests that are no HTTP"),
    ):
        assert re.search(rf"^ +{count}  {re.escape(reason)}$", said, re.MULTILINE), reason
    assert "line 13: not a line of an access log" in said
    found = shop.events()
    assert [event["name"] for event in found] == ["/shoes", "/about.html", "/empty", "/cart", "/", "/"]
    assert found[0]["url"] == "https://shop.example/shoes?email=***"
    assert (found[0]["session_source"], found[0]["browser"]) == ("organic_search/google", "Firefox")
    assert [event["bot"] for event in found] == ["", "ai_agent", "no_user_agent", "", "", ""]
    assert found[3]["time"] == "2025-10-09T08:54:00.000+00:00"
    assert found[0]["visitor"] == found[3]["visitor"] != found[4]["visitor"]
    assert found[5]["visitor"] not in {event["visitor"] for event in found[:5]}  # the same machine, a day later
    assert shop.counts() == (3, 3, 4)
    assert "0 events added, 6 were there already" in shop.take(path)


def test_no_address_is_left_anywhere_in_the_installation(shop: Shop) -> None:
    shop.take(shop.file("access.log", "\n".join(LOG)))
    for path in shop.folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert b"203.0.113.9" not in raw, path
            assert b"2001:db8" not in raw, path


def test_after_two_days_a_new_salt_makes_other_visitors_of_the_same_events(shop: Shop) -> None:
    first = shop.file("one.log", line("/a"))
    shop.take(first)
    salt = shop.folder / "imports" / "log-salt.json"
    told = json.loads(salt.read_text())
    assert salt.stat().st_mode & 0o777 == 0o600
    salt.write_text(json.dumps({**told, "made": told["made"] - 2 * DAY}))
    assert "0 events added, 1 was there already" in shop.take(first)
    shop.take(shop.file("two.log", line("/b")))
    assert len({visitor for (visitor,) in shop.told("visitor")}) == 2


def test_a_salt_is_shared_for_two_days_and_then_gone(tmp_path: Path) -> None:
    made = log_salt(tmp_path, NOW)
    assert log_salt(tmp_path, NOW + 2 * DAY - 1) == made
    assert log_salt(tmp_path, NOW + 2 * DAY) != made
    (tmp_path / "log-salt.json").write_text("{")
    assert len(log_salt(tmp_path, NOW)) == 32


def reader() -> AccessLogReader:
    arrival = Arrival(SiteRules(1, frozenset(["shop.example"])), NO_LIST, NOW, server=True)
    return AccessLogReader(arrival, ZoneInfo("UTC"), b"salt", "https://shop.example")


@pytest.mark.parametrize(
    "text",
    [
        '203.0.113.9 - - [09/Oct/2025:08:53:20 +0000] "GET /x HTTP/1.0" 200 2326',  # common
        line("/x"),  # combined
        line("/x") + ' "-" 0.003',  # with what nginx sites add
        "shop.example:443 " + line("/x"),  # Apache's vhost_combined
        "203.0.113.9 - kim smith [09/Oct/2025:08:53:20 +0000] " + line("/x").partition("] ")[2],
        "host.example.net " + line("/x").partition(" ")[2],
        line("https://shop.example/x"),  # through a proxy
        line("/x", status=304),
    ],
)
def test_the_usual_forms_of_a_line_are_read(text: str) -> None:
    assert is_log(text)
    [event] = reader().read({}, text)
    assert (event.type, event.path, event.time) == ("page", "/x", 1_760_000_000_000)


def test_equal_requests_are_two_and_get_the_same_ids_again() -> None:
    first, second = reader(), reader()
    made = [first.read({}, line())[0].id for _ in range(3)]
    assert len(set(made)) == 3
    assert [second.read({}, line())[0].id for _ in range(3)] == made


def test_ids_do_not_tell_the_address() -> None:
    one, other = reader().read({}, line())[0], reader().read({}, line(ip="198.51.100.1"))[0]
    assert one.id == other.id
    assert one.visitor != other.visitor


def test_quotes_and_letters_that_servers_escape_are_read_back() -> None:
    [event] = reader().read({}, line(r"/caf\xc3\xa9", agent=r"My \"Browser\""))
    assert event.path == "/café"


@given(
    st.text(max_size=200) | st.builds(line, st.text(max_size=30), at=st.text(max_size=30), agent=st.text(max_size=9))
)
def test_any_line_is_events_or_a_reason(text: str) -> None:
    made = reader()
    try:
        found = made.read({}, text)
    except RowError:
        return
    assert len(found) + made.left_out.total() == 1
