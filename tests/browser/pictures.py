"""The pictures of the documentation: a demo is started, each report is asked, and its first screenful is written.

    python -m tests.browser.pictures docs/pictures [report ...]

Nothing of it runs with the tests. Look at each picture before it is committed.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from collector.cli.child import free_port
from tests.browser.png import indexed_png
from tests.support.browser import chromium

WIDTH, HEIGHT = 1_240, 800
LARGEST = 120_000
_READY = 180
_GOAL = "goal=event:purchase"
_STEPS = "step=any&step=event:add_to_cart&step=event:begin_checkout&step=event:purchase"
# What each report is asked. A picture is worth a page only where the question has an answer.
QUESTIONS = {
    "overview": "overview?period=30d&compare=previous",
    "live": "live",
    "scorecard": "scorecard?period=30d",
    "visitors": "visitors?did=event:purchase&limit=20",
    "timeline": "timeline?person=",
    "events": "events?period=30d",
    "funnel": f"funnel?{_STEPS}&window=14d",
    "paths": "paths?start=page:/plans&depth=4&top=5&period=30d&only=page:/**",
    "stages": "stages?period=30d",
    "retention": "retention?start=event:purchase&return=event:purchase&interval=week&all-time=1",
    "lifecycle": f"lifecycle?{_GOAL}&interval=week&all-time=1",
    "attribution": f"attribution?{_GOAL}&all-time=1",
    "aha": f"aha?{_GOAL}&all-time=1",
    "explore": "explore?event=event:purchase&by=channel&across=device",
    "before-after": "before-after?window=14d",
    "impact": f"impact?exposure=event:chat_started&{_GOAL}&all-time=1",
    "chat": f"chat?{_GOAL}&all-time=1",
    "retargeting": f"retargeting?{_GOAL}&all-time=1",
    "drivers": f"drivers?{_GOAL}&all-time=1",
    "experiment": "experiment?all-time=1",
    "planner": f"planner?{_GOAL}&trigger=event:chat_shown&share=0.9&lift=20%25&all-time=1",
    "segments": "segments?period=30d",
    "segment": "segment?segment=Chatted&period=8w",
    "dashboards": "dashboards/1",
}
# The screenshot's pixels, decoded by the browser that drew them: RGB, a row after the other.
_PIXELS = """async (encoded) => {
    const image = new Image();
    image.src = "data:image/png;base64," + encoded;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let text = "";
    for (let at = 0; at < data.length; at += 32768)
        text += String.fromCharCode.apply(null, data.subarray(at, at + 32768));
    return btoa(text);
}"""


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The one-time link into a demo that has its data; it ends with the block.

    Raises:
        RuntimeError: it ended by itself, or was not ready in time.
    """
    log = folder / "said.txt"
    words = ["--data", str(folder / "data"), "--port", str(free_port(0))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DESIRELINE_")}
    with log.open("w") as file:
        command = [sys.executable, "-m", "collector.cli", "demo", *words]
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        try:
            until = time.monotonic() + _READY
            while "Ctrl-C ends" not in log.read_text():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(log.read_text())
                time.sleep(0.2)
            found = re.search(r"Dashboard\s+(http\S+)", log.read_text())
            if found is None:
                raise RuntimeError(log.read_text())
            yield found[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def picture(page: Page, blank: Page) -> bytes:
    """The first screenful of a page as a small PNG; `blank` is a page whose policy lets an image be read."""
    shot = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}, animations="disabled")
    pixels = base64.b64decode(blank.evaluate(_PIXELS, base64.b64encode(shot).decode()))
    return indexed_png(pixels, WIDTH, HEIGHT)


def _somebody(page: Page, origin: str) -> str:
    """The address of a timeline that tells a story: of the latest who ordered after a chat."""
    page.goto(f"{origin}/shop/visitors?did=event:chat_started&identified=yes&limit=20")
    link = page.locator("main a[href*='timeline']").first.get_attribute("href")
    return f"{origin}{link}"


def take(folder: Path, names: list[str]) -> None:
    """Write the pictures of these reports into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, demo(Path(place)) as login, chromium() as browser:
        origin = login.partition("/login")[0]
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce"
        )
        page, blank = context.new_page(), context.new_page()
        page.goto(login)
        for name in names:
            path = QUESTIONS[name]
            page.goto(_somebody(page, origin) if name == "timeline" else f"{origin}/shop/{path}")
            # A question that takes long is answered by a page that waits for its answer.
            page.wait_for_selector(".working", state="detached", timeout=_READY * 1_000)
            page.wait_for_load_state("networkidle")
            written = picture(page, blank)
            (folder / f"{name}.png").write_bytes(written)
            print(f"{name}: {len(written):,} bytes" + (" (too large)" if len(written) > LARGEST else ""))
        context.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2:] or list(QUESTIONS))
