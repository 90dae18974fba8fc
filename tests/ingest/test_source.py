"""Where a visit came from: one table of landing queries and referrers (SEMANTICS 3)."""

from __future__ import annotations

import pytest

from collector.core.event import Source
from collector.core.source import CHANNELS
from collector.ingest.referrers import host_channel
from collector.ingest.rules import RetargetingRule
from collector.ingest.source import campaign_source, impression_source, is_own, referrer_source


@pytest.mark.parametrize(
    ("query", "channel", "source"),
    [
        ("utm_source=google&utm_medium=cpc", "paid_search", "google"),
        ("utm_source=Facebook&utm_medium=cpc", "paid_social", "facebook"),
        ("utm_source=fb&utm_medium=paid_social", "paid_social", "fb"),
        ("utm_source=news&utm_medium=email", "email", "news"),
        ("utm_source=x&utm_medium=weekly-newsletter", "email", "x"),
        ("utm_source=bulk&utm_medium=sms", "sms", "bulk"),
        ("utm_source=partner1&utm_medium=affiliate", "affiliate", "partner1"),
        ("utm_source=dv360&utm_medium=display", "display", "dv360"),
        ("utm_source=linkedin&utm_medium=social", "organic_social", "linkedin"),
        ("utm_source=chatgpt.com", "ai", "chatgpt.com"),
        ("utm_source=newsletter", "email", "newsletter"),
        ("utm_source=some-blog", "referral", "some-blog"),
        ("utm_source=facebook&utm_medium=paid&utm_campaign=remarketing-june", "retargeting", "facebook"),
        ("utm_source=google&utm_medium=display&utm_campaign=q3_RTG_cart", "retargeting", "google"),
        ("utm_source=criteo&utm_medium=retargeting", "retargeting", "criteo"),
        ("utm_source=google&utm_medium=cpc&utm_campaign=startgood", "paid_search", "google"),
        ("utm_source=google&utm_medium=cpc&utm_campaign=rtgames", "paid_search", "google"),
        ("gclid=Cj0KCQ", "paid_search", "google"),
        ("wbraid=1", "paid_search", "google"),
        ("gbraid=1", "paid_search", "google"),
        ("yclid=1", "paid_search", "yandex"),
        ("ttclid=1", "paid_social", "tiktok"),
        ("li_fat_id=1", "paid_social", "linkedin"),
        ("twclid=1", "paid_social", "x"),
        ("utm_source=shop&utm_medium=email&gclid=1", "email", "shop"),
        ("a=1&msclkid=z", "paid_search", "bing"),
        ("fbclid=IwAR", "organic_social", "facebook"),
        ("ScCid=1", "paid_social", "snapchat"),
        ("dclid=1", "display", "google"),
        ("mc_cid=1", "email", "mailchimp"),
        ("utm_source=fb&utm_medium=paid&fbclid=1", "paid_social", "fb"),
        ("utm_campaign=spring", "referral", ""),
    ],
)
def test_a_campaign_on_the_landing_page_names_its_channel(query: str, channel: str, source: str) -> None:
    found = campaign_source(query)
    assert found is not None
    assert (found.channel, found.source, found.campaign_mark) == (channel, source, True)
    assert found.channel in CHANNELS


@pytest.mark.parametrize("query", ["", "a=1&page=2", "utm_source=", "xgclid=1", "q=utm_source"])
def test_a_query_without_a_campaign_names_nothing(query: str) -> None:
    assert campaign_source(query) is None


def test_all_campaign_parameters_are_kept_decoded() -> None:
    found = campaign_source("utm_source=A+B&utm_medium=Email&utm_campaign=Sp%C3%A4t&utm_term=t&utm_content=c")
    assert found == Source("email", "a b", "email", "Spät", "t", "c", True)


def test_a_site_s_own_rules_mark_retargeting() -> None:
    rules = (RetargetingRule("source", "adroll*"), RetargetingRule("param:rt", "1"))
    assert campaign_source("utm_source=AdRoll-eu&utm_medium=cpc", rules) == Source(
        "retargeting", "adroll-eu", "cpc", campaign_mark=True
    )
    marked = campaign_source("rt=1", rules)
    assert marked is not None
    assert marked.channel == "retargeting"
    assert campaign_source("rt=2", rules) is None


@pytest.mark.parametrize(
    ("host", "channel", "name"),
    [
        ("www.google.com", "organic_search", "google"),
        ("google.co.uk", "organic_search", "google"),
        ("news.google.de", "organic_search", "google"),
        ("mail.google.com", "email", "gmail"),
        ("gemini.google.com", "ai", "gemini"),
        ("chatgpt.com", "ai", "chatgpt"),
        ("www.perplexity.ai", "ai", "perplexity"),
        ("l.facebook.com", "organic_social", "facebook"),
        ("t.co", "organic_social", "x"),
        ("out.reddit.com", "organic_social", "reddit"),
        ("duckduckgo.com", "organic_search", "duckduckgo"),
        ("notgoogle.com", "referral", "notgoogle.com"),
        ("google.evil.example", "referral", "google.evil.example"),
        ("www.blog.example", "referral", "blog.example"),
    ],
)
def test_a_referrer_s_host_names_its_channel(host: str, channel: str, name: str) -> None:
    assert host_channel(host) == (channel, name)


OWN = frozenset(["shop.example", ".shop.example"])


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("shop.example", True),
        ("www.shop.example", True),
        ("app.shop.example", True),
        ("www.page.example", True),
        ("evilshop.example", False),
        ("shop.example.evil.example", False),
    ],
)
def test_the_site_itself_is_known_by_whole_labels(host: str, own: bool) -> None:
    assert is_own(host, "page.example", OWN) is own


@pytest.mark.parametrize("host", ["", "checkout.stripe.com", "www.paypal.com", "pay.bank.example"])
def test_payment_providers_are_no_source(host: str) -> None:
    assert referrer_source(host, frozenset(["bank.example"])) is None


def test_a_host_that_only_ends_like_a_payment_provider_is_a_source() -> None:
    assert referrer_source("notpaypal.com") == Source("referral", "notpaypal.com")


def test_an_ad_impression_says_itself_that_it_is_retargeting() -> None:
    found = impression_source("ad_impression", {"channel": "retargeting", "source": "criteo", "campaign": "cart"})
    assert found == Source("retargeting", "criteo", "impression", "cart")
    assert impression_source("ad_impression", {"channel": "display"}) is None
