"""The tracker's files as the collector serves them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.doors import Collector

SCRIPT = b"console.log(1);" * 40


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    (tmp_path / "dist" / "t").mkdir(parents=True)
    (tmp_path / "dist" / "t.js").write_bytes(SCRIPT)
    (tmp_path / "dist" / "t" / "abc123.js").write_bytes(SCRIPT)
    (tmp_path / "dist" / "secret.json").write_text("{}")
    made = Collector(tmp_path)
    yield made
    made.close()


def test_the_tracker_is_cached_shortly_and_can_be_asked_for_again_cheaply(collector: Collector) -> None:
    answer = collector.client.get("/t.js")
    assert answer.data == SCRIPT
    assert answer.mimetype == "text/javascript"
    assert "max-age=3600" in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = collector.client.get("/t.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_it_is_compressed_where_the_browser_takes_it(collector: Collector) -> None:
    answer = collector.client.get("/t.js", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == SCRIPT
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_hashed_copy_is_kept_for_ever_and_may_be_checked_by_integrity(collector: Collector) -> None:
    answer = collector.client.get("/t/abc123.js")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_new_build_is_served_without_a_restart(collector: Collector, tmp_path: Path) -> None:
    collector.client.get("/t.js")
    (tmp_path / "dist" / "t.js").write_bytes(b"new")
    assert collector.client.get("/t.js").data == b"new"


@pytest.mark.parametrize(
    "path", ["/chat.js", "/t/none.js", "/t/..%2Fsecret.json", "/t/../secret.json", "/t/secret.json"]
)
def test_nothing_else_is_there(collector: Collector, path: str) -> None:
    assert collector.client.get(path).status_code == 404
