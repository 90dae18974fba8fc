"""Errors that a person can cause and can mend."""

from __future__ import annotations


class UserError(ValueError):
    """Input that cannot be used, with a hint that says what to do.

    Args:
        message: what is wrong, with the offending value.
        hint: what to do instead; may be empty when the message says it all.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message if not hint else f"{message} {hint}")
        self.message = message
        self.hint = hint


class NoGoalError(UserError):
    """A question about a goal where none is given and the site has none: its page asks for one."""

    def __init__(self) -> None:
        super().__init__("No goal is given.", "Give --goal, like event:purchase, or set a goal for the site.")
