"""The examples of docs/server.md are run as they stand, against a collector that is not always well."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.connected import Connected, connected
from tests.support.documents import DOCS, blocks, served
from tests.support.npm import find_node


class Unwell:
    """A collector that is down at first, then takes a request and loses the answer, then is well."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self.requests = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        self.requests += 1
        if self.requests == 1:
            start("503 Service Unavailable", [("Retry-After", "0.1"), ("Content-Length", "0")])
            return []
        if self.requests == 2:
            b"".join(self._app(environ, lambda *_: None))
            start("200 OK", [("Content-Type", "application/json"), ("Content-Length", "4")])
            return [b"lost"]
        return self._app(environ, start)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connected]:
    yield from connected(tmp_path_factory.mktemp("server"))


@pytest.fixture
def place(shared: Connected) -> Connected:
    """The installation with a site of the test's own."""
    return shared.another_site()


def python(folder: Path) -> list[str]:
    library, use = blocks("server.md", "python")
    (folder / "desireline_events.py").write_text(library)
    (folder / "use.py").write_text(use)
    return [sys.executable, "use.py"]


def javascript(folder: Path) -> list[str]:
    found = find_node()
    assert found is not None, "there is no Node: python -m tests.support.prepare"
    library, use = blocks("server.md", "js")
    (folder / "desireline-events.mjs").write_text(library)
    (folder / "use.mjs").write_text(use)
    return [*found.node, "use.mjs"]


def run(folder: Path, make: Callable[[Path], list[str]], url: str, key: str) -> subprocess.CompletedProcess[str]:
    command = make(folder)
    settings = {**os.environ, "DESIRELINE_URL": url, "DESIRELINE_SECRET_KEY": key}
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("make", [python, javascript])
def test_the_example_delivers_each_event_once_however_the_collector_is(
    place: Connected, tmp_path: Path, make: Callable[[Path], list[str]]
) -> None:
    unwell = Unwell(place.app)
    with served(unwell) as url:
        done = run(tmp_path, make, url, place.site.secret_key)
        assert (done.returncode, done.stdout.strip()) == (0, "all on disk"), done.stderr
        assert unwell.requests == 3
        again = run(tmp_path, make, url, place.site.secret_key)
    assert again.returncode == 0
    events = place.events()
    assert [(event.kind.name, event.visitor) for event in events] == [
        ("purchase", events[0].visitor),
        ("parcel sent", events[0].visitor),
    ]
    assert events[0].visitor in ("user-17", "user-18")
    assert (events[0].value, events[1].time) == (59.9, 1_763_740_000_000)
    assert [user for _, user in place.ledger.persons(place.site_id)] == [events[0].visitor]


@pytest.mark.parametrize("make", [python, javascript])
def test_the_example_says_what_is_wrong_with_a_wrong_key_and_stops(
    place: Connected, tmp_path: Path, make: Callable[[Path], list[str]]
) -> None:
    unwell = Unwell(place.app)
    unwell.requests = 2
    with served(unwell) as url:
        done = run(tmp_path, make, url, place.site.site.write_key)
    assert done.returncode != 0
    assert "public write key" in done.stderr
    assert unwell.requests == 3


# What to send for each refusal that the page lists.
MISTAKES: dict[str, dict[str, Any]] = {
    "no_visitor": {"visitor": None},
    "visitor": {"visitor": "x" * 129},
    "user_id": {"user": "undefined"},
    "at": {"at": 1_763_740_000},
    "no_name": {"name": ""},
    "no_url": {"type": "page"},
    "too_large": {"props": {f"p{number}": "x" * 8_000 for number in range(9)}},
}


def test_each_mistake_has_the_answer_that_the_page_names(place: Connected) -> None:
    client, headers = place.app.test_client(), {"Authorization": f"Bearer {place.site.secret_key}"}
    good = {"type": "event", "name": "renewal", "visitor": "a", "ip": "192.0.2.7", "at": place.now}
    page = (DOCS / "server.md").read_text()
    listed = set(re.findall(r"`refused:(\w+)`", page)) - {"too_deep"}
    assert listed == set(MISTAKES)
    events = [good, *(good | mistake for mistake in MISTAKES.values()), good | {"at": "2026-01-01T00:00:00Z"}]
    numbered = [event | {"id": f"0198f3a2-5b1c-7d10-8a4e-{number:012}"} for number, event in enumerate(events)]
    answer = client.post("/collect", json={"events": numbered}, headers=headers)
    refused = [f"refused:{name}" for name in MISTAKES]
    assert list((answer.json or {})["results"].values()) == ["ok", *refused, "refused:at"]
    (event,) = place.events()
    assert (event.time, event.props, event.agent) == (place.now, {}, None)
    written = b"".join(path.read_bytes() for path in place.settings.data.rglob("*") if path.is_file())
    assert b"192.0.2.7" not in written


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Authorization": "Basic abc"}, {}, 401, "no_secret"),
        ({"Authorization": "Bearer sk_nobody"}, {}, 401, "unknown_secret"),
        ({"Origin": "https://shop.example"}, {}, 403, "secret_in_browser"),
        ({}, {"key": "wk_nobody"}, 403, "other_site"),
        ({}, [], 400, "not_an_object"),
        ({}, {"events": {}}, 400, "no_events"),
        ({}, {"events": [{}] * 501}, 413, "too_many"),
    ],
)
def test_a_request_that_is_wrong_as_a_whole_is_told_so(
    place: Connected, headers: dict[str, str], body: object, status: int, code: str
) -> None:
    sent = {"Authorization": f"Bearer {place.site.secret_key}"} | headers
    answer = place.app.test_client().post("/collect", json=body, headers=sent)
    assert (answer.status_code, (answer.json or {})["error"]) == (status, code)
    assert len((answer.json or {})["hint"]) > 10
