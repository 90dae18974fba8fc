"""/openapi.json: what programs may ask of this collector, in OpenAPI 3.1; its reports are made from the reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from flask import Blueprint, Response

from collector import __version__
from collector.core.query import COMMON, Param
from collector.ingest.check import MAX_BODY, MAX_EVENTS
from collector.ingest.hooks.providers import TRANSLATORS
from collector.ingest.segment import KINDS
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web.openapi_schemas import SCHEMAS, SECURITY

blueprint = Blueprint("openapi", __name__)
Json: TypeAlias = dict[str, Any]
_DESCRIPTION = f"""
The way in for events, and the way out for reports.

Events: `POST /collect` is what the tracker speaks; `/v1/*` is Segment's HTTP API. A body holds at most {MAX_BODY} bytes
and {MAX_EVENTS} events. A 200 means that what it names as kept is on disk.

Reports: every report page has a `.json` and a `.csv` twin at the same query string, for which an API token is sent as
`Authorization: Bearer dl_...`.
""".strip()
_HELP = {
    "period": "The days up to today: 7d, 2w; or yesterday, this-month, last-month.",
    "from": "First day, YYYY-MM-DD, in the site's time zone. 30 days back where nothing is said.",
    "to": "Last day, YYYY-MM-DD. Today where nothing is said.",
    "all-time": "1: everything, instead of a range of days.",
    "where": "Only people who did or are this: a matcher, like event:purchase[total>=100][#last=30d], or is:new.",
    "where-not": "Only people who did not do this, or are not.",
    "segment": "Only people of a saved segment, by its name.",
    "include-bots": "1: count what robots did too.",
    "include-cookieless": "1: count people who are known for a day only, where a report leaves them out.",
}


@blueprint.get("/openapi.json")
def published() -> Response:
    """The document; it tells nothing of this installation's sites."""
    response = Response(_text(), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@lru_cache(maxsize=1)
def _text() -> str:
    return json.dumps(document(), ensure_ascii=False)


def document() -> Json:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Desireline",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {**_collect(), **_segment(), **_hooks(), **_state(), **_files(), **_reports()},
        "components": {"schemas": SCHEMAS, "securitySchemes": SECURITY},
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, schema: Json, kind: str = "application/json") -> Json:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _errors(*codes: int) -> Json:
    words = {
        400: "The body cannot be used as a whole.",
        401: "No site has this key, or the token opens nothing.",
        403: "The origin is not the site's, or a secret key came from a browser.",
        404: "There is nothing here.",
        413: "Too large: send less at once.",
        429: "Too many: wait for Retry-After seconds.",
        503: "No room, or no database, just now: send the same again after Retry-After seconds.",
        504: "It takes longer than a question may: ask for fewer days, fewer steps or fewer people.",
    }
    return {str(code): _answer(words[code], _ref("Error")) for code in codes}


def _query(name: str, description: str, schema: Json | None = None, required: bool = False) -> Json:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": required,
        "schema": schema or {"type": "string"},
    }


def _path(name: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema or {"type": "string", "minLength": 1}}


