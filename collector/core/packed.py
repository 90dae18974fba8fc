"""A result as bytes and back, to keep it for a while: an explicit JSON form, read without running anything (D25)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, cast

from collector.core.blocks import Block, BlockKind, Column, Result, Unit
from collector.core.text import Text, Value

# What a form begins with; whatever was written by another version of it is not read.
FORM = 2


def pack(result: Result) -> bytes:
    """The result as bytes.

    Raises:
        TypeError: it holds a value that has no form here.
    """
    whole = [
        FORM,
        [_block(block) for block in result.blocks],
        int(result.as_of),
        _write(result.headline),
        [_write(note) for note in result.notes],
        dict(result.settled),
    ]
    return json.dumps(whole, separators=(",", ":"), default=_number).encode()


def unpack(data: bytes) -> Result:
    """The result that `pack` made bytes of.

    Raises:
        ValueError: these are no such bytes, or of another version.
    """
    try:
        form, blocks, as_of, headline, notes, settled = json.loads(data)
        if form != FORM:
            raise ValueError(f"a result in form {form}")
        return Result(
            blocks=[_to_block(block) for block in blocks],
            as_of=as_of,
            headline=_read(headline),
            notes=tuple(_read(note) for note in notes),
            settled=dict(settled),
        )
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError("no packed result") from error


def _number(value: object) -> object:
    """A number of numpy as the plain number it is."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{type(value).__name__} has no packed form")
    return item()


def _block(block: Block) -> list[object]:
    return [
        block.id,
        block.kind,
        _write(block.title),
        [[one.name, _write(one.label), one.unit, _write(one.help)] for one in block.columns],
        # Cells are plain by their type, and there are many: they go as they are.
        [list(row) for row in block.rows],
        [[name, _write(value)] for name, value in block.draw.items()],
        [None if link is None else [list(pair) for pair in link] for link in block.links],
        _write(block.note),
        _write(block.empty),
    ]


def _to_block(given: list[Any]) -> Block:
    name, kind, title, columns, rows, draw, links, note, empty = given
    return Block(
        id=name,
        kind=cast(BlockKind, kind),
        title=_read(title),
        columns=[Column(one, _read(label), cast(Unit, unit), _read(help_)) for one, label, unit, help_ in columns],
        rows=rows,
        draw={key: _read(value) for key, value in draw},
        links=[None if link is None else tuple((one, text) for one, text in link) for link in links],
        note=_read(note),
        empty=_read(empty),
    )


def _write(value: object) -> object:
    """A value with a mark of what it is; what JSON knows by itself has none."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Text):
        return {"text": value.template, "values": [[name, _write(one)] for name, one in value.values.items()]}
    if isinstance(value, Value):
        return {"value": _write(value.value), "unit": value.unit}
    if isinstance(value, list):
        return [_write(one) for one in value]
    if isinstance(value, tuple):
        return {"tuple": [_write(one) for one in value]}
    if isinstance(value, dict):
        return {"pairs": [[_write(key), _write(one)] for key, one in value.items()]}
    if type(value) is date:
        return {"date": value.isoformat()}
    return _write(_number(value))


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "text" in value:
        return Text(value["text"], {name: _read(one) for name, one in value["values"]})
    if "unit" in value:
        return Value(_read(value["value"]), value["unit"])
    if "tuple" in value:
        return tuple(_read(one) for one in value["tuple"])
    if "pairs" in value:
        return {_read(key): _read(one) for key, one in value["pairs"]}
    return date.fromisoformat(value["date"])
