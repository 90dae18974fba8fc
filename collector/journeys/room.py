"""How much memory this process may count on: the machine's, or less where its control group says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_COLONS = 2  # of a line: its number, the kinds of things that it bounds, the group
_SHARE = 8  # of the memory, for what all workers remember together


def usable_memory(root: Path = Path("/")) -> int:
    """Bytes that this process and those beside it may use together.

    Args:
        root: where `proc` and `sys` are; a test's, say.
    """
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits(root)])


def room_for_memory(workers: int) -> int:
    """Bytes that each of so many workers may remember of answered questions."""
    return usable_memory() // _SHARE // workers


def _limits(root: Path) -> Iterator[int]:
    """What the control groups that this process is in allow, of either version, each of which bounds those within."""
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for _, kinds, path in (line.split(":", 2) for line in groups if line.count(":") >= _COLONS):
        if not kinds:
            top, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in kinds.split(","):
            top, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        # In a container the path may be one of the host's, where the container sees its own group at the top.
        inside = Path(path.lstrip("/"))
        for folder in (inside, *inside.parents):
            try:
                told = (top / folder / name).read_text().strip()
            except OSError:
                continue
            if told.isdecimal():  # not “max”
                yield int(told)
