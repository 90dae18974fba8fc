"""The views of all sites in a data directory: refreshed by one process at a time, opened by any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from collector.journeys.dictionaries import Dictionaries
from collector.journeys.files import ANSWERS, PROPERTIES, Generation, SiteFiles
from collector.journeys.journeys import Journeys
from collector.journeys.memo import PROCESS
from collector.journeys.part import Part
from collector.journeys.people import LedgerPeople
from collector.journeys.properties import LedgerProperties
from collector.journeys.refresh import Refresher
from collector.store.protocol import Ledger

_TRIES = 5


@dataclass(slots=True)
class _Opened:
    """What this process knows of a site: the segments it has mapped, and the journeys of the latest generation."""

    dictionaries: Dictionaries
    erasure: int
    parts: dict[str, Part]
    name: str = ""
    journeys: Journeys | None = None


class ViewStore:
    """The columnar views in `data_dir/journeys`, derived from `ledger`. Deleting that folder loses nothing."""

    def __init__(self, data_dir: Path | str, ledger: Ledger) -> None:
        self._folder = Path(data_dir) / "journeys"
        self._ledger = ledger
        self._opened: dict[int, _Opened] = {}
        self._lock = Lock()

    def refresh(self, site: int) -> bool:
        """Bring a site's view up to the ledger; whether there was anything new. Cheap where there was not."""
        files = self._files(site)
        with files.writing():
            now = _generation(files)
            fresh = Refresher(self._ledger, site, files, self._dictionaries(site, now)).run(now)
            if fresh is None:
                files.confirm()
            return fresh is not None

    def refresh_all(self, sites: Iterable[int]) -> None:
        """`refresh` for several sites, as a loader calls it after an append."""
        for site in sites:
            self.refresh(site)

    def stands(self, site: int) -> bool:
        """Whether a site has a view that can be read, so that `open` has none to build."""
        files = self._files(site)
        current = files.current()
        with self._lock:
            opened = self._opened.get(site)
            known = current is not None and opened is not None and opened.name == current[0]
        return known or _generation(files) is not None

    def open(self, site: int) -> Journeys:
        """The journeys of the view as it stands; built first where there is none yet."""
        files = self._files(site)
        for _ in range(_TRIES):
            current = files.current()
            if current is None:
                self.refresh(site)
                continue
            name, checked = current
            with self._lock:
                opened = self._opened.get(site)
                if opened is not None and opened.name == name and opened.journeys is not None:
                    return replace(opened.journeys, as_of=checked)
            try:
                generation = files.generation(name)
                return self._load(site, files, generation, checked)
            except (OSError, ValueError, KeyError, TypeError):
                # Swept between two looks, or torn or of another format: the next look finds the newer one.
                if files.current() == current:
                    self.refresh(site)
        raise OSError(f"the view of site {site} in {files.folder} cannot be read")

    def _load(self, site: int, files: SiteFiles, generation: Generation, checked: int) -> Journeys:
        self._dictionaries(site, generation)
        with self._lock:
            opened = self._opened[site]
            dictionaries = opened.dictionaries
            dictionaries.extend()
            meta = generation.meta
            opened.parts = {
                name: opened.parts[name] if name in opened.parts else files.segment(name) for name in meta.segments
            }
            opened.name = generation.name
            opened.journeys = Journeys(
                parts=[
                    replace(opened.parts[name], alive=alive)
                    for name, alive in zip(meta.segments, generation.alive, strict=True)
                ],
                kinds=dictionaries.kinds,
                pages=dictionaries.pages,
                sources=dictionaries.sources,
                agents=dictionaries.agents,
                properties=LedgerProperties(
                    self._ledger, site, files.folder / f"{PROPERTIES}{meta.erasure}", meta.head
                ),
                people=LedgerPeople(self._ledger, site),
                as_of=checked,
                cookieless=dictionaries.cookieless,
                generation=generation.name,
                derived=files.folder / f"{ANSWERS}{meta.erasure}",
            )
            PROCESS.serve(sum(part.size for part in opened.journeys.parts))
            return opened.journeys

    def _dictionaries(self, site: int, generation: Generation | None) -> Dictionaries:
        """The site's dictionaries, read anew after an erasure, which may have taken some of their texts."""
        erasure = generation.meta.erasure if generation else 0
        with self._lock:
            opened = self._opened.get(site)
            if opened is None or opened.erasure != erasure:
                opened = self._opened[site] = _Opened(Dictionaries(self._ledger, site), erasure, {})
            return opened.dictionaries

    def _files(self, site: int) -> SiteFiles:
        return SiteFiles(self._folder / str(site))


def _generation(files: SiteFiles) -> Generation | None:
    current = files.current()
    if current is None:
        return None
    try:
        generation = files.generation(current[0])
        for name in generation.meta.segments:
            files.segment(name)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return generation
