"""How cells and texts are written for people: the one place where units become words, numbers through Babel."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo

from babel import dates, numbers

from collector.core.blocks import Cell, Unit
from collector.core.errors import UserError
from collector.core.text import Text, Value
from collector.core.times import parse_duration
from collector.web.language import gettext, locale, ngettext

EMPTY = "–"
NUMERIC: frozenset[str] = frozenset(("count", "ratio", "points", "number", "money", "seconds"))
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def number(value: float, places: int = 2) -> str:
    """A number with grouping, at most `places` after the point."""
    pattern = "#,##0." + "#" * places if places else "#,##0"
    # Rounded first, since -0.001 would be written as -0.
    return _minus(numbers.format_decimal(round(value, places) + 0.0, format=pattern, locale=locale()))


def count(value: float) -> str:
    """A whole number with grouping."""
    return number(value, 0)


def percent(ratio: float) -> str:
    """A ratio as per cent: one place, more where it is small, so that what is not zero never reads as zero."""
    if 0 < abs(ratio) < 0.00005:
        return _minus(numbers.format_percent(ratio, format="@#%", locale=locale()))
    small = abs(ratio) < 0.01
    return _minus(numbers.format_percent(ratio, format="#,##0.##%" if small else "#,##0.#%", locale=locale()))


def _minus(shown: object) -> str:
    """With a minus sign, which is as wide as a plus, in place of a hyphen."""
    return str(shown).replace("-", "−")


def points(difference: float) -> str:
    """A difference of ratios in percentage points, with its sign."""
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return gettext("%(number)s pp", number=sign + number(abs(difference) * 100, 2))


def between(low: str, high: str) -> str:
    """An interval in words, points named once; nothing where an end is not known."""
    if EMPTY in (low, high):
        return EMPTY
    unit = gettext("%(number)s pp", number="")
    short = low.removesuffix(unit) if high.endswith(unit) else low
    return gettext("%(low)s to %(high)s", low=short, high=high)


def seconds(length: float) -> str:
    """A length of time in its two largest units: 42 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    sign = "−" if length < 0 else ""
    size = abs(length)
    if size < 10 and size != int(size):
        return sign + gettext("%(n)s s", n=number(size, 1))
    whole = round(size)
    for unit, step, show in _LENGTHS:
        if whole >= unit:
            return sign + show(whole // unit, whole % unit // step)
    return sign + gettext("%(n)s s", n=count(whole))


def _days(days: int, hours: int) -> str:
    if not hours or days >= 30:
        return gettext("%(d)s d", d=count(days))
    return gettext("%(d)s d %(h)s h", d=count(days), h=hours)


def _hours(hours: int, minutes: int) -> str:
    return gettext("%(h)s h %(m)s min", h=hours, m=minutes) if minutes else gettext("%(h)s h", h=hours)


def _minutes(minutes: int, rest: int) -> str:
    return gettext("%(m)s min %(s)s s", m=minutes, s=rest) if rest else gettext("%(m)s min", m=minutes)


_LENGTHS: tuple[tuple[int, int, Callable[[int, int], str]], ...] = (
    (DAY, HOUR, _days),
    (HOUR, MINUTE, _hours),
    (MINUTE, 1, _minutes),
)


def length(written: str) -> str:
    """A length of time as a question writes it (7d) in whole words; one that cannot be read as it was written."""
    try:
        size = parse_duration(written) // 1_000
    except UserError:
        return written
    if size % DAY == 0:
        return ngettext("%(num)s day", "%(num)s days", size // DAY)
    if size % HOUR == 0:
        return ngettext("%(num)s hour", "%(num)s hours", size // HOUR)
    return ngettext("%(num)s minute", "%(num)s minutes", size // MINUTE) if size % MINUTE == 0 else seconds(size)


def moment(ms: float, zone: tzinfo, style: str = "medium") -> str:
    """An instant in the zone: date and time, without seconds."""
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)
    day = dates.format_date(local.date(), format=style, locale=locale())
    return gettext("%(day)s, %(time)s", day=day, time=dates.format_time(local, "HH:mm", tzinfo=zone, locale=locale()))


def brief(ms: float, zone: tzinfo, now: float) -> str:
    """An instant as a table has room for: without the year where that is this year's."""
    local, today = (datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in (ms, now))
    if local.year != today.year:
        return moment(ms, zone)
    day = dates.format_skeleton("MMMd", local, tzinfo=zone, locale=locale())
    return gettext("%(day)s, %(time)s", day=day, time=dates.format_time(local, "HH:mm", tzinfo=zone, locale=locale()))


def chance(p: float) -> str:
    """A p-value: two places, and never zero, which no test can say."""
    return gettext("<%(least)s", least=number(0.01)) if p < 0.01 else number(p)


def clock(ms: float, zone: tzinfo, pattern: str = "HH:mm:ss") -> str:
    """The time of day, with seconds as timelines show it."""
    local = datetime.fromtimestamp(ms / 1000, UTC)
    return str(dates.format_time(local, pattern, tzinfo=zone, locale=locale()))


def iso(ms: float, zone: tzinfo) -> str:
    """An instant as HTML's `time` element wants it."""
    return datetime.fromtimestamp(ms / 1000, zone).isoformat(timespec="seconds")


def day(value: str | date, style: str = "medium") -> str:
    """An ISO day in the locale's words; text that is no date stays as it is."""
    try:
        found = value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError:
        return str(value)
    return str(dates.format_date(found, format=style, locale=locale()))


def short_day(value: str) -> str:
    """An ISO day as a plot's axis has room for: month and day."""
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return value
    return str(dates.format_skeleton("MMMd", found, locale=locale()))


def ago(ms: float, now: float) -> str:
    """How long ago an instant was, in its largest unit."""
    past = max(0.0, (now - ms) / 1000)
    if past < MINUTE:
        return gettext("just now")
    if past < HOUR:
        return ngettext("%(num)s min ago", "%(num)s min ago", int(past // MINUTE))
    if past < DAY:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", int(past // HOUR))
    return ngettext("%(num)s day ago", "%(num)s days ago", int(past // DAY))


def cell(value: Cell, unit: Unit, zone: tzinfo) -> str:
    """A cell as people read it; nothing, and numbers that are not finite, as a dash."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return EMPTY
    if unit == "bool" or isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        return _number_cell(value, unit, zone)
    if unit == "date":
        return day(value)
    if unit == "label":
        return gettext(value) if value else EMPTY
    return value


def _number_cell(value: float, unit: Unit, zone: tzinfo) -> str:
    if unit == "time":
        return moment(value, zone)
    shown = {"count": count, "ratio": percent, "points": points, "seconds": seconds}.get(unit)
    if shown is not None:
        return shown(value)
    if unit == "money":
        return _minus(numbers.format_decimal(value, format="#,##0.00", locale=locale()))
    return number(value)


def text(value: Text | str | None, zone: tzinfo = UTC) -> str:
    """A text of ours, translated, its values in the words of their units."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.render(gettext, lambda part: _part(part, zone))


def _part(part: object, zone: tzinfo) -> str:
    if isinstance(part, Value):
        if part.unit == "seconds" and isinstance(part.value, int | float) and part.value and part.value % DAY == 0:
            return ngettext("%(num)s day", "%(num)s days", int(part.value // DAY))
        return cell(part.value, part.unit, zone) if _is_cell(part.value) else str(part.value)  # type: ignore[arg-type]
    if isinstance(part, bool) or not isinstance(part, int | float):
        return str(part)
    return number(part)


def _is_cell(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
