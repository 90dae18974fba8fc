"""A site's signed user ids: the key that its backend signs with, whether it must, and a new key (REQUIREMENTS B21)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.core.times import DAY
from collector.counters import DOOR_EVENTS, totals
from collector.identity_warnings import identity_warnings
from collector.ingest.signed import SIGNATURE, identify_key, sign
from collector.web.door import the_door
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext

blueprint = Blueprint("identity", __name__)
EXAMPLE = "user-17"


@blueprint.get("/<site_name>/settings/identity")
@of_site("owner")
def page(access: SiteAccess) -> str:
    """The key, how to sign with it, and what is odd about who is who."""
    record = access.record
    key = identify_key(the_door().keys.cookie[0], record.id, record.options.identity_version)
    return render_template(
        "site/identity.html",
        key=key,
        version=record.options.identity_version,
        required=record.options.signed_identify == "required",
        trait=SIGNATURE,
        example=EXAMPLE,
        signature=sign(key, EXAMPLE),
        identity_warnings=identity_warnings(access.rooms.ledger, record.id, refused(access)),
        share=_signed_share(access),
    )


def refused(access: SiteAccess) -> dict[str, float]:
    """How many events of the site the doors told each status."""
    found = totals(access.rooms.settings.metrics, DOOR_EVENTS)[DOOR_EVENTS]
    return {labels[1]: number for labels, number in found.items() if labels[0] == str(access.site.id)}


def _signed_share(access: SiteAccess) -> tuple[int, int]:
    """Links of the last 30 days: (vouched for by the site, made by an identify at all)."""
    since = access.rooms.clock() - 30 * DAY
    made = access.rooms.ledger.link_reasons(access.site.id, since)
    signed = made.get("signed", 0)
    return signed, signed + made.get("identify", 0)


@blueprint.post("/<site_name>/settings/identity")
@of_site("owner")
def save(access: SiteAccess) -> Response:
    """Say whether a signature is needed."""
    wanted = "required" if request.form.get("required") else "optional"
    access.rooms.catalog.update_site(access.site.id, signed_identify=wanted)
    flash(gettext("The settings are saved."))
    return redirect(url_for("identity.page", site_name=access.site.name))


@blueprint.post("/<site_name>/settings/identity/key")
@of_site("owner")
def new_key(access: SiteAccess) -> Response:
    """Replace the key; what was signed with the old one counts no more."""
    version = access.record.options.identity_version + 1
    access.rooms.catalog.update_site(access.site.id, identity_version=version)
    flash(gettext("There is a new key. Give it to your backend now: what the old one signs is refused."))
    return redirect(url_for("identity.page", site_name=access.site.name))
