"""Values of closed sets in words: channels, devices and reasons as people call them."""

from __future__ import annotations

from collector.core.called import CHANNEL_WORDS, DEVICE_WORDS
from collector.core.text import T
from collector.journeys.journeys import TRAIT
from collector.web.language import gettext

# Marked for translation here, looked up by value.
_TYPES = {
    "page": T("Page"),
    "click": T("Click"),
    "outbound": T("Outbound link"),
    "download": T("Download"),
    "form_start": T("Form begun"),
    "form": T("Form sent"),
    "form_failed": T("Form refused"),
    "form_abandon": T("Form left"),
    "event": T("Event"),
    "identify": T("Identified"),
    "consent": T("Consent"),
}
_PROPERTIES = {
    "channel": T("Channel"),
    "source": T("Source"),
    "medium": T("Medium"),
    "campaign": T("Campaign"),
    "device": T("Device"),
    "os": T("Operating system"),
    "browser": T("Browser"),
    "landing": T("Landing page"),
    "page": T("Page"),
    "event": T("Event"),
    "stage": T("Stage now"),
}
_BOTS = {
    "ua_list": T("Says that it is a robot"),
    "webdriver": T("Browser driven by a program"),
    "phantom": T("Browser without a window (PhantomJS)"),
    "nightmare": T("Browser without a window (Nightmare)"),
    "cypress": T("Test run (Cypress)"),
    "zero_screen": T("Screen without a size"),
    "headless_brand": T("Browser without a window"),
    "prefetch": T("Page loaded ahead, never looked at"),
    "referrer_spam": T("Spam by a false referrer"),
    "admin": T("Somebody who runs the site"),
    "ai_agent": T("AI agent or crawler"),
    "no_user_agent": T("No browser named"),
    "behaviour": T("Opens page after page like a machine"),
    "preview": T("Local or preview page"),
}
_REASONS = {
    "identify": T("as the browser says"),
    "signed": T("proved by the site"),
    "import": T("imported"),
    "admin": T("by hand"),
}
_SETS = {
    "reason": _REASONS,
    "channel": CHANNEL_WORDS,
    "device": DEVICE_WORDS,
    "type": _TYPES,
    "property": _PROPERTIES,
    "bot": _BOTS,
}
# Breakdowns that there are everywhere, beside the properties of events and the traits of people.
BREAKDOWNS = tuple(_PROPERTIES)


def value_words(column: str, value: str) -> str:
    """The words for a value of the closed set that `column` holds; any other value as it is."""
    if column == "property" and value.startswith(TRAIT):
        return gettext("Trait “%(name)s”", name=value.removeprefix(TRAIT).strip())
    known = _SETS.get(column, {}).get(value)
    return value if known is None else gettext(known.template)
