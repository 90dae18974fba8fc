"""Why events are set aside, in a sentence each."""

from __future__ import annotations

from collector.core.text import T
from collector.web.format import text

_EXPLANATIONS = {
    "ua_list": T("The user agent is on the list of known robots: search engines, monitors, previews, libraries."),
    "ai_agent": T("An assistant or its crawler. Some fetch a page because a person asked them to."),
    "webdriver": T("The browser says that a program drives it, as in automated tests."),
    "phantom": T("PhantomJS left its marks in the page."),
    "nightmare": T("Nightmare left its marks in the page."),
    "cypress": T("A Cypress test was running."),
    "zero_screen": T("The screen has no size, so nobody can have seen the page."),
    "headless_brand": T("The browser calls itself headless: it runs without a window."),
    "prefetch": T("The browser loaded the page ahead of time; nobody looked at it yet."),
    "referrer_spam": T("The referrer is known for visits that never happened, made to be seen in reports."),
    "admin": T("Marked as somebody who runs the site."),
    "no_user_agent": T("No browser was named at all, which every real one does."),
    "preview": T(
        "The page is on somebody’s own machine or network, in a file, or on a host known for previews and tunnels, "
        "and the site does not list it among its origins."
    ),
    "behaviour": T(
        "Sixty pages or more in each of five minutes in a row, without a single click, form or event of the site."
    ),
}


def explanation(reason: str) -> str:
    """What the reason means."""
    return text(_EXPLANATIONS.get(reason, ""))
