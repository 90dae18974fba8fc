"""Finding and starting the Chromium that browser tests drive."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserType, Playwright, sync_playwright

# Playwright's own, whose list this replaces, and the address bar's suggestions: a page of Chromium's, drawn anew by a
# process of its own for each window, at more cost than most tests have.
WITHOUT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
)
ARGS = (
    f"--disable-features={','.join(WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def find_chromium() -> str | None:
    """Path of a Chromium: DESIRELINE_CHROMIUM, else one on PATH; None leaves the choice to Playwright's own."""
    named = os.environ.get("DESIRELINE_CHROMIUM")
    if named:
        return named
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    return None


def launch(driver: BrowserType, *args: str, without: Sequence[str] = ()) -> Browser:
    """Start a headless Chromium with the switches every browser test needs and more `args`, `without` some that
    Playwright adds by itself."""
    return driver.launch(
        executable_path=find_chromium(), headless=True, args=[*ARGS, *args], ignore_default_args=list(without)
    )


def human_agent(browser: Browser) -> str:
    """The user agent a person's browser of the same version sends: headless ones are counted as robots."""
    major = browser.version.split(".")[0]
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"


class _Driver:
    """Playwright's one driver: two of them cannot run in one thread, however many browsers a session starts."""

    def __init__(self) -> None:
        self._users = 0
        self._running: Playwright | None = None

    def take(self) -> Playwright:
        if self._running is None:
            self._running = sync_playwright().start()
        self._users += 1
        return self._running

    def leave(self) -> None:
        self._users -= 1
        if self._users == 0 and self._running is not None:
            self._running.stop()
            self._running = None


_driver = _Driver()


@contextmanager
def chromium(*args: str) -> Iterator[Browser]:
    """One browser process for a module or session; open a new context per test."""
    playwright = _driver.take()
    try:
        browser = launch(playwright.chromium, *args)
        try:
            yield browser
        finally:
            browser.close()
    finally:
        _driver.leave()
