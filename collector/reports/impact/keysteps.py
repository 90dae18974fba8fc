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
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.drawn import first_of
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape
from collector.reports.scope import MOST_CELLS, page_path

SAMPLE = 30_000  # people looked at to find them
MOST = 6
LEAST_PEOPLE = 20
LEAST_SHARE = 0.02
LOOKED_AT = 60  # of the best, for steps that others take, and for other names of a step
SAME = 0.9  # of all who took either of two steps, took both
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
    """The steps whose takers differ most from others in reaching the goal, judged before exposure and goal only.

    Steps that the same people take are one, called by the first of them: a checkout has many names, and they would
    leave no room for the cart before it. One that leads to the goal without fail is none: nobody could be compared
    after it.
    """
    names = _names(journeys, plan)
    if not names or not tape.none:
        return []
    labels = sorted(set(names.values()))
    place = {label: at for at, label in enumerate(labels)}
    called = {name: _label(journeys.kinds[number]) for number, name in names.items()}
    group = np.full(max(journeys.kinds, default=0) + 1, -1, dtype=np.int64)
    for number, name in names.items():
        group[number] = place[name]
    scale, who, what = _taken(tape, group, len(labels))
    scores = _scores(tape, scale, who, what, len(labels))
    best = [int(at) for at in np.argsort(-scores, kind="stable")[:LOOKED_AT] if scores[at] > 0]
    return [_step(tape, called[labels[one[0]]], np.isin(group, one)) for one in _families(best, who, what, most)]


def stage_steps(journeys: Journeys, plan: Plan, tape: Tape) -> list[KeyStep]:
    """Each of the site's named stages as a step: its first event that leads into it; conditions on properties aside."""
    found = []
    for name, matchers in plan.stages:
        kinds = np.zeros(max(journeys.kinds, default=0) + 1, dtype=np.bool_)
        kinds[[number for matcher in matchers for number in journeys.kind_ids(matcher)]] = True
        found.append(_step(tape, T("Stage {name}", name=name), kinds))
    return found


def _step(tape: Tape, label: Text, kinds: Bool) -> KeyStep:
    return KeyStep(label, kinds, first_of(np.flatnonzero(kinds[tape.kind]), tape.person, tape.people, tape.none))


def _names(journeys: Journeys, plan: Plan) -> dict[int, str]:
    """Kinds that may be steps, by name: not the goal, nor the exposure, nor what belongs to the exposure's family.

    An opened chat comes before nearly every started chat and before hardly anything else: matched on it, the exposed
    would have nobody to be compared with.
    """
    barred = {number for m in (plan.goal, *plan.exposures) if not m.is_source for number in journeys.kind_ids(m)}
    families = {family(journeys.kinds[number]) for number in barred if journeys.kinds[number].type == CUSTOM} - {""}
    return {
        number: _name(kind)
        for number, kind in journeys.kinds.items()
        if number not in barred and kind.type != ENGAGEMENT and not (family(kind) and family(kind) in families)
    }


def family(kind: Kind) -> str:
    head, mark, _ = kind.name.partition("_")
    return head if mark and kind.type == CUSTOM else ""


def _name(kind: Kind) -> str:
    return page_path(kind.name) if kind.type == PAGE else f"{kind.type}: {kind.name}"


def _label(kind: Kind) -> Text:
    return Text(_STEPS[kind.type].template, {"name": page_path(kind.name) if kind.type == PAGE else kind.name})


def _pairs(person: Int64, group: Int64, groups: int) -> tuple[Int64, Int64]:
    """The different pairs of a person and a group of kinds."""
    cell = person * groups + group
    size = (int(person[-1]) + 1 if len(person) else 0) * groups
    if size > MOST_CELLS:
        cell = np.unique(cell)
    else:
        seen = np.zeros(size, dtype=np.bool_)
        seen[cell] = True
        cell = np.flatnonzero(seen)
    return cell // groups, cell % groups


def _taken(tape: Tape, group: Int64, groups: int) -> tuple[Float64, Int64, Int64]:
    """What each person of the sample stands for, and the pairs of a person and a group of kinds done before."""
    stride = max(1, tape.people // SAMPLE)
    sampled = np.arange(tape.people) % stride == 0
    rows = np.flatnonzero(sampled[tape.person])
    rows = rows[group[tape.kind[rows]] >= 0]
    rows = rows[rows < np.minimum(tape.exposed, tape.reached)[tape.person[rows]]]
    return np.where(sampled, tape.scale, 0.0), *_pairs(tape.person[rows], group[tape.kind[rows]], groups)


def _scores(tape: Tape, scale: Float64, who: Int64, what: Int64, groups: int) -> Float64:
    """Per group of kinds: how much goal and step go together (the phi coefficient's size), 0 for too rare ones."""
    won = np.where(tape.reached < tape.none, scale, 0.0)
    total, wins = float(scale.sum()), float(won.sum())
    people, without = (np.bincount(pairs, minlength=groups) for pairs in (what, what[won[who] == 0]))
    takers = np.bincount(what, weights=scale[who], minlength=groups)
    both = np.bincount(what, weights=won[who], minlength=groups)
    share, base = takers / total, wins / total
    spread = np.sqrt(np.maximum(share * (1 - share) * base * (1 - base), 1e-12))
    phi = np.abs(both / total - share * base) / spread
    enough = (people >= LEAST_PEOPLE) & (without >= LEAST_PEOPLE) & (share >= LEAST_SHARE) & (share < 0.98)
    # Rounded, so that the order of equals is that of their names and not that of the last digit of a sum.
    return np.where(enough, np.round(phi, 9), 0.0)


def _families(best: list[int], who: Int64, what: Int64, most: int) -> list[list[int]]:
    """These groups by who takes them: each family's first is unlike those of all families before it."""
    place = np.full(int(what.max(initial=-1)) + 1, -1, dtype=np.int64)
    place[best] = np.arange(len(best))
    mine = place[what] >= 0
    people, row = np.unique(who[mine], return_inverse=True)
    taken = np.zeros((len(best), len(people)), dtype=np.float32)
    taken[place[what[mine]], row] = 1
    both = taken @ taken.T
    alone = np.diag(both)
    same = both >= SAME * (alone[:, None] + alone - both)
    families: list[list[int]] = []
    for at in range(len(best)):
        known = next((one for one in families if same[at, one[0]]), None)
        if known is not None:
            known.append(at)
        elif len(families) < most:
            families.append([at])
    return [[best[at] for at in one] for one in families]
