"""What a site is connected to: its server, Segment's clients, chat webhooks, and ads that are counted when seen."""

from __future__ import annotations

import html
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.connections import Hook
from collector.core.errors import UserError
from collector.core.whole import whole
from collector.ingest.hooks.providers import TRANSLATORS, UNSIGNED
from collector.web.format import ago
from collector.web.guard import SiteAccess, of_site
from collector.web.install import collector_origin
from collector.web.language import gettext
from collector.web.origin import link_origin

blueprint = Blueprint("connections", __name__)
NAMES = {"chatwoot": "Chatwoot", "intercom": "Intercom", "crisp": "Crisp"}


@dataclass(frozen=True, slots=True)
class NewAddress:
    """A webhook's address with its token: shown once. `whole`: whether it begins with the collector's own origin."""

    address: str
    whole: bool


def _troubles() -> dict[str, str]:
    return {
        "no_secret": gettext("refused: its signing secret is not set"),
        "unsigned": gettext("refused: it was not signed"),
        "signature": gettext("refused: the signing secret is another one"),
        "stale": gettext("refused: it was signed too long ago, or a clock is wrong"),
    }


def _hook_row(access: SiteAccess, hook: Hook, now: int) -> dict[str, object]:
    waits = hook.signed and not hook.secret
    trouble = _troubles().get(hook.trouble, "") if hook.trouble_at > hook.seen else ""
    address = url_for("hooks.receive", provider=hook.provider, key=hook.key)
    return {
        "id": hook.id,
        "name": NAMES.get(hook.provider, hook.provider),
        "signed": hook.signed,
        "waits": waits,
        "address": collector_origin(access) + address if hook.signed else "",
        "seen": ago(hook.seen, now) if hook.seen else "",
        "trouble": trouble,
        "trouble_when": ago(hook.trouble_at, now) if trouble else "",
    }


def pixel_tag(access: SiteAccess, campaign: str) -> str:
    """The HTML that an ad of a listed campaign holds."""
    query = urlencode({"key": access.record.write_key, "campaign": campaign})
    return f'<img src="{html.escape(f"{collector_origin(access)}/i.gif?{query}")}" width="1" height="1" alt="">'


def _show(access: SiteAccess, error: UserError | None = None, new: NewAddress | None = None) -> tuple[str, int]:
    catalog, now = access.rooms.catalog, access.rooms.clock()
    campaigns = catalog.campaigns(access.site.id)
    page = render_template(
        "site/connections.html",
        origin=collector_origin(access),
        host=collector_origin(access).partition("://")[2],
        key=access.record.write_key,
        hooks=[_hook_row(access, hook, now) for hook in catalog.hooks(access.site.id)],
        choices=[
            (f"{provider}:{kind}", NAMES[provider], kind)
            for provider in TRANSLATORS
            for kind in ("signed", "token")
            if kind == "signed" or provider in UNSIGNED
        ],
        campaigns=[(one, pixel_tag(access, one.name)) for one in campaigns],
        signing_key=catalog.ad_pixel_key(access.site.id) if access.is_owner else "",
        new=new,
        error=error.message if error else "",
        hint=error.hint if error else "",
    )
    return page, 400 if error else 200


def _back(access: SiteAccess) -> Response:
    return redirect(url_for("connections.page", site_name=access.site.name))


def _number() -> int:
    return whole(request.form.get("hook", "")) or 0


@blueprint.get("/<site_name>/connections")
@of_site("editor")
def page(access: SiteAccess) -> tuple[str, int]:
    """The connections."""
    return _show(access)


@blueprint.post("/<site_name>/connections/hooks")
@of_site("editor")
def add_hook(access: SiteAccess) -> Response | tuple[str, int]:
    """Make a webhook; an address with a token in it is shown this once."""
    provider, _, kind = request.form.get("provider", "").partition(":")
    catalog = access.rooms.catalog
    known = tuple(TRANSLATORS) if kind == "signed" else UNSIGNED
    try:
        made = catalog.add_hook(access.site.id, provider, known, access.rooms.clock(), signed=kind == "signed")
    except UserError as error:
        return _show(access, error)
    if not made.token:
        flash(gettext("The webhook is made. Give its address to the provider, then its signing secret to this page."))
        return _back(access)
    path = url_for("hooks.receive", provider=provider, key=made.hook.key, token=made.token)
    return _show(access, new=NewAddress(link_origin() + path, bool(link_origin())))


@blueprint.post("/<site_name>/connections/hooks/secret")
@of_site("editor")
def set_secret(access: SiteAccess) -> Response | tuple[str, int]:
    """Set what a provider signs with; it is never shown again."""
    try:
        if not access.rooms.catalog.set_hook_secret(access.site.id, _number(), request.form.get("secret", "")):
            abort(404)
    except UserError as error:
        return _show(access, error)
    flash(gettext("The signing secret is set."))
    return _back(access)


@blueprint.post("/<site_name>/connections/hooks/delete")
@of_site("editor")
def delete_hook(access: SiteAccess) -> Response:
    """Remove a webhook; what it brought stays."""
    if not access.rooms.catalog.delete_hook(access.site.id, _number()):
        abort(404)
    flash(gettext("The webhook is removed. What browsers say of these chats counts again."))
    return _back(access)


@blueprint.post("/<site_name>/connections/campaigns")
@of_site("editor")
def add_campaign(access: SiteAccess) -> Response | tuple[str, int]:
    """List a campaign, so that its ads may be counted when seen."""
    name, source = request.form.get("campaign", ""), request.form.get("source", "")
    try:
        made = access.rooms.catalog.add_campaign(access.site.id, name, source, access.rooms.clock())
    except UserError as error:
        return _show(access, error)
    flash(gettext("The campaign “%(name)s” is listed.", name=made.name))
    return _back(access)


@blueprint.post("/<site_name>/connections/campaigns/delete")
@of_site("editor")
def delete_campaign(access: SiteAccess) -> Response:
    """Take a campaign off the list; what was counted stays."""
    name = request.form.get("campaign", "")
    if not access.rooms.catalog.delete_campaign(access.site.id, name):
        abort(404)
    flash(gettext("The campaign “%(name)s” is no longer counted.", name=name))
    return _back(access)
