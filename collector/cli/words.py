"""Texts of reports as a terminal shows them: numbers with their units, in plain English."""

from __future__ import annotations

from collector.core.text import Text, Value


def _number(value: int | float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def _seconds(value: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} s"


def show_value(value: object) -> str:
    """A value in a sentence, by its unit."""
    unit = value.unit if isinstance(value, Value) else ""
    plain = value.value if isinstance(value, Value) else value
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        return str(plain)
    if unit == "ratio":
        return f"{plain:.1%}"
    if unit == "points":
        return f"{100 * plain:+.1f} points"
    if unit == "money":
        return f"{plain:,.2f}"
    if unit == "seconds":
        return _seconds(plain)
    return _number(plain)


def say(text: Text) -> str:
    """A sentence of a report."""
    return text.render(form=show_value)
