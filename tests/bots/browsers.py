"""User agents of real browsers from two kept npm packages, installed beside this file at their first use."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"


def _install() -> None:
    """`npm ci` by the committed lock, once, whichever process of the tests comes first."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is not on PATH: it brings the user agents that these tests compare with.")
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=300)


def real_browsers() -> set[str]:
    """Every distinct user agent of `user-agents` and `top-user-agents`."""
    wanted = MODULES / "user-agents" / "dist" / "user-agents.json"
    top = MODULES / "top-user-agents" / "src" / "index.json"
    with (HERE / "package.json").open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (wanted.exists() and top.exists()):
            _install()
    found = {str(row["userAgent"]) for row in json.loads(wanted.read_text())}
    return found | set(json.loads(top.read_text()))
