"""Translation with types: what Flask-Babel gives, as text."""

from __future__ import annotations

import flask_babel
from babel import Locale
from flask import current_app, has_request_context, request


def gettext(template: str, **values: object) -> str:
    """The translation of `template` with its `%(name)s` places filled."""
    return str(flask_babel.gettext(template, **values))


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """The translation for this number; `%(num)s` is the number itself."""
    return str(flask_babel.ngettext(singular, plural, number, **values))


def locale() -> Locale:
    """The locale of this request; English outside of one."""
    found = flask_babel.get_locale()
    return found if isinstance(found, Locale) else Locale("en")


def choose_locale() -> str | None:
    """The reader's best language among those that there are translations for; English is always there."""
    if not has_request_context():
        return None
    known = [str(one) for one in current_app.extensions["babel"].instance.list_translations()]
    return request.accept_languages.best_match(["en", *known], "en")


def language() -> str:
    """The page's language as HTML names it."""
    return str(locale()).replace("_", "-")
