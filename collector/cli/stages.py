"""`desireline stages`: the stages of the journey, shown, set from a file, taken back; JSON goes in as it comes out."""

from __future__ import annotations

import json
from typing import IO

import click

from collector.cli.place import place_options, site_option
from collector.cli.rooms import open_rooms
from collector.core.errors import UserError
from collector.core.write import one_line
from collector.reports.stage_states import stages_of
from collector.settings import Settings

_KEYS = {"name", "when"}
_HELP = 'Write [{"name": "Visitor", "when": "any"}, {"name": "Lost", "when": "quiet:30d"}].'


@click.group("stages")
def stages_command() -> None:
    """The stages that people go through; whoever named none has those of the goals (docs/stages.md)."""


@stages_command.command("show")
@site_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as `set` reads it.")
@place_options
def show(site_name: str, as_json: bool, settings: Settings) -> None:
    """Show the stages in their order, each with when people come into it."""
    with open_rooms(settings) as rooms:
        site = rooms.catalog.question_site(rooms.site(site_name))
    if as_json:
        click.echo(json.dumps([{"name": one.name, "when": one.text} for one in stages_of(site)], ensure_ascii=False))
        return
    for number, one in enumerate(stages_of(site), 1):
        click.echo(one_line(f"{number:>2}  {one.name}  {one.text}"))
    if not site.stages:
        click.echo("Nobody named them: they are made of the goals. Name them: desireline stages set FILE --site SITE")


@stages_command.command("set")
@click.argument("file", type=click.File(encoding="utf-8"))
@site_option
@place_options
def set_stages(file: IO[str], site_name: str, settings: Settings) -> None:
    """Set the stages to those of FILE (- is the standard input), JSON as `show --json` prints it."""
    stages = _read(file)
    with open_rooms(settings) as rooms:
        made = rooms.catalog.update_site(rooms.site(site_name).id, stages=stages)
    click.echo(one_line("The stages are: " + ", ".join(name for name, _ in made.options.stages)))


@stages_command.command("remove")
@site_option
@place_options
def remove(site_name: str, settings: Settings) -> None:
    """Forget the stages that were named: they are made of the goals again."""
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        if not site.options.stages:
            raise UserError(f"Nobody named the stages of {site.name}.", "They are made of the goals.")
        rooms.catalog.update_site(site.id, stages=())
    click.echo("The stages are made of the goals again.")


def _read(file: IO[str]) -> list[tuple[str, str]]:
    try:
        told = json.load(file)
    except ValueError as error:
        raise UserError(f"The file cannot be read as JSON: {error}.", _HELP) from error
    if not isinstance(told, list) or not told:
        raise UserError("The file is no list of stages.", _HELP)
    for at, one in enumerate(told, 1):
        if not isinstance(one, dict) or set(one) != _KEYS or not all(isinstance(text, str) for text in one.values()):
            raise UserError(f"Stage {at} of the file does not have a name and a when, as texts.", _HELP)
    return [(one["name"], one["when"]) for one in told]
