"""How hard tests try: a third of what they can, so that the suite stays short; all of it with DESIRELINE_THOROUGH=1."""

from __future__ import annotations

import os

THOROUGH = os.environ.get("DESIRELINE_THOROUGH", "") not in ("", "0")


def examples(number: int) -> int:
    """How many random cases to try, of the number that a thorough run tries."""
    return number if THOROUGH else max(10, number // 3)
