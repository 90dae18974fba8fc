"""Numbers with what they count, in words: a site's first sentence is about one person and not about “1 people”."""

from __future__ import annotations

from collector.core.text import T, Text, Value


def told(number: int, one: Text, many: Text, **values: object) -> Text:
    """The sentence for `one`, or for `many`, which may name the number as `{n}`; both with these values."""
    return Text((one if number == 1 else many).template, {"n": Value(number, "count"), **values})


def people(number: int) -> Text:
    """So many people."""
    return T("1 person") if number == 1 else T("{n} people", n=Value(number, "count"))


def visits(number: float) -> Text:
    """So many visits, of one or on the average."""
    return (
        T("1 visit")
        if number == 1
        else T("{n} visits", n=Value(number, "count" if isinstance(number, int) else "number"))
    )


def days(number: int) -> Text:
    """So many days."""
    return T("1 day") if number == 1 else T("{n} days", n=Value(number, "count"))


def weeks(number: int) -> Text:
    """So many weeks."""
    return T("1 week") if number == 1 else T("{n} weeks", n=Value(number, "count"))


def sessions(number: int) -> Text:
    """So many sessions."""
    return T("1 session") if number == 1 else T("{n} sessions", n=Value(number, "count"))


def events(number: int) -> Text:
    """So many events."""
    return T("1 event") if number == 1 else T("{n} events", n=Value(number, "count"))


def conversions(number: int) -> Text:
    """So many conversions."""
    return T("1 conversion") if number == 1 else T("{n} conversions", n=Value(number, "count"))
