"""Sites: their keys and settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, get_args

from collector.catalog import check, check_domain
from collector.catalog.base import SITE, Base, Record, digest, new_secret
from collector.catalog.values import PRESETS, Goal, NewSite, Options, Retargeting, SignedIdentify, Site
from collector.core.errors import UserError

_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": check.site_name,
    "title": check.title,
    "origins": check.origins,
    "timezone": check.timezone,
    "policy_gpc": check.policy,
    "policy_dnt": check.policy,
    "goals": check.goals,
    "retargeting": check.retargeting,
    "payment_domains": check.hosts,
    "hidden_parameters": check.parameters,
}
_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "preset": lambda given: check.choice(given, PRESETS),
    "retention_days": check.retention_days,
    "denied_properties": check.property_names,
    "signed_identify": lambda given: check.choice(given, get_args(SignedIdentify)),
    "identity_version": int,
    "trusted_agents": check.agent_parts,
    "spam_referrers": check.hosts,
    "mask_click_ids": bool,
    "cookie_domain": check_domain.domain,
    "stages": check.stages,
    "notice_version": lambda given: check.storable(given).strip()[:50],
}
_LISTS = ("origins", "goals", "retargeting", "payment_domains", "hidden_parameters")


def _cells(settings: dict[str, object]) -> dict[str, object]:
    """Checked settings as the table keeps them."""
    cells = {}
    for name, given in settings.items():
        if name in _OPTIONS:
            continue
        if name not in _CHECKS:
            raise TypeError(f"a site has no setting {name}")
        checked = _CHECKS[name](given)
        if name in ("goals", "retargeting"):
            checked = [asdict(item) for item in checked]
        cells[name] = json.dumps(checked, ensure_ascii=False) if name in _LISTS else checked
    return cells


def _options(settings: dict[str, object], before: Options) -> Options:
    """`before` with the checked ones of `settings` in place."""
    return replace(before, **{name: _OPTIONS[name](given) for name, given in settings.items() if name in _OPTIONS})


def _read_options(text: str) -> Options:
    """The options in a row; one that this version does not know is left alone."""
    return _options(json.loads(text), Options())


def _options_cell(options: Options) -> str:
    return json.dumps(asdict(options), ensure_ascii=False)


def _site(row: Record) -> Site:
    return Site(
        id=row["id"],
        name=row["name"],
        title=row["title"] or row["name"],
        write_key=row["write_key"],
        origins=tuple(json.loads(row["origins"])),
        timezone=row["timezone"],
        policy_gpc=row["policy_gpc"],
        policy_dnt=row["policy_dnt"],
        goals=tuple(Goal(**item) for item in json.loads(row["goals"])),
        retargeting=tuple(Retargeting(**item) for item in json.loads(row["retargeting"])),
        payment_domains=tuple(json.loads(row["payment_domains"])),
        hidden_parameters=tuple(json.loads(row["hidden_parameters"])),
        created=row["created"],
        options=_read_options(row["options"]),
    )


class Sites(Base):
    """The part of the catalog about sites."""

    def sites(self) -> Sequence[Site]:
        """All sites, by name."""
        return [_site(row) for row in self._all(SITE.select().order_by(SITE.c.name))]

    def site(self, site_id: int) -> Site | None:
        """The site with this id."""
        return self._site_where(SITE.c.id == site_id)

    def site_by_name(self, name: str) -> Site | None:
        """The site called so."""
        return self._site_where(SITE.c.name == check.storable(name))

    def site_by_write_key(self, key: str) -> Site | None:
        """The site with this public key."""
        return self._site_where(SITE.c.write_key == check.storable(key))

    def site_by_secret(self, key: str) -> Site | None:
        """The site with this secret key; only hashes are compared, so the time taken tells nothing of the key."""
        return self._site_where(SITE.c.secret_digest == digest(key))

    def _site_where(self, condition: object) -> Site | None:
        row = self._first(SITE.select().where(condition))
        return None if row is None else _site(row)

    def add_site(
        self,
        name: str,
        origins: Iterable[str],
        now: int,
        *,
        timezone: str = "UTC",
        write_key: str = "",
        **settings: object,
    ) -> NewSite:
        """Make a site.

        Args:
            now: ms UTC.
            write_key: a public key of one's own choice; random where empty.
            settings: any of title, policy_gpc, policy_dnt, goals, retargeting, payment_domains, hidden_parameters,
                and the fields of `Options`.

        Raises:
            UserError: a setting cannot be used, or the name or the key is taken.
        """
        defaults: dict[str, object] = {"title": "", "policy_gpc": "cookieless", "policy_dnt": "ignore"}
        lists: dict[str, object] = dict.fromkeys(_LISTS, ())
        given = defaults | lists | settings | {"name": name, "origins": tuple(origins), "timezone": timezone}
        options = _options(settings, Options())
        cells = _cells(given) | {"options": _options_cell(options)}
        check_domain.fits(options.cookie_domain, json.loads(str(cells["origins"])))
        key, secret = (write_key and check.write_key(write_key)) or new_secret("wk_")[:27], new_secret("sk_")
        with self._engine.writing():
            self._refuse_taken(name)
            if self.site_by_write_key(key):
                raise UserError(f"The write key {key!r} is taken.")
            self._add(SITE, **cells, write_key=key, secret_digest=digest(secret), created=now)
            site = self.site_by_name(name)
        if site is None:  # pragma: no cover - the row was just written
            raise LookupError(name)
        return NewSite(site, secret)

    def _refuse_taken(self, name: str) -> None:
        if self.site_by_name(name):
            raise UserError(f"There is a site {name!r} already.", "Choose another name.")

    def update_site(self, site_id: int, **settings: object) -> Site:
        """Change settings: any of those of `add_site`, name, origins and timezone; what is not named stays.

        Raises:
            UserError: no such site, a setting cannot be used, or the name is taken.
        """
        cells = _cells(settings)
        with self._engine.writing():
            before = self._known_site(site_id)
            if "name" in cells and cells["name"] != before.name:
                self._refuse_taken(str(cells["name"]))
            options = _options(settings, before.options)
            if any(name in _OPTIONS for name in settings):
                cells["options"] = _options_cell(options)
            if "cookie_domain" in settings or "origins" in settings:
                origins = json.loads(str(cells["origins"])) if "origins" in cells else before.origins
                check_domain.fits(options.cookie_domain, origins)
            if cells:
                self._change(SITE.update(**cells).where(SITE.c.id == site_id))
            return self._known_site(site_id)

    def new_secret_key(self, site_id: int) -> str:
        """Replace a site's secret key, the old one stops working; the new one is shown once."""
        secret = new_secret("sk_")
        with self._engine.writing():
            self._known_site(site_id)
            self._change(SITE.update(secret_digest=digest(secret)).where(SITE.c.id == site_id))
        return secret

    def delete_site(self, site_id: int) -> None:
        """Delete a site with its roles and everything that was saved there; its events are the ledger's to delete.

        Raises:
            UserError: no such site.
        """
        with self._engine.writing():
            self._known_site(site_id)
            self._change(SITE.delete().where(SITE.c.id == site_id))

    def _known_site(self, site_id: int) -> Site:
        found = self.site(site_id)
        if found is None:
            raise UserError(f"There is no site {site_id}.")
        return found
