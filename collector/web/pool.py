"""Threads that work on questions: as many as are needed, kept for the next one, and never waited for at the end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

IDLE = 60.0
# How much these threads give way to those that take events in (Linux weighs single threads).
NICE = 5


class Pool:
    """Runs each piece of work in a thread of its own.

    Unlike those of `concurrent.futures`, its threads do not keep a process from ending.

    Args:
        leave: called by each thread before it ends (a database's connection belongs to one thread).
        idle: seconds that a thread waits for more work.
    """

    def __init__(self, leave: Callable[[], None], idle: float = IDLE) -> None:
        self._leave, self._idle = leave, idle
        self._lock = threading.Lock()
        self._free = 0
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def start(self, work: Callable[[], None]) -> None:
        """Have `work`, which must not raise, done by a thread, now."""
        with self._lock:
            if self._free:
                self._free -= 1
                self._work.put(work)
                return
        threading.Thread(target=self._run, args=(work,), name="question", daemon=True).start()

    def _run(self, work: Callable[[], None] | None) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + NICE)
        while work is not None:
            work()
            with self._lock:
                self._free += 1
            work = self._next()
        self._leave()

    def _next(self) -> Callable[[], None] | None:
        try:
            return self._work.get(timeout=self._idle)
        except Empty:
            with self._lock:
                try:
                    return self._work.get_nowait()
                except Empty:
                    self._free -= 1
                    return None
