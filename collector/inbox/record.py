"""What one acknowledged request leaves in the inbox: JSON with the checked events; never an address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Record:
    """A decoded record.

    Attributes:
        site: the site's id; `visitor` the key decided at the door, "" for server-side requests.
        received, sent: ms UTC of arrival, and of leaving by the device's clock.
        mode: cookie, cookieless, relay (events name their visitors, as claims) or server (with the secret key).
        hints: reasons to think of a bot from headers and browser.
        before: the key that a visitor without a cookie had the day before, "" where there is none.
        events: checked wire events; `quarantined` the (text, reason) pairs that could not be read.
    """

    site: int
    visitor: str
    received: int
    sent: int | None
    mode: str
    user_agent: str
    hints: tuple[str, ...]
    events: Sequence[dict[str, Any]]
    quarantined: Sequence[tuple[str, str]]
    before: str = ""


def encode(
    site: int,
    visitor: str,
    received: int,
    sent: int | None,
    mode: str,
    user_agent: str,
    hints: Sequence[str],
    events: Sequence[str],
    quarantined: Sequence[tuple[str, str]] = (),
    before: str = "",
) -> bytes:
    """The record's bytes; `events` are JSON texts already, so nothing is written twice."""
    head = {"s": site, "v": visitor, "r": received, "t": sent, "m": mode, "ua": user_agent}
    if hints:
        head["b"] = list(hints)
    if quarantined:
        head["q"] = list(quarantined)
    if before:
        head["p"] = before
    return (_ENCODE(head)[:-1] + ',"e":[' + ",".join(events) + "]}").encode("ascii")


def decode(body: bytes) -> Record:
    """The record in `body`. Raises ValueError, KeyError or TypeError where it is none."""
    data = json.loads(body)
    return Record(
        site=data["s"],
        visitor=data["v"],
        received=data["r"],
        sent=data["t"],
        mode=data["m"],
        user_agent=data["ua"],
        hints=tuple(data.get("b", ())),
        events=data["e"],
        quarantined=[(text, reason) for text, reason in data.get("q", ())],
        before=data.get("p", ""),
    )
