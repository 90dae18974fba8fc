"""Sites as the door and the loader need them, remembered for some seconds so that a request costs no query."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

from collector.catalog.catalog import Catalog
from collector.catalog.values import Site
from collector.ingest.deny import deny_list
from collector.ingest.keep_policy import ANYTHING, KeepPolicy
from collector.ingest.rules import RetargetingRule, SiteRules
from collector.ingest.source import CLICK_IDS
from collector.store.protocol import LedgerDown
from collector.web.connected import Connected
from collector.web.door import CollectSite

log = logging.getLogger(__name__)
T = TypeVar("T")
FRESH = 3.0
MANY = 10_000
# Click ids belong to one person's one click; masked, they still say which network it was (E10).
CLICK_NAMES = frozenset(CLICK_IDS)


class Remembered(Generic[T]):
    """Answers by key, asked anew after `FRESH` s; while the database is down an old answer is better than none.

    One thread asks while the others go on with what is known, so that a database that hangs holds up few requests.
    """

    def __init__(self, ask: Callable[[str], T | None]) -> None:
        self._ask = ask
        self._known: dict[str, tuple[float, T | None]] = {}
        self._renewing: set[str] = set()

    def remembered(self, key: str) -> T | None:
        """The answer for `key` where nobody must be waited for; one that is getting old is asked for anew meanwhile."""
        known = self._known.get(key)
        if known is None:
            return None
        age = time.monotonic() - known[0]
        if age >= FRESH and key not in self._renewing:
            if age >= 2 * FRESH:
                return None
            self._renewing.add(key)
            threading.Thread(target=self._renew, args=(key,), name="sites", daemon=True).start()
        return known[1]

    def _renew(self, key: str) -> None:
        try:
            self.get(key)
        finally:
            self._renewing.discard(key)

    def get(self, key: str) -> T | None:
        """The answer for `key`. LedgerDown where it was never asked before and cannot be now."""
        now = time.monotonic()
        known = self._known.get(key)
        if known and now - known[0] < FRESH:
            return known[1]
        if known:
            self._known[key] = (now, known[1])
        try:
            found = self._ask(key)
        except LedgerDown:
            if known is None:
                raise
            log.warning("the catalog does not answer; using what it said before")
            found = known[1]
        if len(self._known) >= MANY:  # only strangers guessing keys get this far; who is known stays
            self._known = {key: entry for key, entry in list(self._known.items()) if entry[1] is not None}
        self._known[key] = (time.monotonic(), found)
        return found


def rules_of(site: Site) -> SiteRules:
    """The part of a site's settings that the steps need."""
    hosts = set()
    for origin in site.origins:
        host = origin.partition("://")[2]
        host = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        hosts.add(host.removeprefix("*"))
    return SiteRules(
        site.id,
        frozenset(hosts),
        frozenset(site.hidden_parameters) | (CLICK_NAMES if site.options.masks_click_ids else frozenset()),
        tuple(RetargetingRule(rule.field, rule.pattern) for rule in site.retargeting),
        frozenset(site.payment_domains),
        deny_list(site.options.denied_properties),
        site.options.preset == "exempt",
        site.options.trusted_agents,
        frozenset(site.options.spam_referrers),
        site.options.notice_version,
    )


def keep_policy(site: Site | None) -> KeepPolicy:
    """What a site lets in; a site that is gone by now asks for nothing more: its events are not loaded."""
    if site is None:
        return ANYTHING
    return KeepPolicy(deny_list(site.options.denied_properties), site.options.preset == "exempt")


def collect_site(site: Site | None) -> CollectSite | None:
    """The part of a site's settings that the door needs."""
    if site is None:
        return None
    options = site.options
    required, version = options.signed_identify == "required", options.identity_version
    policies = site.policy_gpc, site.policy_dnt
    return CollectSite(
        site.id, site.origins, *policies, required, version, options.preset, cookie_domain=options.cookie_domain
    )


def connected(catalog: Catalog, site: CollectSite | None) -> CollectSite | None:
    """The site with what it is connected to."""
    if site is None:
        return None
    chats, campaigns = catalog.hooked_providers(site.id), catalog.campaign_sources(site.id)
    return replace(site, connected=Connected(chats, campaigns, catalog.ad_pixel_key(site.id)))


class CatalogBook:
    """Sites from the catalog: a `SiteBook` for the door and a `RulesBook` for the loader."""

    def __init__(self, catalog: Catalog) -> None:
        self._by_key = Remembered(lambda key: connected(catalog, collect_site(catalog.site_by_write_key(key))))
        self._by_secret = Remembered(lambda key: connected(catalog, collect_site(catalog.site_by_secret(key))))
        self._rules = Remembered(lambda key: self._rules_by_id(catalog, key))
        self._policies = Remembered(lambda key: keep_policy(catalog.site(int(key))))

    @staticmethod
    def _rules_by_id(catalog: Catalog, key: str) -> SiteRules | None:
        site = catalog.site(int(key))
        return None if site is None else rules_of(site)

    def by_write_key(self, key: str) -> CollectSite | None:
        """The site with this public key."""
        return self._by_key.get(key)

    def remembered(self, key: str) -> CollectSite | None:
        """The site with this public key, where no query is needed to say so."""
        site = self._by_key.remembered(key)
        return site if site is not None and self._policies.remembered(str(site.id)) is not None else None

    def by_secret_key(self, key: str) -> CollectSite | None:
        """The site with this secret key."""
        return self._by_secret.get(key)

    def rules(self, site: int) -> SiteRules | None:
        """What the steps need to know of a site."""
        return self._rules.get(str(site))

    def policy(self, site: int) -> KeepPolicy:
        """What a site lets in."""
        return self._policies.remembered(str(site)) or self._policies.get(str(site)) or ANYTHING
