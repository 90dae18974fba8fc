"""Text for people: an English template and its values, translated and formatted where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Value:
    """A number in a text with the unit that decides how it is written.

    `unit` is one of the units of `core.blocks.Column`.
    """

    value: object
    unit: str


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence as an English template with `{name}` places, and the values for them."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def render(
        self,
        translate: Callable[[str], str] = str,
        form: Callable[[object], str] = str,
    ) -> str:
        """The sentence, its template passed through `translate` and each value through `form`."""
        shown = {
            name: value.render(translate, form) if isinstance(value, Text) else form(value)
            for name, value in self.values.items()
        }
        return translate(self.template).format(**shown)

    def __str__(self) -> str:
        return self.render(form=plain_value)


def _number(value: int | float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def _seconds(value: float) -> str:
    if value and value % 86_400 == 0:
        return f"{value / 86_400:,.0f} day" + "s" * (value != 86_400)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{value:.0f} s"


def plain_value(value: object) -> str:
    """A value in a plain English sentence, by its unit."""
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


def T(template: str, **values: object) -> Text:  # noqa: N802 - the marker that message extraction looks for
    """Mark `template` for translation and bind its values."""
    return Text(template, values)
