"""The files of a stored view: segments (immutable columns) and generations (which segments, and who lives in them).

DATA/journeys/<site>/CURRENT names a generation; seg-*/ are directories of .npy files, gen-*/ hold meta.json and small
arrays. Nothing that a reader may have open is ever changed, so a reader needs no lock.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fcntl import LOCK_EX, flock
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any, Literal

import numpy as np

from collector.atomic import replace_text
from collector.journeys.merge import Column
from collector.journeys.part import Bool, Int64, Part

FORMAT = 2  # since 2, who is in an experiment by a list is aside (see `part.ASIDE`)
CURRENT = "CURRENT"
PROPERTIES = "properties-"
# Folders of what was derived from the view: `<prefix><erasure>`, gone with all else that an erasure makes wrong.
ANSWERS = "answers-"
DERIVED = (PROPERTIES, ANSWERS)
_LOADING = Lock()
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Meta:
    """What a generation holds: events up to `head`, changes up to `change`, in these segments, the first the base.

    `erasure` grows when something was erased, so that whatever else was derived is thrown away. Files are not forced
    to disk, since they can be made again: `boot` tells those that a power cut may have torn.
    """

    head: int = 0
    change: int = 0
    segments: tuple[str, ...] = ()
    erasure: int = 0
    boot: str = ""
    format: int = FORMAT


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """A state of the view. `alive` holds a mask a segment; links map visitors (ascending) to known persons."""

    name: str
    meta: Meta
    alive: tuple[Bool, ...]
    link_visitor: Int64
    link_person: Int64
    orphans: Int64


class SiteFiles:
    """The directory of one site's view."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Held by the one process that writes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            flock(lock, LOCK_EX)
            yield

    def current(self) -> tuple[str, int] | None:
        """Name of the current generation, and when it was last found to be up to date (ms UTC)."""
        try:
            with (self.folder / CURRENT).open() as file:
                return file.read().strip(), os.fstat(file.fileno()).st_mtime_ns // 1_000_000
        except FileNotFoundError:
            return None

    def confirm(self) -> None:
        """Note that the current generation is up to date now."""
        os.utime(self.folder / CURRENT)

    def generation(self, name: str) -> Generation:
        """A generation by name.

        Raises:
            OSError, ValueError: it is gone, torn, or of another format; the view must be built again.
        """
        folder = self.folder / name
        given = json.loads((folder / "meta.json").read_text())
        meta = Meta(**{**given, "segments": tuple(given["segments"])})
        if meta.format != FORMAT or meta.boot != boot():
            raise ValueError("a view of another format, or from before the machine started")
        return Generation(
            name=name,
            meta=meta,
            alive=tuple(load(folder / f"alive-{number}.npy") for number in range(len(meta.segments))),
            link_visitor=load(folder / "link_visitor.npy"),
            link_person=load(folder / "link_person.npy"),
            orphans=load(folder / "orphans.npy"),
        )

    def segment(self, name: str) -> Part:
        """A segment's columns, mapped read-only; everybody in it taken as alive."""
        folder = self.folder / name
        packing = json.loads((folder / "packing.json").read_text())
        columns: dict[str, Any] = {column: _mapped(folder / f"{column}.npy") for column in Part.array_names()}
        return Part(shift=packing["shift"], origin=packing["origin"], **columns)

    def next_erasure(self) -> int:
        """A number that nothing derived of before belongs to."""
        numbers = [int(path.name[len(prefix) :]) for prefix in DERIVED for path in self.folder.glob(f"{prefix}*")]
        return max(numbers, default=0) + 1

    def write_segment(self, make: Callable[[Callable[[str, Column], Column]], Part]) -> str:
        """Write the part that `make` builds; it hands every column it has ready to the function it is given."""
        name = _new_name("seg")
        folder = self.folder / name
        folder.mkdir()

        def keep(column: str, values: Column) -> Column:
            np.save(folder / f"{column}.npy", values)
            return _mapped(folder / f"{column}.npy")

        part = make(keep)
        for column in Part.array_names():
            if not (folder / f"{column}.npy").exists():
                np.save(folder / f"{column}.npy", getattr(part, column))
        (folder / "packing.json").write_text(json.dumps({"shift": part.shift, "origin": part.origin}))
        return name

    def switch(self, generation: Generation) -> Generation:
        """Write a generation under a new name and make it the current one."""
        name = _new_name("gen")
        folder = self.folder / name
        folder.mkdir()
        for number, alive in enumerate(generation.alive):
            np.save(folder / f"alive-{number}.npy", alive)
        for column in ("link_visitor", "link_person", "orphans"):
            np.save(folder / f"{column}.npy", getattr(generation, column))
        meta = replace(generation.meta, boot=boot())
        (folder / "meta.json").write_text(json.dumps(asdict(meta)))
        replace_text(self.folder / CURRENT, name)
        return replace(generation, name=name, meta=meta)

    def sweep(self, kept: tuple[Generation, ...]) -> None:
        """Remove whatever these generations do not need. Readers that have files open keep their contents."""
        names = {"lock", CURRENT, *(one.name for one in kept)}
        names |= {f"{prefix}{one.meta.erasure}" for prefix in DERIVED for one in kept}
        names |= {segment for one in kept for segment in one.meta.segments}
        for path in self.folder.iterdir():
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def load(path: Path, mmap_mode: Literal["r"] | None = None) -> Column:
    """`numpy.load`, by one thread at a time.

    It reads a file's header by `ast.literal_eval`, which in two threads at once may fail (SystemError: AST constructor
    recursion depth mismatch; seen with CPython 3.11.7).
    """
    with _LOADING:
        column: Column = np.load(path, mmap_mode)
    return column


def _mapped(path: Path) -> Column:
    # As a plain array: every slice of a `memmap` costs a microsecond of Python.
    return load(path, "r").view(np.ndarray)


def _new_name(kind: str) -> str:
    # Never one that was used before: readers know by the name that they have a segment mapped already.
    return f"{kind}-{token_hex(8)}"


def boot() -> str:
    """What tells this start of the machine from earlier ones; empty where the system does not say."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
