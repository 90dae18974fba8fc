"""Each site: its tag in its pages, what the door refused, and when the last event came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from collector.catalog.values import Site
from collector.core.times import DAY, HOUR
from collector.counters import DOOR_EVENTS, totals
from collector.doctor.cookies import cookies
from collector.doctor.finding import Case, Finding, age, bad, ok, warn
from collector.doctor.tag import look
from collector.identity_warnings import identity_warnings
from collector.store.ledger import SqlLedger
from collector.web.refusals import Refusals

_QUIET = 2 * DAY


def sites(case: Case) -> Iterator[Finding]:
    """Every site in turn."""
    if case.catalog is None:
        return
    found = case.catalog.sites()
    if not found:
        yield warn("sites", "There is no site yet.", "desireline site add my-shop --origin https://shop.example")
    for site in found:
        yield from _refused(case, site)
        yield from _last(case, site)
        yield from _people(case, site)
        for origin in site.origins:
            if "*" not in origin:
                yield from look(case, site, origin)
                yield from cookies(case, origin)


def strangers(case: Case) -> Iterator[Finding]:
    """Requests with a key that no site has."""
    number = len(Refusals(case.settings.data).recent(0, case.now - HOUR))
    if number:
        yield bad(
            "tag",
            f"{number} requests of the last hour had a write key that no site has.",
            "Copy the tag from the Install page again: a letter was lost, or the site was deleted.",
        )


def _refused(case: Case, site: Site) -> Iterator[Finding]:
    counted = Counter(one.origin for one in Refusals(case.settings.data).recent(site.id, case.now - HOUR))
    for origin, number in counted.most_common(3):
        yield bad(
            f"site {site.name}",
            f"{number} requests of the last hour were refused: they came from {origin or 'pages without an origin'}, "
            f"and the site lists {', '.join(site.origins) or 'no origin'}.",
            "Add the origin in the site's General settings, if it is yours.",
        )


def _people(case: Case, site: Site) -> Iterator[Finding]:
    if case.engine is None:
        return
    told = totals(case.settings.metrics, DOOR_EVENTS)[DOOR_EVENTS]
    statuses = {status: number for (whose, status), number in told.items() if whose == str(site.id)}
    for warning in identity_warnings(SqlLedger(case.engine), site.id, statuses):
        yield warn(f"site {site.name}", str(warning.text), "docs/identity.md says what to look for and how to undo it.")


def _last(case: Case, site: Site) -> Iterator[Finding]:
    if case.engine is None:
        return
    row = case.engine.row("SELECT received FROM event WHERE site = ? ORDER BY id DESC LIMIT 1", (site.id,))
    if row is None:
        yield warn(
            f"site {site.name}", "No event has ever come.", "Paste the tag from its Install page, then open a page."
        )
    elif case.now - int(row[0]) > _QUIET:
        yield warn(
            f"site {site.name}",
            f"The last event came {age(case.now - int(row[0]))} ago.",
            "Look at what is said of its tag here; a site that was redesigned often loses it.",
        )
    else:
        yield ok(f"site {site.name}", f"The last event came {age(case.now - int(row[0]))} ago.")
