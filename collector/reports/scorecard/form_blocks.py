"""Forms: how many were started, sent and abandoned, and the fields they are left at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.event import FORM_START
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool
from collector.reports.named import named
from collector.reports.scope import share
from collector.reports.scorecard import forms
from collector.reports.scorecard.asked import Asked, Seen, Stretch, link
from collector.reports.scorecard.measures import rows_in

MOST_FIELDS = 100
FORM_STATES = ("all", "sent", "abandoned", "open", "over")


def forms_in(
    journeys: Journeys, query: Query, question: Asked, seen: Seen, stretch: Stretch, state: str
) -> tuple[forms.Attempts, Bool]:
    """The attempts of a part, and which of them began in the stretch and are in a state of `FORM_STATES`."""
    found = forms.attempts(journeys, seen.part, query.include_bots)
    mask = rows_in(seen.part, found.row, seen.chosen, stretch)
    over = forms.over(found, question.now)
    if state == "sent":
        return found, mask & over & found.done
    if state == "abandoned":
        return found, mask & over & ~found.done
    return found, mask if state == "all" else mask & (over if state == "over" else ~over)


@dataclass(slots=True)
class _Form:
    started: int = 0
    sent: int = 0
    abandoned: int = 0
    open: int = 0
    failed: int = 0
    fields: Counter[str] = field(default_factory=Counter)


def form_blocks(journeys: Journeys, query: Query, question: Asked, found: Sequence[Seen]) -> list[Block]:
    """The forms, and the fields touched last before a visit ended without a valid submit."""
    count: dict[str, _Form] = {}
    for seen in found:
        for name, one in _forms(journeys, query, question, seen):
            into = count.setdefault(name, _Form())
            into.started += one.started
            into.sent += one.sent
            into.abandoned += one.abandoned
            into.open += one.open
            into.failed += one.failed
            into.fields.update(one.fields)
    ranked = sorted(count.items(), key=lambda item: (-item[1].started, item[0]))
    return [_forms_block(journeys, query, ranked), *([_fields_block(query, ranked)] if ranked else [])]


def _forms(journeys: Journeys, query: Query, question: Asked, seen: Seen) -> Iterator[tuple[str, _Form]]:
    tried, mask = forms_in(journeys, query, question, seen, question.stretch, "all")
    over = forms.over(tried, question.now)
    left = mask & over & ~tried.done
    names = forms.field_names(journeys, seen.part, tried)
    kinds, form = np.unique(tried.form[mask], return_inverse=True)
    size = len(kinds)
    sums = [
        np.bincount(form, weights=weights, minlength=size).astype(np.int64)
        for weights in (None, (over & tried.done)[mask], left[mask], ~over[mask], tried.failed[mask])
    ]
    # One code a field, 0 for unknown; forms have few fields, so that all pairs of form and field are few too.
    pair = form[left[mask]] * (len(names) + 1) + tried.field[left] + 1
    pairs, times = np.unique(pair, return_counts=True)
    fields: list[Counter[str]] = [Counter() for _ in range(size)]
    for number, many in zip(pairs.tolist(), times.tolist(), strict=True):
        of, code = divmod(number, len(names) + 1)
        fields[of][names[code - 1] if code else ""] += many
    for at, kind in enumerate(kinds.tolist()):
        started, sent, abandoned, still, failed = (int(column[at]) for column in sums)
        yield journeys.kinds[kind].name, _Form(started, sent, abandoned, still, failed, fields[at])


def _forms_block(journeys: Journeys, query: Query, ranked: Sequence[tuple[str, _Form]]) -> Block:
    lists = {
        column: [link(query, "forms", group=name, subset=state) for name, _ in ranked]
        for column, state in (("started", "all"), ("sent", "sent"), ("abandoned", "abandoned"), ("open", "open"))
    }
    seen = any(kind.type == FORM_START for kind in journeys.kinds.values())
    return Block(
        "forms",
        "table",
        T("Forms"),
        (
            Column("form", T("Form")),
            Column("started", T("Started"), "count", T("Visits in which it was started.")),
            Column("sent", T("Sent"), "count", T("Without a mistake, before the visit ended.")),
            Column("abandoned", T("Abandoned"), "count", T("The visit ended without it.")),
            Column("open", T("Visit not over"), "count", T("Not counted as sent or abandoned before it is.")),
            Column("rate", T("Abandonment"), "ratio", T("Of the visits that are over.")),
            Column("failed", T("Refused"), "count", T("Submits that the browser or the form refused.")),
            Column("last_field", T("Mostly left at"), "text", T("The field touched last, most often, where known.")),
        ),
        [
            [
                name,
                one.started,
                one.sent,
                one.abandoned,
                one.open,
                share(one.abandoned, one.abandoned + one.sent),
                one.failed,
                _most(one.fields),
            ]
            for name, one in ranked
        ],
        draw={"cell_links": lists},
        empty=T("No form was started in this time.")
        if seen
        else T("No form was ever started: the tag sees forms by itself, other senders send form_start and form."),
    )


def _most(fields: Counter[str]) -> str:
    known = sorted((-many, name) for name, many in fields.items() if name)
    return known[0][1] if known else ""


def _fields_block(query: Query, ranked: Sequence[tuple[str, _Form]]) -> Block:
    found = [(form, name, many, one.abandoned) for form, one in ranked for name, many in one.fields.items()]
    found.sort(key=lambda row: (-row[2], row[0], row[1]))
    found = found[:MOST_FIELDS]
    return Block(
        "fields",
        "bars",
        T("Where forms are left"),
        (
            Column("last_field", T("Last field touched")),
            Column("form", T("Form")),
            Column("abandoned", T("Abandoned"), "count"),
            Column("share", T("Share"), "ratio", T("Of the form's abandoned ones.")),
        ),
        [[named(name), form, many, many / of] for form, name, many, of in found],
        draw={"y": "abandoned", "link": "abandoned"},
        links=[
            (*link(query, "forms", group=form, subset="abandoned"), ("within", named(name)))
            for form, name, _, _ in found
        ],
        empty=T("No form was abandoned in this time."),
    )
