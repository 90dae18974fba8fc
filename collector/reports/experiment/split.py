"""People split into arms by the same function as everywhere, to be handed to an ad system or a mailing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from collector.core.assignment import EXPOSED, OFF, assign
from collector.core.event import Json
from collector.core.matcher import cell_text
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import known_person
from collector.reports.scope import choose
from collector.reports.visitors_rows import NEVER, last_seen

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Assigned:
    """One person: the user id, else the visitor's key; whether that is a user id; the arm; a trait's text, or ""."""

    person: str
    known: bool
    arm: str
    trait: str

    @property
    def sha256(self) -> str:
        """The trait as ad systems match it: trimmed, lower-cased, hashed; "" where there is none."""
        plain = self.trait.strip().lower()
        return hashlib.sha256(plain.encode()).hexdigest() if plain else ""

    def parameters(self, name: str) -> str:
        """The arm as query parameters of a link that is sent to this person."""
        return urlencode({"experiment": name, "variant": self.arm})

    def exposure(self, name: str, shares: Mapping[str, float], now_ms: int) -> dict[str, Json]:
        """The assignment as an event that `desireline import` reads."""
        share = shares.get(self.arm, 1 - sum(shares.values()) if self.arm == OFF else 0.0)
        return {
            "visitor": self.person,
            **({"user": self.person} if self.known else {}),
            "time": now_ms,
            "event": EXPOSED,
            "experiment": name,
            "variant": self.arm,
            "share": round(share, 6),
        }


def split(
    journeys: Journeys, query: Query, name: str, shares: Mapping[str, float], trait: str = ""
) -> Iterator[Assigned]:
    """Everybody whom the question's filters leave, with their arm.

    Left out are those counted for a day only, and who never did anything that counts: robots, and who is known by an
    earlier list alone.

    Args:
        trait: with it, known people who have it alone.
    """
    told = journeys.people.traits(trait) if trait else {}
    for part in journeys.each():
        seen = last_seen(part, query.include_bots) > NEVER
        codes = part.persons[np.flatnonzero(choose(journeys, part, query, lasting=True) & seen)].tolist()
        for start in range(0, len(codes), _AT_ONCE):
            some = [code for code in codes[start : start + _AT_ONCE] if not trait or cell_text(told.get(code)).strip()]
            keys = journeys.people.keys(some)
            for code in some:
                if code in keys:
                    text = cell_text(told.get(code))
                    yield Assigned(keys[code], known_person(code) is not None, assign(keys[code], name, shares), text)
