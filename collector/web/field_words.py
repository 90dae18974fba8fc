"""What is wrong with a question in the words of its page: fields by their labels, not the command line's options."""

from __future__ import annotations

import re

from collector.core.errors import UserError
from collector.core.text import T
from collector.reports.base import Report
from collector.web.format import text
from collector.web.language import gettext

_OPTION = re.compile(r"(Give )?--([a-z][a-z-]*)")
_COMMON = {"segment": T("Segment"), "by": T("Break down by"), "from": T("From"), "to": T("To")}


def field_words(error: UserError, report: Report) -> dict[str, str]:
    """The `error` and the `hint` as the page of `report` shows them."""
    labels = {name: text(label) for name, label in _COMMON.items()}
    labels |= {param.name: text(param.label) for param in report.params}

    def named(name: str) -> str:
        return gettext("“%(field)s”", field=labels.get(name, name))

    def option(found: re.Match[str]) -> str:
        return gettext("Fill in %(field)s", field=named(found[2])) if found[1] else named(found[2])

    # A parameter's own name stands where core.query puts it: at the beginning, or after "of" or "for" at the end.
    own = "|".join(sorted(map(re.escape, labels), key=len, reverse=True))
    place = re.compile(rf"^(?:{own})(?= is )|(?:(?<= of )|(?<= for ))(?:{own})(?=\.$)")
    message = place.sub(lambda found: named(found[0]), error.message)
    return {"error": _OPTION.sub(option, message), "hint": _OPTION.sub(option, error.hint)}
