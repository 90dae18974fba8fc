"""THE COMMAND LINE: `desireline`. Thin commands, one file each: read options, call a room, print.

May touch: every room but web, the terminal, and files that a person names.
Must never: hold a rule of its own; what a command knows, a page can know the same way.
"""

from collector.cli.main import main

__all__ = ["main"]
