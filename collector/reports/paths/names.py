"""The names of a path's nodes: places by theirs, and what is no place in brackets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.text import T
from collector.reports.paths.modes import Plan
from collector.reports.paths.nodes import OTHER
from collector.reports.paths.places import Places
from collector.reports.paths.walk import ANCHOR, BEGAN, GOAL, LEFT

# Marked for translation here, written by code.
WORDS = {LEFT: T("(left)"), BEGAN: T("(began)"), OTHER: T("(other)")}
ARROW = " → "
MORE = "…"


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Names of codes, and codes of names, for one question."""

    places: Places
    special: Mapping[int, str]

    def of(self, code: int) -> str:
        """The name of a code."""
        return self.special[code] if code < 0 else self.places.names[code]

    def code(self, name: str, layer: Sequence[int]) -> int:
        """The code that a name stands for.

        Args:
            layer: the codes of the step's nodes, which count first: a start is called like its page, and only the step
                tells whether somebody is at the start or at the page again.

        Raises:
            UserError: no node has this name.
        """
        here = next((code for code in layer if self.of(code) == name), None)
        if here is not None:
            return here
        for code, known in self.special.items():
            if known == name:
                return code
        for kind, known in self.places.names.items():
            if known == name:
                return int(self.places.code[kind])
        raise UserError(f"There is no place {name!r}.", "Take it from the flow: a page's path, an event or (left).")


def _called(matcher: Matcher, goals: Sequence[tuple[str, Matcher]]) -> str:
    """A matcher as a node is called: a goal of the site by its name, a page by its path alone."""
    for name, goal in goals:
        if goal == matcher:
            return name
    return str(matcher) if matcher.conditions else str(matcher).removeprefix("page:")


def names_of(plan: Plan, places: Places, goals: Sequence[tuple[str, Matcher]]) -> Names:
    """The names in the answer to a plan; a goal is ticked, since its page may be a place of its own as well."""
    special = {code: str(text) for code, text in WORDS.items()}
    if plan.goal is not None:
        special[GOAL] = f"✓ {_called(plan.goal, goals)}"
    if plan.mode in ("start", "around") and plan.anchored is not None:
        special[ANCHOR] = _called(plan.anchored, goals)
    return Names(places, special)
