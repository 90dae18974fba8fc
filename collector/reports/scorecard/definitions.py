"""Every metric: what it divides by what, which list stands behind it, and which report tells more."""

from __future__ import annotations

from collector.core.query import Query
from collector.core.text import T
from collector.core.times import format_duration
from collector.reports.chat_facts import quantile, satisfied
from collector.reports.scope import common_arguments, share
from collector.reports.scorecard.answers import net_promoters
from collector.reports.scorecard.asked import Asked, link
from collector.reports.scorecard.measures import Measures
from collector.reports.scorecard.metrics import Metric


def metrics(query: Query, question: Asked) -> list[Metric]:
    """All metrics of a site, in order."""
    return [*_conversion(query), *_visits(query), *_left(query, question), *_money(query, question), *_told(query)]


def _conversion(query: Query) -> list[Metric]:
    common = common_arguments(query)
    found = []
    if query.site.goals:
        found.append(
            Metric(
                "conversion_rate",
                T("Conversion rate"),
                "ratio",
                lambda m: share(m.totals.converted, m.totals.people),
                lambda m: m.totals.converted,
                lambda m: m.totals.people,
                1,
                link(query, "converted"),
                "overview",
                common,
                T("People who reached any goal, of all people."),
            )
        )
    for at, (name, matcher) in enumerate(query.site.goals):
        found.append(
            Metric(
                f"goal_{at + 1}_rate",
                T("Conversion: {goal}", goal=name),
                "ratio",
                lambda m, at=at: share(m.totals.goal_people[at], m.totals.people),  # type: ignore[misc]
                lambda m, at=at: m.totals.goal_people[at],  # type: ignore[misc]
                lambda m: m.totals.people,
                1,
                (*common, ("did", str(matcher))),
                "paths",
                (*common, ("goal", str(matcher))),
                T("People who reached this goal, of all people."),
            )
        )
    return found


def _visits(query: Query) -> list[Metric]:
    common = common_arguments(query)
    visits = link(query, "visits")

    def sessions(m: Measures) -> int:
        return m.totals.sessions

    return [
        Metric(
            "retention",
            T("Retention"),
            "ratio",
            lambda m: share(m.retained, m.past),
            lambda m: m.retained,
            lambda m: m.past,
            1,
            link(query, "retained"),
            "retention",
            common,
            T("Of the people of the period before, those who came in this one."),
        ),
        Metric(
            "visits_a_person",
            T("Visits a person"),
            "number",
            lambda m: share(m.totals.sessions, m.totals.people),
            sessions,
            lambda m: m.totals.people,
            1,
            visits,
            "lifecycle",
            common,
        ),
        Metric(
            "time_on_site",
            T("Time on site"),
            "seconds",
            lambda m: share(m.length / 1000, m.totals.sessions),
            sessions,
            sessions,
            1,
            visits,
            "overview",
            common,
            T("From the first event of a visit to its last, the mean; a visit of one event lasts no time."),
        ),
        Metric(
            "engaged_seconds",
            T("Attention a visit"),
            "seconds",
            lambda m: share(m.totals.engaged / 1000, m.totals.sessions) if m.totals.engaged else None,
            sessions,
            sessions,
            1,
            visits,
            "overview",
            common,
            T("How long the page was in front and used, the mean of all visits."),
        ),
        Metric(
            "bounce_rate",
            T("Bounce rate"),
            "ratio",
            lambda m: share(m.totals.bounces, m.totals.sessions),
            lambda m: m.totals.bounces,
            sessions,
            -1,
            link(query, "bounced"),
            "overview",
            common,
            T("Visits of one page and nothing else, of all visits."),
        ),
    ]


def _left(query: Query, question: Asked) -> list[Metric]:
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


def _money(query: Query, question: Asked) -> list[Metric]:
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


def _told(query: Query) -> list[Metric]:
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
            lambda m: sum(score >= 4 for score in m.chat.scores),
            lambda m: len(m.chat.scores),
            1,
            None,
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
            None,
            "chat",
            common,
            T("Median time from a visitor's first message in a chat to the first of an agent."),
        ),
    ]
