"""The server as a child process: started, watched, and ended with its parent."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from types import TracebackType

from collector.core.errors import UserError

_DRAIN = 45.0


def free_port(wanted: int) -> int:
    """`wanted` where it is free on 127.0.0.1, else one that the system picks."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise UserError("No port is free on 127.0.0.1.")


class Child:
    """A `desireline` command in a process of its own, ended when the block ends.

    Args:
        command: the command and its options.
        environment: all its variables.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = [sys.executable, "-P", "-m", "collector.cli", *command]
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Child:
        # A session of its own, so that Ctrl-C in the terminal reaches only us: we end it after what it holds is stored.
        self._process = subprocess.Popen(self._command, env=dict(self._environment), start_new_session=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_DRAIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_ready(self, origin: str, seconds: float) -> None:
        """Wait until it takes events.

        Raises:
            UserError: it ended, or did not get ready in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process is not None and self._process.poll() is not None:
                raise UserError("The collector could not start.", "What it said stands above.")
            try:
                with urllib.request.urlopen(f"{origin}/readyz", timeout=2):  # noqa: S310 - our own http origin
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise UserError(f"The collector at {origin} was not ready within {seconds:.0f} s.")

    def wait(self) -> None:
        """Wait until it ends."""
        if self._process is not None:
            self._process.wait()
