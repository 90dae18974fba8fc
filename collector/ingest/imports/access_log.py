"""Web server access logs in the common and the combined format of Apache and nginx: the pages that were read.

A visitor is whoever has the same address and user agent on one day, under a salt that is thrown away. The address
itself goes nowhere: not into an event's id either, since the few billion that there are could be tried one by one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from collector.core import event as events
from collector.core.event import Event
from collector.ingest.imports.making import Maker
from collector.ingest.rows import RowError, row_id
from collector.ingest.rules import Arrival
from collector.ingest.visitor import clean_ip

MAPPING = (
    ("[day/month/year:time zone]", "time"),
    ("address and user agent, hashed anew each day", "visitor"),
    ("GET of a page that was found", "page view"),
    ("request", "url"),
    ("referer", "referrer"),
    ("user-agent", "device; bots are flagged"),
)
_LINE = re.compile(
    r"(?:(?P<host>[\w.-]+(?::\d+)?) )?(?P<ip>[\w.:%-]+) \S+ (?:\S+|\"[^\"]*\"|[^\[\"]+?) \[(?P<time>[^\]]{20,32})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<size>\d+|-)'
    r'(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?(?:\s.*)?'
)
_TIME = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_SUFFIX = re.compile(r"\.([a-z0-9]{1,12})$")
_PAGE_SUFFIXES = "html htm xhtml shtml php php5 asp aspx jsp jspx do cfm cgi pl md"
_PAGES = frozenset(_PAGE_SUFFIXES.split())
_ROBOTS = frozenset(["/robots.txt", "/sitemap.xml", "/favicon.ico", "/xmlrpc.php", "/ads.txt", "/security.txt"])
_NOT_PAGES = ("/.well-known/", "/wp-json/", "/wp-cron.php", "/wp-admin/admin-ajax.php", "/cgi-bin/", "/_next/")
_ESCAPE = re.compile(r'\\(?:x([0-9a-fA-F]{2})|(["\\]))')


def is_log(line: str) -> bool:
    """Whether a line is one of an access log."""
    found = _LINE.fullmatch(line.strip()) if len(line) < 20_000 else None
    return found is not None and _TIME.fullmatch(found["time"]) is not None


class AccessLogReader:
    """Reads one request at a time.

    Args:
        salt: random; who is the same visitor on a day is decided with it.
        origin: of the site, put before the paths; "" leaves them bare.
    """

    own_ids = False
    keeps_order = False

    def __init__(self, arrival: Arrival, zone: tzinfo, salt: bytes, origin: str = "") -> None:
        self._arrival, self._zone, self._salt, self._origin = arrival, zone, salt, origin
        self._maker = Maker(arrival, zone, "log")
        self._seen: dict[bytes, int] = {}
        self.left_out: Counter[str] = Counter()

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:  # noqa: ARG002 - the shape of a reader
        """The page view of a line, or nothing where it is none."""
        line = _LINE.fullmatch(text)
        if line is None:
            raise RowError("not a line of an access log")
        request = line["request"].split(" ")
        if len(request) not in (2, 3):
            self.left_out["requests that are no HTTP"] += 1
            return ()
        target = _unescape(request[1])
        why = _why_not(request[0], int(line["status"]), target)
        if why:
            self.left_out[why] += 1
            return ()
        at = _moment(line["time"])
        if at is None:
            raise RowError(f"time {line['time'][:40]!r} cannot be read")
        self._maker.time(at)
        agent = _unescape(line["agent"] or "")
        agent = "" if agent == "-" else agent
        referrer = _unescape(line["referrer"] or "")
        event = self._maker.make(
            self._number("|".join((str(at), target, line["status"], line["size"], referrer, agent))),
            events.PAGE,
            at,
            self._visitor(line["ip"], agent, at),
            url=target if "://" in target.partition("?")[0] else self._origin + target,
            referrer="" if referrer == "-" else referrer,
            user_agent=agent,
        )
        if not agent and line["agent"] is not None:
            event.bot = "no_user_agent"
        return [event]

    def _visitor(self, ip: str, agent: str, at: int) -> str:
        day = datetime.fromtimestamp(at / 1_000, self._zone).date().isoformat()
        told = f"{day}|{self._arrival.rules.id}|{clean_ip(ip) or ip}|{agent}"
        return "c_" + hmac.new(self._salt, told.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def _number(self, told: str) -> str:
        key = hashlib.blake2b(told.encode(errors="surrogatepass"), digest_size=12).digest()
        occurrence = self._seen.get(key, 0)
        self._seen[key] = occurrence + 1
        return row_id(None, f"log|{told}", occurrence)


def _unescape(text: str) -> str:
    """What the server wrote as \\" and \\xHH, as it was."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
    try:
        return plain.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return plain


def _why_not(method: str, status: int, target: str) -> str:
    """Why a request is no page that somebody read; "" where it is."""
    if method != "GET":
        return "requests other than GET"
    if status >= 400:
        return "errors (status 400 and above)"
    if status not in (200, 203, 206, 304):
        return "redirects and empty answers"
    path = target.partition("?")[0].partition("#")[0].lower()
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    if not path.startswith("/"):
        return "requests that are no HTTP"
    if path in _ROBOTS or path.startswith(_NOT_PAGES):
        return "files for robots and machines"
    suffix = _SUFFIX.search(path)
    return "files that are no pages (images, scripts, styles ...)" if suffix and suffix[1] not in _PAGES else ""


@lru_cache(maxsize=8_192)
def _moment(text: str) -> int | None:
    """Milliseconds of `10/Oct/2000:13:55:36 -0700`, whatever language this machine speaks."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    ahead = timedelta(hours=int(found[8]), minutes=int(found[9]))
    try:
        zone = timezone(-ahead if found[7] == "-" else ahead)
        day, hour, minute, second = (int(found[place]) for place in (1, 4, 5, 6))
        local = datetime(int(found[3]), _MONTHS[found[2]], day, hour, minute, second, tzinfo=zone)
        return round(local.astimezone(UTC).timestamp() * 1_000)
    except (ValueError, OverflowError):
        return None
