"""What happened on a day: a release, a campaign, an outage. Shown as a mark on plots, and what before/after asks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from collector.core.text import T, Text

AnnotationKind: TypeAlias = Literal["release", "campaign", "outage", "other"]
KINDS: dict[AnnotationKind, Text] = {
    "release": T("Release"),
    "campaign": T("Campaign"),
    "outage": T("Outage"),
    "other": T("Other"),
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark on a day of the site's zone.

    Attributes:
        text: what happened, in a few words.
        link: where more is said of it; "" for nowhere.
    """

    id: int
    day: date
    kind: AnnotationKind
    text: str
    link: str = ""
