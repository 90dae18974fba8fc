"""What counts as a step, goal, touch or exposure: `page:/pricing`, `event:purchase[total>=100]`, `any`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from collector.core import event as events
from collector.core.errors import UserError
from collector.core.event import Json, Kind
from collector.core.number import number_in

SUBJECTS = (
    "page",
    "event",
    "click",
    "form",
    "form_start",
    "form_failed",
    "form_abandon",
    "outbound",
    "download",
    "source",
)
_TYPE_OF = {subject: subject for subject in SUBJECTS} | {"event": events.CUSTOM, "page": events.PAGE}
_CONDITION = re.compile(r"\[([^\[\]=!<>~]+)(!=|>=|<=|=|>|<|~)(\"(?:[^\"\\]|\\.)*\"|[^\]]*)\]$", re.DOTALL)
_HELP = "Write page:/pricing, event:Name, click:Text, form:id or source:name, then conditions like [total>=100]."
MAX_LENGTH = 2_000


def cell_text(cell: Json) -> str:
    """A property's value as conditions and breakdowns compare it: true, 10, text; None is the empty text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def quoted(value: str) -> str:
    """A value in quotes, for what would end it otherwise."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Condition:
    """One `[key op value]`. Numbers compare as numbers where both sides are; `~` is contains, ignoring case."""

    key: str
    op: str
    value: str

    def test(self, cell: Json, present: bool = True) -> bool:
        """Whether a property's value fits. An absent property fits `!=` only (its value is not the one named)."""
        if not present or cell is None:
            return self.op == "!=" and self.value != ""
        left, right = number_in(cell), number_in(self.value)
        if self.op in ("=", "!="):
            same = left == right if left is not None and right is not None else cell_text(cell) == self.value
            return same == (self.op == "=")
        if self.op == "~":
            return self.value.casefold() in cell_text(cell).casefold()
        if left is None or right is None:
            return False
        return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[self.op]

    def __str__(self) -> str:
        plain = "]" not in self.value and not self.value.startswith('"')
        return f"[{self.key}{self.op}{self.value if plain else quoted(self.value)}]"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A parsed matcher: `subject` (or `any`), a `pattern` over names, and conditions on properties."""

    subject: str
    pattern: str = ""
    conditions: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        head = self.subject if self.subject == "any" else f"{self.subject}:{self.pattern}"
        return head + "".join(map(str, self.conditions))

    @property
    def is_source(self) -> bool:
        """True for `source:...`, which fits a session's first event by its source, not by its kind."""
        return self.subject == "source"

    def fits_kind(self, kind: Kind) -> bool:
        """Whether events of this kind fit, conditions and sources aside."""
        if self.subject in ("any", "source"):
            return True
        if kind.type != _TYPE_OF[self.subject]:
            return False
        if self.subject == "click" and self.pattern.startswith("#"):
            return fits_pattern(self.pattern, kind.target)
        return fits_pattern(self.pattern, kind.name, path=self.subject == "page")

    def fits_source(self, channel: str, source: str) -> bool:
        """Whether a session of this channel and source fits `source:...`."""
        return fits_pattern(self.pattern.casefold(), channel.casefold()) or fits_pattern(
            self.pattern.casefold(), source.casefold()
        )


@lru_cache(maxsize=4_096)
def _compiled(pattern: str, path: bool) -> re.Pattern[str]:
    body = pattern.rstrip("/") if path else pattern
    parts = [part.split("*") if path else [part] for part in re.split(r"\*{2,}" if path else r"\*+", body)]
    # Between two wide stars the first place that fits leaves the most to what follows: no other is tried, else a
    # pattern of many stars would take a long name for ever.
    *before, last = [_within(part, ends=at == len(parts) - 1) for at, part in enumerate(parts)]
    begin = "".join(one if at == 0 else f"(?>.*?{one})" for at, one in enumerate(before)) + (".*" if before else "")
    return re.compile(begin + last + ("/?" if path else ""), re.DOTALL)


def _within(texts: Sequence[str], ends: bool) -> str:
    """Texts with narrow stars between them, as an expression; the last one that the name may end with must try on."""
    first, *rest = map(re.escape, texts)
    tried = [f"[^/]*{rest.pop()}"] if ends and rest else []
    return "".join([first, *(f"(?>[^/]*?{one})" for one in rest), *tried])


def fits_pattern(pattern: str, name: str, path: bool = False) -> bool:
    """Whether `name` fits: `*` stands for anything (within a segment where `path`), `**` across segments.

    A path fits with and without its closing slash.
    """
    if "*" not in pattern and not path:
        return pattern == name
    return _compiled(pattern, path).fullmatch(name) is not None


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    return value.strip()


def last_condition(text: str) -> tuple[str, Condition] | None:
    """The condition that a matcher's text ends with, and the text before it; None where it ends with none."""
    found = _CONDITION.search(text) if text.endswith("]") else None
    return found and (text[: found.start()].rstrip(), Condition(found[1].strip(), found[2], _unquote(found[3])))


def parse_matcher(text: str) -> Matcher:
    """The matcher written as `text`.

    Raises:
        UserError: unknown subject, nothing after the colon, or a condition that cannot be read.
    """
    rest = text.strip()
    if len(rest) > MAX_LENGTH:
        raise UserError("This matcher is too long.", f"At most {MAX_LENGTH} characters.")
    conditions: list[Condition] = []
    while found := last_condition(rest):
        rest = found[0]
        conditions.insert(0, found[1])
    if rest == "any":
        return Matcher("any", "", tuple(conditions))
    subject, colon, pattern = rest.partition(":")
    if not colon or subject not in SUBJECTS:
        raise UserError(f"{text!r} is not a matcher.", _HELP)
    if not pattern.strip():
        raise UserError(f"{text!r} names nothing after the colon.", _HELP)
    return Matcher(subject, pattern.strip(), tuple(conditions))


def matching_kinds(matcher: Matcher, kinds: Iterable[tuple[int, Kind]]) -> set[int]:
    """The ids of the kinds that fit `matcher`, from (id, kind) pairs."""
    return {number for number, kind in kinds if matcher.fits_kind(kind)}
