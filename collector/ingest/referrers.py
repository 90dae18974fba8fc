"""Who sends visitors: hosts and campaign words of search engines, networks, assistants, mailboxes, payment providers.

A short list of our own: the packaged ones (referer-parser, pyreferrer) have had no release for five years, and know
no AI assistant. A line is `name: host host ...`; a host stands for its subdomains too.
"""

from __future__ import annotations

import re
from functools import lru_cache

from collector.ingest.remember import remembered

# Engines with one host a country are matched by their label: google.de, www.google.co.uk.
_LABELS = re.compile(r"(?:^|\.)(google|yahoo|yandex)\.(?:[a-z]{2,3}|com?\.[a-z]{2})$")

_SEARCH = """
bing: bing.com
duckduckgo: duckduckgo.com
baidu: baidu.com
ecosia: ecosia.org
brave: search.brave.com
startpage: startpage.com
qwant: qwant.com
naver: search.naver.com m.search.naver.com
daum: search.daum.net
seznam: search.seznam.cz
sogou: sogou.com
so.com: so.com
kagi: kagi.com
mojeek: mojeek.com
aol: search.aol.com
ask: ask.com
swisscows: swisscows.com
you.com: you.com
coccoc: coccoc.com
yandex: ya.ru
"""
_SOCIAL = """
facebook: facebook.com fb.com fb.me m.me messenger.com
instagram: instagram.com
threads: threads.net threads.com
x: twitter.com x.com t.co
linkedin: linkedin.com lnkd.in
reddit: reddit.com redd.it
youtube: youtube.com youtu.be
tiktok: tiktok.com
pinterest: pinterest.com pin.it pinterest.de pinterest.co.uk pinterest.fr
snapchat: snapchat.com
whatsapp: whatsapp.com wa.me
telegram: telegram.org t.me telegram.me
discord: discord.com discord.gg
vk: vk.com
ok.ru: ok.ru
weibo: weibo.com weibo.cn
wechat: weixin.qq.com
quora: quora.com
medium: medium.com
tumblr: tumblr.com
mastodon: mastodon.social mastodon.online
bluesky: bsky.app
hackernews: news.ycombinator.com
producthunt: producthunt.com
xing: xing.com
line: line.me
slack: slack.com
github: github.com
stackoverflow: stackoverflow.com
"""
_AI = """
chatgpt: chatgpt.com chat.openai.com
perplexity: perplexity.ai
claude: claude.ai
gemini: gemini.google.com bard.google.com
copilot: copilot.microsoft.com copilot.cloud.microsoft
grok: grok.com
deepseek: chat.deepseek.com
mistral: chat.mistral.ai
meta ai: meta.ai
poe: poe.com
phind: phind.com
kimi: kimi.com kimi.moonshot.cn
doubao: doubao.com
"""
_EMAIL = """
gmail: mail.google.com
outlook: outlook.live.com outlook.office.com outlook.office365.com outlook.com
yahoo mail: mail.yahoo.com
icloud mail: icloud.com
proton mail: mail.proton.me
aol mail: mail.aol.com
gmx: gmx.net gmx.de
web.de: web.de
zoho mail: mail.zoho.com
mail.ru: e.mail.ru
yandex mail: mail.yandex.ru
fastmail: fastmail.com
mailchimp: list-manage.com campaign-archive.com
substack: substack.com
"""
_PAYMENT = """
paypal.com stripe.com klarna.com adyen.com adyenpayments.com checkout.com mollie.com sofort.com
giropay.de worldpay.com braintreegateway.com squareup.com authorize.net 2checkout.com payu.com
paddle.com gocardless.com razorpay.com mercadopago.com alipay.com alipayplus.com paytrail.com
przelewy24.pl blik.com ideal.nl affirm.com afterpay.com clearpay.co.uk sezzle.com
pay.google.com payments.amazon.com pay.amazon.com apple-pay-gateway.apple.com yookassa.ru payfast.co.za paystack.com
flutterwave.com ccbill.com fastspring.com lemonsqueezy.com wallee.com saferpay.com datatrans.com
computop-paygate.com payone.com ogone.com securepay.com 3dsecure.io
cardinalcommerce.com arcot.com rsa3dsauth.com
"""
PAYMENT_HOSTS = frozenset(_PAYMENT.split())


def _table(channel: str, lines: str) -> dict[str, tuple[str, str]]:
    found = {}
    for line in lines.strip().splitlines():
        name, _, hosts = line.partition(": ")
        for host in hosts.split():
            found[host] = (channel, name)
    return found


_HOSTS = {
    **_table("organic_search", _SEARCH),
    **_table("organic_social", _SOCIAL),
    **_table("ai", _AI),
    **_table("email", _EMAIL),
}
# The names campaigns give to the same senders: utm_source=fb, linkedin.com, newsletter ...
_NAMES = {name: channel for channel, name in _HOSTS.values()} | {
    "google": "organic_search",
    "yahoo": "organic_search",
    "yandex": "organic_search",
    "adwords": "organic_search",
    "googleads": "organic_search",
    "google_ads": "organic_search",
    "fb": "organic_social",
    "ig": "organic_social",
    "meta": "organic_social",
    "facebookads": "organic_social",
    "twitter": "organic_social",
    "openai": "ai",
    "newsletter": "email",
    "klaviyo": "email",
    "hubspot": "email",
    "sendgrid": "email",
    "brevo": "email",
    "email": "email",
    "sms": "sms",
}


def within(host: str, hosts: frozenset[str]) -> bool:
    """Whether `host` is one of `hosts` or a subdomain of one, cut at dots (never a mere substring)."""
    while host:
        if host in hosts:
            return True
        host = host.partition(".")[2]
    return False


def _suffix(host: str) -> tuple[str, str] | None:
    while host:
        found = _HOSTS.get(host)
        if found:
            return found
        host = host.partition(".")[2]
    return None


@lru_cache(maxsize=16_384)
def host_channel(host: str) -> tuple[str, str]:
    """(channel, name) of an external referrer's host; a host on no list is a referral under its own name."""
    listed = _suffix(host)
    if listed:
        return listed
    engine = _LABELS.search(host)
    if engine:
        return "organic_search", engine[1]
    return "referral", host.removeprefix("www.")


@remembered(16_384)
def name_channel(name: str) -> str:
    """The channel that a campaign's source name belongs to by itself, "" where it says nothing."""
    lowered = name.strip().lower()
    if lowered in _NAMES:
        return _NAMES[lowered]
    if "." in lowered:
        channel, _ = host_channel(lowered)
        return "" if channel == "referral" else channel
    return ""