def _body(schema: Json) -> Json:
    """A JSON body; the collector reads JSON whatever its Content-Type says."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_GIF = {"type": "string", "format": "binary", "description": "A GIF of one pixel."}


def _collect() -> Json:
    refused = _errors(400, 401, 403, 413, 429, 503)
    pixel = [
        _query("key", "The site's write key.", required=True),
        _query("url", "The page. Without it, the Referer header names it."),
        _query("ref", "The page before."),
        _query("title", "The page's title."),
        _query("mode", "Whether a cookie may be used.", {"enum": ["cookie", "cookieless"]}),
    ]
    seen = [
        _query("key", "The site's write key.", required=True),
        _query("campaign", "The ad's campaign, which the site lists or signs."),
    ]
    return {
        "/collect": {
            "post": {
                "operationId": "collect",
                "summary": "Send events.",
                "description": "With `Authorization: Bearer sk_...` from a site's own server; else from its pages, "
                "whose origin the site lists.",
                "security": [{}, {"secretKey": []}],
                "requestBody": _body(_ref("Batch")),
                "responses": {"200": _answer("What became of each event.", _ref("Results")), **refused},
            },
            "get": {
                "operationId": "collectPixel",
                "summary": "Count a page without JavaScript.",
                "parameters": pixel,
                "responses": {"200": _answer("Counted.", _GIF, "image/gif"), **refused},
            },
        },
        "/link": {
            "post": {
                "operationId": "link",
                "summary": "A token by which a visitor is the same at another host of the site.",
                "requestBody": _body(_ref("LinkAsked")),
                "responses": {"200": _answer("The hosts, and a token.", _ref("Link")), **refused},
            }
        },
        "/i.gif": {
            "get": {
                "operationId": "impression",
                "summary": "Count an ad that was seen by a known visitor.",
                "parameters": seen,
                "responses": {"200": _answer("Looked at.", _GIF, "image/gif"), **_errors(400, 401, 403, 429, 503)},
            }
        },
    }


def _segment() -> Json:
    keys: list[Json] = [{"writeKey": []}, {"secretKey": []}, {}]
    answers = {"200": _answer("Kept.", _ref("Success")), "400": _answer("None could be used.", _ref("Useless"))}
    answers |= _errors(401, 403, 413, 429, 503)
    many = {
        "summary": "Many messages of Segment's API, plain or gzip.",
        "security": keys,
        "requestBody": _body(_ref("SegmentBatch")),
        "responses": answers,
    }
    names = ("batch", "b", "import")
    found: Json = {f"/v1/{name}": {"post": {**many, "operationId": f"segment_{name}"}} for name in names}
    found["/v1/{kind}"] = {
        "post": {
            "operationId": "segment_one",
            "summary": "One message, of the kind that the address says.",
            "security": keys,
            "parameters": [_path("kind", {"enum": list(KINDS)})],
            "requestBody": _body(_ref("SegmentMessage")),
            "responses": answers,
        }
    }
    found["/v1/m"] = {
        "post": {
            "operationId": "segment_metrics",
            "summary": "What analytics.js tells of itself; read and forgotten.",
            "requestBody": _body({}),
            "responses": {"200": _answer("Read.", _ref("Success")), **_errors(400, 413)},
        }
    }
    found["/v1/projects/{key}/settings"] = {
        "get": {
            "operationId": "segment_settings",
            "summary": "What analytics.js asks for before it begins.",
            "parameters": [_path("key")],
            "responses": {"200": _answer("Its settings.", {"type": "object"}), **_errors(401, 404, 503)},
        }
    }
    return found


def _hooks() -> Json:
    provider = _path("provider", {"enum": list(TRANSLATORS)})
    receive = {
        "summary": "A webhook of a chat, signed by it or sent to an address with a token in it.",
        "requestBody": _body({"type": "object"}),
        "responses": {
            "200": _answer("How many events were made of it.", _ref("Kept")),
            **_errors(400, 401, 404, 413, 429, 503),
        },
    }
    return {
        "/hooks/{provider}/{key}": {
            "parameters": [provider, _path("key")],
            "post": {**receive, "operationId": "hook"},
        },
        "/hooks/{provider}/{key}/{token}": {
            "parameters": [provider, _path("key"), _path("token")],
            "post": {**receive, "operationId": "hook_by_token"},
        },
    }


def _state() -> Json:
    def get(name: str, summary: str, responses: Json) -> Json:
        return {"get": {"operationId": name, "summary": summary, "responses": responses}}

    words = _answer("Counts and states.", {"type": "string"}, "text/plain")
    ready = {
        "200": _answer("It can.", {"type": "object"}),
        "503": _answer("It cannot; `reason` says why.", {"type": "object"}),
    }
    metrics = get("metrics", "Counts and states of the whole server, for Prometheus.", {"200": words, **_errors(403)})
    metrics["get"]["security"] = [{}, {"metricsToken": []}]
    return {
        "/healthz": get("healthz", "Whether the process answers.", {"200": _answer("It does.", {"type": "object"})}),
        "/readyz": get("readyz", "Whether it can put an event on disk.", ready),
        "/metrics": metrics,
        "/openapi.json": get("openapi", "This document.", {"200": _answer("OpenAPI 3.1.", {"type": "object"})}),
    }


def _files() -> Json:
    script = {"200": _answer("The script.", {"type": "string"}, "text/javascript"), "304": {"description": "The same."}}
    script["404"] = _answer("No such script.", {"type": "string"}, "text/html")
    words = {"t": "The tracker.", "chat": "Adapters for chats.", "linker": "The way from host to host."}
    words["experiment"] = "What a browser is shown in an experiment."
    found: Json = {
        f"/{name}.js": {"get": {"operationId": f"script_{name}", "summary": summary, "responses": script}}
        for name, summary in words.items()
    }
    hashed = {"operationId": "script", "summary": "A copy that never changes, named by its hash.", "responses": script}
    return found | {"/t/{name}": {"get": {**hashed, "parameters": [_path("name")]}}}


def _reports() -> Json:
    found: Json = {}
    for report in reports().values():
        for suffix in ("json", "csv"):
            found[f"/{{site}}/{report.name}.{suffix}"] = {"get": _report(report, suffix)}
    return found


def _report(report: Report, suffix: str) -> Json:
    parameters = [_path("site"), *(_param(param) for param in report.params)]
    parameters += [_query(name, {**_HELP, "by": str(report.by_help)}[name], _common(name)) for name in COMMON]
    answers: Json = {"200": _answer("The answer.", _ref("Report"))}
    wrong = _errors(400, 401, 404, 429, 503, 504)
    if suffix == "csv":
        parameters.append(_query("block", "Which block; the first that is more than a number where nothing is said."))
        answers = {"200": _answer("One block, headers first.", {"type": "string"}, "text/csv")}
        wrong = {code: _answer(error["description"], {"type": "string"}, "text/plain") for code, error in wrong.items()}
    return {
        "operationId": f"{report.name}_{suffix}",
        "summary": str(report.summary),
        "security": [{"apiToken": []}],
        "parameters": parameters,
        "responses": answers | wrong,
    }


def _common(name: str) -> Json:
    many = name in ("where", "where-not")
    return {"type": "array", "items": {"type": "string"}} if many else {"type": "string"}


def _param(param: Param) -> Json:
    schema: Json = {"type": "string"}
    if param.choices:
        schema = {"enum": [value for value, _ in param.choices]}
    elif param.kind == "int":
        bounds = {"minimum": param.minimum, "maximum": param.maximum}
        schema = {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
    if param.repeat:
        bounds = {"minItems": param.required or None, "maxItems": param.maximum}
        schema = {"type": "array", "items": schema, **{name: bound for name, bound in bounds.items() if bound}}
    elif param.default is not None:
        schema = {**schema, "default": int(param.default) if param.kind == "int" else param.default}
    return _query(param.name, str(param.help or param.label), schema, bool(param.required))


def paths() -> Mapping[str, Json]:
    """The described addresses."""
    found: Mapping[str, Json] = document()["paths"]
    return found
