"""A table of advertising costs, as ad platforms export it, read into days; lines that cannot be read are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.core.errors import UserError
from collector.core.spend import SpendDay
from collector.importing.files import Row
from collector.importing.spend_cells import channel_of, cost_of, currency_of, iso_day

ROLES = ("day", "channel", "source", "campaign", "cost", "currency")
MOST_ROWS = 1_000_000
_NAMES = {
    "day": ("day", "date", "datum", "tag", "segments.date", "reporting starts", "date_start", "time period"),
    "channel": ("channel", "kanal", "channel group"),
    "source": ("source", "utm_source", "platform", "quelle", "session source"),
    "campaign": ("campaign", "utm_campaign", "campaign name", "campaign_name", "kampagne", "kampagnenname"),
    "cost": ("cost", "spend", "spent", "amount", "amount spent", "kosten", "ausgaben", "ad cost", "metrics.cost"),
    "currency": ("currency", "currency code", "account currency", "währung", "currency_code"),
}
# `Amount spent (EUR)` names its currency.
_WITH_UNIT = re.compile(r"(.*?)\s*\(([A-Za-z]{3})\)")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read: the column of each role, and what holds for rows that name none."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]


@dataclass(slots=True)
class SpendTable:
    """What was read: days (the rows of one day, channel, source and campaign summed), and (line, why not) of others."""

    days: Sequence[SpendDay] = ()
    rows: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def reading(names: Sequence[str], told: Mapping[str, str], constants: Mapping[str, str]) -> Reading:
    """Which column means what, by `told` (role to name) first and by the usual names then.

    Args:
        constants: role to the value of rows that name none.

    Raises:
        UserError: a column that is not there, no day, cost or currency, nothing that says what the cost was for, or a
            constant that cannot be one.
    """
    columns = {role: name for role, name in told.items() if name}
    for role, name in columns.items():
        if role not in ROLES:
            raise UserError(f"{role!r} is not a column of costs.", f"Known: {', '.join(ROLES)}.")
        if name not in names:
            raise UserError(f"There is no column {name!r}.", f"Columns here: {', '.join(names)}.")
    given = {role: text.strip() for role, text in constants.items() if text.strip()}
    for role in ROLES:
        found = next((name for name in names if _plain(name)[0] in _NAMES[role]), None)
        if role not in columns and found is not None:
            columns[role] = found
    unit = _plain(columns["cost"])[1] if "cost" in columns else ""
    if unit and "currency" not in columns and "currency" not in given:
        given["currency"] = unit
    for role in ("day", "cost", "currency"):
        if role not in columns and role not in given:
            raise UserError(f"No column says the {role}.", f"Columns here: {', '.join(names)}.")
    if not {"channel", "source", "campaign"} & (columns.keys() | given.keys()):
        raise UserError("No column says what the cost was for.", "Name a channel, a source or a campaign.")
    try:
        given = {role: channel_of(text) if role == "channel" else text for role, text in given.items()}
        if "currency" in given:
            given["currency"] = currency_of(given["currency"])
    except ValueError as error:
        raise UserError(f"{str(error).capitalize()}.") from error
    return Reading(columns, given)


def read_spend(rows: Iterable[Row], how: Reading) -> SpendTable:
    """The costs of a table's rows.

    Raises:
        UserError: there are too many rows.
    """
    found = SpendTable()
    days: dict[tuple[str, str, str, str], SpendDay] = {}
    for row in rows:
        found.rows += 1
        if found.rows > MOST_ROWS:
            raise UserError(f"This file has more than {MOST_ROWS:,} rows.", "Import it in parts, or sum it by day.")
        try:
            if row.cells is None:
                raise ValueError(row.problem)
            one = _day_of(row.cells, how)
            key = (one.day, one.channel, one.source, one.campaign)
            before = days.get(key)
            if before is not None and before.currency != one.currency:
                raise ValueError(f"the same day and campaign is in {before.currency} before")
            cost = one.cost + (before.cost if before else 0.0)
            days[key] = SpendDay(*key, cost, one.currency)
        except ValueError as error:
            found.refused.append((row.number, str(error)))
    found.days = list(days.values())
    return found


def _plain(name: str) -> tuple[str, str]:
    """A column's name without its unit, and the unit."""
    unit = _WITH_UNIT.fullmatch(name.strip())
    return (unit[1].lower(), unit[2].upper()) if unit else (name.strip().lower(), "")


def _day_of(cells: Mapping[str, Any], how: Reading) -> SpendDay:
    def cell(role: str) -> str:
        name = how.columns.get(role)
        text = "" if name is None or cells.get(name) is None else str(cells[name]).strip()
        return text or how.constants.get(role, "")

    channel, source, campaign = channel_of(cell("channel")), cell("source")[:200], cell("campaign")[:200]
    if not (channel or source or campaign):
        raise ValueError("it does not say what the cost was for")
    return SpendDay(
        iso_day(cell("day")), channel, source, campaign, cost_of(cell("cost")), currency_of(cell("currency"))
    )
