"""`desireline report NAME`: any report in the terminal, with the same parameters and numbers as its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import open_rooms
from collector.cli.words import say
from collector.core.blocks import Block, Result
from collector.core.errors import UserError
from collector.core.query import Param
from collector.core.text import T
from collector.core.write import block_csv, block_table, dump_json
from collector.reports.ask import ask
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.settings import Settings

_FORMS = ("table", "csv", "json")
COMMON_PARAMS = (
    Param("period", "text", T("Period"), T("The days up to today: 7d, 2w; or yesterday, this-month, last-month.")),
    Param("from", "text", T("From"), T("First day, YYYY-MM-DD, in the site's time zone [default: 30 days back].")),
    Param("to", "text", T("To"), T("Last day, YYYY-MM-DD [default: today].")),
    Param("all-time", "flag", T("All time"), T("Everything, instead of a range of days.")),
    Param("where", "matcher", T("Where"), T("Only people who did this, or are: see `segment`."), repeat=True),
    Param("where-not", "matcher", T("Where not"), T("Only people who did not do this, or are not."), repeat=True),
    Param("segment", "text", T("Segment"), T("Only people of a saved segment.")),
    Param("include-bots", "flag", T("Include bots"), T("Count what robots did too.")),
    Param(
        "include-cookieless",
        "flag",
        T("Include people without cookies"),
        T("Follow people counted without cookies for longer than a day too, as another person each day."),
    ),
)


def _option(param: Param) -> click.Option:
    """A parameter as an option; its text goes on unread, so that the command line and the page read it the same way."""
    text = str(param.help or param.label)
    if param.choices:
        text = f"{text.rstrip('.')}: {', '.join(value for value, _ in param.choices)}."
    if param.default is not None:
        text += f" [default: {param.default}]"
    if param.required:
        text += " [required]" if param.required == 1 else f" [required at least {param.required} times]"
    name = param.name.replace("-", "_")
    if param.kind == "flag":
        return click.Option([f"--{param.name}", f"arg_{name}"], is_flag=True, help=text)
    metavar = {"matcher": "MATCHER", "duration": "DURATION", "int": "NUMBER", "exclude": "MATCHER@1-2"}.get(param.kind)
    return click.Option([f"--{param.name}", f"arg_{name}"], multiple=param.repeat, metavar=metavar or "TEXT", help=text)


def _arguments(params: tuple[Param, ...], told: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was given, by the parameters' own names."""
    found: dict[str, list[str]] = {}
    for param in params:
        value = told[f"arg_{param.name.replace('-', '_')}"]
        if param.kind == "flag":
            if value:
                found[param.name] = ["1"]
        elif param.repeat:
            if value:
                found[param.name] = list(value)
        elif value is not None:
            found[param.name] = [value]
    return found


def _command(report: Report) -> click.Command:
    params = (*report.params, *COMMON_PARAMS, Param("by", "property", T("By"), report.by_help))

    @site_option
    @click.option("--format", "form", type=click.Choice(_FORMS), default="table", show_default=True)
    @click.option("--block", metavar="ID", help="Only this block (CSV writes one: the first table by default).")
    @place_options
    def run(site_name: str, form: str, block: str | None, settings: Settings, **told: Any) -> None:
        with open_rooms(settings) as rooms:
            site = rooms.site(site_name)
            question = rooms.catalog.question_site(site)
            query, result = ask(report, rooms.journeys(site), _arguments(params, told), question, now_ms())
        if form == "json":
            click.echo(dump_json(report.name, query.arguments, result, site.zone))
        elif form == "csv":
            click.echo(block_csv(_chosen(result, block), site.zone), nl=False)
        else:
            _table(result, [_chosen(result, block)] if block else list(result.blocks), site.zone)

    made = click.command(report.name, help=str(report.summary), short_help=str(report.summary))(run)
    made.params = [*(_option(param) for param in params), *made.params]
    return made


def _chosen(result: Result, block_id: str | None) -> Block:
    if block_id is not None:
        try:
            return result.block(block_id)
        except KeyError:
            known = ", ".join(block.id for block in result.blocks)
            raise UserError(f"There is no block {block_id!r}.", f"Blocks here: {known}.") from None
    tables = [block for block in result.blocks if block.kind != "number"] or list(result.blocks)
    if not tables:
        raise UserError("This report has nothing to write as CSV.", "Use --format json.")
    return tables[0]


def _table(result: Result, blocks: list[Block], zone: Any) -> None:
    if result.headline is not None:
        click.echo(f"{say(result.headline)}\n")
    for block in blocks:
        click.echo(
            block_table(block, zone)
            if block.rows
            else f"{say(block.title)}\n{say(block.empty or T('Nothing here.'))}\n"
        )
        if block.note is not None:
            click.echo(f"  {say(block.note)}\n")
    for note in result.notes:
        click.echo(f"* {say(note)}")


class Reports(click.Group):
    """One command a report, made from the report itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in menu order."""
        return list(reports())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of the report called `cmd_name`."""
        found = reports().get(cmd_name)
        return None if found is None else _command(found)


@click.group("report", cls=Reports)
def report_command() -> None:
    """Ask any report from the terminal: a table, CSV or JSON."""
