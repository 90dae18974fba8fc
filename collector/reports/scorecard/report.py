"""The report: its parameters and its blocks in order."""

from __future__ import annotations

from dataclasses import replace

from collector.core.blocks import Result
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.params import COMPARE, INTERVAL
from collector.reports.people_list import LIMIT
from collector.reports.people_mask import of_range
from collector.reports.scorecard.asked import asked, look_at
from collector.reports.scorecard.cart_block import carts_block
from collector.reports.scorecard.definitions import metrics
from collector.reports.scorecard.form_blocks import form_blocks
from collector.reports.scorecard.lists import LISTS
from collector.reports.scorecard.measures import measure
from collector.reports.scorecard.metrics import cards, measured, metrics_block, shown
from collector.reports.scorecard.people import listed
from collector.reports.scorecard.plots import plots
from collector.reports.scorecard.trends import trends
from collector.reports.scorecard.words import headline, notes


def run(journeys: Journeys, query: Query) -> Result:
    """All blocks; with `people`, the list of those people alone."""
    question = asked(journeys, query)
    found = look_at(journeys, query)
    if query.values["people"] is not None:
        people = listed(journeys, query, question, found)
        return Result([people], journeys.as_of, people.title)
    now = measure(journeys, query, question, found, question.past)
    before = None
    if question.before is not None:
        earlier = replace(query, span=question.before)
        theirs = look_at(journeys, earlier) if of_range(query) else found
        before = measure(journeys, earlier, question, theirs, question.past_before)
    told = shown(measured(metrics(query, question), now, before))
    blocks = [
        *cards(told),
        *plots(query, question, trends(journeys, query, question, found)),
        carts_block(journeys, query, question, found),
        *form_blocks(journeys, query, question, found),
        metrics_block(told),
    ]
    return Result(
        blocks,
        journeys.as_of,
        headline(told, now, question),
        notes(question, now, len(query.site.goals), query.span is None),
    )


REPORT = Report(
    name="scorecard",
    title=T("Scorecard"),
    summary=T("How the journey does: conversion, retention, visits, carts, forms and money, and what moved."),
    params=(
        COMPARE,
        INTERVAL,
        Param("cart", "matcher", T("Cart"), T("What puts something into a cart."), default="event:add_to_cart"),
        Param(
            "purchase",
            "matcher",
            T("Purchase"),
            T("What ends a cart and earns money; without it event:purchase, or the first goal where none was sent."),
        ),
        Param("window", "duration", T("Window"), T("Within which a cart must be bought."), default="7d"),
        Param("people", "choice", T("People"), choices=tuple((name, one.title) for name, one in LISTS.items())),
        Param("at", "text", T("Period"), T("First day of a period of the plots.")),
        Param("group", "text", T("Which"), T("State of the carts, or name of a form.")),
        Param("subset", "text", T("State"), T("State of the forms.")),
        Param("within", "text", T("Field"), T("Field that a form was left at.")),
        LIMIT,
    ),
    run=run,
    example={"all-time": ["1"]},
    menu=15,
    follows=lambda _: "part",
)
