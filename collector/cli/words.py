"""Texts of reports as a terminal shows them: numbers with their units, in plain English."""

from __future__ import annotations

from collector.core.text import Text, plain_value
from collector.core.write import one_line


def so_many(number: int, one: str, many: str = "") -> str:
    """A number with what it counts: 1 event, 2,000 events; `many` where that is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def say(text: Text) -> str:
    """A sentence of a report."""
    return one_line(text.render(form=plain_value))
