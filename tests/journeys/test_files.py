"""The files of a view, read by the threads of a worker at once."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collector.journeys.files import load


def test_no_two_threads_read_a_files_header_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The parser that numpy reads it with fails in one of many such cases, too few to wait for in a test.
    np.save(tmp_path / "a.npy", np.arange(3))
    real, at_work, most = np.load, 0, 0

    def slow(*given: Any) -> Any:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        time.sleep(0.01)
        at_work -= 1
        return real(*given)

    monkeypatch.setattr(np, "load", slow)
    found: list[list[int]] = []
    threads = [threading.Thread(target=lambda: found.append(load(tmp_path / "a.npy", "r").tolist())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert found == [[0, 1, 2]] * 4
    assert most == 1
