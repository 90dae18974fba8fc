"""The product as `desireline serve` runs it, with a shop that carries its tag, on both engines."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from collector.demo.pages import PageServer, site_folder
from tests.support.postgres import free_port

OWNER = "owner@harbour.example"


@dataclass
class Place:
    """A running collector with a site, the shop that carries its tag, and the page elsewhere with the ad."""

    data: Path
    database: str
    collector: str
    shop: PageServer
    elsewhere: PageServer
    write_key: str = ""
    owned: bool = False

    def run(self, *arguments: str) -> str:
        """What the command prints; it must end well."""
        done = subprocess.run(
            [sys.executable, "-m", "collector.cli", *arguments, "--data", str(self.data), "--database", self.database],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def login(self) -> str:
        """A link that logs the owner in once."""
        if not self.owned:
            self.run("user", "add", OWNER)
            self.owned = True
        link = re.search(r"http\S+", self.run("user", "link", OWNER))
        assert link is not None
        return re.sub(r"^https?://[^/]+", self.collector, link[0])

    def report(self, *arguments: str) -> Mapping[str, Any]:
        """A report's JSON by the command line."""
        told: Mapping[str, Any] = json.loads(self.run("report", *arguments, "--site", "shop", "--format", "json"))
        return told


def block(report: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of one block as dictionaries."""
    (found,) = [part for part in report["blocks"] if part["id"] == name]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def eventually(check: Callable[[], bool], what: str, seconds: float = 15) -> None:
    """Wait until `check` holds."""
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until, what
        time.sleep(0.1)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The product as `desireline serve` runs it, on SQLite and on Postgres."""
    folder = tmp_path_factory.mktemp("story")
    database = f"sqlite://{folder}/ledger.db"
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_cluster").create("story")
    address = f"http://127.0.0.1:{free_port()}"
    shop, elsewhere = PageServer(site_folder("shop")), PageServer(site_folder("elsewhere"))
    here = Place(folder / "data", database, address, shop, elsewhere)
    site = json.loads(here.run("site", "add", "shop", "--origin", shop.origin, "--json"))
    here.write_key = site["write_key"]
    values = {"COLLECTOR": address, "WRITE_KEY": site["write_key"], "SHOP": shop.origin}
    for server in (shop, elsewhere):
        server.values |= {**values, "ELSEWHERE": elsewhere.origin.replace("127.0.0.1", "localhost")}
        server.start()
    command = [sys.executable, "-m", "collector.cli", "serve", "--port", address.rpartition(":")[2], "--data"]
    with (folder / "log").open("w") as log:
        server_process = subprocess.Popen(
            [*command, str(here.data)],
            env={**os.environ, "DESIRELINE_DATABASE": database},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: ready(address), "the server does not get ready", 30)
            yield here
        finally:
            server_process.send_signal(signal.SIGTERM)
            ended = server_process.wait(40)
            for server in (shop, elsewhere):
                server.stop()
    assert ended == 0, (folder / "log").read_text()
