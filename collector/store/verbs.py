"""The privacy verbs of the ledger over SQL, each handed to the module that knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from collector.core.errors import UserError
from collector.store import consent, deletion, flags, forget, places, retention, suppress
from collector.store.clean import clean_text
from collector.store.engine import Engine
from collector.store.privacy import Consent, FlaggedAgent, FlaggedPlace, FlaggedVisitor, RetentionRun
from collector.store.protocol import Quarantined


class SqlPrivacy:
    """The part of a SQL ledger that is `PrivacyVerbs`."""

    engine: Engine

    def lift(self, site: int, key: str, now: int) -> bool:
        return suppress.lift(self.engine, site, key, now)

    def quarantined_naming(self, site: int, words: Sequence[str]) -> Sequence[Quarantined]:
        return forget.naming(self.engine, site, words)

    def suppressions(self, site: int) -> int:
        return suppress.suppressions(self.engine, site)

    def consents(self, site: int, after: int = 0, limit: int = 5_000) -> Sequence[Consent]:
        return consent.consents(self.engine, site, after, limit)

    def consents_of(self, site: int, keys: Sequence[str]) -> Sequence[Consent]:
        return consent.consents_of(self.engine, site, keys)

    def old_counts(self, site: int, before: int) -> Mapping[str, int]:
        return retention.old_counts(self.engine, site, before)

    def expire(self, site: int, before: int, now: int, pause: Callable[[], bool] | None = None) -> Mapping[str, int]:
        return retention.expire(self.engine, site, before, now, pause)

    def last_expiry(self, site: int) -> RetentionRun | None:
        return retention.last_expiry(self.engine, site)

    def mark_deleted(self, site: int, now: int) -> None:
        deletion.mark_deleted(self.engine, site, now)

    def delete_site(self, site: int, pause: Callable[[], bool] | None = None) -> Mapping[str, int]:
        return deletion.delete_site(self.engine, site, pause)

    def deleted_sites(self) -> frozenset[int]:
        return deletion.deleted_sites(self.engine)

    def flagged_times(self, site: int, start: int, end: int) -> Sequence[tuple[str, int, int]]:
        return flags.flagged_times(self.engine, site, start, end)

    def flagged_agents(self, site: int, start: int, end: int, limit: int = 100) -> Sequence[FlaggedAgent]:
        return flags.flagged_agents(self.engine, site, start, end, limit)

    def flagged_visitors(self, site: int, start: int, end: int, limit: int = 100) -> Sequence[FlaggedVisitor]:
        return flags.flagged_visitors(self.engine, site, start, end, limit)

    def flagged_text(self, site: int, number: int) -> str:
        return flags.flagged_text(self.engine, site, number)

    def trust_visitor(self, site: int, key: str, people: bool, trusted: Sequence[str], now: int) -> int:
        row = self.engine.row("SELECT id FROM visitor WHERE site = ? AND key = ?", (site, clean_text(key)))
        if row is None:
            raise UserError(f"There is no visitor {key!r}.", "Give the key as the bots page shows it.")
        return flags.trust_visitor(self.engine, site, row[0], people, trusted, now)

    def trusted_visitors(self, site: int) -> Sequence[tuple[str, int]]:
        return flags.trusted_visitors(self.engine, site)

    def reclassify(self, site: int, trusted: Sequence[str], now: int) -> int:
        return flags.reclassify(self.engine, site, trusted, now)

    def flagged_places(self, site: int, start: int, end: int) -> Sequence[FlaggedPlace]:
        return places.flagged_places(self.engine, site, start, end)

    def reclassify_places(self, site: int, own: Callable[[str], bool], now: int) -> int:
        return places.reclassify_places(self.engine, site, own, now)

    def flag_visitor(self, site: int, key: str, reason: str, since: int, now: int) -> int:
        row = self.engine.row("SELECT id, current FROM visitor WHERE site = ? AND key = ?", (site, clean_text(key)))
        return flags.flag_visitor(self.engine, site, row[1] or row[0], reason, since, now) if row else 0
