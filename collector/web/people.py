"""What may be done with one person: unlink a browser, export everything, erase everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from collector.core.stored import StoredEvent
from collector.core.write import iso_time
from collector.store.protocol import PersonRow, VisitorRow
from collector.web.format import count
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext

blueprint = Blueprint("people", __name__)
CHUNK = 500


def _find(access: SiteAccess, key: str) -> tuple[PersonRow | None, Sequence[VisitorRow]]:
    """The person by key; NotFound where the site knows nobody by it."""
    person, visitors = access.rooms.ledger.person(access.site.id, key)
    if not visitors:
        abort(404)
    return person, visitors


@blueprint.post("/<site_name>/person/unlink")
@of_site("editor")
def unlink(access: SiteAccess) -> Response | str:
    """Take a visitor away from the person it was linked to, once that is confirmed."""
    visitor = request.form.get("visitor", "")
    person, _ = _find(access, visitor)
    if person is None:
        abort(404)
    if not request.form.get("confirmed"):
        return render_template("site/unlink.html", visitor=visitor, person=person.user)
    access.rooms.ledger.unlink(access.site.id, visitor, access.rooms.clock())
    access.rooms.views.refresh(access.site.id)
    flash(gettext("The browser is unlinked. Its events stand alone now."))
    return redirect(url_for("reports.show", site_name=access.site.name, report_name="timeline", person=visitor))


@blueprint.get("/<site_name>/person/export")
@of_site()
def export(access: SiteAccess) -> FlaskResponse:
    """Everything that is kept about a person, as JSON (REQUIREMENTS E6)."""
    key = request.args.get("person", "")
    person, visitors = _find(access, key)
    response = FlaskResponse(_document(access, key, person, visitors), mimetype="application/json")
    name = quote(f"{access.site.name}-{key}.json", safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"person.json\"; filename*=UTF-8''{name}"
    return response


def _document(access: SiteAccess, key: str, person: PersonRow | None, visitors: Sequence[VisitorRow]) -> Iterator[str]:
    ids = [visitor.id for visitor in visitors]
    links = {link.visitor: link for link in access.rooms.ledger.links(access.site.id, ids)} if person else {}
    head = {
        "site": access.site.name,
        "asked_for": key,
        "exported": iso_time(access.rooms.clock()),
        "user": person.user if person else None,
        "traits": dict(person.traits) if person else {},
        "verified_traits": sorted(person.verified) if person else [],
        "visitors": [
            {
                "visitor": visitor.key,
                "linked": iso_time(links[visitor.id].time) if visitor.id in links else None,
                "reason": links[visitor.id].reason if visitor.id in links else None,
            }
            for visitor in visitors
        ],
    }
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "events": ['
    separator = "\n"
    for event in _events(access, [visitor.id for visitor in visitors]):
        yield separator + "  " + json.dumps(_plain(event), ensure_ascii=False)
        separator = ",\n"
    yield "\n ]\n}\n"


def _events(access: SiteAccess, visitors: Sequence[int]) -> Iterator[StoredEvent]:
    """All events, the latest first."""
    before: tuple[int, int] | None = None
    while chunk := access.rooms.ledger.timeline(visitors, before, CHUNK):
        yield from chunk
        before = (chunk[-1].time, chunk[-1].id)


def _plain(event: StoredEvent) -> dict[str, object]:
    source, agent = event.source, event.agent
    return {
        "id": event.uid,
        "visitor": event.visitor,
        "time": iso_time(event.time),
        "received": iso_time(event.received),
        "type": event.kind.type,
        "name": event.kind.name,
        "target": event.kind.target,
        "url": event.url,
        "query": event.query,
        "title": event.title,
        "referrer": event.referrer,
        "pageview": event.pageview,
        "source": None
        if source is None
        else {
            "channel": source.channel,
            "source": source.source,
            "medium": source.medium,
            "campaign": source.campaign,
            "term": source.term,
            "content": source.content,
        },
        "agent": None if agent is None else {"device": agent.device, "os": agent.os, "browser": agent.browser},
        "bot": event.bot,
        "value": event.value,
        "properties": dict(event.props),
    }


@blueprint.route("/<site_name>/person/erase", methods=["GET", "POST"])
@of_site("editor")
def erase(access: SiteAccess) -> Response | str:
    """Ask, then erase everything about a person (REQUIREMENTS E7)."""
    key = request.values.get("person", "")
    person, visitors = _find(access, key)
    if request.method == "GET":
        return render_template("site/erase.html", key=key, user_id=person.user if person else "", visitors=visitors)
    if request.form.get("confirm", "").strip() != key:
        problem = gettext("Type the key exactly as it is shown, so that the right person is erased.")
        name = person.user if person else ""
        return render_template("site/erase.html", key=key, user_id=name, visitors=visitors, error=problem)
    rooms = access.rooms
    counts = rooms.ledger.forget(access.site.id, [visitor.id for visitor in visitors], rooms.clock())
    rooms.views.refresh(access.site.id)
    told = ", ".join(f"{count(number)} {table}" for table, number in counts.items() if number)
    flash(gettext("Erased: %(what)s.", what=told or count(0)))
    return redirect(url_for("reports.show", site_name=access.site.name, report_name="visitors"))
