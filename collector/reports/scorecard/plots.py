"""The trends as plots: one series a kind of number, each point with the people behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T, Text
from collector.core.times import day_of
from collector.journeys.part import Bool, Float64
from collector.reports.scope import here_on
from collector.reports.scorecard.asked import Asked, link
from collector.reports.scorecard.trends import Trends

_PERIOD = Column("period", T("Period"), "date")
_OPEN = Column("unfinished", T("Unfinished"), "bool", T("Not all of it is known yet."))
_UNFINISHED = T("The dashed end is not finished yet.")
Numbers = Sequence[tuple[Column, Sequence[Cell]]]


def plots(query: Query, question: Asked, sums: Trends) -> list[Block]:
    """All trends that there is anything of."""
    made = _Plots(query, question, sums)
    found = [
        made.conversion() if query.site.goals else None,
        made.retention(),
        made.abandonment(),
        made.revenue(),
        made.visits(),
        made.time(),
        made.bounces(),
        made.answers(),
        made.ratings(),
        made.responses(),
    ]
    return [block for block in found if block is not None]


class _Plots:
    """Makes one block after another from the same sums; the period before the range is left out."""

    def __init__(self, query: Query, question: Asked, sums: Trends) -> None:
        self._query, self._question, self._sums = query, question, sums
        self._days = [day.isoformat() for day in question.periods.first[1:]]
        self._open: Bool = ~question.periods.over(question.now)[1:]

    def conversion(self) -> Block:
        return self._series(
            "trend_conversion",
            T("Conversion rate"),
            ["rate"],
            (
                (Column("people", T("People"), "count"), self._counts("people")),
                (Column("converted", T("Reached a goal"), "count"), self._counts("converted")),
                (Column("rate", T("Conversion rate"), "ratio"), self._ratio("converted", "people")),
            ),
            {"people": self._visitors(), "converted": self._lists("converted")},
        )

    def retention(self) -> Block:
        before, retained = self._sums.sum["lasting"][:-1], self._sums.sum["retained"][1:]
        return self._series(
            "trend_retention",
            T("Retention"),
            ["rate"],
            (
                (Column("before", T("Came the period before"), "count"), _whole(before)),
                (Column("retained", T("Came again"), "count"), _whole(retained)),
                (Column("rate", T("Retention"), "ratio"), _divided(retained, before)),
            ),
            {"before": self._lists("before"), "retained": self._lists("retained")},
        )

    def abandonment(self) -> Block | None:
        carts, forms = self._sums.sum["carts"][1:].any(), self._sums.sum["forms"][1:].any()
        if not carts and not forms:
            return None
        numbers = []
        if carts:
            numbers += [
                (Column("carts", T("Carts"), "count"), self._counts("carts")),
                (Column("carts_left", T("Carts abandoned"), "count"), self._counts("carts_left")),
                (Column("cart_rate", T("Cart abandonment"), "ratio"), self._ratio("carts_left", "carts")),
            ]
        if forms:
            numbers += [
                (Column("forms", T("Forms started"), "count"), self._counts("forms")),
                (Column("forms_left", T("Forms abandoned"), "count"), self._counts("forms_left")),
                (Column("form_rate", T("Form abandonment"), "ratio"), self._ratio("forms_left", "forms")),
            ]
        lists = {
            "carts": self._lists("carts", group="over"),
            "carts_left": self._lists("carts", group="abandoned"),
            "forms": self._lists("forms", subset="over"),
            "forms_left": self._lists("forms", subset="abandoned"),
        }
        waits = (self._question.periods.ends[1:] + self._question.window > self._question.now) & bool(carts)
        lines = [column.name for column, _ in numbers if column.unit == "ratio"]
        return self._series("trend_abandonment", T("Abandonment"), lines, numbers, lists, self._open | waits)

    def revenue(self) -> Block | None:
        if not self._sums.sum["orders"][1:].any():
            return None
        valued = self._sums.sum["valued"][1:].any()
        spent, customers = self._sums.to_date("lifetime")[1:], self._sums.to_date("customers")[1:]
        # Where no purchase so far says what it was worth, nothing is known, which is not the same as nothing.
        customers = np.where(self._sums.to_date("lifetime_valued")[1:] > 0, customers, 0.0)
        money = (
            (Column("revenue", T("Revenue"), "money"), self._money("revenue")),
            (Column("average_order", T("Average order"), "money"), self._ratio("revenue", "valued")),
            (Column("lifetime_value", T("Lifetime value to date"), "money"), _divided(spent, customers)),
        )
        return self._series(
            "trend_revenue",
            T("Revenue") if valued else T("Purchases"),
            ["revenue"] if valued else ["orders"],
            ((Column("orders", T("Purchases"), "count"), self._counts("orders")), *(money if valued else ())),
            {"orders": self._lists("purchases", subset="all")},
        )

    def visits(self) -> Block:
        return self._series(
            "trend_visits",
            T("Visits a person"),
            ["visits_a_person"],
            (
                (Column("people", T("People"), "count"), self._counts("people")),
                (Column("sessions", T("Visits"), "count"), self._counts("sessions")),
                (Column("visits_a_person", T("Visits a person"), "number"), self._ratio("sessions", "people")),
            ),
            {"people": self._visitors(), "sessions": self._lists("visits")},
        )

    def time(self) -> Block:
        attention = self._sums.sum["engaged"][1:].any()
        engaged = (Column("engaged_seconds", T("Attention a visit"), "seconds"), self._seconds("engaged"))
        return self._series(
            "trend_time",
            T("Time on site"),
            ["time_on_site", "engaged_seconds"] if attention else ["time_on_site"],
            (
                (Column("sessions", T("Visits"), "count"), self._counts("sessions")),
                (Column("time_on_site", T("Time on site"), "seconds"), self._seconds("length")),
                *((engaged,) if attention else ()),
            ),
            {"sessions": self._lists("visits")},
        )

    def bounces(self) -> Block:
        return self._series(
            "trend_bounces",
            T("Bounce rate"),
            ["bounce_rate"],
            (
                (Column("sessions", T("Visits"), "count"), self._counts("sessions")),
                (Column("bounces", T("Bounces"), "count"), self._counts("bounces")),
                (Column("bounce_rate", T("Bounce rate"), "ratio"), self._ratio("bounces", "sessions")),
            ),
            {"sessions": self._lists("visits"), "bounces": self._lists("bounced")},
        )

    def answers(self) -> Block | None:
        answered = self._sums.sum["answered"][1:]
        if not answered.any():
            return None
        score = 100 * (self._sums.sum["promoters"] - self._sums.sum["detractors"])[1:]
        return self._series(
            "trend_nps",
            T("NPS"),
            ["nps"],
            (
                (Column("answered", T("Answers"), "count"), _whole(answered)),
                (Column("nps", T("NPS"), "number"), _divided(score, answered)),
            ),
            {"answered": self._lists("answers")},
        )

    def ratings(self) -> Block | None:
        if not self._sums.sum["rated"][1:].any():
            return None
        return self._series(
            "trend_csat",
            T("Chats rated 4 or 5"),
            ["csat"],
            (
                (Column("rated", T("Ratings of chats"), "count"), self._counts("rated")),
                (Column("satisfied", T("Of these 4 or 5"), "count"), self._counts("satisfied")),
                (Column("csat", T("Chats rated 4 or 5"), "ratio"), self._ratio("satisfied", "rated")),
            ),
            {"rated": self._lists("ratings"), "satisfied": self._lists("satisfied")},
        )

    def responses(self) -> Block | None:
        if not self._sums.sum["responded"][1:].any():
            return None
        return self._series(
            "trend_first_response",
            T("First response"),
            ["first_response"],
            (
                (Column("responded", T("Chats that an agent answered"), "count"), self._counts("responded")),
                (Column("first_response", T("First response, median"), "seconds"), self._sums.median_wait()[1:]),
            ),
            {"responded": self._lists("responses")},
        )

    def _counts(self, name: str) -> list[Cell]:
        return _whole(self._sums.sum[name][1:])

    def _money(self, name: str) -> list[Cell]:
        return [*self._sums.sum[name][1:].tolist()]

    def _ratio(self, part: str, whole: str) -> list[Cell]:
        return _divided(self._sums.sum[part][1:], self._sums.sum[whole][1:])

    def _seconds(self, name: str) -> list[Cell]:
        return _divided(self._sums.sum[name][1:] / 1000, self._sums.sum["sessions"][1:])

    def _lists(self, which: str, group: str = "", subset: str = "") -> list[tuple[tuple[str, str], ...]]:
        return [link(self._query, which, day, group, subset) for day in self._days]

    def _visitors(self) -> list[tuple[tuple[str, str], ...]]:
        periods = self._question.periods
        ends = (day_of(int(end) - 1, periods.zone) for end in periods.ends[1:])
        return [here_on(self._query, first, last) for first, last in zip(periods.first[1:], ends, strict=True)]

    def _series(
        self,
        name: str,
        title: Text,
        lines: Sequence[str],
        numbers: Numbers,
        lists: dict[str, list[tuple[tuple[str, str], ...]]],
        unfinished: Bool | None = None,
    ) -> Block:
        is_open = self._open if unfinished is None else unfinished
        cells: list[Sequence[Cell]] = [cells for _, cells in numbers]
        return Block(
            name,
            "series",
            title,
            (_PERIOD, *(column for column, _ in numbers), _OPEN),
            [list(row) for row in zip(self._days, *cells, is_open.tolist(), strict=True)],
            draw={"x": "period", "y": list(lines), "open": "unfinished", "cell_links": lists},
            note=_UNFINISHED if is_open.any() else None,
        )


def _whole(values: Float64) -> list[Cell]:
    return [int(value) for value in values.tolist()]


def _divided(part: Float64, whole: Float64) -> list[Cell]:
    """Ratios, nothing where there is nothing to divide by."""
    known = whole > 0
    ratio = np.divide(part, whole, out=np.zeros(len(part)), where=known)
    return [value if there else None for value, there in zip(ratio.tolist(), known.tolist(), strict=True)]
