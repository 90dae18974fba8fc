"""Devices as other tools call them, in the words that live events have, so that a report does not count them apart."""

from __future__ import annotations

from collector.core.event import Agent
from collector.ingest.rows import agent_of

_DEVICES = {
    **{"desktop": "desktop", "laptop": "desktop", "mobile": "mobile", "tablet": "tablet"},
    **{"smartphone": "mobile", "feature phone": "mobile", "phablet": "mobile"},
}
_SYSTEMS = {
    **dict.fromkeys(("mac os", "macos", "macintosh", "mac", "mac os x"), "Mac OS X"),
    **{"gnu/linux": "Linux", "linux": "Linux", "android os": "Android", "android": "Android"},
    **{"ios": "iOS", "ipados": "iOS", "chrome os": "Chrome OS", "chromium os": "Chrome OS"},
}
_BROWSERS = {
    **{"chrome": "Chrome", "firefox": "Firefox", "safari": "Safari", "opera": "Opera", "samsung": "Samsung Internet"},
    **{"edge-chromium": "Edge", "edge": "Edge", "microsoft edge": "Edge", "edge-ios": "Edge Mobile"},
    **{"ios": "Mobile Safari", "crios": "Chrome Mobile iOS", "chrome ios": "Chrome Mobile iOS"},
    **{"fxios": "Firefox iOS", "firefox ios": "Firefox iOS", "samsung browser": "Samsung Internet"},
    **{"chromium-webview": "Chrome Mobile WebView", "ios-webview": "Mobile Safari UI/WKWebView"},
}
_MOBILE = {"Chrome": "Chrome Mobile", "Safari": "Mobile Safari", "Firefox": "Firefox Mobile", "Edge": "Edge Mobile"}


def device_of(device: str, os: str, browser: str) -> Agent | None:
    """The agent of what a tool says; None where it says nothing."""
    if not (device or os or browser):
        return None
    kind = _DEVICES.get(device.lower(), "other")
    system = "Windows" if os.lower().startswith("windows") else _SYSTEMS.get(os.lower(), os)
    known = _BROWSERS.get(browser.lower(), browser)
    if system in ("Android", "iOS"):
        known = "Chrome Mobile iOS" if (known, system) == ("Chrome", "iOS") else _MOBILE.get(known, known)
    return agent_of(kind, system, known)
