"""A report's parameters as form fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.core.query import Param
from collector.web.format import text


@dataclass(frozen=True, slots=True)
class Exclude:
    """One exclusion in its three fields."""

    matcher: str
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One parameter as a form shows it. `values` are the texts given, `rows` how many inputs a repeated one has."""

    name: str
    kind: str
    label: str
    help: str
    values: Sequence[str]
    default: str
    choices: Sequence[tuple[str, str]]
    repeat: bool
    required: int
    minimum: int | None
    maximum: int | None
    rows: int

    @property
    def value(self) -> str:
        """The text of a field that is given once: what was given, else the default."""
        return self.values[-1] if self.values else self.default

    @property
    def checked(self) -> bool:
        """Whether a flag is on."""
        return bool(self.values) and self.values[-1].lower() not in ("0", "false", "no", "off")

    @property
    def given(self) -> bool:
        """Whether the address says something other than the default."""
        return any(value.strip() for value in self.values) and list(self.values) != [self.default]

    @property
    def inline(self) -> bool:
        """Short ones stand in the filter line itself."""
        return not self.repeat and (self.kind in ("choice", "flag") or self.name == "search")

    @property
    def excludes(self) -> Sequence[Exclude]:
        """The parts of given exclusions, and one blank row."""
        return [*(_parts(value) for value in self.values), Exclude("", "1", "2")]


def _parts(value: str) -> Exclude:
    head, _, steps = value.rpartition("@")
    after, _, before = steps.partition("-")
    return Exclude(head, after, before)


def field(param: Param, given: Mapping[str, Sequence[str]], rows: int = 0) -> FieldView:
    """The field of a parameter with what the address says; `rows` asks for at least so many inputs."""
    values = [value for value in given.get(param.name, ()) if value.strip() or param.kind == "flag"]
    most = param.maximum if param.repeat and param.maximum else 20
    return FieldView(
        name=param.name,
        kind=param.kind,
        label=text(param.label),
        help=text(param.help),
        values=values,
        default=param.default or "",
        choices=[(value, text(label)) for value, label in param.choices],
        repeat=param.repeat,
        required=param.required,
        minimum=param.minimum,
        maximum=param.maximum,
        rows=min(max(len(values) + 1, param.required, rows), most),
    )


def common(name: str, kind: str, label: str, given: Mapping[str, Sequence[str]]) -> FieldView:
    """A field for one of the options that every report takes."""
    values = [value for value in given.get(name, ()) if value.strip()]
    return FieldView(name, kind, label, "", values, "", (), True, 0, None, None, len(values) + 1)
