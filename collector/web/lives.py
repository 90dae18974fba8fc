"""How long tokens and links last: the few choices of their forms."""

from __future__ import annotations

from datetime import UTC, datetime

from collector.core.errors import UserError
from collector.core.times import DAY
from collector.web.format import day
from collector.web.language import gettext, ngettext

_DAYS = (7, 30, 90, 365)


def lives() -> list[tuple[str, str]]:
    """Values and words of the choices; "" is never ending."""
    return [(str(days), ngettext("%(num)s day", "%(num)s days", days)) for days in _DAYS] + [("", gettext("No end"))]


def chosen_life(text: str) -> int | None:
    """What a form says, in ms; None for no end.

    Raises:
        UserError: none of the choices.
    """
    if text == "":
        return None
    if text not in map(str, _DAYS):
        raise UserError(gettext("Choose how long it lasts."))
    return int(text) * DAY


def on_day(ms: int) -> str:
    """The day (UTC) of an instant, in words; "" for 0."""
    return day(datetime.fromtimestamp(ms / 1000, UTC).date()) if ms else ""
