"""Which column of a table of events means what: as told, else guessed from the names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collector.core.errors import UserError

# The columns of `export events`, in order. A table that has the first ten is read back as what it was.
EXPORT_COLUMNS = (
    "id",
    "time",
    "type",
    "name",
    "url",
    "visitor",
    "person",
    "session_source",
    "properties",
    "bot",
    "target",
    "title",
    "referrer",
    "pageview",
    "device",
    "os",
    "browser",
)
_OURS = frozenset(EXPORT_COLUMNS[:10])
ROLES = ("visitor", "time", "event", "url", "props", "user", "id", "referrer", "agent")
# Names that files from elsewhere use, most telling first; compared without case, spaces, dots, dashes and underscores.
_NAMES = {
    "visitor": "visitor visitorid anonymousid distinctid clientid deviceid cookieid visitoruuid fullvisitorid userid"
    " user customerid personid",
    "time": "time timestamp t ts at eventtime eventtimestamp occurredat createdat datetime date receivedat eventdate"
    " eventdatetime clienttimestamp servertimestamp visittime",
    "event": "event eventname name action eventtype activity type",
    "url": "url pageurl currenturl $currenturl pagelocation location page path pagepath",
    "props": "props properties eventproperties attributes params data",
    "user": "user userid person personid identifieduser customerid",
    "id": "id eventid messageid uuid insertid $insertid eventuuid",
    "referrer": "referrer referer ref $referrer pagereferrer referrerurl",
    "agent": "useragent ua $useragent rawuseragent",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """The name of the column for each role, None where the table has none.

    Attributes:
        rest: columns without a role that become properties.
        ours: the table is our own `export events`.
    """

    visitor: str | None = None
    time: str | None = None
    event: str | None = None
    url: str | None = None
    props: str | None = None
    user: str | None = None
    id: str | None = None
    referrer: str | None = None
    agent: str | None = None
    rest: bool = False
    ours: bool = False


_OWN = Columns("visitor", "time", "name", "url", "properties", "person", "id", "referrer", None, False, True)


def plain_name(name: str) -> str:
    """A column's name as names are compared."""
    return name.strip().lower().translate({ord(sign): None for sign in " _-."})


def choose_columns(
    names: Sequence[str], given: Mapping[str, str | None], fits: Callable[[str, str], bool] | None = None
) -> Columns:
    """The columns to read from a table with these column names.

    Args:
        names: the table's columns, in order; of JSON Lines, the keys of its first rows.
        given: role to the name that somebody gave; None or absent leaves it to guessing.
        fits: whether a column's cells look like the role's; of several names that would do, one that fits is taken.

    Raises:
        UserError: a column that was given is not there, or no column can be found for visitor and user, or time.
    """
    told = {role: name for role, name in given.items() if name}
    if not told and _OURS.issubset(names):
        return _OWN
    for role, name in told.items():
        if name not in names:
            raise UserError(f"There is no column {name!r} for --{role}.", f"Columns here: {_listed(names)}.")
    found: dict[str, str] = dict(told)
    for role in ROLES:
        if role not in found:
            guess = by_name(role, names, set(found.values()), fits)
            if guess is not None:
                found[role] = guess
    if "visitor" not in found and "user" not in found:
        raise UserError(f"No column says who. Columns here: {_listed(names)}.", "Name one with --visitor COLUMN.")
    if "time" not in found:
        raise UserError(f"No column says when. Columns here: {_listed(names)}.", "Name one with --time COLUMN.")
    if "event" not in found and "url" not in found:
        raise UserError(
            f"No column says what happened. Columns here: {_listed(names)}.", "Name one with --event or --url COLUMN."
        )
    visitor, time, event, url, props, user, given_id, referrer, agent = (found.get(role) for role in ROLES)
    return Columns(visitor, time, event, url, props, user, given_id, referrer, agent, rest="props" not in told)


def by_name(
    role: str, names: Sequence[str], taken: set[str], fits: Callable[[str, str], bool] | None = None
) -> str | None:
    """The column that goes by a usual name of this role; of several, the first whose cells fit."""
    plain = {plain_name(name): name for name in reversed(names) if name not in taken}
    found = [plain[candidate] for candidate in _NAMES[role].split() if candidate in plain]
    fitting = [name for name in found if fits(role, name)] if fits else found
    return next(iter(fitting or found), None)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:20])
    return shown + (", ..." if len(names) > 20 else "") if names else "none"
