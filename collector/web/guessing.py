"""Wrong tokens and links, counted by address: whoever tries too many must wait (REQUIREMENTS D14, D21)."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import TooManyRequests

from collector.web.rooms import the_rooms


def refuse_guessers() -> None:
    """Go on only where this address did not try too many wrong secrets lately.

    Raises:
        TooManyRequests: it did; says when to come back.
    """
    rooms = the_rooms()
    wait = rooms.catalog.guess_wait(request.remote_addr or "", rooms.clock())
    if wait:
        raise TooManyRequests(retry_after=wait)


def wrong_guess() -> None:
    """Count a secret that opens nothing."""
    rooms = the_rooms()
    rooms.catalog.guessed_wrong(request.remote_addr or "", rooms.clock())
