"""Devices that several people use: whose events a key's go to now (SEMANTICS 4)."""

from __future__ import annotations

from collections.abc import Sequence

from collector.store.engine import Engine


def give_back(engine: Engine, site: int, keys: Sequence[str], ids: object) -> None:
    """Let devices be themselves again whose derived keys, with the rows bound in `ids`, go; inside `Engine.writing`."""
    devices = sorted({key.rpartition("~")[0] for key in keys if "~" in key})
    if devices:
        engine.run(
            f"UPDATE visitor SET current = 0 WHERE site = ? AND {engine.within('key', 'text')} "  # noqa: S608
            f"AND {engine.within('current')}",
            (site, engine.many(devices), ids),
        )
