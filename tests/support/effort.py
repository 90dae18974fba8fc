"""How hard tests try: a third of what they can, so that the suite stays short; DESIRELINE_THOROUGH times all of it."""

from __future__ import annotations

import os

THOROUGH = int(os.environ.get("DESIRELINE_THOROUGH") or 0)


def examples(number: int) -> int:
    """How many random cases to try, of the number that a run with DESIRELINE_THOROUGH=1 tries."""
    return number * THOROUGH if THOROUGH else max(10, number // 3)
