"""What Explore says in words: which value leads, that nothing carries a value, or that nothing has the property."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from collector.core.called import called
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.reports.breakdowns import instead_of, is_missing
from collector.reports.counted import events, people, told, visits
from collector.reports.explore.blocks import MEASURES
from collector.reports.explore.count import Counts, Values
from collector.reports.named import OTHER

_LEADS = {
    "people": T("{name} leads: {n} of {total}."),
    "events": T("{name} leads with {n}."),
    "sessions": T("{name} leads with {n}."),
    "value": T("{name} leads with a value of {n}."),
    "average": T("{name} leads with {n} on average."),
}
_COUNTED = {"events": events, "sessions": visits}


def headline(by: str, values: Values, counted: Mapping[str, Counts], measure: str, everybody: int) -> Text:
    """The value with the most of a measure, and why there is none where nothing is counted."""
    happened = int(counted["events"].sum())
    if not happened:
        return T("Nothing like this happened in this time.")
    if is_missing(by, values.texts):
        return _without(happened, by)
    found = np.asarray(counted[measure], dtype=np.float64)
    named = [at for at, text in enumerate(values.texts) if text != OTHER and not np.isnan(found[at])]
    if not named:
        return told(happened, T("The only event carries no value."), T("None of the {n} events carries a value."))
    best = max(named, key=lambda at: float(found[at]))
    number = found[best].item()
    shown = {
        "name": called(by, values.texts[best]),
        "n": _COUNTED[measure](int(number)) if measure in _COUNTED else Value(number, MEASURES[measure][1]),
        "total": people(everybody),
    }
    return Text(_LEADS[measure].template, shown)


def _without(happened: int, name: str) -> Text:
    return told(
        happened,
        T("The only event has no property “{name}”."),
        T("None of the {n} events has a property “{name}”."),
        name=name,
    )


def notes(
    journeys: Journeys,
    counted: Mapping[str, Counts],
    everybody: int,
    by: tuple[str, Values],
    across: tuple[str, Values] | None,
) -> list[Text]:
    """Cautions: properties that no event has, and people who are counted several times."""
    found, happened = [], int(counted["events"].sum())
    for name, values in (by,) if across is None else (by, across):
        if happened and is_missing(name, values.texts):
            # The headline says so of the first.
            found += [] if name == by[0] else [_without(happened, name)]
            found += instead_of(journeys, name)
    if int(counted["people"].sum()) > everybody:
        found.append(T("Who has several values counts once for each: the rows add up to more than all people."))
    return found


def list_title(said: Sequence[Text | str | Value]) -> Text:
    """What a list of people is called by the values, and the day, that it is of."""
    if not said:
        return T("Everybody")
    whole = T("{group}", group=said[0])
    for more in said[1:]:
        whole = T("{group}, {more}", group=whole, more=more)
    return whole
