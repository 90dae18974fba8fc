"""Flows as data for the page's script: the nodes of each step, the links between them, and the words of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from collector.core.blocks import Block, Cell
from collector.web import format as shown
from collector.web.cells import CellView
from collector.web.figures import finite
from collector.web.hints import as_names, place_of
from collector.web.language import gettext


@dataclass(slots=True)
class _Node:
    """One name within one step, and how many came in and went on."""

    layer: int
    name: str
    href: str = ""
    came: float = 0.0
    went: float = 0.0
    left: float = 0.0
    muted: bool = True
    place: int = 0

    @property
    def value(self) -> float:
        return max(self.came, self.went)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns of a flow's roles stand."""

    layer: int
    start: int
    end: int
    value: int
    muted: int | None

    def leaves(self, row: Sequence[Cell]) -> bool:
        """Whether a link is people leaving."""
        return self.muted is not None and bool(row[self.muted])

    def ends(self, row: Sequence[Cell]) -> tuple[tuple[int, Cell], tuple[int, Cell]]:
        """The keys of the two nodes of a link."""
        layer = int(finite(row[self.layer]) or 0)
        return (layer, row[self.start]), (layer + 1, row[self.end])

    def size(self, row: Sequence[Cell]) -> float:
        """How many went."""
        return finite(row[self.value]) or 0.0


def flow(block: Block, drawn: Sequence[Sequence[CellView]]) -> dict[str, object] | None:
    """The nodes and links of a flow; `drawn` are its cells in words. None where nobody went anywhere."""
    layer, start, end, value = (place_of(block, hint) for hint in ("layer", "from", "to", "value"))
    if layer is None or start is None or end is None or value is None:
        return None
    at = _Places(layer, start, end, value, place_of(block, "muted"))
    rows = [(row, cells) for row, cells in zip(block.rows, drawn, strict=True) if at.size(row) > 0]
    if not rows:
        return None
    nodes = _nodes(at, rows)
    # Within a step the largest stand first where the block knows no order, and those that left last.
    known = {name: place for place, name in enumerate(as_names(block.draw.get("order")))}
    ordered = sorted(
        nodes.values(), key=lambda node: (node.layer, node.muted, known.get(node.name, len(known)), -node.value)
    )
    for place, node in enumerate(ordered):
        node.place = place
    tones = {name: tone for tone, name in enumerate(dict.fromkeys(node.name for node in ordered if not node.muted))}
    layers = [node.layer for node in ordered]
    return {
        "layers": max(layers) - min(layers) + 1,
        "tallest": max(layers.count(one) for one in set(layers)),
        "nodes": [_node(block, at, node, tones.get(node.name, 0), min(layers)) for node in ordered],
        "links": [_link(block, at, nodes, row, cells) for row, cells in rows],
    }


def _nodes(at: _Places, rows: Sequence[tuple[Sequence[Cell], Sequence[CellView]]]) -> dict[tuple[int, Cell], _Node]:
    """Every end of a link once in its step, with what came to it and went from it."""
    nodes: dict[tuple[int, Cell], _Node] = {}
    for row, cells in rows:
        (here, there), size, leaves = at.ends(row), at.size(row), at.leaves(row)
        source = nodes.setdefault(here, _Node(here[0], cells[at.start].text))
        target = nodes.setdefault(there, _Node(there[0], cells[at.end].text))
        source.went, target.came = source.went + size, target.came + size
        source.left += size if leaves else 0.0
        source.muted, target.muted = False, target.muted and leaves
        source.href, target.href = source.href or cells[at.start].href, target.href or cells[at.end].href
    return nodes


def _node(block: Block, at: _Places, node: _Node, tone: int, first: int) -> dict[str, object]:
    column = block.columns[at.value]
    words = shown.cell(node.value, column.unit, UTC)
    gone = gettext("Left here: %(share)s", share=shown.percent(node.left / node.value)) if node.left else ""
    tip = [node.name, f"{shown.text(column.label)}: {words}", gone]
    return {
        "name": node.name,
        "depth": node.layer - first,
        "value": node.value,
        "shown": words,
        "tip": [line for line in tip if line],
        "href": node.href,
        "muted": node.muted,
        "tone": tone,
    }


def _link(
    block: Block, at: _Places, nodes: Mapping[tuple[int, Cell], _Node], row: Sequence[Cell], cells: Sequence[CellView]
) -> dict[str, object]:
    """A link; its tooltip says its ends, how many went, which share of where they were, and what else its row says."""
    source, target = (nodes[key] for key in at.ends(row))
    said = {at.layer, at.start, at.end, at.value, at.muted}
    hidden = as_names(block.draw.get("unseen"))
    rest = [at.value, *(n for n, one in enumerate(block.columns) if n not in said and one.name not in hidden)]
    count, *more = [f"{shown.text(block.columns[n].label)}: {cells[n].text}" for n in rest]
    share = gettext("%(share)s of %(name)s", share=shown.percent(at.size(row) / source.value), name=source.name)
    return {
        "source": source.place,
        "target": target.place,
        "value": at.size(row),
        "tip": [f"{source.name} → {target.name}", count, share, *more],
        "href": cells[at.value].href,
        "muted": at.leaves(row),
    }
