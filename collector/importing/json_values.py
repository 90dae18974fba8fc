"""The values of a JSON text one by one, so that an array of a million visits needs the memory of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Any

from collector.core.errors import UserError

# What an API wraps its page of rows in: {"next": null, "results": [ ... ]}.
_WRAPPER = re.compile(
    r'\s*\{(?:\s*"\w+"\s*:\s*(?:null|true|false|[-\d.]+|"(?:[^"\\]|\\.)*")\s*,)*'
    r'\s*"(?:results|data|batch|events)"\s*:\s*(?=\[\s*[{\]])'
)
_BETWEEN = re.compile(r"[\s,\[]*")
_CHUNK = 1 << 18
MAX_VALUE = 1 << 26


def is_wrapped(text: str) -> bool:
    """Whether a text begins like an API's page of rows, `{"next": null, "results": [{`."""
    return _WRAPPER.match(text) is not None


def json_values(stream: IO[str], name: str) -> Iterator[tuple[int, Any, str]]:
    """(line it begins on, value, its text) of each value in an array, or in a row of values.

    Raises:
        UserError: from some line on it is not JSON, or one value is larger than 64 M characters.
    """
    decoder = json.JSONDecoder()
    buffer, line = stream.read(_CHUNK), 1
    wrapper = _WRAPPER.match(buffer)
    at = wrapper.end() if wrapper else 0
    line += buffer.count("\n", 0, at)
    inside = False
    while True:
        space = _BETWEEN.match(buffer, at)
        end = space.end() if space else at
        line += buffer.count("\n", at, end)
        inside = inside or "[" in buffer[at:end]
        at = end
        if inside and buffer.startswith("]", at):
            return
        try:
            if at == len(buffer):
                raise ValueError
            value, end = decoder.raw_decode(buffer, at)
        except RecursionError:
            raise UserError(f"{name} is nested too deeply at line {line}.") from None
        except ValueError:
            rest = len(buffer) - at
            # As much again as could not be read, so that a long value is not read over and over.
            more = stream.read(max(_CHUNK, rest)) if rest < MAX_VALUE else ""
            if more:
                buffer, at = buffer[at:] + more, 0
                continue
            if at == len(buffer) and not inside:
                return
            raise UserError(f"{name} is not JSON from line {line} on.", "It may have been cut off.") from None
        yield line, value, buffer[at:end]
        line += buffer.count("\n", at, end)
        at = end
