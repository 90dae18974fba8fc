"""What the pages need of the other rooms, in one value that the app carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from flask import current_app

from collector.catalog.catalog import Catalog
from collector.journeys.journeys import Journeys
from collector.settings import Settings
from collector.store.protocol import Ledger
from collector.web.refusals import Refusals

EXTENSION = "desireline.rooms"


class Views(Protocol):
    """Opens the journeys of a site as they are now."""

    def open(self, site_id: int) -> Journeys: ...

    def refresh(self, site_id: int) -> object: ...


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms behind the pages; `clock` is ms UTC now."""

    settings: Settings
    catalog: Catalog
    ledger: Ledger
    views: Views
    refusals: Refusals
    clock: Callable[[], int]


def the_rooms() -> Rooms:
    """The current app's rooms."""
    return cast(Rooms, current_app.extensions[EXTENSION])
