"""Properties that a site never keeps, by name (REQUIREMENTS E13)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from collector.core.event import Json

# How the keys of visitors begin who are known by a user id alone: by a server, an import, or Segment's clients.
NAMED = ("user:", "seg:user:")
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class DenyList:
    """Names of properties, lower-case: a plain name at any depth, or a path from the top like `address.street`."""

    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names)

    def strip(self, document: Json, path: str = "") -> Json:
        """A copy of `document` without the members that are denied, whatever their case."""
        if isinstance(document, dict):
            kept: dict[str, Json] = {}
            for name, cell in document.items():
                lowered = name.lower()
                full = f"{path}.{lowered}" if path else lowered
                if lowered not in self.names and full not in self.names:
                    kept[name] = self.strip(cell, full)
            return kept
        if isinstance(document, list):
            return [self.strip(cell, path) for cell in document]
        return document

    def mentioned(self, text: str) -> int:
        """Where JSON text may hold a denied name, -1 where it surely does not; cheap."""
        found = _mention(self.names).search(text) if self.names else None
        return -1 if found is None else found.start()


@lru_cache(maxsize=1_024)
def _mention(names: frozenset[str]) -> re.Pattern[str]:
    # The last part of a path is what stands as a name in the text. Anything but ASCII stands there as an escape, in
    # either case of its digits and its letter, so such a name is looked for by the escape's sign alone.
    last = {name.rpartition(".")[2] for name in names} | set(names)
    plain = sorted(re.escape(name) for name in last if name.isascii() and _ENCODE(name)[1:-1] == name)
    strange = len(plain) < len(last)
    return re.compile("|".join([*plain, r"\\"] if strange else plain), re.IGNORECASE)


NOTHING_DENIED = DenyList()


def deny_list(names: Iterable[str]) -> DenyList:
    """The list of these names."""
    return DenyList(frozenset(name.strip().lower() for name in names if name.strip()))
