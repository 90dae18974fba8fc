"""The features that exposed and controls are made alike in: coarse levels of what was known before a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.times import DAY, HOUR, MINUTE, SECOND
from collector.journeys.part import Bool, Int32, Int64
from collector.reports.impact.away import STRATA, stratum
from collector.reports.impact.coded import Codes
from collector.reports.impact.places import LEVELS
from collector.reports.impact.state import CLOCK, HERE, State
from collector.reports.impact.tape import DEVICES, NEW

PERIODS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A coarse feature of every moment: codes below `levels`.

    ordered: neighbours are alike. exact: levels stay apart, however few exposures have them. crossed: made of other
    features, so that only what many exposures have is told apart.
    """

    name: str
    codes: Codes
    levels: int
    ordered: bool = False
    crossed: bool = False
    exact: bool = False


def features(state: State, case: Int64, stages: int, latest: int = 0) -> list[Feature]:
    """All features, most telling first.

    Args:
        case: the moments of the exposures. stages: how many stages the site has named. latest: when the last exposure
            was of all, also of those too late to be looked at: they still took from those compared with.
    """
    return with_steps(lasting(state, stages), state.where, state.seen, state.time, case, latest)


def lasting(state: State, stages: int) -> list[Feature]:
    """The features that are the same whichever exposure is asked about."""
    away = [Feature("away", stratum(state.away).astype(np.uint8), STRATA + 1, exact=True)] if state.away.any() else []
    return [
        *away,
        _binned("visits", state.visits, 1, 2, 3, 5),
        _binned("visit_pages", state.visit_pages, 0, 1, 2, 3, 5, 8),
        Feature("channel", state.channel, NEW + 1),
        _binned("gap", state.gap, -1, DAY, 3 * DAY, 7 * DAY),
        _binned("pages", state.pages, 0, 1, 2, 3, 4, 5, 7, 9, 12, 20),
        Feature("stage", state.stage, stages + 1),
        Feature("touch", state.touch, NEW + 1),
        _binned("acts", state.acts, 0, 1, 2, 3, 4, 6, 9, 14, 25),
        Feature("device", state.device, len(DEVICES)),
        Feature("clock", state.clock, 2 * CLOCK),
        _binned("visit_age", state.visit_age, 30 * SECOND, 2 * MINUTE, 6 * MINUTE),
        _binned("age", state.age, HOUR, DAY, 7 * DAY, 30 * DAY),
        _binned("engaged", state.engaged, 0, 30 * SECOND, 2 * MINUTE, 6 * MINUTE),
        _binned("ads", state.ads, 0, 1, 3),
        *(Feature(place.name, place.codes, LEVELS) for place in state.places),
    ]


def with_steps(
    known: Sequence[Feature], where: Codes, seen: Sequence[Codes], time: Int64, case: Int64, latest: int = 0
) -> list[Feature]:
    """Lasting features and those of the key steps, and of the time that the exposures were in; see `features`."""
    reached = np.zeros(len(where), dtype=np.uint8)
    for one in seen[:HERE]:
        reached = reached * np.uint8(2) + one
    crossed = 2 ** len(seen[:HERE])
    first = [feature for feature in known if feature.exact]
    return [
        *first,
        Feature("where", where, HERE + 2),
        *(Feature(f"step_{at}", one, 2) for at, one in enumerate(seen)),
        _binned("period", time, *_periods(time[case], latest)),
        *known[len(first) :],
        Feature("crossed", where * np.uint8(crossed) + reached, (HERE + 2) * crossed, crossed=True),
    ]


def _periods(time: Int64, latest: int) -> list[int]:
    """Edges between equal numbers of exposures, the first before any and the last with the latest of all."""
    edges = np.quantile(time, np.linspace(0, 1, PERIODS + 1)).astype(np.int64)
    return sorted({int(time.min()) - 1, *edges[1:-1].tolist(), max(int(time.max()), latest)})


def _binned(name: str, values: Int64 | Int32, *edges: int) -> Feature:
    """Codes by upper edges: up to the first edge 0, and so on."""
    codes = np.zeros(len(values), dtype=np.uint8)
    for edge in edges:
        codes += (values > edge).view(np.uint8)
    return Feature(name, codes, len(edges) + 1, True)


def counted(found: Sequence[Feature], case: Int64) -> list[Int64]:
    """How many exposures have each level of each feature."""
    return [np.bincount(feature.codes[case], minlength=feature.levels) for feature in found]


def possible(found: Sequence[Feature], counts: Sequence[Int64]) -> Bool:
    """Moments at which every feature has a value that some exposure had: elsewhere nobody is ever exposed.

    Args:
        counts: how many exposures have each level.
    """
    fits = np.ones(len(found[0].codes), dtype=np.bool_)
    for feature, count in zip(found, counts, strict=True):
        if not count.all():
            fits &= (count > 0)[feature.codes]
    return fits
