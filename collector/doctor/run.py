"""All looks in order; one that fails is a finding itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from collector.doctor import database, folder, server, sites, waiting
from collector.doctor.finding import Case, Finding, bad
from collector.server import NOTE, NOTED
from collector.settings import Settings

Look = Callable[[Case], Iterator[Finding]]
LOOKS: tuple[tuple[str, Look], ...] = (
    ("settings", folder.variables),
    ("installation", server.built),
    ("data folder", folder.folder),
    ("keys", folder.keys),
    ("disk", folder.disk),
    ("disk", folder.mount),
    ("database", database.database),
    ("clock", database.clock),
    ("inbox", waiting.inbox),
    ("server", server.answers),
    ("public address", server.public),
    ("tag", sites.strangers),
    ("sites", sites.sites),
    ("backup", folder.backup),
)


def server_settings(settings: Settings) -> Settings:
    """`settings` with what the running server was started with."""
    try:
        note = json.loads((settings.data / NOTE).read_text())
        told = {name: note[name] for name in NOTED if isinstance(note.get(name), type(getattr(settings, name)))}
    except (OSError, ValueError, AttributeError):
        return settings
    return replace(settings, **told)


def examine(case: Case) -> Iterator[Finding]:
    """Every finding, as soon as it is known."""
    if not case.settings.data.is_dir():
        yield from folder.folder(case)
        return
    try:
        for about, look in LOOKS:
            try:
                yield from look(case)
            except Exception as error:  # noqa: BLE001 - whatever it was, the other looks go on
                yield bad(about, f"This could not be looked at: {error}.", "If the rest is well, please report it.")
    finally:
        if case.engine is not None:
            case.engine.close()
        if case.catalog is not None:
            case.catalog.close()
