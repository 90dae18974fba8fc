"""The last limit of a test: one that pytest-timeout cannot end, or whose teardown hangs, ends with its process.

pytest-timeout raises an exception in the main thread once. What waits again after it (a browser whose driver it cut
short, say) would wait for ever, and so would what never comes back to Python.
"""

from __future__ import annotations

import faulthandler
import os

import pytest

# More than pyproject.toml's `timeout`, which names the test and lets the others run.
SECONDS = 500.0


class Watch:
    """Says where every thread stands and ends the process, when a test or its teardown takes longer than `seconds`."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        # While a test runs, the number 2 is a file in which pytest gathers what the test says.
        self._told = os.dup(2)

    def _begin(self) -> None:
        faulthandler.dump_traceback_later(self._seconds, file=self._told, exit=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Before the fixtures, for them and for the test."""
        self._begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        """Anew: pytest calls it off where a test fails."""
        self._begin()

    def pytest_runtest_logfinish(self) -> None:
        """After the test and all that belongs to it."""
        faulthandler.cancel_dump_traceback_later()
