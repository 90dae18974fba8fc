"""Metrics of people and visits: what each divides by what, its list, and the report that tells more."""

from __future__ import annotations

from collector.core.query import Query
from collector.core.text import T
from collector.reports.scope import common_arguments, share
from collector.reports.scorecard.asked import link
from collector.reports.scorecard.measures import Measures
from collector.reports.scorecard.metrics import Metric


def conversion(query: Query) -> list[Metric]:
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


def visits(query: Query) -> list[Metric]:
    common = common_arguments(query)
    mine = link(query, "visits")

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
            mine,
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
            mine,
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
            mine,
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
