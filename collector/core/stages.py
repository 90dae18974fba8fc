"""The stages of a site's journey: names in order, each with the condition by which people come into it.

A condition is what was done, `event:signup`, from the n-th time on, `event:purchase[#times>=2]`, or one of several
such things, `event:trial | page:/demo`. The last stage may be `quiet:30d`: nothing was done for so long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.people import AnyOf, Did, Fact, PeopleCondition
from collector.core.people_text import parse_people
from collector.core.times import DAY, format_duration, parse_duration

MOST_STAGES = 12
MOST_LETTERS = 60
QUIET = "quiet:"
_LONGEST = 3_660 * DAY
_HELP = "Write event:signup, event:purchase[#times>=2], page:/pricing | event:trial, or quiet:30d for the last stage."


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: come into by the `n`-th event that fits the matcher of any of `ways`, or by `quiet` ms of nothing."""

    name: str
    ways: tuple[tuple[Matcher, int], ...] = ()
    quiet: int = 0

    @property
    def text(self) -> str:
        """The condition as it is written."""
        if self.quiet:
            return f"{QUIET}{format_duration(self.quiet)}"
        return " | ".join(f"{matcher}[#times>={n}]" if n > 1 else str(matcher) for matcher, n in self.ways)


def parse_stages(given: Sequence[Sequence[str]]) -> tuple[Stage, ...]:
    """Stages from (name, condition) pairs, in their order.

    Raises:
        UserError: a name or a condition that is missing, given twice or cannot be read; which, and what to write.
    """
    if len(given) > MOST_STAGES:
        raise UserError(f"These are {len(given)} stages.", f"At most {MOST_STAGES}.")
    found = tuple(_stage(at, name.strip(), text.strip()) for at, (name, text) in enumerate(given, 1))
    names = [one.name.casefold() for one in found]
    for one in found:
        if names.count(one.name.casefold()) > 1:
            raise UserError(f"Two stages are named {one.name!r}.", "Give each a name of its own.")
    for one in found[:-1]:
        if one.quiet:
            raise UserError(f"{one.name!r} is a stage of silence before others.", "Put it last: it ends what was.")
    if len(found) == 1 and found[0].quiet:
        raise UserError("There is nothing to fall silent after.", "Put a stage before it, like Visitor with any.")
    return found


def default_stages(goals: Sequence[tuple[str, Matcher]]) -> tuple[Stage, ...]:
    """What is shown where nobody has named stages: visitors, one stage a goal in their order, and who is lost."""
    found = [Stage("Visitor", ((Matcher("any"), 1),))]
    for name, matcher in goals:
        if len(found) < MOST_STAGES - 1 and name.casefold() not in (*(one.name.casefold() for one in found), "lost"):
            found.append(Stage(name, ((matcher, 1),)))
    return (*found, Stage("Lost", quiet=30 * DAY))


def _stage(at: int, name: str, text: str) -> Stage:
    if not name or len(name) > MOST_LETTERS:
        raise UserError(f"Stage {at} needs a name.", f"At most {MOST_LETTERS} characters.")
    if not _is_plain(name):
        raise UserError(f"{name!r} cannot be a stage's name.", "It would read as a condition: use plain words.")
    if not text:
        raise UserError(f"The stage {name!r} has no condition.", _HELP)
    if text.startswith(QUIET):
        quiet = parse_duration(text.removeprefix(QUIET))
        if quiet > _LONGEST:
            raise UserError(f"{text!r} is longer than ten years.", "Write something like quiet:30d.")
        return Stage(name, quiet=quiet)
    condition = parse_people(text)
    options = condition.options if isinstance(condition, AnyOf) else (condition,)
    return Stage(name, tuple(_way(name, option) for option in options))


def _is_plain(name: str) -> bool:
    """Whether `stage:` with this name reads as that stage."""
    try:
        return parse_people(f"stage:{name}") == Fact("stage", name)
    except UserError:
        return False


def _way(name: str, condition: PeopleCondition) -> tuple[Matcher, int]:
    if isinstance(condition, Matcher):
        return condition, 1
    if isinstance(condition, Did) and isinstance(condition.what, Matcher) and len(condition.counts) == 1:
        count = condition.counts[0]
        plain = condition == Did(condition.what, counts=condition.counts)
        if plain and count.op == ">=" and count.number >= 1:
            return condition.what, count.number
    raise UserError(f"{str(condition)!r} does not say when people come into the stage {name!r}.", _HELP)
