"""The closed set of channels (SEMANTICS 3)."""

from __future__ import annotations

CHANNELS = (
    "paid_search",
    "paid_social",
    "display",
    "retargeting",
    "email",
    "sms",
    "affiliate",
    "organic_search",
    "organic_social",
    "ai",
    "referral",
    "direct",
    "internal",
)
