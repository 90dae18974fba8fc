"""What people said when they were asked: how likely they are to recommend (NPS)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from collector.core.matcher import Matcher
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64, Part
from collector.reports.chat_talks import scores

RATED = Matcher("event", "nps_rated")
PROMOTES, DETRACTS = 9, 6


class Answers(NamedTuple):
    """The answers of a part, all ever, ascending by row; each from 0 to 10."""

    row: Int64
    score: Float64


def answers(journeys: Journeys, part: Part, include_bots: bool) -> Answers:
    """The event nps_rated with its property `score`, else with the value it carries; others are no answers."""
    rows = journeys.rows(part, RATED, include_bots)
    if not len(rows):
        return Answers(rows, np.empty(0, dtype=np.float64))
    score = scores(journeys, part, rows)
    score = np.where(np.isnan(score), part.value[rows], score)
    fits = (score >= 0) & (score <= 10)
    return Answers(rows[fits], score[fits])


def net_promoters(promoters: int, detractors: int, answered: int) -> float | None:
    """The Net Promoter Score, -100 to 100: per cent of 9 and 10 less per cent of 0 to 6 (Reichheld 2003)."""
    return 100 * (promoters - detractors) / answered if answered else None
