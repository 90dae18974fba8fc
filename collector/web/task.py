"""One question at work: what was asked, how far it is, and what other processes know of it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from collector import __version__
from collector.core.blocks import Result
from collector.core.query import Arguments, Query, Site
from collector.core.times import SECOND, day_of
from collector.journeys.answers import LINGER, Answers, Running
from collector.journeys.journeys import Journeys
from collector.reports.base import Report

log = logging.getLogger(__name__)
# From then on other processes know of a question, and that it need not be asked twice.
LONG = 1.0
LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as somebody asked it; `who` shares turns with their other questions."""

    who: str
    report: Report
    journeys: Journeys
    arguments: Arguments
    site: Site
    now: int

    def key(self, query: Query) -> str:
        """What tells this question from all that may have another answer but for later events: 32 hex digits."""
        derived = self.journeys.derived
        told = (
            __version__,
            self.report.name,
            query.arguments,
            str(day_of(self.now, self.site.zone)),
            repr(self.site),
            derived.name if derived else "",
        )
        return blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()


class Task:
    """A question that this process works on."""

    def __init__(self, key: str, asked: Asked, wall: Callable[[], int]) -> None:
        self.key, self.asked = key, asked
        self.begun, self.since, self.ended = time.monotonic(), wall(), 0.0
        self.done = threading.Event()
        self.outcome: Result | Exception | None = None
        self.share = 0.0
        self.stop = False
        # Another process was first with the same question: its answer is waited for instead.
        self.twin = False
        self.running: Running | None = None
        self.lock = threading.Lock()
        self._looked = self.begun

    @property
    def seconds(self) -> float:
        """How long it has been worked on."""
        return time.monotonic() - self.begun

    def stopped(self) -> bool:
        """Whether somebody stopped it, here or at another process."""
        if self._due() and self.running is not None and self.running.stopped():
            self.stop = True
        return self.stop

    def told(self, share: float) -> None:
        """How far it is."""
        self.share = share
        with self.lock:
            if self.running is not None:
                self.running.tell(share, self.since)

    def publish(self, answers: Answers) -> None:
        """Tell other processes of it."""
        with self.lock:
            if self.running is not None or self.done.is_set():
                return
            try:
                self.running = answers.run(self.key)
            except OSError as error:
                log.warning("a long question is known to this process alone: %s", error)
                return
            if self.running is None:
                self.twin = self.stop = True
            else:
                self.running.tell(self.share, self.since)

    def close(self) -> None:
        """The work is over."""
        with self.lock:
            self.ended = time.monotonic()
            self.done.set()
            known, self.running = self.running, None
            if known is not None:
                known.close()

    def fits(self, generation: str) -> bool:
        """Whether who asks of this generation may have its answer."""
        if self.twin or (self.stop and not self.done.is_set()):
            return False
        if self.done.is_set() and time.monotonic() - self.ended > LINGER / SECOND:
            return False
        # A moment after new events came, who asks gets them; of a long question there need not be two.
        return self.asked.journeys.generation == generation or self.seconds >= LONG

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self._looked < LOOK:
            return False
        self._looked = now
        return True
