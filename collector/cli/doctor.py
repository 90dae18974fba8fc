"""`desireline doctor`: what is wrong with an installation, in plain words, and how to mend it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import click

from collector.cli.place import now_ms, place_options
from collector.doctor.fetch import fetcher
from collector.doctor.finding import Case, Finding
from collector.doctor.run import examine, server_settings
from collector.settings import Settings

_SIGNS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "bad": ("✗", "red")}


def _clean(text: str) -> str:
    """Text of others (pages, headers) without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _show(finding: Finding) -> None:
    sign, colour = _SIGNS[finding.level]
    click.echo(f"{click.style(sign, fg=colour, bold=True)} {_clean(finding.about)}: {_clean(finding.text)}")
    if finding.fix:
        click.echo(f"    {_clean(finding.fix)}")


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Read all of the database, however large.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Where the server listens, if it does not say so itself.")
@place_options
def doctor_command(settings: Settings, deep: bool, as_json: bool, port: int | None) -> None:
    """Look at everything that can be wrong: installation, disk, database, inbox, server, proxy, clock, tags, backups.

    Changes nothing. Ends with 1 where something is broken.
    """
    settings = server_settings(settings)
    if port:
        settings = replace(settings, port=port)
    case = Case(settings, now_ms(), fetcher(settings, now_ms), deep)
    found = []
    for finding in examine(case):
        found.append(finding)
        if not as_json:
            _show(finding)
    broken = sum(finding.level == "bad" for finding in found)
    warned = sum(finding.level == "warn" for finding in found)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    elif broken or warned:
        click.echo(f"\n{broken} broken, {warned} to see to.")
    else:
        click.echo("\nAll is well.")
    raise SystemExit(1 if broken else 0)
