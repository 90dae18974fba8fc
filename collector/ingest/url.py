"""URLs without what identifies a person or opens a door: emails, tokens, passwords, session ids (REQUIREMENTS E10)."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from collector.ingest.remember import remembered

MASK = "***"
_LONGEST_HOST = 253  # RFC 1035, section 2.3.4
LINK = "_dl="  # the parameter of `collector.ingest.link`
_HIDDEN_NAMES = """
email e-mail mail user_email useremail emailaddress email_address password passwd pwd pass passphrase
token access_token accesstoken id_token refresh_token auth_token authtoken csrf_token csrf xsrf auth authorization
api_key apikey api-key secret client_secret signature session sessionid session_id sid phpsessid jsessionid
aspsessionid sessid otp pin ssn reset_token reset_password_token confirmation_token invitation_token
magic ticket samlresponse samlrequest assertion x-amz-signature x-amz-security-token x-goog-signature
"""
_HIDDEN = frozenset(_HIDDEN_NAMES.split())
# A domain of at most so many labels: a longer run of dots must not be walked again from every letter before it.
_EMAIL = re.compile(
    r"[^\s/@=&?#:;,\"'<>()]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){0,7}\.[a-z]{2,24}", re.IGNORECASE
)
# Thirteen digits or more, perhaps in groups; `_mask_card` decides which of them are a payment card's.
_DIGITS = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")
# How the numbers of Visa, Mastercard, American Express, Discover, Diners, JCB and UnionPay begin, and their lengths.
# No 13 digits, which nobody issues any more: article numbers (EAN) have as many, and one in ten fits the check.
_CARD = re.compile(
    r"4\d{15}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
# The signature's part is looked for once in a run of letters, so that `eyJeyJeyJ...` costs no more than other text.
_JWT = re.compile(r"eyJ[\w-]{8,}+(\.[\w-]{8,}+(?:\.[\w-]*+)?)?")
_PATH_SECRET = re.compile(
    r"(/(?:reset|reset-password|password-reset|verify|confirm|confirmation|activate|invite|invitation|magic|magic-link|token)/)"
    r"[^/?#]{16,}",
    re.IGNORECASE,
)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]*", re.IGNORECASE)
_JSON_SECRET = re.compile(
    r"((?:" + "|".join(sorted(map(re.escape, _HIDDEN), key=len, reverse=True)) + r")(?:=|\"\s*:\s*\"))[^&#\"\s]+",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """A URL taken apart and masked: `url` is origin and path, `host` without port and lower-case."""

    url: str
    path: str
    query: str
    host: str


def _mask_jwt(found: re.Match[str]) -> str:
    return MASK if found[1] else found[0]


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1: a random number passes one time in ten."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _mask_card(found: re.Match[str]) -> str:
    digits = found[0].replace(" ", "").replace("-", "")
    return MASK if _CARD.fullmatch(digits) and _luhn(digits) else found[0]


def mask_cards(text: str) -> str:
    """`text` without what looks like the number of a payment card: an issuer's first digits, length and check digit."""
    return _DIGITS.sub(_mask_card, text) if len(text) >= 13 else text


@remembered(8_192)
def mask_words(text: str) -> str:
    """A text that people read, like a title or what stands on a button, without e-mail addresses and card numbers."""
    return mask_cards(mask_text(text) if "@" in text else text)


def mask_text(text: str) -> str:
    """`text` without emails, JWTs, and the values of parameters whose names are secret."""
    if "eyJ" in text:
        text = _JWT.sub(_mask_jwt, text)
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(MASK, text)
    if "=" in text or '":' in text:
        text = _JSON_SECRET.sub(rf"\1{MASK}", text)
    return mask_cards(text)


def mask_json(text: str) -> str:
    """A JSON text with every string in it masked by itself, so that none of them can change what stands around it.

    What is no JSON, such as one that was cut, is masked as it is.
    """
    try:
        return json.dumps(_mask_within(json.loads(text)), separators=(",", ":"))
    except (ValueError, RecursionError):
        return mask_text(text)


def _mask_within(part: object) -> object:
    if isinstance(part, str):
        # A document within the document: the events that a record could not read are texts in it.
        return mask_json(part) if part.startswith(("{", "[", '"')) else mask_text(part)
    if isinstance(part, list):
        return [_mask_within(one) for one in part]
    if isinstance(part, dict):
        return {mask_text(name): _mask_named(name, one) for name, one in part.items()}
    if isinstance(part, int | float) and mask_cards(str(part)) != str(part):
        return MASK
    return part


def _mask_named(name: str, part: object) -> object:
    return MASK if part and isinstance(part, str) and name.lower() in _HIDDEN else _mask_within(part)


def _mask_value(text: str) -> str:
    if "eyJ" in text:
        text = _JWT.sub(_mask_jwt, text)
    return mask_cards(_EMAIL.sub(MASK, text) if "@" in text or "%40" in text else text)


def mask_query(query: str, hidden: frozenset[str] = frozenset()) -> str:
    """A query string with the values of secret parameters, and emails anywhere, replaced by `***`.

    utm parameters and click ids stay. `code` is an authorisation code only beside `state` (OAuth); else it may be a
    voucher that a report wants.
    """
    if not query:
        return ""
    pairs = query.split("&")
    if LINK in query:  # a token of ours, which is nobody's address
        pairs = [pair for pair in pairs if not pair.startswith(LINK)]
    names = [pair.partition("=")[0].lower() for pair in pairs]
    oauth = "code" in names and "state" in names
    masked = []
    for name, pair in zip(names, pairs, strict=True):
        if name in _HIDDEN or name in hidden or (oauth and name in ("code", "state")):
            masked.append(f"{pair.partition('=')[0]}={MASK}")
        else:
            masked.append(_mask_value(pair))
    return "&".join(masked)


def _mask_path(path: str) -> str:
    if ";" in path:
        path = _PATH_SESSION.sub("", path)
    path = _PATH_SECRET.sub(rf"\1{MASK}", path)
    return _mask_value(path)


@remembered(32_768)
def parse_place(raw: str, hidden: frozenset[str] = frozenset()) -> Place:
    """Take `raw` apart and mask it; anything that is no http(s) URL becomes a place without a host.

    A fragment counts only where it is a route of a single-page app (`#/...`).
    """
    rest, _, fragment = raw.partition("#")
    rest, _, query = rest.partition("?")
    scheme, separator, after = rest.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        path = _mask_path(rest) if rest.startswith("/") else ""
        return Place(path, path, mask_query(query, hidden), "")
    authority, slash, tail = after.partition("/")
    authority = authority.rpartition("@")[2].lower()  # user:password@host
    path = _mask_path("/" + tail if slash else "/")
    if fragment.startswith(("/", "!/")):
        route, _, inner = fragment.partition("?")
        path += "#" + _mask_path(route)
        query = query or inner
    host = authority.rpartition(":")[0] if authority.rpartition(":")[2].isdigit() else authority
    host = host if len(host) <= _LONGEST_HOST else ""
    return Place(f"{scheme.lower()}://{authority}{path}", path, mask_query(query, hidden), host)
