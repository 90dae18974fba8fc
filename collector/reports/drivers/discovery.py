"""Which of many findings are real: false discoveries and the intervals of what is chosen, both held to one level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from collector.reports.drivers.estimate import Finding
from collector.reports.stats import benjamini_hochberg

FALSE = 0.05  # of those that are called real, so many are expected not to be


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding among all: `q` is the share of false ones expected down to it; bounds of the difference; whether it
    stands out. NaN where it could not be judged.
    """

    finding: Finding
    q: float
    low: float
    high: float
    clear: bool

    @property
    def verdict(self) -> str:
        """raises, lowers, unclear, or why it cannot be told."""
        if self.finding.refused:
            return self.finding.refused
        if not self.clear:
            return "unclear"
        return "raises" if self.finding.difference > 0 else "lowers"


def rank(findings: Sequence[Finding], eligible: int) -> list[Ranked]:
    """What clearly raises the goal first, then what lowers it, the largest change before others; then the unclear, by
    how likely they are chance; then what cannot be told.

    The chosen stand out by Benjamini & Hochberg (1995) among all that enough people did: those that were not looked
    into count as found nothing of, so that choosing by plain figures whom to look into gains nobody. The intervals
    are those of Benjamini & Yekutieli (JASA 2005): of all that are shown as clear, 95 % hold what is true, though
    they were chosen for being far from zero.

    Args:
        eligible: how many candidates enough people did, looked into or not.
    """
    p = np.array([finding.p for finding in findings], dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    # A screened out candidate has no test, and counts as the weakest there can be.
    others = max(eligible - len(findings), 0)
    q = np.full(len(p), np.nan)
    q[tested] = benjamini_hochberg(np.append(p[tested], np.ones(others)))[: len(tested)]
    clear = np.nan_to_num(q, nan=1.0) <= FALSE
    tests = max(len(tested) + others, 1)
    level = 1 - FALSE * max(int(clear.sum()), 1) / tests
    ranked = [_ranked(one, float(q[at]), bool(clear[at]), level) for at, one in enumerate(findings)]
    return sorted(ranked, key=_order)


def _ranked(finding: Finding, q: float, clear: bool, level: float) -> Ranked:
    reach = float(stdtrit(finding.freedom, (1 + level) / 2)) * finding.error
    return Ranked(finding, q, finding.difference - reach, finding.difference + reach, clear)


def _order(one: Ranked) -> tuple[int, float, str]:
    name = str(one.finding.candidate.matcher)
    if one.finding.refused:
        return 3, -one.finding.candidate.people, name
    if not one.clear:
        return 2, one.finding.p, name
    return int(one.finding.difference < 0), -abs(one.finding.difference), name
