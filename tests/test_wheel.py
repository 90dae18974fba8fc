"""The wheel, installed in an empty environment away from the checkout: pages, tracker and command line work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.postgres import free_port

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "npm_", "NPM_"))}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=kept | pip | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this tree; the tools that build it are those of the test environment."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("desireline-*.whl")
    return built


def asked_for(requirements: Sequence[str]) -> list[Distribution]:
    """The installed distributions that these requirements name, and all that those require in turn."""
    found: dict[tuple[str, frozenset[str]], Distribution] = {}
    todo = [(text, frozenset({""})) for text in requirements]
    while todo:
        text, extras = todo.pop()
        asked = Requirement(text)
        key = (asked.name.lower(), frozenset(asked.extras))
        if key in found or (asked.marker and not any(asked.marker.evaluate({"extra": extra}) for extra in extras)):
            continue
        found[key] = distribution(asked.name)
        todo += [(more, frozenset({"", *asked.extras})) for more in found[key].requires or ()]
    return list(found.values())


@pytest.fixture(scope="module")
def desireline(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment that holds the wheel and what it says it depends on, and nothing else.

    What it depends on was installed for the tests already, and is linked: to unpack it again takes half a minute.
    """
    home = tmp_path_factory.mktemp("empty")
    venv.create(home / "env")
    pip = (sys.executable, "-m", "pip", "--python", home / "env/bin/python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", "--no-deps", wheel, cwd=home)
    (ours,) = home.glob("env/lib/python*/site-packages/desireline-*.dist-info")
    for needed in asked_for(Distribution.at(ours).requires or ()):
        for name in {file.parts[0] for file in needed.files or ()} - {"..", "__pycache__"}:
            if not (ours.parent / name).exists():
                (ours.parent / name).symlink_to(Path(str(needed.locate_file(name))))
    run(*pip, "check", cwd=home)
    return home / "env/bin/desireline"


@pytest.fixture
def address(desireline: Path, tmp_path: Path) -> Iterator[str]:
    """A server started by the installed command."""
    site = run(
        desireline, "site", "add", "shop", "--origin", "https://shop.example", "--data", "d", "--json", cwd=tmp_path
    )
    (tmp_path / "site.json").write_text(site)
    base = f"http://127.0.0.1:{free_port()}"
    with (tmp_path / "log").open("w") as log:
        command = [str(desireline), "serve", "--data", "d", "--port", base.rpartition(":")[2]]
        server = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_ready(base, tmp_path / "log")
            yield base
        finally:
            server.send_signal(signal.SIGTERM)
            ended = server.wait(30)
    assert ended == 0, (tmp_path / "log").read_text()


def _wait_ready(base: str, log: Path) -> None:
    for _ in range(300):
        if _status(base + "/readyz") == 200:
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def test_it_serves_tracker_and_pages_and_counts_an_event(address: str, desireline: Path, tmp_path: Path) -> None:
    assert b"desireline" in _get(address + "/t.js")
    assert len(_get(address + "/chat.js")) > 500
    assert b"<form" in _get(address + "/login")
    site = json.loads((tmp_path / "site.json").read_text())
    query = f"/collect?key={site['write_key']}&url=https%3A%2F%2Fshop.example%2Fpricing"
    request = urllib.request.Request(address + query, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    question = ["report", "funnel", "--site", "shop", "--data", "d", "--step", "page:/pricing", "--format", "json"]
    for _ in range(100):
        told = run(desireline, *question, cwd=tmp_path)
        (steps,) = [block for block in json.loads(told)["blocks"] if block["id"] == "steps"]
        row = dict(zip(steps["columns"], steps["rows"][0], strict=True))
        if row["people"] == 1:
            return
        time.sleep(0.1)
    raise AssertionError(told)


def test_its_demo_starts_and_says_what_to_open(desireline: Path, tmp_path: Path) -> None:
    told = run(desireline, "demo", "--help", cwd=tmp_path)
    assert "shop" in told.lower()
