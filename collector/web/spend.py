"""What advertising cost: a table is uploaded, shown as it was read, and kept once that is right."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from collector.core.called import CHANNEL_WORDS
from collector.core.errors import UserError
from collector.core.source import CHANNELS
from collector.importing.files import Row, RowFile
from collector.importing.spend import ROLES, Reading, SpendTable, read_spend, reading
from collector.web import format as shown
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext, ngettext

blueprint = Blueprint("spend", __name__)
MOST_BYTES = 1_000_000
# The table goes to the browser and back in a form's field, which may hold a million characters.
MOST_FIELD = 900_000
_SHOWN = 8
_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")
_FIELDS = ("channel", "source", "campaign", "currency")
_PACKED = (b"PK\x03\x04", b"\x1f\x8b")


@dataclass(frozen=True, slots=True)
class Preview:
    """A table as it was read: which column is what, its first days, what it sums to, and what cannot be read."""

    meant: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str]]
    days: int
    sums: Sequence[str]
    refused: Sequence[tuple[int, str]]
    refused_count: int
    table: str


def _show(
    access: SiteAccess, preview: Preview | None = None, error: UserError | None = None, status: int = 400
) -> tuple[str, int]:
    groups = access.rooms.catalog.spend_groups(access.site.id)
    page = render_template(
        "site/spend.html",
        groups=groups,
        money=_money,
        preview=preview,
        channels=[(name, shown.text(CHANNEL_WORDS[name])) for name in CHANNELS],
        channel_words={name: shown.text(label) for name, label in CHANNEL_WORDS.items()},
        values={name: request.form.get(name, "") for name in _FIELDS},
        currency=next((goal.currency for goal in access.record.goals if goal.currency), ""),
        error=error.message if error else "",
        hint=error.hint if error else "",
    )
    return page, status if error else 200


@blueprint.get("/<site_name>/spend")
@of_site("editor")
def page(access: SiteAccess) -> tuple[str, int]:
    """What was spent so far, and the form that takes more."""
    return _show(access)


@blueprint.post("/<site_name>/spend/look")
@of_site("editor")
def look(access: SiteAccess) -> tuple[str, int]:
    """How an uploaded table is read; nothing is kept yet."""
    try:
        return _show(access, _read(request.files.get("file")))
    except UserError as error:
        return _show(access, error=error)


@blueprint.post("/<site_name>/spend/keep")
@of_site("editor")
def keep(access: SiteAccess) -> Response | tuple[str, int]:
    """Keep the costs of a table that was looked at; it is checked like any other."""
    try:
        rows = json.loads(request.form.get("table", ""))
        cells = [dict(zip(ROLES, row, strict=True)) for row in rows]
    except (ValueError, TypeError, RecursionError):
        abort(400)
    lines = [Row(number, one, "") for number, one in enumerate(cells, 1)]
    try:
        found = read_spend(lines, Reading({role: role for role in ROLES}, {}))
        if not found.days:
            abort(400)
        added, replaced = access.rooms.catalog.put_spend(access.site.id, found.days)
    except UserError as error:
        return _show(access, error=error)
    new, old = shown.count(added), shown.count(replaced)
    flash(
        ngettext(
            "Kept: one new day, %(old)s replaced.", "Kept: %(new)s new days, %(old)s replaced.", added, new=new, old=old
        )
    )
    return _back(access)


@blueprint.post("/<site_name>/spend/delete")
@of_site("editor")
def delete(access: SiteAccess) -> Response:
    """Delete the costs of one channel, source and campaign, or all."""
    form = request.form
    group = (form.get("channel", ""), form.get("source", ""), form.get("campaign", ""))
    gone = access.rooms.catalog.delete_spend(access.site.id, None if form.get("all") else group)
    if not gone:
        abort(404)
    flash(
        ngettext("The costs of one day are deleted.", "The costs of %(n)s days are deleted.", gone, n=shown.count(gone))
    )
    return _back(access)


def _money(cost: float) -> str:
    return shown.cell(cost, "money", UTC)


def _back(access: SiteAccess) -> Response:
    return redirect(url_for("spend.page", site_name=access.site.name))


def _read(upload: FileStorage | None) -> Preview:
    """An uploaded table.

    Raises:
        UserError: there is none, it is too large for a page, or it cannot be read.
    """
    if upload is None:
        raise UserError(gettext("No file is chosen."))
    data = upload.read(MOST_BYTES + 1)
    upload.close()  # a large one lies in a file of its own
    if not data:
        raise UserError(gettext("No file is chosen."))
    if len(data) > MOST_BYTES:
        raise UserError(gettext("This file is too large for a page."), "desireline spend import FILE --site NAME")
    if data.startswith(_PACKED):
        raise UserError(gettext("This file is packed, or a workbook."), gettext("Save the table as CSV."))
    name = upload.filename or "costs.csv"
    suffix = Path(name).suffix.lower()
    with tempfile.NamedTemporaryFile(suffix=suffix if suffix in _SUFFIXES else "") as spool:
        spool.write(data)
        spool.flush()
        file = RowFile(Path(spool.name), name=name)
        if file.kind == "lines":
            raise UserError(gettext("This is not a table."), gettext("Save the table as CSV."))
        how = reading(file.names, {}, {field: request.form.get(field, "") for field in _FIELDS})
        return _preview(how, read_spend(file.rows(), how))


def _preview(how: Reading, found: SpendTable) -> Preview:
    if not found.days:
        line, problem = found.refused[0] if found.refused else (1, gettext("it has no rows"))
        raise UserError(gettext("No row can be read. Line %(n)s: %(problem)s.", n=line, problem=problem))
    rows = [list(asdict(one).values()) for one in found.days]
    table = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    if len(table) > MOST_FIELD:
        raise UserError(gettext("This file is too large for a page."), "desireline spend import FILE --site NAME")
    sums: dict[str, float] = {}
    for one in found.days:
        sums[one.currency] = sums.get(one.currency, 0.0) + one.cost
    return Preview(
        meant=[(role, how.columns.get(role) or how.constants.get(role, "")) for role in ROLES],
        rows=[[str(cell) for cell in row[:4]] + [_money(row[4]), row[5]] for row in rows[:_SHOWN]],
        days=len(rows),
        sums=[f"{_money(cost)} {currency}" for currency, cost in sums.items()],
        refused=found.refused[:_SHOWN],
        refused_count=len(found.refused),
        table=table,
    )
