"""A full disk: nothing acknowledged is lost, pages answer, and it goes on by itself once there is room."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.faults.collectors import Running, clients_of, settle

SIZE = "64m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    ballast = folder / "ballast"
    with suppress(OSError), open(ballast, "wb", buffering=0) as file:
        for block in (2**20, 4_096, 512, 1):
            with suppress(OSError):
                while file.write(b"x" * block) == block:
                    pass
    return ballast


def status(server: Running, path: str) -> int:
    with closing(server.connect()) as connection:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status


def test_a_disk_that_fills_and_empties_under_load(small_disk: Path) -> None:
    server = Running(small_disk / "data")
    stop = threading.Event()
    try:
        clients = clients_of(server, stop, 3)
        time.sleep(1.5)
        before = sum(len(client.acked) for client in clients)
        ballast = fill(small_disk)
        time.sleep(2)
        assert any(503 in client.codes for client in clients), "a full disk was not noticed"
        assert status(server, "/login") == 200
        assert status(server, "/healthz") == 200
        assert status(server, "/readyz") in (200, 503)  # a probe may still fit where no event does
        ballast.unlink()
        full = sum(len(client.acked) for client in clients)
        time.sleep(2)
        acked = settle(server, clients, stop)
        assert before > 100
        assert len(acked) > full + 100, "it did not go on by itself"
        assert {code for client in clients for code in client.codes} <= {200, 503}
    finally:
        server.kill_all()
