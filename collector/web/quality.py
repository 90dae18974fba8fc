"""Data quality: how much came, what was set aside as bots, and what could not be read."""

from __future__ import annotations

from flask import Blueprint, render_template

from collector.core.times import HOUR
from collector.web.format import ago, count, moment, percent
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.words import value_words

blueprint = Blueprint("quality", __name__)
_SHOWN = 50
_CUT = 300


@blueprint.get("/<site_name>/quality")
@of_site()
def page(access: SiteAccess) -> str:
    """Counts, bots by reason, quarantine, and requests refused in the last hour."""
    rooms, site = access.rooms, access.site
    counts = rooms.ledger.counts(site.id)
    events = counts.get("events", 0)
    bots = [(name.partition(":")[2], number) for name, number in counts.items() if name.startswith("bot:")]
    bots.sort(key=lambda bot: -bot[1])
    last, now = rooms.ledger.last_event(site.id), rooms.clock()
    quarantined = rooms.ledger.quarantined(site.id, 0, _SHOWN)
    return render_template(
        "site/quality.html",
        numbers=[
            (gettext("Events"), count(events)),
            (gettext("Browsers"), count(counts.get("visitors", 0))),
            (gettext("Known people"), count(counts.get("persons", 0))),
            (gettext("From bots"), count(sum(number for _, number in bots))),
            (gettext("In quarantine"), count(counts.get("quarantined", 0))),
            (gettext("Last event"), ago(last.received, now) if last else gettext("none yet")),
        ],
        bots=[(value_words("bot", reason), count(number), percent(number / events)) for reason, number in bots],
        quarantined=[
            (moment(one.time, site.zone), one.reason, one.raw[:_CUT].decode("utf-8", "replace")) for one in quarantined
        ],
        refused=[
            (moment(one.time, site.zone), one.code, one.origin)
            for one in rooms.refusals.recent(site.id, now - HOUR)[:_SHOWN]
        ],
    )
