"""What is likely to be wrong with who is who on a site: for the Data quality page and the doctor (B15, B17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.core.text import T, Text, Value
from collector.store.identity import MOST_VISITORS
from collector.store.protocol import Ledger

# A person with a phone, two computers and cookies cleared each month stays far below it.
MANY_VISITORS = 50
_SHOWN = 10
_REFUSED = {
    "refused:user_id": T(
        "User ids that name nobody, like null, undefined, 0 or guest, were refused: {n} so far. The page calls "
        "identify for people who are not logged in."
    ),
    "refused:unsigned": T("User ids came without the signature that this site asks for: {n} so far."),
    "refused:signature": T("User ids came with a wrong signature, of another key or id, or forged: {n} so far."),
}


@dataclass(frozen=True, slots=True)
class IdentityWarning:
    """Something to look at, and the user id of the person that it is about ("" for none)."""

    text: Text
    user: str = ""


def identity_warnings(ledger: Ledger, site: int, refused: Mapping[str, float]) -> Sequence[IdentityWarning]:
    """Refused user ids by reason, then persons with many visitors, the largest first.

    Args:
        refused: how many events were told each status, like `refused:user_id`, by the doors.
    """
    found = [
        IdentityWarning(Text(text.template, {"n": Value(int(refused[status]), "count")}))
        for status, text in _REFUSED.items()
        if refused.get(status)
    ]
    for crowd in ledger.crowds(site, MANY_VISITORS, _SHOWN):
        values = {"user": crowd.user, "n": Value(crowd.visitors, "count"), "more": Value(crowd.capped, "count")}
        if crowd.visitors < MOST_VISITORS:
            text = T(
                "{user} has {n} browsers: an account that many share, or an id that stands for everybody.", **values
            )
        else:
            text = T(
                "{user} has {n} browsers, the most that are linked; further claims, {more} so far, linked nobody. An "
                "account that many share, or an id that stands for everybody.",
                **values,
            )
        found.append(IdentityWarning(text, crowd.user))
    return found
