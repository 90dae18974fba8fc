"""Every metric in order, those of carts and forms among them."""

from __future__ import annotations

from collector.core.query import Query
from collector.core.text import T
from collector.core.times import format_duration
from collector.reports.scope import common_arguments, share
from collector.reports.scorecard.asked import Asked, link
from collector.reports.scorecard.came import conversion, visits
from collector.reports.scorecard.earned import money, told
from collector.reports.scorecard.metrics import Metric


def metrics(query: Query, question: Asked) -> list[Metric]:
    """All metrics of a site, in order."""
    return [*conversion(query), *visits(query), *left(query, question), *money(query, question), *told(query)]


def left(query: Query, question: Asked) -> list[Metric]:
    common = common_arguments(query)
    bought = () if question.purchase is None else (("step", str(question.purchase)),)
    cart = (*common, ("step", str(question.cart)), *bought, ("window", format_duration(question.window)))
    return [
        Metric(
            "cart_abandonment",
            T("Cart abandonment"),
            "ratio",
            lambda m: share(m.carts_left, m.carts),
            lambda m: m.carts_left,
            lambda m: m.carts,
            -1,
            link(query, "carts", group="abandoned"),
            "funnel",
            cart,
            T("Carts not bought within the window, of those whose window is over."),
        ),
        Metric(
            "form_abandonment",
            T("Form abandonment"),
            "ratio",
            lambda m: share(m.forms_left, m.forms),
            lambda m: m.forms_left,
            lambda m: m.forms,
            -1,
            link(query, "forms", subset="abandoned"),
            "funnel",
            (*common, ("step", "form_start:*"), ("step", "form:*"), ("unit", "session")),
            T("Forms started and not sent before the visit ended, of those started."),
        ),
    ]
