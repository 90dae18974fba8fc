"""What a site is connected to: chat webhooks, whose contacts they tell of, and campaigns whose seen ads are counted."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import peewee

from collector.catalog import check
from collector.catalog.base import SITE, Base, Record, digest, new_secret
from collector.core.errors import UserError
from collector.core.times import DAY, MINUTE

HOOK = peewee.Table("chat_hook")
CONTACT = peewee.Table("chat_contact")
CAMPAIGN = peewee.Table("ad_campaign")
MAX_HOOKS = 20
MAX_CAMPAIGNS = 500
MIN_SECRET = 16
# As long as an identity cookie lives: after that nobody comes back as this visitor.
CONTACT_LIFE = 400 * DAY
_NOTE_EVERY = MINUTE


@dataclass(frozen=True, slots=True)
class Hook:
    """A chat webhook of a site.

    Attributes:
        key: its part of the address, random and no secret.
        signed: whether requests must carry the provider's signature; else the address holds a secret token.
        secret: what the provider signs with, "" where nobody said it yet: nothing is believed until then.
        token: the hash of the token in the address, "" for a signed one.
        seen: ms UTC when it last brought something that was believed, 0 for never.
        trouble: why the last refused request was refused, at `trouble_at`.
    """

    id: int
    site: int
    provider: str
    key: str
    secret: str
    token: str
    created: int
    seen: int
    trouble: str
    trouble_at: int

    @property
    def signed(self) -> bool:
        """Whether the provider signs what it sends."""
        return not self.token

    def opens(self, token: str) -> bool:
        """Whether an address with this token ("" for none) is this hook's."""
        return hmac.compare_digest(self.token, digest(token) if token else "")


@dataclass(frozen=True, slots=True)
class NewHook:
    """A hook just made, with the token of its address: shown once, only a hash of it is kept."""

    hook: Hook
    token: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign whose ads may be counted when seen; `source` says where they run, "" where the address does."""

    name: str
    source: str
    created: int


def pixel_key(secret_digest: str) -> str:
    """The key that signs addresses of the ad pixel: made of the secret key's hash, so a new secret key ends it."""
    return hmac.new(secret_digest.encode(), b"ad-pixel|1", hashlib.sha256).hexdigest()


def _hook(row: Record) -> Hook:
    return Hook(**{name: row[name] for name in Hook.__slots__})


