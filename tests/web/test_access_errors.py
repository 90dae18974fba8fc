"""What goes wrong is said in our words, and never with a secret, to clients or in the log (REQUIREMENTS C2.11, D23)."""

from __future__ import annotations

import json
import logging
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.web.rooms import EXTENSION
from collector.web.security import PUBLIC_BLUEPRINTS
from tests.support.pages import Installation

# What exceptions, frameworks and this machine would say.
LEAKS = re.compile(
    r"Traceback|Werkzeug|werkzeug|Error:|Exception|\.py\b|/work/|site-packages|sqlite|SELECT |inside-secret"
)


def sound(answer: TestResponse) -> TestResponse:
    """The answer, once it was looked at for words of the inside and for its form."""
    assert LEAKS.search(answer.text) is None, answer.text
    assert LEAKS.search(str(answer.headers)) is None
    path = answer.request.path
    if path.endswith(".json"):
        assert "error" in json.loads(answer.text)
    elif path.endswith(".csv"):
        assert answer.mimetype == "text/plain"
    elif answer.mimetype == "application/json":
        assert "error" in json.loads(answer.text)
    else:
        assert answer.mimetype == "text/html"
        assert "<h1" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer


@pytest.mark.parametrize(
    "path", ["/nothing/", "/shop/nothing", "/shop/nothing.json", "/shop/nothing.csv", "/static/no.css"]
)
def test_what_is_not_there_is_said_in_the_form_that_was_asked_for(path: str, owner: FlaskClient) -> None:
    assert sound(owner.get(path)).status_code == 404


def test_a_method_that_an_address_does_not_take_is_said_with_those_it_takes(shop: Installation) -> None:
    client = shop.client()
    for rule in shop.app.url_map.iter_rules():
        taken = set(rule.methods or ())
        if rule.arguments - {"site_name", "report_name"} or rule.rule.startswith("/v1/"):  # whose API knows no 405
            continue
        path = rule.rule.replace("<site_name>", "shop").replace("<report_name>", "overview")
        others = {
            other for one in shop.app.url_map.iter_rules() if one.rule == rule.rule for other in one.methods or ()
        }
        for method in {"PUT", "DELETE", "PATCH", "BREW"} - taken - others:
            answer = sound(client.open(path, method=method))
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["Allow"].split(", ")) >= taken - {"OPTIONS"}, path


def test_a_body_that_is_too_large_is_refused(shop: Installation) -> None:
    client = shop.client()
    big = b"x" * 3_000_000
    assert sound(client.post("/shop/saved", data={"name": "x" * 3_000_000})).status_code == 413
    assert sound(client.post("/login", data=big, content_type="multipart/form-data; boundary=x")).status_code in (
        400,
        413,
    )
    assert sound(client.post("/collect", data=big)).status_code == 413


def test_a_crash_says_nothing_of_the_exception_on_any_page(
    fresh: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = fresh.client()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("inside-secret at /work/file.py")

    rooms = fresh.app.extensions[EXTENSION]
    for name in ("site_by_name", "share_by_secret", "redeem_token", "api_tokens", "api_token", "by_write_key"):
        if hasattr(rooms.catalog, name):
            monkeypatch.setattr(type(rooms.catalog), name, broken)
    door = fresh.app.extensions["desireline.door"]
    for name in ("by_write_key", "by_secret_key"):
        monkeypatch.setattr(type(door.sites), name, broken)
    secret, bearer = "SECRETINPATH" * 3, {"Authorization": "Bearer dl_SECRETINHEADER"}
    with caplog.at_level(logging.INFO):
        for path in ("/shop/overview", "/shop/overview.json", "/shop/overview.csv", "/tokens"):
            assert sound(client.get(path)).status_code == 500, path
        assert sound(client.get("/shop/overview.json", headers=bearer)).status_code == 500
        assert sound(client.get(f"/shared/{secret}")).status_code == 500
        assert sound(client.get(f"/login/once?token={secret}")).status_code == 500
        body = json.dumps({"v": 1, "key": "wk_x", "events": []})
        assert sound(client.post("/collect", data=body)).status_code == 500
        assert sound(client.get(f"/collect?key={secret}&url=x%0d%0aforged")).status_code == 500
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) >= 9
    assert not any("SECRET" in line or "\n" in line or "\r" in line for line in lines)
    assert any("GET /shared/<secret>" in line for line in lines)
    assert "inside-secret" in caplog.text


def test_broken_requests_are_the_clients_fault(shop: Installation) -> None:
    client = shop.client()
    for headers in ({"Cookie": "desireline=\xff\xfe; desireline=x.y.z"}, {"Cookie": "=;;;==" * 50}, {"Host": "a b"}):
        assert client.get("/shop/overview", headers=headers).status_code < 500, headers
    for path in ("/shop/overview?from=%00", "/%ff%fe", "/shop/%00", "/shop/overview?%ff=%fe", "/static/%00.css"):
        assert client.get(path).status_code < 500, path
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded; charset=no",
    ):
        assert client.post("/login", data=b"--x\r\n\xff\x00", content_type=kind).status_code < 500, kind


def test_public_doors_are_the_ones_without_forms(shop: Installation) -> None:
    for rule in shop.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in PUBLIC_BLUEPRINTS:
            assert "site_name" not in rule.arguments
