"""A question runs in a thread of its own, within a time, while those who asked it wait or look in again (D20).

Its turn belongs to that thread. Whoever asks the same meanwhile, of this worker process or of another, waits for the
same answer; one that took a while is kept for whoever comes next (`collector.journeys.answers`).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import NoReturn, cast

from flask import Flask, current_app
from werkzeug.exceptions import InternalServerError, ServiceUnavailable

from collector.core.blocks import Result
from collector.core.deadline import Cancelled, Deadline, Stopped, TooLong, check, within
from collector.core.errors import UserError
from collector.core.packed import pack, unpack
from collector.core.query import Query, parse_query
from collector.core.times import SECOND
from collector.journeys.answers import MOST_AGE, RESULT, Answers, Kept, sweep_answers
from collector.journeys.journeys import Journeys
from collector.journeys.trim import give_back
from collector.reports.ask import ask
from collector.web.pool import Pool
from collector.web.task import LONG, LOOK, Asked, Task

log = logging.getLogger(__name__)
EXTENSION = "desireline.asker"
Take = Callable[[str], AbstractContextManager[None]]

# A page that is not there by then says how far its answer is.
PATIENCE = 1.5
# An answer that took less is not worth a file.
KEPT_FROM = 0.25
# How long past its end a question that does not look at the time is waited for.
GRACE = 5.0
AGAIN = 5
# Questions at work or waiting for their turn, of one reader and of all.
MOST_EACH = 8
# What a server that was told to end still lets its questions take.
END = 3.0
# For how long nothing is asked before memory is given back.
IDLE = 5.0


class StillWorking(Exception):  # noqa: N818 - not an error: there is a page for it
    """The answer will take longer: how far it is (0 to 1), and for how many seconds it has been worked on."""

    def __init__(self, key: str, share: float, seconds: float, limit: float) -> None:
        super().__init__(key)
        self.key, self.share, self.seconds, self.limit = key, share, seconds, limit


class Asker:
    """Every question of one process.

    Args:
        seconds: what a question may take.
        most: questions at work or waiting for their turn at once.
        seats: requests that may wait for long ones at once, each of which holds a thread.
        folder: the views of all sites, beside which answers are kept.
        wall: ms UTC now.
        leave: called by a thread that will work on no more questions.
    """

    def __init__(
        self,
        seconds: float,
        most: int,
        seats: Take,
        folder: Path,
        wall: Callable[[], int],
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self.patience, self.idle, self.give_back = PATIENCE, IDLE, give_back
        self.seconds = seconds
        self._most, self._seats, self._folder, self._wall = most, seats, folder, wall
        self._pool = Pool(leave)
        self._tasks: dict[str, Task] = {}
        self._alive: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._end: float | None = None
        self._sweeper: threading.Timer | None = None
        self._trimmer: threading.Timer | None = None

    def ask(self, asked: Asked, take: Take, page: bool) -> tuple[Query, Result]:
        """The question as it was read, and its answer; see `collector.web.turns.ask_in_turn`."""
        query = parse_query(asked.report.params, asked.arguments, asked.site, asked.now)
        key, answers = asked.key(query), _answers(asked.journeys)
        begun = time.monotonic()
        with ExitStack() as stack:
            seated, task = False, None
            while True:
                # Before the look for its answer, which is kept before others are told that it is worked on no longer.
                elsewhere = answers is not None and answers.running(key) is not None
                kept = self._kept(answers, key, asked.journeys.generation)
                if kept is not None:
                    return query, kept
                # One that ended between two looks at it is not begun again: its outcome is what was waited for.
                if task is None or task.twin or not task.done.is_set():
                    task = self._task(key, asked, take, answers, elsewhere)
                if task is not None and task.done.wait(self._step(page, begun)) and not task.twin:
                    return query, _outcome(task)
                if task is None:
                    time.sleep(LOOK / 2)
                elif task.seconds >= LONG and answers is not None:
                    task.publish(answers)
                self._go_on(key, answers, task, page, begun)
                if not page and not seated and time.monotonic() - begun > LONG:
                    stack.enter_context(self._seats(asked.who))
                    seated = True

    def state(self, key: str, answers: Answers | None) -> tuple[str, float, float]:
        """(what became of a question, how far it is, for how many seconds it has been worked on).

        `working`; `done`: its answer is kept; `stopped`; `gone`: nobody knows of it (any more).
        """
        with self._lock:
            task = self._tasks.get(key)
        if task is not None and not task.done.is_set():
            return "working", task.share, task.seconds
        now = self._wall()
        if answers is not None:
            running = answers.running(key)
            if running is not None:
                share, since = running
                return "working", share, max(0.0, (now - since) / SECOND) if since else 0.0
            if answers.was_stopped(key, now):
                return "stopped", 0.0, 0.0
            if answers.ready(key, now):
                return "done", 1.0, 0.0
        return ("gone" if task is None else "done"), 0.0, 0.0

    def stop(self, key: str, answers: Answers | None) -> None:
        """Stop a question at its next look at the time, whichever process works on it."""
        with self._lock:
            task = self._tasks.get(key)
        if task is not None:
            task.stop = True
        if answers is not None:
            answers.stop(key)

    def end(self, within_seconds: float = END) -> None:
        """Have every question end by then: the server does. May be called by a signal's handler."""
        self._end = time.monotonic() + within_seconds

    def sweep(self) -> None:
        """Remove kept answers that are too old or too many."""
        sweep_answers(self._folder, self._wall())

    def _step(self, page: bool, begun: float) -> float:
        """How long to wait before the next look around."""
        waited = time.monotonic() - begun
        return max(0.0, min(LOOK * 2, self.patience - waited if page else LOOK * 2))

    def _go_on(self, key: str, answers: Answers | None, task: Task | None, page: bool, begun: float) -> None:
        """Return where there is reason to wait on; else raise what to tell."""
        waited = time.monotonic() - begun
        if self._ended():
            raise ServiceUnavailable(retry_after=AGAIN)
        if page and waited >= self.patience:
            _, share, seconds = self.state(key, answers)
            raise StillWorking(key, share, seconds or waited, self.seconds)
        if waited > self.seconds + GRACE:
            if task is not None:
                task.stop = True
            raise TooLong(self.seconds)

    def _ended(self) -> bool:
        return self._end is not None and time.monotonic() > self._end

    def _task(self, key: str, asked: Asked, take: Take, answers: Answers | None, elsewhere: bool) -> Task | None:
        """The task to wait for, begun where there is none; None where one of another process is (`elsewhere`)."""
        with self._lock:
            task = self._tasks.get(key)
            if task is not None and task.fits(asked.journeys.generation):
                return task
            if elsewhere:
                return None
            if self._alive.total() >= self._most or self._alive[asked.who] >= MOST_EACH or self._ended():
                raise ServiceUnavailable(retry_after=AGAIN)
            self._alive[asked.who] += 1
            task = self._tasks[key] = Task(key, asked, self._wall)
        try:
            self._pool.start(lambda: self._work(task, take, answers))
        except RuntimeError:
            log.exception("no thread can be had for a question")
            task.outcome = ServiceUnavailable(retry_after=AGAIN)
            self._over(task, kept=False)
        return task

    def _work(self, task: Task, take: Take, answers: Answers | None) -> None:
        """Answer a question, in a thread of its own."""
        asked = task.asked
        deadline = Deadline(
            time.monotonic,
            task.begun + self.seconds,
            self.seconds,
            lambda: task.stopped() or self._ended(),
            task.told,
        )
        begun = task.begun
        try:
            with take(asked.who), within(deadline):
                begun = time.monotonic()
                check()
                _, task.outcome = ask(asked.report, asked.journeys, asked.arguments, asked.site, asked.now)
        except Cancelled as error:
            task.outcome = ServiceUnavailable(retry_after=AGAIN) if self._ended() else error
        except Exception as error:  # noqa: BLE001 - raised again to whoever waits for it
            task.outcome = error
        self._finish(task, answers, int(SECOND * (time.monotonic() - begun)))

    def _finish(self, task: Task, answers: Answers | None, took: int) -> None:
        if isinstance(task.outcome, Stopped) and not task.twin:
            asked = task.asked
            log.warning(
                "stopped a question after %.1f s: %s of site %d, %s",
                task.seconds, asked.report.name, asked.site.id,
                "it took too long" if isinstance(task.outcome, TooLong) else "by its reader",
            )  # fmt: skip
        kept = False
        try:
            kept = answers is not None and self._keep(task, answers, took)
        finally:
            self._over(task, kept)
        self._sweep_later()
        self._trim_later()

    def _over(self, task: Task, kept: bool) -> None:
        """Tell who waits for a task, and forget it where nobody will come back for what only it knows."""
        task.close()
        with self._lock:
            self._alive[task.asked.who] -= 1
            if not self._alive[task.asked.who]:
                del self._alive[task.asked.who]
            # Where the disk takes nothing, this process alone can still give the answer to who comes back for it.
            needless = kept or task.seconds < LONG or isinstance(task.outcome, Cancelled | ServiceUnavailable)
            if self._tasks.get(task.key) is task and needless:
                del self._tasks[task.key]

    def _keep(self, task: Task, answers: Answers, took: int) -> bool:
        """Keep what a question came to, where that is worth it."""
        outcome = task.outcome
        if isinstance(outcome, Result):
            if took < SECOND * KEPT_FROM and task.running is None:
                return False
            kind, data = RESULT, _packed(outcome)
        elif task.running is None or isinstance(outcome, Cancelled | ServiceUnavailable):
            return False
        elif isinstance(outcome, TooLong):
            kind, data = "too long", b""
        elif isinstance(outcome, UserError):
            kind, data = "user", json.dumps([outcome.message, outcome.hint]).encode()
        else:
            kind, data = "crash", b""
        if data is None:
            return False
        return answers.keep(task.key, Kept(kind, data, task.asked.journeys.generation, self._wall(), took))

    def _kept(self, answers: Answers | None, key: str, generation: str) -> Result | None:
        """A kept answer that may be given now; raises what went wrong instead, where that was kept."""
        kept = answers.read(key, generation, self._wall()) if answers is not None else None
        if kept is None:
            return None
        if kept.kind == RESULT:
            try:
                return unpack(kept.data)
            except ValueError:
                return None  # of another version of the program
        _raise_again(kept, self.seconds)

    def _sweep_later(self) -> None:
        """Look after the kept answers once they are too old, and let go of what only memory holds."""
        with self._lock:
            if self._sweeper is not None:
                return
            self._sweeper = threading.Timer(MOST_AGE / SECOND, self._swept)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _trim_later(self) -> None:
        """Give memory back once nothing is asked any more."""
        with self._lock:
            if self._trimmer is None:
                self._trimmer = threading.Timer(self.idle, self._trimmed)
                self._trimmer.daemon = True
                self._trimmer.start()

    def _trimmed(self) -> None:
        with self._lock:
            self._trimmer = None
            busy = bool(self._alive)
        if not busy:  # else whoever ends last comes here again
            self.give_back()

    def _swept(self) -> None:
        with self._lock:
            self._sweeper = None
            self._tasks = {key: task for key, task in self._tasks.items() if not task.done.is_set()}
        self.sweep()


def _answers(journeys: Journeys) -> Answers | None:
    return None if journeys.derived is None else Answers(journeys.derived)


def _packed(result: Result) -> bytes | None:
    try:
        return pack(result)
    except TypeError:
        log.exception("an answer cannot be kept")
        return None


def _outcome(task: Task) -> Result:
    if isinstance(task.outcome, Result):
        return task.outcome
    if task.outcome is None:
        raise InternalServerError
    raise task.outcome


def _raise_again(kept: Kept, seconds: float) -> NoReturn:
    if kept.kind == "too long":
        raise TooLong(seconds)
    if kept.kind == "user":
        message, hint = json.loads(kept.data)
        raise UserError(message, hint)
    raise InternalServerError


def the_asker() -> Asker:
    """The current app's."""
    return cast(Asker, current_app.extensions[EXTENSION])


def install(app: Flask, asker: Asker) -> None:
    """Give an app its asker."""
    app.extensions[EXTENSION] = asker
