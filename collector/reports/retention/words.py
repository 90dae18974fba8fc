"""What retention says in words: its headline, and of whom each rate in it is."""

from __future__ import annotations

from collector.core.text import T, Text, Value
from collector.reports.counted import people
from collector.reports.retention.blocks import Counts

# Of fewer people a share says less than how many they are.
FEW = 30
_PERIODS = {"day": T("day {k}"), "week": T("week {k}"), "month": T("month {k}")}


def headline(counts: Counts, unit: str, after: bool) -> Text:
    """Who began, and of those whose first and last known periods are over, how many came back in them.

    Args:
        unit: day, week or month. after: whether a return after the period counts too.
    """
    began = int(counts.size.sum())
    if not began:
        return T("Nobody began in this time.")
    known = [k for k in range(1, counts.most + 1) if counts.eligible(k)[0]]
    if not known:
        return T("{people} began; it is too early to say who comes back.", people=people(began))
    first = _first(*counts.eligible(known[0]), _period(unit, known[0]), T("in it or later") if after else T("in it"))
    if len(known) == 1:
        return T("{people} began. {first}.", people=people(began), first=first)
    last = _last(*counts.eligible(known[-1]), _period(unit, known[-1]))
    return T("{people} began. {first}; {last}.", people=people(began), first=first, last=last)


def _period(unit: str, k: int) -> Text:
    return Text(_PERIODS[unit].template, {"k": k})


def _first(of: int, back: int, period: Text, when: Text) -> Text:
    if of == 1:
        alone = (
            T("The only one whose {period} is over came back {when}")
            if back
            else T("The only one whose {period} is over did not come back {when}")
        )
        return Text(alone.template, {"period": period, "when": when})
    told = (
        T("{back} of the {n} whose {period} is over came back {when}")
        if of < FEW
        else T("Of the {n} whose {period} is over, {rate} came back {when}")
    )
    return Text(told.template, {**_numbers(of, back), "period": period, "when": when})


def _last(of: int, back: int, period: Text) -> Text:
    if of == 1:
        alone = (
            T("the only one whose {period} is over did") if back else T("the only one whose {period} is over did not")
        )
        return Text(alone.template, {"period": period})
    told = (
        T("of the {n} whose {period} is over, {back}") if of < FEW else T("of the {n} whose {period} is over, {rate}")
    )
    return Text(told.template, {**_numbers(of, back), "period": period})


def _numbers(of: int, back: int) -> dict[str, Value]:
    return {"n": Value(of, "count"), "back": Value(back, "count"), "rate": Value(back / of, "ratio")}
