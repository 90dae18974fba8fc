"""A table of advertising costs, as ad platforms export it, read into days; lines that cannot be read are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from collector.core.errors import UserError
from collector.core.source import CHANNELS
from collector.core.spend import SpendDay
from collector.importing.files import Row

ROLES = ("day", "channel", "source", "campaign", "cost", "currency")
MOST_ROWS = 1_000_000
_MOST_COST = 1e12
_NAMES = {
    "day": ("day", "date", "datum", "tag", "segments.date", "reporting starts", "date_start", "time period"),
    "channel": ("channel", "kanal", "channel group"),
    "source": ("source", "utm_source", "platform", "quelle", "session source"),
    "campaign": ("campaign", "utm_campaign", "campaign name", "campaign_name", "kampagne", "kampagnenname"),
    "cost": ("cost", "spend", "spent", "amount", "amount spent", "kosten", "ausgaben", "ad cost", "metrics.cost"),
    "currency": ("currency", "currency code", "account currency", "währung", "currency_code"),
}
_CURRENCY = re.compile(r"[A-Z]{3}")
# `Amount spent (EUR)` names its currency.
_WITH_UNIT = re.compile(r"(.*?)\s*\(([A-Za-z]{3})\)")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read: the column of each role, and what holds for all rows where a role has none."""

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
        constants: role to the value of all rows, for roles without a column.

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
        if role not in columns and role not in given and found is not None:
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
        given = {role: _channel(text) if role == "channel" else text for role, text in given.items()}
        if "currency" in given:
            given["currency"] = _currency(given["currency"])
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

    channel, source, campaign = _channel(cell("channel")), cell("source")[:200], cell("campaign")[:200]
    if not (channel or source or campaign):
        raise ValueError("it does not say what the cost was for")
    return SpendDay(_iso(cell("day")), channel, source, campaign, cost_of(cell("cost")), _currency(cell("currency")))


def _iso(text: str) -> str:
    try:
        for pattern, order in ((_COMPACT, (1, 2, 3)), (_DOTTED, (3, 2, 1))):
            parts = pattern.fullmatch(text)
            if parts:
                return date(*(int(parts[at]) for at in order)).isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is not a day like 2026-01-31") from None


def cost_of(text: str) -> float:
    """A cost as people write it: 1234.5, 1,234.50, 1.234,50, 12,5, € 12.50.

    Raises:
        ValueError: it is no number, or less than nothing.
    """
    plain = _SPACES.sub("", text).strip("€$£¥")
    if "," in plain and "." in plain:
        # Of the two the last one is the decimal point.
        thousands = "," if plain.rindex(",") < plain.rindex(".") else "."
        plain = plain.replace(thousands, "").replace(",", ".")
    elif plain.count(",") == 1 and len(plain) - plain.index(",") != 4:
        plain = plain.replace(",", ".")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    try:
        number = float(plain.replace(",", "") if plain.isascii() and "_" not in plain else "no")
    except ValueError:
        raise ValueError(f"{text!r} is not a cost") from None
    if not 0 <= number <= _MOST_COST:
        raise ValueError(f"{text!r} is not a cost")
    return number


def _channel(text: str) -> str:
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    if name and name not in CHANNELS:
        raise ValueError(f"{text!r} is not a channel ({', '.join(CHANNELS)})")
    return name


def _currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text.strip().upper()):
        raise ValueError(f"{text!r} is not a currency like EUR")
    return text.strip().upper()
