"""The published description of the API: valid, whole, and the same as what is there."""

from __future__ import annotations

import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from collector.reports.registry import reports
from collector.web.openapi import document, paths
from tests.support.pages import Installation
from tests.web.test_access_routes import RULES

# Preflights, what answers what there is not, and what only our own doctor can ask.
UNSAID = {"collect.options", "hooks.look", "linker.options", "seen.seen", "segment.options", "segment.unknown"}


def shape(path: str) -> str:
    """A path with its parameters' names left out."""
    return re.sub(r"<[^>]+>|\{[^}]+\}", "{}", path)


def test_the_document_is_valid_and_published_to_everybody(shop: Installation) -> None:
    answer = shop.app.test_client().get("/openapi.json")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json == document()
    OpenAPIV31SpecValidator(answer.json).validate()
    names = [
        operation["operationId"] for path in paths().values() for operation in path.values() if "responses" in operation
    ]
    assert len(names) == len(set(names)) > 30
    assert "shop" not in answer.text.replace("shop.example", "")


def test_every_public_route_is_described_and_nothing_else_is(shop: Installation) -> None:
    described = {
        (shape(path), method.upper()) for path, item in paths().items() for method in item if method != "parameters"
    }
    there = {
        (shape(rule.rule), method)
        for rule in shop.app.url_map.iter_rules()
        if RULES.get(rule.endpoint) == "public" and rule.endpoint not in UNSAID
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    twins = {(f"/{{}}/{name}.{suffix}", "GET") for name in reports() for suffix in ("json", "csv")}
    assert there - described == set()
    assert described - there == twins


def test_a_reports_parameters_are_those_that_it_takes() -> None:
    for name, report in reports().items():
        told = {param["name"] for param in paths()[f"/{{site}}/{name}.json"]["get"]["parameters"]}
        assert {param.name for param in report.params} < told
        assert {"site", "from", "to", "where", "segment"} <= told
