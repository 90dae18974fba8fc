"""The loader's process: it ends when it is told to, whatever it is doing just then, and is started until it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from collector.server import LoaderChild
from collector.settings import read_settings

IN_THE_MIDDLE = """
import os, signal, threading
from collector.loader import heed_end
stop = threading.Event()
heed_end(stop, os.getppid())
with stop._cond:  # as within a step of `stop.wait`
    signal.raise_signal(signal.SIGTERM)
assert stop.wait(10)
"""


def test_a_term_in_the_middle_of_a_wait_ends_the_loader_too() -> None:
    subprocess.run([sys.executable, "-c", IN_THE_MIDDLE], check=True, timeout=30)


def test_a_loader_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("collector.server.AGAIN", 0.01)
    child = LoaderChild(read_settings({"DESIRELINE_DATA": str(tmp_path)}))
    tries: list[int] = []

    def spawn() -> subprocess.Popen[bytes]:
        tries.append(1)
        if len(tries) < 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        child._stop.set()
        return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    monkeypatch.setattr(child, "_spawn", spawn)
    child.start()
    child._thread.join(10)
    assert len(tries) == 3
    process = child._process
    assert process is not None
    with process:
        child.stop()
        assert process.poll() is not None
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
