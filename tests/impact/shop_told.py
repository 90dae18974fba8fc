"""The lives of a shop (`shop.py`) as journeys, and its question as a person asks it."""

from __future__ import annotations

import numpy as np

from collector.core.event import Kind, Source
from collector.core.matcher import parse_matcher
from collector.core.people_text import parse_people
from collector.core.query import Query, Site
from collector.journeys.journeys import Journeys, PropertyColumn
from collector.journeys.part import Float64, Part
from collector.reports.impact.plan import Plan
from tests.impact.lives import Lives
from tests.impact.memory import Columns, in_memory
from tests.impact.shop import PAGES, Shop

SOURCES = (
    Source(),
    Source("organic_search", "google"),
    Source("organic_social", "instagram"),
    Source("email", "news", "email", campaign_mark=True),
    Source("retargeting", "meta", "retargeting", campaign_mark=True),
)


class _Paid:
    """The property `total` of goals."""

    def __init__(self, value: Float64) -> None:
        self.value = value

    def names(self) -> list[str]:
        return ["total"]

    def column(self, part: Part, name: str) -> PropertyColumn:
        amounts, code = np.unique(np.nan_to_num(self.value[part.id - 1], nan=-1.0), return_inverse=True)
        values = [None if amount < 0 else float(amount) for amount in amounts]
        return PropertyColumn(np.where(amounts[code] < 0, -1, code).astype(np.int32), values)


def asked(shop: Shop) -> tuple[Query, Plan]:
    """What the engine is asked."""
    ask = shop.asked
    start, end = shop.span
    plan = Plan(
        exposures=(parse_matcher(ask.exposure),),
        goal=parse_matcher("event:purchase"),
        horizon=ask.horizon,
        start=start,
        end=end,
        as_of=shop.as_of,
        value=ask.value,
        zone=shop.zone,
        new=ask.new,
        dose=None if ask.dose is None else parse_matcher(ask.dose),
    )
    where = (parse_people(ask.where),) if ask.where else ()
    return Query(Site(1, "shop", shop.zone), None, shop.as_of, where=where), plan


def kinds(shop: Shop) -> list[Kind]:
    """Pages, the exposure, the goal, messages, acts, and products by their content."""
    type_, _, name = shop.asked.exposure.partition(":")
    met = Kind("page", name) if type_ == "page" else Kind("event", name if type_ == "event" else "chat_started")
    pages = [Kind("page", page) for page in PAGES]
    acts = [Kind("click", "Next"), Kind("event", "chat_opened"), Kind("form_start", "order"), Kind("form", "order")]
    products = [Kind("page", f"/product/{content}") for content in range(shop.contents)]
    return [*pages, met, Kind("event", "purchase"), Kind("event", "chat_message"), *acts, *products]


def journeys(shop: Shop, lives: Lives) -> Journeys:
    """Journeys in memory; the money is an event's own value, or its property, as the question has it."""
    rows = lives.rows
    person, time, kind, source, device, engaged = (
        np.concatenate(column) for column in (rows.person, rows.time, rows.kind, rows.source, rows.device, rows.engaged)
    )
    value, none = np.concatenate(rows.value), np.full(len(person), np.nan)
    own = value if shop.asked.value is None else none
    code = person * 2
    of = Columns(code, code + 1, time, kind, source, device, own, engaged, np.zeros(len(person), dtype=np.int64))
    return in_memory(of, kinds(shop), SOURCES, shop.as_of, _Paid(value))
