"""`desireline` and its commands: each is loaded when it is called, each error is one line."""

from __future__ import annotations

import importlib
from typing import Any

import click

from collector.core.errors import UserError
from collector.core.write import one_line
from collector.store.protocol import LedgerDown

# Name -> module of this room and the command in it. In the order that help shows.
COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "site": "site",
    "user": "user",
    "import": "import_",
    "report": "report",
    "segment": "segment",
    "split": "split",
    "stages": "stages",
    "annotation": "annotation",
    "spend": "spend",
    "export": "export",
    "link": "people",
    "unlink": "people",
    "forget": "people",
    "unforget": "people",
    "retention": "retention",
    "backup": "backup",
    "restore": "backup",
    "doctor": "doctor",
}


class Problem(click.ClickException):
    """What a person can mend, in one line; the command ends with 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(one_line(" ".join(message.split())))


class House(click.Group):
    """All commands; errors that a person can cause never show a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, its module imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"collector.cli.{COMMANDS[cmd_name]}")
        found = getattr(module, f"{cmd_name}_command")
        return found if isinstance(found, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, its errors turned into lines."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise Problem(str(error)) from error
        except LedgerDown as error:
            raise Problem(f"The database cannot be used now: {error}") from error


@click.command(cls=House, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="desireline", prog_name="desireline")
def main() -> None:
    """Customer journey analytics on your own machine.

    Start with `desireline demo` to look around, or with `desireline site add NAME --origin URL` and `desireline serve`.
    """
