"""What belongs to an exposure already: the acts that lead to it, such as opening the chat that is then started.

Nearly everybody exposed has them right before, and hardly anybody else. Taken as known before, they would hide where
somebody was when it began, and leave the exposed beside the few who stopped half way. So an exposure's moment is the
one before them, and they are no moments of their own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from collector.core.event import AD_SEEN, PAGE
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.keysteps import family
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape

LEADS = 0.5  # of an act's rows the exposure comes next: it is a part of that
OWN_LEADS = 0.05  # the same of an act of the exposure's own family
LEAST = 5  # rows that lead to it
LINKS = 5  # acts after one another
NEVER = 2.0  # a share that no act has


def without_forerunners(journeys: Journeys, plan: Plan, tape: Tape) -> Tape:
    """The tape with `leads` marked, and in `before` of each row the last row that leads to no exposure."""
    enough = _enough(journeys, plan)
    leads = _leading(tape, enough)
    return replace(tape, leads=leads, before=_before(tape, ~leads)) if leads.any() else tape


def _enough(journeys: Journeys, plan: Plan) -> Float64:
    """Per kind the share of its rows that must lead to the exposure for it to be a part of that."""
    exposing = {number for matcher in plan.exposures for number in journeys.kind_ids(matcher)}
    families = {family(journeys.kinds[number]) for number in exposing} - {""}
    barred = exposing | set(journeys.kind_ids(plan.goal))
    found = np.full(max(journeys.kinds, default=0) + 1, NEVER)
    for number, kind in journeys.kinds.items():
        if number not in barred and kind.type != PAGE and kind.name != AD_SEEN:
            found[number] = OWN_LEADS if family(kind) in families else LEADS
    return found


def _leading(tape: Tape, enough: Float64) -> Bool:
    """Rows of kinds that the exposure, or one that leads to it, comes right after often enough."""
    exposure = np.zeros(tape.none, dtype=np.bool_)
    exposure[tape.exposed[tape.exposed < tape.none]] = True
    rows = np.flatnonzero(np.arange(tape.none) < tape.exposed[tape.person])
    kind, scale, after = tape.kind[rows], tape.scale[tape.person[rows]], _following(tape)[rows]
    total = np.bincount(kind, weights=scale, minlength=len(enough))
    leads = np.zeros(len(enough), dtype=np.bool_)
    for _ in range(LINKS):
        met = (after != rows) & (exposure | leads[tape.kind])[after]
        share = np.bincount(kind[met], weights=scale[met], minlength=len(enough)) / np.maximum(total, 1e-9)
        leads |= (np.bincount(kind[met], minlength=len(enough)) >= LEAST) & (share >= enough)
    return np.asarray(leads[tape.kind])


def _following(tape: Tape) -> Int64:
    """The row after each row in its session, itself for the last."""
    order = np.argsort(tape.first, kind="stable")
    first, found = tape.first[order], np.arange(tape.none)
    goes_on = first[1:] == first[:-1]
    found[order[:-1][goes_on]] = order[1:][goes_on]
    return found


def _before(tape: Tape, kept: Bool) -> Int64:
    """The last row before each row in its session that is kept, itself where there is none."""
    order = np.argsort(tape.first, kind="stable")
    first, found = tape.first[order], np.arange(tape.none)
    latest = np.maximum.accumulate(np.where(kept[order], np.arange(len(order)), -1))[:-1]
    inside = (latest >= 0) & (first[latest] == first[1:])
    found[order[1:][inside]] = order[latest[inside]]
    return found
