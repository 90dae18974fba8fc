"""User agents of real browsers from two kept npm packages, installed beside this file at their first use."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.npm import install_packages

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"


def real_browsers() -> set[str]:
    """Every distinct user agent of `user-agents` and `top-user-agents`."""
    install_packages(HERE)
    rows = json.loads((MODULES / "user-agents" / "dist" / "user-agents.json").read_text())
    top = json.loads((MODULES / "top-user-agents" / "src" / "index.json").read_text())
    return {str(row["userAgent"]) for row in rows} | set(top)
