"""Ad impressions: which campaigns may be counted, by the site's list or by its signature."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from collector.core.event import AD_SEEN, CUSTOM
from collector.ingest.clean import clean_text

# What a signature covers, in this order; the creative is filled in by ad servers and stays free.
SIGNED = ("campaign", "source")
_LIMIT = 100


def sign(key: str, campaign: str, source: str) -> str:
    """The signature of a campaign and its source: HMAC-SHA256 in hex over both, a line break between them."""
    return hmac.new(key.encode(), f"{campaign}\n{source}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def refusal(values: Mapping[str, str], listed: Mapping[str, str], key: str) -> str:
    """Why an address may not be counted: `no_campaign`, `campaign` (not listed) or `signature`; "" where it may.

    Args:
        values: the query's parameters.
        listed: the site's campaigns with their sources.
        key: signs addresses of campaigns that are not listed; "" for none.
    """
    campaign, given = values.get("campaign", ""), values.get("sig", "")
    if not campaign.strip():
        return "no_campaign"
    if given:
        expected = sign(key, campaign, values.get("source", ""))
        fits = bool(key) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
        return "" if fits else "signature"
    return "" if campaign in listed else "campaign"


def impression(values: Mapping[str, str], listed: Mapping[str, str]) -> dict[str, Any]:
    """The event of one impression; nothing but its campaign, source and creative can be chosen by an address."""
    campaign = values["campaign"]
    told = {
        "campaign": campaign,
        "source": listed.get(campaign) or values.get("source", ""),
        "content": values.get("content", ""),
    }
    props = {name: clean_text(text, _LIMIT) for name, text in told.items() if text}
    return {"id": str(uuid4()), "type": CUSTOM, "name": AD_SEEN, "props": {"channel": "retargeting", **props}}
