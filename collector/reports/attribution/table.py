"""The table of values: what each is credited with by every model, what that is worth, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T
from collector.journeys.part import Int64
from collector.reports.attribution.answer import MODEL_WORDS, Answer, Link
from collector.reports.attribution.blocks import untouched
from collector.reports.attribution.models import MODELS, WHOLE
from collector.reports.attribution.paths import by_value
from collector.reports.attribution.plan import TOUCH
from collector.reports.counted import conversions
from collector.reports.named import NO_TOUCH
from collector.reports.scope import share

_HELP = {
    "first": T("All to the first touch."),
    "last": T("All to the last touch."),
    "last_non_direct": T("All to the last touch that was not direct; to direct where all were."),
    "linear": T("The same to each touch."),
    "position": T("40 % to the first touch, 40 % to the last, 20 % to those between."),
    "decay": T("The nearer to the conversion, the more."),
    "markov": T("By how many conversions would be lost without it, read from all paths, unconverted ones too."),
    "shapley": T("Each conversion in equal parts to the different values of its path."),
}
# Where costs stand in the table too, it is wider than a window: these models are shown to who asks for them.
_LESS_READ = ("last_non_direct", "linear", "decay", "shapley")


def models_block(answer: Answer) -> Block:
    """One row a value, the greatest by the chosen model first."""
    values, model = answer.paths.values, answer.plan.model
    touched = touched_of(answer)
    costs = answer.costs.of(values) if answer.costs else None
    lead = answer.credit[model].conversions
    order = [
        at
        for at in np.lexsort((np.arange(len(values)), -touched, -np.round(lead, 9))).tolist()
        # Markov may credit what is on no path of a conversion, but led to what is.
        if touched[at] or round(float(answer.credit["markov"].conversions[at]), 9) or (costs and costs[at])
    ]
    rows: list[list[Cell]] = []
    links: list[Mapping[str, Link]] = []
    for at in order:
        credit = [float(answer.credit[name].conversions[at]) for name in MODELS]
        revenue = float(answer.credit[model].revenue[at])
        rows.append(_row(answer, values[at], int(touched[at]), credit, revenue, costs[at] if costs else None))
        links.append({name: answer.link(name, values[at]) for name in ("touched", *WHOLE)})
    rest, worth = untouched(answer)
    if rest:
        rows.append(_row(answer, NO_TOUCH, None, [float(rest)] * len(MODELS), worth, None))
        links.append({name: answer.link(name, NO_TOUCH) for name in ("touched", *WHOLE)})
    unseen = ("last_non_direct",) if answer.plan.dimension == TOUCH else ()
    return Block(
        id="models",
        kind="bars",
        title=T("Conversions by model"),
        columns=_columns(answer),
        rows=rows,
        draw={
            "x": answer.plan.dimension,
            "y": model,
            "wide": True,
            "unseen": unseen,
            "more": [name for name in _LESS_READ if name != model] if answer.costs else (),
            "cell_links": {name: [link[name] for link in links] for name in ("touched", *WHOLE)},
        },
        note=T(
            "Revenue and share are those of the model “{model}”. Each column sums to all {n}.",
            model=MODEL_WORDS[model],
            n=conversions(answer.paths.count),
        ),
        empty=T("Nobody converted in this range."),
    )


def touched_of(answer: Answer) -> Int64:
    """For each value how many conversions it touched."""
    count = len(answer.paths.values)
    found = np.zeros(count, dtype=np.int64)
    for one in answer.paths.found:
        found += by_value(one.sequences.runs, one.sequences.many, count).astype(np.int64)
    return found


def _columns(answer: Answer) -> list[Column]:
    plan = answer.plan
    found = [
        Column(plan.dimension, plan.heading, "label"),
        Column("touched", T("Touched"), "count", T("Conversions whose path it is on.")),
    ]
    found += [Column(name, MODEL_WORDS[name], "count" if name in WHOLE else "number", _HELP[name]) for name in MODELS]
    found.append(Column("share", T("Share"), "ratio", T("Of all conversions, by the chosen model.")))
    if answer.valued:
        found.append(Column("revenue", T("Revenue"), "money", T("By the chosen model.")))
    if answer.costs:
        found.append(Column("cost", T("Cost"), "money"))
        found.append(Column("cpa", T("CPA"), "money", T("Cost for each conversion, by the chosen model.")))
        if answer.valued:
            found.append(Column("roas", T("ROAS"), "number", T("Revenue for each unit of cost, by the chosen model.")))
    return found


def _row(
    answer: Answer, value: str, touched: int | None, credit: Sequence[float], revenue: float, cost: float | None
) -> list[Cell]:
    own = credit[MODELS.index(answer.plan.model)]
    cells: list[Cell] = [value, touched]
    cells += [round(one) if name in WHOLE else one for name, one in zip(MODELS, credit, strict=True)]
    cells.append(share(own, answer.paths.count))
    if answer.valued:
        cells.append(revenue)
    if answer.costs:
        cells += [cost, cost / own if cost and round(own, 9) else None]
        if answer.valued:
            cells.append(revenue / cost if cost and answer.costs.comparable else None)
    return cells
