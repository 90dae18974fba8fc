"""How long the question being answered may take, and whether anybody still wants it.

What answers a question runs inside `within(deadline)`; the few places that all reports pass call `check` and
`progress`, which do nothing where no deadline is set (the command line, tests).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from collector.core.errors import UserError

# A question passes over the journeys several times, and nobody knows how often: each pass is taken for this part of
# what is left, so that the share only grows and never says that it is over before it is.
_PASS = 0.25
Item = TypeVar("Item")


class Stopped(UserError):  # noqa: N818 - what happened, as its kinds say
    """A question was ended before its answer."""


class TooLong(Stopped):
    """It took longer than a question may; `seconds` is that limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This takes longer than {seconds:.0f} seconds, so it was stopped.",
            "Ask for fewer days, fewer steps or a smaller group of people. On the server's command line, "
            "“desireline report” takes as long as it needs.",
        )


class Cancelled(Stopped):
    """Somebody stopped it."""

    def __init__(self) -> None:
        super().__init__("This question was stopped before its answer was ready.", "Ask it again, or change it first.")


class Deadline:
    """The end of the time that one question has.

    Args:
        clock: seconds, of any beginning.
        until: the instant by that clock.
        seconds: how long that is in all, for the words.
        cancelled: whether it was stopped meanwhile; called often, so it must cost little.
        told: called with how far the answer is, from 0 to 1, ascending.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        until: float,
        seconds: float,
        cancelled: Callable[[], bool] = lambda: False,
        told: Callable[[float], None] = lambda share: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        self._clock, self._until, self._seconds = clock, until, seconds
        self._cancelled, self._told = cancelled, told
        self._before = self._in_pass = 0.0

    def check(self) -> None:
        """Go on, or raise `Cancelled` or `TooLong`."""
        if self._cancelled():
            raise Cancelled
        if self._clock() > self._until:
            raise TooLong(self._seconds)

    def progress(self, share: float) -> None:
        """Tell how far a pass over the journeys is, from 0 to 1; a smaller share than the last begins another pass."""
        if share < self._in_pass:
            self._before = self._shown()
        self._in_pass = share
        self._told(self._shown())

    def _shown(self) -> float:
        return self._before + (1 - self._before) * _PASS * self._in_pass


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Hold whatever is done inside to the deadline (in this thread)."""
    before = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(before)


def check() -> None:
    """Raise `TooLong` or `Cancelled` where the question being answered has no time left."""
    deadline = _current.get()
    if deadline is not None:
        deadline.check()


def progress(share: float) -> None:
    """`Deadline.progress` of the question being answered."""
    deadline = _current.get()
    if deadline is not None:
        deadline.progress(share)


def looking(items: Iterable[Item], every: int = 1_000) -> Iterator[Item]:
    """The items one by one, with a `check` before the first and after each `every` of them."""
    for at, item in enumerate(items):
        if at % every == 0:
            check()
        yield item
