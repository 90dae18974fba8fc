"""The sentence that answers, and what to know of the stages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.reports.stages.counts import FEWEST, Counts


def headline(query: Query, stages: Sequence[Stage], counts: Counts) -> Text:
    """Who is in the last stage, and out of which stage the way takes longest."""
    if not (counts.now.any() or counts.moved.any()):
        return T("Nobody is in a stage yet.")
    last = len(stages) - 2 if stages[-1].quiet else len(stages) - 1
    reached = _reached(query, stages[last].name, int(counts.now[last]), int(counts.before[last]))
    slowest = _slowest(counts)
    if slowest is None:
        return reached
    return T(
        "{reached} The slowest step is out of “{stage}”: half of those who went on took more than {time}.",
        reached=reached,
        stage=stages[slowest].name,
        time=Value(float(np.median(counts.gone[slowest])) / SECOND, "seconds"),
    )


def _reached(query: Query, name: str, now: int, before: int) -> Text:
    """How many are in the last stage, and how many more that is than when the range began."""
    told: dict[str, object] = {"stage": name, "people": Value(now, "count"), "n": Value(abs(now - before), "count")}
    if query.span is None:
        return Text(T("People in “{stage}”: {people}.").template, told)
    told["day"] = Value(query.span.first.isoformat(), "date")
    if now == before:
        return Text(T("People in “{stage}”: {people}, as many as when {day} began.").template, told)
    more = T("People in “{stage}”: {people}, {n} more than when {day} began.")
    fewer = T("People in “{stage}”: {people}, {n} fewer than when {day} began.")
    return Text((more if now > before else fewer).template, told)


def _slowest(counts: Counts) -> int | None:
    """The stage whose median stay was longest, of those that enough people left for a further one."""
    known = [(float(np.median(one)), at) for at, one in enumerate(counts.gone) if len(one) >= FEWEST]
    return max(known)[1] if known else None


def notes(query: Query, stages: Sequence[Stage], counts: Counts) -> list[Text]:
    """What to know of the stages before reading them."""
    found = []
    if not query.site.stages:
        found.append(T("Nobody has named the stages of this site yet: these are made of its goals."))
    never = [one.name for at, one in enumerate(stages) if not _ever(counts, at)]
    if never and len(never) < len(stages):
        found.append(T("Nobody was in these stages in this time: {names}.", names=", ".join(never)))
    if stages[-1].quiet:
        found.append(
            T(
                "“{stage}” is who did nothing for {time}; whoever does something again is back where they were.",
                stage=stages[-1].name,
                time=Value(stages[-1].quiet / SECOND, "seconds"),
            )
        )
    return found


def _ever(counts: Counts, at: int) -> bool:
    return bool(counts.before[at] or counts.moved[:, at].any())
