"""Where a visit came from: campaign parameters, then click ids, then the referrer (SEMANTICS 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_plus

from collector.core.event import Json, Source
from collector.core.matcher import fits_pattern
from collector.ingest.referrers import PAYMENT_HOSTS, host_channel, name_channel, within
from collector.ingest.remember import remembered
from collector.ingest.rules import RetargetingRule

# click id -> (channel, source). Facebook and Pinterest add theirs to unpaid posts too, so those say social, not paid.
CLICK_IDS = {
    "gclid": ("paid_search", "google"),
    "wbraid": ("paid_search", "google"),
    "gbraid": ("paid_search", "google"),
    "gad_source": ("paid_search", "google"),
    "dclid": ("display", "google"),
    "msclkid": ("paid_search", "bing"),
    "yclid": ("paid_search", "yandex"),
    "ttclid": ("paid_social", "tiktok"),
    "twclid": ("paid_social", "x"),
    "li_fat_id": ("paid_social", "linkedin"),
    "rdt_cid": ("paid_social", "reddit"),
    "sccid": ("paid_social", "snapchat"),
    "qclid": ("paid_social", "quora"),
    "fbclid": ("organic_social", "facebook"),
    "igshid": ("organic_social", "instagram"),
    "epik": ("organic_social", "pinterest"),
    "mc_cid": ("email", "mailchimp"),
    "_hsenc": ("email", "hubspot"),
    "_kx": ("email", "klaviyo"),
    "irclickid": ("affiliate", "impact"),
    "awc": ("affiliate", "awin"),
    "cjevent": ("affiliate", "cj"),
}
_MARKED = re.compile(r"(?:^|&)(?:utm_[a-z]+|" + "|".join(CLICK_IDS) + ")=[^&]", re.IGNORECASE)
_RETARGETING = re.compile(r"(?<![a-z0-9])(?:retargeting|remarketing|rtg|rmkt)(?![a-z0-9])", re.IGNORECASE)
_WORDS = re.compile(r"[^a-z0-9]+")
_MEDIUM_CHANNELS = {
    "email": "email e-mail e_mail mail newsletter",
    "sms": "sms text mms whatsapp_message",
    "affiliate": "affiliate affiliates affil partner partners",
    "display": "display banner banners cpm gdn programmatic native interstitial video expandable cpv",
    "organic_social": "social social-network social_network social-media social_media sm organic_social organicsocial",
    "organic_search": "organic organic_search organicsearch seo",
    "paid_social": "paid_social paidsocial paid-social social_paid social-paid social-ads social_ads cpc-social",
    "paid_search": "paid_search paidsearch paid-search sem",
    "referral": "referral link",
    "ai": "ai ai_assistant llm",
}
_MEDIUM = {word: channel for channel, words in _MEDIUM_CHANNELS.items() for word in words.split()}
_PAID = frozenset(["cpc", "ppc", "paid", "cpa", "cpl", "paidads", "paid_ads", "ads", "ad"])


def _parameters(query: str) -> dict[str, str]:
    """The first non-empty value of each parameter, names in lower case."""
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if value:
            found.setdefault(name.lower(), unquote_plus(value).strip()[:200])
    return found


def _campaign_channel(source: str, medium: str, click: str) -> str:
    """The channel of a campaign by its medium, helped by what its source is known to be."""
    known = name_channel(source)
    word = medium.lower()
    if word in _PAID or word.startswith(("cpc", "ppc", "paid")):
        if _MEDIUM.get(word) in ("paid_search", "paid_social"):
            return _MEDIUM[word]
        if known == "organic_social":
            return "paid_social"
        return "display" if word not in ("cpc", "ppc") and known != "organic_search" else "paid_search"
    if word in _MEDIUM:
        return _MEDIUM[word]
    if "email" in _WORDS.split(word) or "newsletter" in _WORDS.split(word):
        return "email"
    return click or known or "referral"


def _retargets(source: Source, parameters: Mapping[str, str], rules: tuple[RetargetingRule, ...]) -> bool:
    """Whether words in medium or campaign, or a rule of the site, call this retargeting."""
    if _RETARGETING.search(source.medium) or _RETARGETING.search(source.campaign):
        return True
    values = {"source": source.source, "medium": source.medium, "campaign": source.campaign}
    for rule in rules:
        value = parameters.get(rule.field[6:].lower()) if rule.field.startswith("param:") else values.get(rule.field)
        if value is not None and fits_pattern(rule.pattern.casefold(), value.casefold()):
            return True
    return False


@remembered(16_384)
def campaign_source(query: str, rules: tuple[RetargetingRule, ...] = ()) -> Source | None:
    """The source that a landing page's query names, None where it names none."""
    if not _MARKED.search(query):
        return _ruled_source(query, rules) if rules else None
    found = _parameters(query)
    click_channel, click_source = next((CLICK_IDS[name] for name in CLICK_IDS if name in found), ("", ""))
    source = found.get("utm_source", "").lower() or click_source
    medium = found.get("utm_medium", "").lower()
    named = "utm_source" in found or "utm_medium" in found
    channel = _campaign_channel(source, medium, click_channel) if named else click_channel or "referral"
    return _finish(
        Source(
            channel,
            source,
            medium,
            found.get("utm_campaign", ""),
            found.get("utm_term", ""),
            found.get("utm_content", ""),
            campaign_mark=True,
        ),
        found,
        rules,
    )


def _finish(source: Source, parameters: Mapping[str, str], rules: tuple[RetargetingRule, ...]) -> Source:
    if not _retargets(source, parameters, rules):
        return source
    return Source("retargeting", source.source, source.medium, source.campaign, source.term, source.content, True)


def _ruled_source(query: str, rules: tuple[RetargetingRule, ...]) -> Source | None:
    """A site's own URL parameter may mark retargeting without any utm."""
    found = _parameters(query)
    marked = Source("retargeting", "", "", "", "", "", True)
    return marked if _retargets(Source(), found, tuple(r for r in rules if r.field.startswith("param:"))) else None


@lru_cache(maxsize=16_384)
def is_own(host: str, page_host: str, own: frozenset[str]) -> bool:
    """Whether a referrer's host is the site itself."""
    if host.removeprefix("www.") == page_host.removeprefix("www."):
        return True
    return host in own or any(entry.startswith(".") and host.endswith(entry) for entry in own)


@lru_cache(maxsize=16_384)
def referrer_source(host: str, payment: frozenset[str] = frozenset()) -> Source | None:
    """The source that an external referrer's host means; None for payment providers, who sent nobody (SEMANTICS 2)."""
    if not host:
        return None
    channel, name = host_channel(host)
    if channel == "referral" and (within(host, PAYMENT_HOSTS) or within(host, payment)):
        return None
    return Source(channel, name)


def impression_source(name: str, props: Mapping[str, Json]) -> Source | None:
    """The source of an event whose property `channel` says retargeting: an ad that was seen, not clicked."""
    if props.get("channel") != "retargeting":
        return None
    source, campaign = props.get("source"), props.get("campaign")
    return Source(
        "retargeting",
        source[:200] if isinstance(source, str) else name,
        "impression",
        campaign[:200] if isinstance(campaign, str) else "",
    )
