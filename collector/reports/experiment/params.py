"""The parameters of the question what an experiment changed."""

from __future__ import annotations

from collector.core.assignment import check_shares
from collector.core.errors import UserError
from collector.core.query import Param
from collector.core.text import T
from collector.reports.experiment import blocks
from collector.reports.people_list import LIMIT

_SHARE_HELP = T("How many of 1 were to get it, like 0.9; or by arm: short=0.3,long=0.3,off=0.4.")


def parse_shares(text: str) -> dict[str, float]:
    """Planned shares by arm; one number is that of "on", and "off" has the rest.

    Raises:
        UserError: no shares, or more than 1 in all.
    """
    shares: dict[str, float] = {}
    for one in text.split(","):
        name, _, number = one.rpartition("=")
        try:
            shares[name.strip() or "on"] = float(number)
        except ValueError:
            raise UserError(f"{text!r} is no share.", "Write 0.9, or on=0.9,off=0.1.") from None
    check_shares(shares)
    if "off" not in shares and sum(shares.values()) < 1 - 1e-9:
        shares["off"] = 1 - sum(shares.values())
    return shares


PARAMS = (
    Param("name", "text", T("Experiment"), T("As the page calls it; without it the one seen last.")),
    Param("goal", "matcher", T("Goal"), T("What counts as reached; the site's first goal where none is given.")),
    Param("horizon", "duration", T("Within"), T("How long after the first exposure it counts."), default="14d"),
    Param("took", "matcher", T("Taken up by"), T("What using it looks like, as event:chat_started.")),
    Param("value", "text", T("Value property"), T("A number on the goal's event to sum, like total.")),
    Param("arm", "text", T("Arm"), T("The one to judge; on, or the first, where none is given.")),
    Param("control", "text", T("Against"), T("The arm that goes without; off, where none is given.")),
    Param("share", "text", T("Planned split"), _SHARE_HELP),
    Param("matched", "flag", T("Beside Impact"), T("Show what people alike say of those who took it up too.")),
    Param(
        "people",
        "choice",
        T("Show people"),
        choices=tuple((name, title) for name, title in blocks.GROUPS.items()),
    ),
    Param("group", "text", T("Of the arm")),
    LIMIT,
)
