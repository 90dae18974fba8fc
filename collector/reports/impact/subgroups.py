"""For whom the effect is larger, by what was known of them before.

Groups are compared with the controls of the same group, by the weights of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from collector.core.called import CHANNEL_WORDS, DEVICE_WORDS
from collector.core.source import CHANNELS
from collector.core.text import T, Text
from collector.core.times import DAY
from collector.journeys.part import Int64
from collector.reports.impact.engine import RATE, Answer
from collector.reports.impact.estimate import Effect, effect
from collector.reports.impact.tape import DEVICES, NEW
from collector.reports.scope import distinct_sorted

AWAY = T("Away")
_AWAY_EDGES = np.array([DAY, 3 * DAY, 7 * DAY])
_AWAY_WORDS = (T("under a day"), T("1 to 3 days"), T("3 to 7 days"), T("longer"))
LEAST = 30  # exposed people in a group, and people to compare with


@dataclass(frozen=True, slots=True)
class Group:
    """One group: of which kind, its name, how many exposed, the effect on the goal rate (one column)."""

    kind: Text
    name: Text | str
    people: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one kind, and how likely differences like theirs would be by chance alone (Cochran's Q)."""

    groups: Sequence[Group]
    chance: float | None


def groups_of(found: Answer) -> list[Groups]:
    """Effects by visit or time away, channel, device, stage and the furthest step taken before.

    Kinds with one group only are left out.
    """
    matched, state, fit = found.matched, found.state, found.fitted
    if matched is None or state is None or fit is None:
        return []
    told, rate = [], fit.only(RATE)
    for kind, codes, names in _kinds(found):
        case, control = codes[matched.case], codes[matched.control]
        groups = []
        for code, name in names:
            mine, theirs = case == code, control == code
            people = int(np.count_nonzero(mine))
            if people < LEAST or distinct_sorted(matched.controls.person[theirs & (matched.weight > 0)]) < LEAST:
                continue
            found_here = effect(rate, mine, theirs)
            if found_here is not None:
                groups.append(Group(kind, name, people, found_here))
        if len(groups) > 1:
            told.append(Groups(groups, _chance([group.effect for group in groups])))
    return told


def _kinds(found: Answer) -> Iterator[tuple[Text, Int64, Sequence[tuple[int, Text | str]]]]:
    state = found.state
    if state is None:
        return
    again = (state.visits > 1).astype(np.int64)
    if found.plan.elsewhere:
        yield AWAY, np.searchsorted(_AWAY_EDGES, state.away, side="right"), list(enumerate(_AWAY_WORDS))
        yield T("Visits before"), again, ((0, T("One visit before")), (1, T("Several visits before")))
    else:
        yield T("Visit"), again, ((0, T("On the first visit")), (1, T("On a later visit")))
    channels = [(code, CHANNEL_WORDS[name]) for code, name in enumerate(CHANNELS)]
    earlier = (NEW, T("No earlier visit"))
    kind = T("Channel of the visit before") if found.plan.at_start or found.plan.elsewhere else T("Channel")
    yield kind, state.channel.astype(np.int64), [*channels, earlier] if found.plan.at_start else channels
    yield T("Device"), state.device.astype(np.int64), [(code, DEVICE_WORDS[name]) for code, name in enumerate(DEVICES)]
    if found.plan.stages:
        names = [(at, name) for at, (name, _) in enumerate(found.plan.stages, 1)]
        yield T("Stage"), state.stage.astype(np.int64), [(0, T("None yet")), *names]
    for step, seen in zip(found.steps[:1], state.seen[:1], strict=False):
        yield T("Before"), seen.astype(np.int64), ((1, step.label), (0, T("Not: {step}", step=step.label)))


def _chance(effects: Sequence[Effect]) -> float | None:
    """Cochran's Q (Biometrics 1954) on the effects and their standard errors, as a chance; None without spread."""
    spread = np.array([(float(one.high[0]) - float(one.low[0])) / (2 * 1.96) for one in effects])
    value = np.array([float(one.difference[0]) for one in effects])
    if (spread <= 0).any():
        return None
    weight = spread**-2
    q = float(weight @ (value - weight @ value / weight.sum()) ** 2)
    return float(chdtrc(len(effects) - 1, q))
