"""What a look at an installation leads to, and what the looks share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from collector.catalog.catalog import Catalog
from collector.settings import Settings
from collector.store.engine import Engine

Level: TypeAlias = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        about: what was looked at, one word or two: disk, clock, tag ...
        text: what is so; fix: what to do, "" where nothing needs to be done.
    """

    level: Level
    about: str
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered: `status` 0 where nothing did, then `text` says why. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    text: str


Fetch: TypeAlias = Callable[[str], Page]


@dataclass(slots=True)
class Case:
    """The installation under examination.

    Attributes:
        now: ms UTC by this machine's clock.
        fetch: gets an address, without following redirects to other hosts; never raises.
        deep: whether to read all of the database.
        environment: variables to look for misspelt settings in; None for those of this process.
        engine, catalog: the database, None until a look has found that it answers.
    """

    settings: Settings
    now: int
    fetch: Fetch
    deep: bool = False
    environment: Mapping[str, str] | None = None
    engine: Engine | None = None
    catalog: Catalog | None = None
    serves: bool = False


def ok(about: str, text: str) -> Finding:
    """All is well."""
    return Finding("ok", about, text)


def warn(about: str, text: str, fix: str) -> Finding:
    """It works, and should be seen to."""
    return Finding("warn", about, text, fix)


def bad(about: str, text: str, fix: str) -> Finding:
    """Events or pages are lost or wrong until it is mended."""
    return Finding("bad", about, text, fix)


def size(number: float) -> str:
    """Bytes in words."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1024:
            return f"{number:,.0f} {unit}"
        number /= 1024
    return f"{number:,.1f} TB"


def age(ms: int) -> str:
    """A time span in words."""
    minutes = max(0, ms) // 60_000
    if minutes < 2:
        seconds = max(0, ms) // 1000
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
