"""Can an experiment be trusted? Each check with its threshold and a sentence."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from collector.core.blocks import Block, Cell, Unit
from collector.core.text import T, Text
from collector.reports.experiment.analysis import SAMPLE_RATIO, Answer
from collector.reports.experiment.looks import FLOOR
from collector.reports.experiment.statistics import WEAK
from collector.reports.impact.checks import COLUMNS, summary
from collector.reports.stats import chi_squared

ENOUGH_GOALS = 10
BOTH, TOP = 0.05, 0.05
_LEAST_P = 1e-300  # what is rarer still has no finite statistic
# label, value, threshold, whether it is met, what it means, which way the threshold goes, and its unit
Check = tuple[Text, Cell, Cell, bool | None, Text, str, Unit]


def checks_block(found: Answer) -> Block:
    """The block `checks`: check, value, threshold, ok, meaning; the hint `told` as impact has it."""
    checks = _checks(found)
    rows = [[str(label), value, threshold, ok, str(meaning)] for label, value, threshold, ok, meaning, *_ in checks]
    return Block(
        "checks",
        "table",
        T("Can I trust this?"),
        COLUMNS,
        rows,
        draw={"wide": True, "told": [(way, unit) for *_, way, unit in checks]},
        note=summary([ok for _, _, _, ok, *_ in checks]) if found.rate is not None else None,
    )


def _checks(found: Answer) -> list[Check]:
    return [
        _split(found),
        _alike(found),
        *_sizes(found),
        _both(found),
        *_stretched(found),
        *_money(found),
        *_uptake(found),
    ]


def _split(found: Answer) -> Check:
    label = T("Sizes of the arms (chi-squared)")
    p, free = found.sample_ratio, max(len(found.arms) - 1, 1)
    limit = float(chdtri(free, SAMPLE_RATIO))
    if np.isnan(p):
        meaning = T("Say how the arms were to be split, like --share 0.9, so that their sizes can be checked.")
        return label, None, limit, None, meaning, "most", "number"
    good = T("The arms are as large as planned.")
    bad = T(
        "The arms are not as large as planned, so something else than chance decides who is seen: exposures told in "
        "one arm only, a page that fails, bots, a redirect. Find it before you believe any number here."
    )
    return _rare(label, p, free, limit, good, bad)


def _rare(label: Text, p: float, free: int, limit: float, good: Text, bad: Text) -> Check:
    """What chance hardly does, as a statistic beside the largest that it is let."""
    met = p >= SAMPLE_RATIO
    return label, float(chdtri(free, max(p, _LEAST_P))), limit, met, good if met else bad, "most", "number"


def _alike(found: Answer) -> Check:
    """What the treatment cannot have changed: the goal, before anybody was exposed."""
    people = found.people
    arms = [people.arms.index(name) for name in (found.treated, found.control) if name is not None]
    counts = [(int((people.arm == arm)[people.before].sum()), int((people.arm == arm).sum())) for arm in arms]
    label, limit = T("Alike before (chi-squared)"), float(chdtri(1, SAMPLE_RATIO))
    p = float(chi_squared(*counts[0], *counts[1])) if len(counts) == 2 else float("nan")
    if np.isnan(p):
        return (
            label,
            None,
            limit,
            None,
            T("Too few had reached the goal before they were assigned to compare the arms."),
            "most",
            "number",
        )
    good = T("As many of each arm had reached the goal before they were assigned, as chance would have it.")
    bad = T(
        "The arms differed before anybody was assigned, which chance hardly does: people are not assigned by chance."
    )
    return _rare(label, p, 1, limit, good, bad)


def _sizes(found: Answer) -> list[Check]:
    compared = [arm for arm in found.arms if arm.name in (found.treated, found.control)]
    people = min((arm.people for arm in compared), default=0)
    goals = min((arm.reached for arm in compared), default=0)
    return [
        _least(
            T("People in the smaller arm"), people, FLOOR, T("Enough of them."), T("Before that no number is given.")
        ),
        _least(
            T("Goals in the arm with fewer"),
            goals,
            ENOUGH_GOALS,
            T("Enough to compare."),
            T("So few make a wide interval and a test that misses much."),
        ),
    ]


def _least(label: Text, value: int, floor: int, good: Text, bad: Text) -> Check:
    return label, value, floor, value >= floor, good if value >= floor else bad, "least", "count"


def _both(found: Answer) -> Check:
    people = sum(arm.people for arm in found.arms)
    share = sum(arm.both for arm in found.arms) / people if people else 0.0
    meaning = T(
        "People seen in more than one arm, on another device say, count where they were seen first; many of them make "
        "the difference look smaller than it is."
    )
    return T("Share seen in two arms"), share, BOTH, share <= BOTH, meaning, "most", "ratio"


def _stretched(found: Answer) -> list[Check]:
    if not found.reshared:
        return []
    meaning = T(
        "The shares were changed on the way. Early and late people then weigh differently in the arms, and a season "
        "can look like an effect: choose days with one share only."
    )
    return [(T("One split throughout"), None, None, False, meaning, "", "number")]


def _money(found: Answer) -> list[Check]:
    if found.top_value is None:
        return []
    meaning = T("The value of the largest buyer; where it is much, one person decides the difference in money.")
    met = found.top_value <= TOP
    return [(T("Share of one person's value"), found.top_value, TOP, met, meaning, "most", "ratio")]


def _uptake(found: Answer) -> list[Check]:
    if found.uptake is None:
        return []
    strength = found.uptake.strength if np.isfinite(found.uptake.strength) else None
    meaning = T("How surely the arms differ in who took it up (F). Below, an effect on those is not told.")
    return [(T("Difference in uptake"), strength, WEAK, found.uptake.told, meaning, "least", "number")]
