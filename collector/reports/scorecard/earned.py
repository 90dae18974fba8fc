"""Metrics of what was earned and what people said: what each divides by what, its list, and where to read on."""

from __future__ import annotations

from collector.core.query import Query
from collector.core.text import T
from collector.reports.chat_facts import SATISFIED, quantile, satisfied
from collector.reports.scope import common_arguments, share
from collector.reports.scorecard.answers import net_promoters
from collector.reports.scorecard.asked import Asked, link
from collector.reports.scorecard.measures import Measures
from collector.reports.scorecard.metrics import Metric


def money(query: Query, question: Asked) -> list[Metric]:
    common = common_arguments(query)
    bought = () if question.purchase is None else (("goal", str(question.purchase)),)
    purchases, goals = link(query, "purchases"), query.site.goals
    first = bought if not goals else (("goal", str(goals[0][1])),)

    def reached(m: Measures) -> int:
        return sum(m.totals.goal_count)

    def revenue(m: Measures) -> float | None:
        return m.revenue if m.valued else None

    def valued(m: Measures) -> int:
        return m.valued

    found = []
    if goals:
        label, help_ = T("Goals reached"), T("How many times, all goals together.")
        people, arguments = link(query, "reached"), (*common, *first)
        found = [
            Metric(
                "goals_reached", label, "count", reached, reached, reached, 1, people, "attribution", arguments, help_
            )
        ]
    return [
        *found,
        Metric(
            "revenue",
            T("Revenue"),
            "money",
            revenue,
            valued,
            valued,
            1,
            purchases,
            "attribution",
            (*common, *bought),
            T("What the purchases carry."),
        ),
        Metric(
            "average_order",
            T("Average order"),
            "money",
            lambda m: share(m.revenue, m.valued),
            valued,
            valued,
            1,
            purchases,
            "attribution",
            (*common, *bought),
            T("Revenue by the purchases that carry a value."),
        ),
        Metric(
            "lifetime_value",
            T("Customer lifetime value"),
            "money",
            lambda m: share(m.lifetime, m.customers) if m.lifetime_valued else None,
            lambda m: m.customers,
            lambda m: m.customers,
            1,
            link(query, "customers"),
            "lifecycle",
            (*common, *bought),
            T("To date: all purchases of those who ever bought, up to the end of the range, a customer."),
        ),
    ]


def told(query: Query) -> list[Metric]:
    common = common_arguments(query)
    return [
        Metric(
            "nps",
            T("NPS"),
            "number",
            lambda m: net_promoters(m.promoters, m.detractors, m.answered),
            lambda m: m.answered,
            lambda m: m.answered,
            1,
            link(query, "answers"),
            "visitors",
            (*common, ("did", "event:nps_rated")),
            T("Per cent of answers of 9 and 10 less per cent of 0 to 6."),
        ),
        Metric(
            "csat",
            T("Chats rated 4 or 5"),
            "ratio",
            lambda m: satisfied(m.chat.scores),
            lambda m: sum(score >= SATISFIED for score in m.chat.scores),
            lambda m: len(m.chat.scores),
            1,
            link(query, "satisfied"),
            "chat",
            common,
            T("CSAT: of the ratings given in chats."),
        ),
        Metric(
            "first_response",
            T("First response"),
            "seconds",
            lambda m: quantile(m.chat.waits, 0.5),
            lambda m: len(m.chat.waits),
            lambda m: len(m.chat.waits),
            -1,
            link(query, "responses"),
            "chat",
            common,
            T("Median time from a visitor's first message in a chat to the first of an agent."),
        ),
    ]
