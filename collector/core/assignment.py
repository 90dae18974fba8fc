"""Who is shown what in an experiment: a pure function of the experiment's name and of the unit.

The unit is whom chance is asked about: a browser, by the id that experiment.js keeps in it, or a known user. The text
`name:unit` as UTF-8 is hashed with MurmurHash3 (x86, 32 bits, seed 0; A. Appleby, public domain), for which every
language has a library. Hash / 2^32 is a number from 0 to 1; the variants lie on that line one after the other, each as
long as its share, and "off" is the rest. So a unit always gets the same, two experiments know nothing of each other,
and a larger share keeps all who had the variant before. tracker_js/experiment/assign.js is the same in the browser;
tests/core/assignment.json holds both to the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from collector.core.errors import UserError

ON, OFF = "on", "off"
EXPOSED = "experiment_exposed"
_MASK = 0xFFFFFFFF


def murmur3(data: bytes, seed: int = 0) -> int:
    """MurmurHash3 for x86, 32 bits."""
    state = seed
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        state ^= _scrambled(int.from_bytes(data[at : at + 4], "little"))
        state = (_turned(state, 13) * 5 + 0xE6546B64) & _MASK
    state ^= _scrambled(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = ((state ^ (state >> 16)) * 0x85EBCA6B) & _MASK
    state = ((state ^ (state >> 13)) * 0xC2B2AE35) & _MASK
    return state ^ (state >> 16)


def _turned(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _MASK


def _scrambled(word: int) -> int:
    return (_turned((word * 0xCC9E2D51) & _MASK, 15) * 0x1B873593) & _MASK


def position(unit: str, name: str) -> float:
    """Where a unit stands in an experiment, from 0 to below 1."""
    return murmur3(f"{name}:{unit}".encode()) / 2**32


def assign(unit: str, name: str, share: float | Mapping[str, float]) -> str:
    """What a unit is shown in an experiment.

    Args:
        unit: the browser's id or the user's, never empty.
        name: of the experiment; it alone makes experiments independent of each other.
        share: how many of 1 are "on"; or the shares of several variants by name, in an order that must stay.

    Raises:
        UserError: shares that are none, or together more than 1.
    """
    shares = check_shares(share)
    place, end = position(unit, name), 0.0
    for variant, part in shares.items():
        end += part
        if place < end:
            return variant
    return OFF


def check_shares(share: float | Mapping[str, float]) -> Mapping[str, float]:
    """Shares by variant, the rest being "off".

    Raises:
        UserError: a share that is no number from 0 to 1, or shares that are together more than 1.
    """
    shares = share if isinstance(share, Mapping) else {ON: share}
    if not all(0 <= part <= 1 for part in shares.values()) or math.fsum(shares.values()) > 1 + 1e-9:
        raise UserError(
            f"{share!r} is not a share.", "Write a number from 0 to 1, like 0.9; several add up to 1 at most."
        )
    return shares
