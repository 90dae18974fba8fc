"""What became of events, and why, in plain words."""

from __future__ import annotations

from collector.core.text import T
from collector.web.language import gettext

_OUTCOMES = {
    "stored": T("Stored"),
    "flagged": T("Stored as a bot’s, left out of reports"),
    "duplicate": T("Sent again, already here"),
    "conflict": T("Said something else under an id that is already here; the first was kept"),
    "quarantined": T("Set aside, could not be read"),
    "no_room": T("Could not be read, and the quarantine was full: not kept"),
    "refused": T("Of somebody who was erased, or of a site that was deleted: not kept"),
}
_ASIDE = {
    "unknown_type": T("A type of event that this version does not know"),
    "not_an_object": T("Not an event at all"),
    "unknown_site": T("For a site that is not there"),
}
_REFUSED = {
    "privacy": T("The browser asked not to be tracked"),
    "preset": T("The site’s privacy setting names nobody"),
    "webhook": T("Came by the chat’s webhook already"),
    "user_id": T("A user id that cannot name one person"),
    "unsigned": T("A user id without the site’s signature"),
    "signature": T("A user id with a wrong signature"),
    "no_visitor": T("Nobody whom it is about"),
    "no_name": T("An event without a name"),
    "no_url": T("A page without an address"),
    "too_large": T("Larger than an event may be"),
    "too_deep": T("Nested too deeply"),
}


def outcome_words(outcome: str) -> str:
    """What became of events."""
    known = _OUTCOMES.get(outcome)
    return outcome if known is None else gettext(known.template)


def aside_words(reason: str) -> str:
    """Why something is in quarantine; the name of an error of ours as it is."""
    known = _ASIDE.get(reason)
    return gettext("Could not be processed (%(reason)s)", reason=reason) if known is None else gettext(known.template)


def refused_words(reason: str) -> str:
    """Why an event was refused."""
    known = _REFUSED.get(reason)
    return reason if known is None else gettext(known.template)
