"""Wiring of the pages: templates, languages, forms' tokens, headers, blueprints."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from jinja2 import FileSystemLoader, StrictUndefined

from collector.web import (
    annotations as annotations_page,
)
from collector.web import (
    api_tokens,
    auth,
    bots,
    connections,
    dashboards,
    errors,
    identity,
    joining,
    language,
    lives,
    navigation,
    openapi,
    people,
    privacy,
    quality,
    questions,
    refusals,
    reports,
    saved,
    security,
    segments,
    session,
    shared,
    shares,
    sites,
    spend,
    stages,
    static_files,
    suggest,
    team,
)
from collector.web import format as shown
from collector.web import (
    install as install_page,
)
from collector.web import (
    settings as settings_page,
)
from collector.web.rooms import EXTENSION, Rooms

HERE = Path(__file__).resolve().parent.parent
BLUEPRINTS = (
    static_files.blueprint,
    openapi.blueprint,
    auth.blueprint,
    api_tokens.blueprint,
    joining.blueprint,
    shared.blueprint,
    sites.blueprint,
    install_page.blueprint,
    connections.blueprint,
    spend.blueprint,
    suggest.blueprint,
    people.blueprint,
    saved.blueprint,
    annotations_page.blueprint,
    dashboards.blueprint,
    segments.blueprint,
    stages.blueprint,
    shares.blueprint,
    quality.blueprint,
    questions.blueprint,
    bots.blueprint,
    privacy.blueprint,
    settings_page.blueprint,
    identity.blueprint,
    team.blueprint,
    reports.blueprint,
)


def template_folder() -> Path:
    """In the wheel the templates lie inside the package, in a checkout beside it."""
    inside = HERE / "templates"
    return inside if inside.is_dir() else HERE.parent / "templates"


def install(app: Flask, rooms: Rooms) -> None:
    """Give `app` its pages."""
    app.extensions[EXTENSION] = rooms
    app.jinja_env.loader = FileSystemLoader(template_folder())
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=static_files.asset, shown=shown, lang=language.language, lives=lives.lives)
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(HERE / "translations"))
    # A form stays good as long as the session does: people leave tabs open.
    app.config.update(WTF_CSRF_TIME_LIMIT=None, MAX_FORM_MEMORY_SIZE=1_000_000, MAX_CONTENT_LENGTH=2_000_000)
    Babel(app, locale_selector=language.choose_locale)
    session.install(app, rooms)
    csrf = CSRFProtect(app)
    for name in security.PUBLIC_BLUEPRINTS & set(app.blueprints):
        csrf.exempt(app.blueprints[name])
    refusals.install(app, rooms.refusals, rooms.clock)
    security.install(app, rooms.settings.public_url.startswith("https://"))
    navigation.install(app)
    errors.install(app)
    questions.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