class Connections(Base):
    """The part of the catalog about what a site is connected to. Changes are made within one site only."""

    def hooks(self, site_id: int) -> Sequence[Hook]:
        """A site's webhooks, in the order they were made."""
        return [_hook(row) for row in self._all(HOOK.select().where(HOOK.c.site == site_id).order_by(HOOK.c.id))]

    def hook_by_key(self, provider: str, key: str) -> Hook | None:
        """The webhook of this address."""
        found = (HOOK.c.key == check.storable(key)) & (HOOK.c.provider == check.storable(provider))
        row = self._first(HOOK.select().where(found))
        return None if row is None else _hook(row)

    def add_hook(
        self, site_id: int, provider: str, providers: Sequence[str], now: int, *, signed: bool = True
    ) -> NewHook:
        """Make a webhook; a signed one believes nothing until its secret is set.

        Args:
            providers: those that may be chosen.
            signed: false for an address with a secret token in it, for providers that do not sign.

        Raises:
            UserError: the provider cannot be chosen, or the site has too many.
        """
        chosen = check.choice(provider, providers)
        key, token = secrets.token_urlsafe(16), "" if signed else new_secret()
        with self._engine.writing():
            if len(self.hooks(site_id)) >= MAX_HOOKS:
                raise UserError(f"A site can have {MAX_HOOKS} webhooks.", "Remove one that is not used.")
            self._add(
                HOOK,
                site=site_id,
                provider=chosen,
                key=key,
                token=digest(token) if token else "",
                secret="",
                created=now,
                seen=0,
                trouble="",
                trouble_at=0,
            )
            made = self.hook_by_key(chosen, key)
        if made is None:  # pragma: no cover - the row was just written
            raise LookupError(key)
        return NewHook(made, token)

    def set_hook_secret(self, site_id: int, hook_id: int, secret: str) -> bool:
        """Set what the provider signs with; whether the site has such a hook.

        Raises:
            UserError: it is too short to be a secret.
        """
        given = check.storable(secret).strip()
        if not MIN_SECRET <= len(given) <= 500:
            raise UserError("This is no signing secret.", f"Copy it whole; it has at least {MIN_SECRET} characters.")
        mine = (HOOK.c.id == hook_id) & (HOOK.c.site == site_id) & (HOOK.c.token == "")
        with self._engine.writing():
            return self._change(HOOK.update(secret=given, trouble="", trouble_at=0).where(mine)) > 0

    def delete_hook(self, site_id: int, hook_id: int) -> bool:
        """Remove a webhook and what it knew of contacts; whether the site had it."""
        with self._engine.writing():
            self._change(CONTACT.delete().where(CONTACT.c.hook.in_(self._hook_ids(site_id, hook_id))))
            return self._change(HOOK.delete().where((HOOK.c.id == hook_id) & (HOOK.c.site == site_id))) > 0

    def note_hook(self, hook: Hook, now: int, trouble: str = "") -> None:
        """Remember that the hook brought something, or why it was refused; at most once a minute."""
        if now - (hook.trouble_at if trouble else hook.seen) < _NOTE_EVERY:
            return
        changed = {"trouble": trouble, "trouble_at": now} if trouble else {"seen": now}
        with self._engine.writing():
            self._change(HOOK.update(**changed).where(HOOK.c.id == hook.id))

    def hooked_providers(self, site_id: int) -> frozenset[str]:
        """Providers whose webhook has brought something: from then on it tells of conversations, not the browser."""
        rows = self._all(HOOK.select(HOOK.c.provider).where((HOOK.c.site == site_id) & (HOOK.c.seen > 0)))
        return frozenset(row["provider"] for row in rows)

    def note_contact(self, hook_id: int, contact: str, visitor: str, now: int) -> None:
        """Remember that a chat contact is this visitor's."""
        contact = check.storable(contact)
        with self._engine.writing():
            mine = (CONTACT.c.hook == hook_id) & (CONTACT.c.contact == contact)
            if not self._change(CONTACT.update(visitor=visitor, seen=now).where(mine)):
                self._change(CONTACT.delete().where(CONTACT.c.seen < now - CONTACT_LIFE))
                self._add(CONTACT, hook=hook_id, contact=contact, visitor=visitor, seen=now)

    def contact_visitor(self, hook_id: int, contact: str) -> str:
        """The visitor that a chat contact was last known as, "" for none."""
        mine = (CONTACT.c.hook == hook_id) & (CONTACT.c.contact == check.storable(contact))
        row = self._first(CONTACT.select(CONTACT.c.visitor).where(mine))
        return "" if row is None else str(row["visitor"])

    @staticmethod
    def _hook_ids(site_id: int, hook_id: int | None = None) -> object:
        mine = HOOK.c.site == site_id
        return HOOK.select(HOOK.c.id).where(mine if hook_id is None else mine & (HOOK.c.id == hook_id))

    def campaigns(self, site_id: int) -> Sequence[Campaign]:
        """Campaigns whose ads may be counted when seen, by name."""
        rows = self._all(CAMPAIGN.select().where(CAMPAIGN.c.site == site_id).order_by(CAMPAIGN.c.name))
        return [Campaign(row["name"], row["source"], row["created"]) for row in rows]

    def campaign_sources(self, site_id: int) -> Mapping[str, str]:
        """The listed campaigns with their sources."""
        return {one.name: one.source for one in self.campaigns(site_id)}

    def add_campaign(self, site_id: int, name: str, source: str, now: int) -> Campaign:
        """List a campaign, or change the source of one that is.

        Raises:
            UserError: it has no name, or there are too many.
        """
        made = Campaign(check.label(name, "campaign"), " ".join(check.storable(source).split())[:100], now)
        mine = (CAMPAIGN.c.site == site_id) & (CAMPAIGN.c.name == made.name)
        with self._engine.writing():
            if not self._change(CAMPAIGN.update(source=made.source).where(mine)):
                if len(self.campaigns(site_id)) >= MAX_CAMPAIGNS:
                    raise UserError(f"{MAX_CAMPAIGNS} campaigns are listed.", "Remove old ones, or sign the addresses.")
                self._add(CAMPAIGN, site=site_id, name=made.name, source=made.source, created=now)
        return made

    def delete_campaign(self, site_id: int, name: str) -> bool:
        """Take a campaign off the list; whether it was on it."""
        mine = (CAMPAIGN.c.site == site_id) & (CAMPAIGN.c.name == check.storable(name))
        with self._engine.writing():
            return self._change(CAMPAIGN.delete().where(mine)) > 0

    def ad_pixel_key(self, site_id: int) -> str:
        """The key that signs addresses of the site's ad pixel."""
        row = self._first(SITE.select(SITE.c.secret_digest).where(SITE.c.id == site_id))
        return "" if row is None else pixel_key(row["secret_digest"])
