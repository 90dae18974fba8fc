"""Which pages and events usually come before the goal: what a stage of the journey is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.event import (
    CLICK,
    CONSENT,
    CUSTOM,
    DOWNLOAD,
    ENGAGEMENT,
    FORM,
    FORM_ABANDON,
    FORM_FAILED,
    FORM_START,
    IDENTIFY,
    OUTBOUND,
    PAGE,
    Kind,
)
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape
from collector.reports.scope import page_path

SAMPLE = 20_000
MOST = 6
LEAST_PEOPLE = 20
LEAST_SHARE = 0.02
_STEPS = {
    PAGE: T("Saw {name}"),
    CLICK: T("Clicked “{name}”"),
    OUTBOUND: T("Left for {name}"),
    DOWNLOAD: T("Downloaded {name}"),
    FORM_START: T("Began the form {name}"),
    FORM: T("Sent the form {name}"),
    FORM_FAILED: T("Failed at the form {name}"),
    FORM_ABANDON: T("Left the form {name}"),
    CUSTOM: T("Did “{name}”"),
    IDENTIFY: T("Was identified"),
    CONSENT: T("Was asked for consent"),
}


@dataclass(frozen=True, slots=True, eq=False)
class KeyStep:
    """A step before the goal: what it is called, and for each person the first row where they took it."""

    label: Text
    kinds: Bool
    first: Int64


def key_steps(journeys: Journeys, plan: Plan, tape: Tape, most: int = MOST) -> list[KeyStep]:
    """The steps whose takers differ most from others in reaching the goal, judged before exposure and goal only."""
    names = _names(journeys, plan)
    if not names or not tape.none:
        return []
    labels = sorted(set(names.values()))
    place = {label: at for at, label in enumerate(labels)}
    called = {name: _label(journeys.kinds[number]) for number, name in names.items()}
    group = np.full(max(journeys.kinds, default=0) + 1, -1, dtype=np.int64)
    for number, name in names.items():
        group[number] = place[name]
    scores = _scores(tape, group, len(labels))
    chosen = [int(at) for at in np.argsort(-scores, kind="stable")[:most] if scores[at] > 0]
    return [KeyStep(called[labels[at]], group == at, _first_rows(tape, group == at)) for at in chosen]


def _names(journeys: Journeys, plan: Plan) -> dict[int, str]:
    """Kinds that may be steps, by name: not the goal, nor the exposure, nor what belongs to the exposure's family.

    An opened chat comes before nearly every started chat and before hardly anything else: matched on it, the exposed
    would have nobody to be compared with.
    """
    barred = {number for m in (plan.goal, *plan.exposures) if not m.is_source for number in journeys.kind_ids(m)}
    families = {_family(journeys.kinds[number]) for number in barred if journeys.kinds[number].type == CUSTOM} - {""}
    return {
        number: _name(kind)
        for number, kind in journeys.kinds.items()
        if number not in barred and kind.type != ENGAGEMENT and not (_family(kind) and _family(kind) in families)
    }


def _family(kind: Kind) -> str:
    head, mark, _ = kind.name.partition("_")
    return head if mark and kind.type == CUSTOM else ""


def _name(kind: Kind) -> str:
    return page_path(kind.name) if kind.type == PAGE else f"{kind.type}: {kind.name}"


def _label(kind: Kind) -> Text:
    return Text(_STEPS[kind.type].template, {"name": page_path(kind.name) if kind.type == PAGE else kind.name})


def _scores(tape: Tape, group: Int64, groups: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Per group of kinds: how much goal and step go together (the phi coefficient's size), 0 for too rare ones."""
    people = len(tape.code)
    stride = max(1, people // SAMPLE)
    sampled = np.arange(people) % stride == 0
    rows = np.flatnonzero(sampled[tape.person])
    until = np.minimum(tape.exposed, tape.reached)[tape.person[rows]]
    rows = rows[(rows < until) & (group[tape.kind[rows]] >= 0)]
    pairs = np.unique(tape.person[rows] * groups + group[tape.kind[rows]])
    who, what = pairs // groups, pairs % groups
    won = tape.reached < tape.none
    total, wins = int(sampled.sum()), int(won[sampled].sum())
    takers = np.bincount(what, minlength=groups).astype(np.float64)
    both = np.bincount(what, weights=won[who], minlength=groups)
    share, base = takers / max(total, 1), wins / max(total, 1)
    spread = np.sqrt(np.maximum(share * (1 - share) * base * (1 - base), 1e-12))
    phi = np.abs(both / max(total, 1) - share * base) / spread
    enough = (takers >= max(LEAST_PEOPLE, LEAST_SHARE * total)) & (share < 0.98)
    return np.where(enough, phi, 0.0)


def _first_rows(tape: Tape, kinds: Bool) -> Int64:
    found = np.full(len(tape.code), tape.none, dtype=np.int64)
    rows = np.flatnonzero(kinds[tape.kind])[::-1]
    found[tape.person[rows]] = rows
    return found
