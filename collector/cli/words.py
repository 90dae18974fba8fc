"""Texts of reports as a terminal shows them: numbers with their units, in plain English."""

from __future__ import annotations

from collector.core.text import Text, plain_value
from collector.core.write import one_line


def say(text: Text) -> str:
    """A sentence of a report."""
    return one_line(text.render(form=plain_value))
