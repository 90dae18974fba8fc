"""Rows of the consent log, as the page and the command line write them."""

from __future__ import annotations

from collections.abc import Iterator

from collector.core.event import Json
from collector.core.write import iso_time
from collector.store.protocol import Ledger

CONSENT_COLUMNS = ("time", "visitor", "state", "purpose", "policy", "mode", "host", "browser")


def consent_rows(ledger: Ledger, site: int) -> Iterator[dict[str, Json]]:
    """Every line of a site's consent log in the order of arrival, read page by page."""
    after = 0
    while page := ledger.consents(site, after):
        for one in page:
            cells = (iso_time(one.time), one.visitor, one.state, one.purpose, one.policy, one.mode, one.host)
            yield dict(zip(CONSENT_COLUMNS, (*cells, one.browser), strict=True))
        after = page[-1].id
