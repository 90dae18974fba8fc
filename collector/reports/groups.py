"""Sessions put into groups by source, device or landing page: the same groups in tables and in people lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from collector.core.event import Agent
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Part
from collector.reports.named import named, value_of
from collector.reports.scope import Codes, coded, page_path

_SOURCE = ("channel", "source", "medium", "campaign")
_AGENT = ("device", "os", "browser")

FILTERS = (
    Param("channel", "text", T("Channel"), T("A visit in the range came through this channel, like email.")),
    Param("source", "text", T("Source"), T("A visit in the range came from this source, like google.")),
    Param("medium", "text", T("Medium"), T("A visit in the range had this medium.")),
    Param("campaign", "text", T("Campaign"), T("A visit in the range came by this campaign.")),
    Param("device", "text", T("Device"), T("A visit in the range was made on desktop, mobile, tablet or other.")),
    Param("os", "text", T("System"), T("A visit in the range was made on this operating system.")),
    Param("browser", "text", T("Browser"), T("A visit in the range was made with this browser.")),
    Param("landing", "text", T("Landing page"), T("A visit in the range began on this page.")),
)


class Grouping(NamedTuple):
    """For each session of a part a code, and for each code the values of the fields grouped by."""

    codes: Codes
    labels: list[tuple[str, ...]]


def group(journeys: Journeys, part: Part, fields: tuple[str, ...]) -> Grouping:
    """The part's sessions by some of the source's fields, of the agent's fields, or by `landing`; remembered."""
    return part.memo.get(("groups", fields), lambda: _group(journeys, part, fields))


def _group(journeys: Journeys, part: Part, fields: tuple[str, ...]) -> Grouping:
    def named(number: int) -> tuple[str, ...]:
        found = journeys.source_at(number)
        return tuple(str(getattr(found, field)) for field in fields)

    def driven(number: int) -> tuple[str, ...]:
        found = journeys.agents.get(number, Agent())
        return tuple(str(getattr(found, field)) for field in fields)

    def landed(number: int) -> tuple[str, ...]:
        known = journeys.pages.get(number)
        return ("" if known is None else page_path(known[1]),)

    if set(fields) <= set(_SOURCE):
        codes, labels = coded(part.source[part.session_row], named)
    elif set(fields) <= set(_AGENT):
        codes, labels = coded(part.agent[part.session_row], driven)
    else:
        codes, labels = coded(part.page[part.session_row], landed)
    return Grouping(codes.astype(np.uint16) if len(labels) <= 65_536 else codes, labels)


def link(fields: tuple[str, ...], label: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The arguments of the `visitors` report that ask for the people of a group."""
    return tuple((field, named(value)) for field, value in zip(fields, label, strict=True))


def wanted(query: Query) -> Mapping[str, str]:
    """The group filters that a question sets."""
    given = {param.name: query.values.get(param.name) for param in FILTERS}
    return {name: value_of(text) for name, text in given.items() if isinstance(text, str) and text}


def session_mask(journeys: Journeys, part: Part, filters: Mapping[str, str]) -> Bool:
    """Sessions of the part that fit all filters."""
    mask = np.ones(len(part.session_row), dtype=np.bool_)
    for name, text in filters.items():
        found = group(journeys, part, (name,))
        asked = page_path(text) if name == "landing" and text else text
        fits = np.array([label[0] == asked for label in found.labels], dtype=np.bool_)
        mask &= fits[found.codes] if len(fits) else False
    return mask
