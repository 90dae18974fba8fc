"""Which experiments were seen: every exposure names its experiment, its arm, and how many of 1 get that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.assignment import EXPOSED
from collector.core.matcher import parse_matcher
from collector.journeys.journeys import Journeys
from collector.reports.assigned import assigned
from collector.reports.experiment.properties import texts
from collector.reports.scope import distinct_people

EXPOSURE = parse_matcher(f"event:{EXPOSED}")
NAME, VARIANT, SHARE = "experiment", "variant", "share"


@dataclass(frozen=True, slots=True)
class Seen:
    """An experiment that somebody was seen in; `first` and `last` are ms UTC of exposures."""

    name: str
    people: int
    variants: tuple[str, ...]
    first: int
    last: int


def experiments(journeys: Journeys, include_bots: bool = False) -> list[Seen]:
    """All experiments seen by anybody alive, the latest first."""
    found: dict[str, tuple[int, set[str], int, int]] = {}
    for part in journeys.each():
        rows = assigned(journeys, part, EXPOSURE, include_bots).rows.astype(np.int64)
        rows = rows[part.alive[part.person[rows]]]
        code, names = texts(journeys, part, rows, NAME)
        arm, variants = texts(journeys, part, rows, VARIANT)
        people = distinct_people(code, part.person[rows], len(names))
        for number, name in enumerate(names):
            here = np.flatnonzero(code == number)
            if not name or not len(here):
                continue
            count, arms, first, last = found.get(name, (0, set(), 2**62, -(2**62)))
            arms |= {variants[one] for one in np.unique(arm[here]).tolist() if variants[one]}
            time = part.time[rows[here]]
            found[name] = (count + int(people[number]), arms, min(first, int(time.min())), max(last, int(time.max())))
    listed = [Seen(name, count, tuple(sorted(arms)), one, two) for name, (count, arms, one, two) in found.items()]
    return sorted(listed, key=lambda seen: (-seen.last, seen.name))
