"""Where an installation lives: the options that every command takes, and what opens from them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from collector.settings import Settings, read_settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


def now_ms() -> int:
    """The clock of this machine, ms UTC."""
    return time.time_ns() // 1_000_000


def origin_of(settings: Settings) -> str:
    """The address that browsers reach the collector by."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def settings_from(data: str | None, database: str | None) -> Settings:
    """The environment's settings with what the options say instead.

    Raises:
        UserError: a value that cannot be used.
    """
    found = read_settings()
    if data is None and database is None:
        return found
    told = read_settings({"DESIRELINE_DATA": data or str(found.data), "DESIRELINE_DATABASE": database or ""})
    return replace(found, data=told.data, database=told.database)


def place_options(command: _Command) -> _Command:
    """Give a command `--data` and `--database`; it receives them as `settings`."""

    @click.option(
        "--data",
        metavar="DIR",
        envvar="DESIRELINE_DATA",
        help="The folder that holds everything on disk [default: ./desireline-data, or DESIRELINE_DATA].",
    )
    @click.option(
        "--database",
        metavar="URL",
        envvar="DESIRELINE_DATABASE",
        help="sqlite:///path or postgresql://... [default: a file in the data folder, or DESIRELINE_DATABASE].",
    )
    @functools.wraps(command)
    def with_settings(*args: Any, data: str | None, database: str | None, **options: Any) -> Any:
        return command(*args, settings=settings_from(data, database), **options)

    return with_settings  # type: ignore[return-value]


def site_option(command: _Command) -> _Command:
    """Give a command `--site NAME`."""
    return click.option("--site", "site_name", metavar="NAME", required=True, help="The site's name.")(command)
