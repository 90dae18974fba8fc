"""An installation opened for one command: its ledger and catalogue, brought up to date, and closed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from collector.catalog.catalog import Catalog
from collector.catalog.values import Site
from collector.core.errors import UserError
from collector.journeys.journeys import Journeys
from collector.journeys.view import ViewStore
from collector.settings import Settings, prepare_data
from collector.store.open import open_ledger
from collector.store.protocol import Ledger


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a command works with."""

    settings: Settings
    ledger: Ledger
    catalog: Catalog
    views: ViewStore

    def site(self, name: str) -> Site:
        """The site called `name`.

        Raises:
            UserError: there is none; says which there are.
        """
        found = self.catalog.site_by_name(name)
        if found is None:
            known = ", ".join(site.name for site in self.catalog.sites())
            raise UserError(
                f"There is no site {name!r}.",
                f"Known: {known}." if known else "Add it first: desireline site add NAME --origin URL",
            )
        return found

    def refresh(self, site: Site) -> None:
        """Bring the journeys of a site up to what the ledger holds."""
        self.views.refresh(site.id)

    def journeys(self, site: Site) -> Journeys:
        """A site's journeys, up to what the ledger holds now."""
        self.refresh(site)
        return self.views.open(site.id)


@contextmanager
def open_rooms(settings: Settings) -> Iterator[Rooms]:
    """The ledger and the catalogue of an installation, brought up to date.

    Raises:
        UserError: the data folder or the database cannot be used.
    """
    prepare_data(settings)
    ledger = open_ledger(settings.database)
    catalog = Catalog(settings.database)
    try:
        ledger.migrate()
        catalog.migrate()
        yield Rooms(settings, ledger, catalog, ViewStore(settings.data, ledger))
    finally:
        ledger.close()
        catalog.close()
