"""How many people an experiment needs, and what so many can show.

Source: Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", 2003, section 4.2 (two rates, arms of
different sizes, without continuity correction), two-sided.
"""

from __future__ import annotations

import math

from scipy.special import ndtr, ndtri

ALPHA, POWER = 0.05, 0.8


def people_needed(base: float, effect: float, share: float, power: float = POWER, alpha: float = ALPHA) -> int:
    """People in both arms together to see a change of a rate.

    Args:
        base: the rate without the treatment, above 0 and below 1.
        effect: by how much the treatment changes it, as a difference of rates, not 0.
        share: how many of 1 get the treatment, above 0 and below 1.
        power: how surely it is to be seen. alpha: how often chance alone may look like it.
    """
    reach = float(ndtri(1 - alpha / 2)) * _error_none(base, effect, share)
    reach += float(ndtri(power)) * _error(base, effect, share)
    return math.ceil((reach / effect) ** 2)


def power_of(base: float, effect: float, share: float, people: int, alpha: float = ALPHA) -> float:
    """How surely so many people show such an effect."""
    root = math.sqrt(people)
    reach = abs(effect) * root - float(ndtri(1 - alpha / 2)) * _error_none(base, effect, share)
    return float(ndtr(reach / _error(base, effect, share)))


def smallest_effect(base: float, people: int, share: float, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """The smallest rise of the rate that so many people show as surely; None where not even certainty would do."""
    low, high = 0.0, 1 - base
    if people < 1 or people_needed(base, high * (1 - 1e-9), share, power, alpha) > people:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        if middle > 0 and people_needed(base, middle, share, power, alpha) <= people:
            high = middle
        else:
            low = middle
    return high


def _error(base: float, effect: float, share: float) -> float:
    rate = base + effect
    return math.sqrt(max(rate * (1 - rate), 0.0) / share + base * (1 - base) / (1 - share))


def _error_none(base: float, effect: float, share: float) -> float:
    pooled = base + share * effect
    return math.sqrt(pooled * (1 - pooled) / (share * (1 - share)))
