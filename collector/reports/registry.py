"""All reports by name: every module of this room that holds a `REPORT`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import MappingProxyType

from collector import reports as room
from collector.reports.base import Report


@cache
def reports() -> MappingProxyType[str, Report]:
    """Name to report, in menu order (those without a place last, by name)."""
    found = []
    for module in pkgutil.iter_modules(room.__path__):
        report = getattr(importlib.import_module(f"{room.__name__}.{module.name}"), "REPORT", None)
        if isinstance(report, Report):
            found.append(report)
    found.sort(key=lambda report: (report.menu is None, report.menu or 0, report.name))
    return MappingProxyType({report.name: report for report in found})
