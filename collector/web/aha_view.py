"""The findings of the aha report with a link to Impact in sight, for its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from collector.web.cells import CellView
from collector.web.draw import BlockView, Head
from collector.web.language import gettext
from collector.web.report_page import ReportPage


def extras(page: ReportPage) -> Mapping[str, object]:
    """`findings`, the table with that link in each row, and `impact_href`, the question of what the headline tells."""
    view = page.block("actions")
    block = next((one for one in page.answer.blocks if one.id == "actions"), None) if page.answer else None
    if view is None or block is None or "leads" not in block.draw:
        return {"findings": view, "impact_href": ""}
    links = [cell.href for cell in view.column("action")]
    told = block.draw.get("stands_out")
    return {"findings": _asking(view, links), "impact_href": links[told] if isinstance(told, int) else ""}


def _asking(view: BlockView, links: list[str]) -> BlockView:
    head = Head("ask", gettext("What does it change?"), "", numeric=False)
    rows = [
        replace(row, cells=[*row.cells, CellView(gettext("Ask Impact"), numeric=False, href=link, tight=True)])
        for row, link in zip(view.rows, links, strict=True)
    ]
    return replace(view, heads=[*view.heads, head], rows=rows)
