"""The demo as a person starts it: a small world through the real server, the wire and the loader; twice."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collector.cli.child import free_port
from collector.core.errors import UserError
from collector.demo.send import Sender
from collector.demo.simulate import simulate
from collector.demo.world import World
from collector.store.open import open_ledger


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """What a running demo said when it was ready."""
    words = ["--data", str(folder), "--port", str(free_port(0)), "--visitors", "120", "--days", "10"]
    log = folder / "said.txt"
    folder.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DESIRELINE_")}
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "collector.cli", "demo", *words], stdout=file, stderr=file, env=environment
        )
        try:
            until = time.monotonic() + 60
            while "Ctrl-C ends" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield log.read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, log.read_text()


def counts(folder: Path) -> dict[str, int]:
    ledger = open_ledger(f"sqlite://{folder}/ledger.sqlite3")
    try:
        return dict(ledger.counts(1))
    finally:
        ledger.close()


def address(said: str, label: str) -> str:
    found = re.search(rf"{label}\s+(http\S+)", said)
    assert found is not None, said
    return found[1]


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_the_demo_fills_itself_once_and_ends_cleanly(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo(folder) as said:
        first = counts(folder)
        shop, collector = address(said, "Shop"), address(said, "Dashboard").partition("/login")[0]
        status, page = fetch(shop)
        assert status == 200
        assert f'src="{collector}/t.js" data-site="wk_' in page
        assert f"{shop}come-back?utm_source=adnet" in fetch(address(said, "Its ad"))[1]
        assert fetch(f"{collector}/healthz")[0] == 200
    expected = len(simulate(World(now=2**40, visitors=120, days=10)))
    assert abs(first["events"] - expected) < expected * 0.2
    assert first["persons"] > 0
    assert first["quarantined"] == 0
    assert sum(count for name, count in first.items() if name.startswith("bot:")) > 0
    with demo(folder):
        assert counts(folder) == first


def test_sending_to_nobody_says_so() -> None:
    found = simulate(World(now=10**12, visitors=1, days=1))
    with pytest.raises(UserError, match="did not take 1 event"):
        Sender(f"http://127.0.0.1:{free_port(0)}", "sk_x", tries=2).post(found[:1])
