"""How many questions are answered at once: long ones of one reader must not take every thread (REQUIREMENTS D20)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from flask import current_app
from werkzeug.exceptions import ServiceUnavailable

from collector.core.blocks import Result
from collector.core.query import Arguments, Query, Site
from collector.journeys import memo
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.settings import Settings
from collector.web import asking
from collector.web.task import Asked

EXTENSION = "desireline.turns"
# A page, its two twins and a saved report opened beside it.
EACH = 4
WAIT = 20.0
AGAIN = 5


class Turns:
    """Turns of one process: `whole` questions at once, `each` of one reader; who waits longer than `wait` s is told."""

    def __init__(self, whole: int, each: int = EACH, wait: float = WAIT) -> None:
        self._whole, self._each, self._wait = max(1, whole), each, wait
        self._held: Counter[str] = Counter()
        self._free = Condition()

    @contextmanager
    def take(self, who: str) -> Iterator[None]:
        """Hold a turn. ServiceUnavailable where none comes free in time."""
        until = time.monotonic() + self._wait
        with self._free:
            while self._held.total() >= self._whole or self._held[who] >= self._each:
                left = until - time.monotonic()
                if left <= 0 or not self._free.wait(left):
                    raise ServiceUnavailable(retry_after=AGAIN)
            self._held[who] += 1
        try:
            yield
        finally:
            with self._free:
                self._held[who] -= 1
                if not self._held[who]:
                    del self._held[who]
                self._free.notify_all()


def make_asker(settings: Settings, wall: Callable[[], int], leave: Callable[[], None]) -> asking.Asker:
    """The asker of a process with these settings; `leave` is called by threads that end."""
    # Most threads may wait with a request for a long answer, but never the last few: other pages go on.
    seats = Turns(settings.threads - max(1, settings.threads // 4), EACH, wait=0)
    views = settings.data / "journeys"
    memo.allow(settings.remember_bytes, settings.workers)
    return asking.Asker(settings.question_seconds, settings.threads * 2, seats.take, views, wall, leave)


def ask_in_turn(
    who: str,
    report: Report,
    journeys: Journeys,
    arguments: Arguments,
    site: Site,
    now: int,
    page: bool = False,
) -> tuple[Query, Result]:
    """`collector.reports.ask.ask` for a reader, once it is their turn, in a thread that holds the turn while it works.

    Args:
        page: whether the reader sees a page that can say how far it is; who cannot waits until the answer is ready or
            the time that a question may take is over.

    Raises:
        UserError: what is wrong with the question.
        TooLong, Cancelled: it was stopped.
        asking.StillWorking: for a page, when the answer takes longer than a moment.
        ServiceUnavailable: too much is being answered just now.
    """
    turns: Turns = current_app.extensions[EXTENSION]
    asked = Asked(who, report, journeys, arguments, site, now)
    return asking.the_asker().ask(asked, turns.take, page)
