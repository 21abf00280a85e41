"""Errors as RFC 9457 problem details, and which of them each operation of the API may answer."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"

#: after how many seconds to try again, where nobody knows better
_SOON = 5
_LATER = {429, 503}


class Problem(BaseModel):
    """What went wrong: `type` is stable, `detail` is one sentence that says what to do."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(pattern="^urn:retrace:problem:[a-z-]+$")
    title: str
    status: int
    detail: str
    violations: list[dict[str, Any]] | None = Field(None, description="What is wrong with which of the given values")


def problem(
    status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None, retry_after: int | None = None,
    **more: object,
) -> JSONResponse:
    """An error as problem details; `kind` is the stable part of its type. 429 and 503 always say when to try again."""
    body = {"type": f"urn:retrace:problem:{kind}", "title": kind.replace("-", " "), "status": status, "detail": detail}
    answer = JSONResponse(_writable(body | more), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)
    if retry_after is not None or status in _LATER:
        answer.headers["Retry-After"] = str(_SOON if retry_after is None else retry_after)
    return answer


def _writable(told: Any) -> Any:
    """What may hold anything somebody sent, without what no text can hold."""
    if isinstance(told, str):
        return told.encode(errors="replace").decode()
    if isinstance(told, Mapping):
        return {_writable(key): _writable(value) for key, value in told.items()}
    return [_writable(one) for one in told] if isinstance(told, list) else told


def describe(app: FastAPI) -> dict[str, Any]:
    """The application's OpenAPI, with the problems each operation may answer."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        made["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(unused, None)
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                operation["responses"] |= {str(one): _answer(one) for one in _problems(path, method, operation)}
        _link(made["paths"])
        app.openapi_schema = made
    return app.openapi_schema


#: how what was just made is named in what was sent, or in the answer
_NAMED = {"/plans": "$response.body#/code", "/accounts": "$request.body#/login"}
_BY_CODE = "$request.body#/rows/0/code"


def _link(paths: dict[str, Any]) -> None:
    """Say which operations go on with what another made or read, so that a program can follow."""
    for path, operations in paths.items():
        one = next((paths[f"{path}/{{{name}}}"] for name in ("code", "login") if f"{path}/{{{name}}}" in paths), None)
        if one is None:
            continue
        name = "login" if f"{path}/{{login}}" in paths else "code"
        followed = {name: _NAMED.get(path.removeprefix("/api/v1"), _BY_CODE)}
        if "post" in operations and "get" in one:
            links = {"read": {"operationId": one["get"]["operationId"], "parameters": followed}}
            operations["post"]["responses"]["201"]["links"] = links
        if "patch" in one:
            same = {name: f"$request.path.{name}", "if-match": "$response.header.ETag"}
            links = {"change": {"operationId": one["patch"]["operationId"], "parameters": same}}
            one["get"]["responses"]["200"]["links"] = links


#: beside every PATCH, what is done only with something as it was read
_AS_READ = ("/steps", "/seats", "/freed-seats", "/attendance", "/closing", "/training-sessions/{code}/cancellation")


def _answer(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}


def _problems(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[int]:
    """The statuses of the problems an operation may answer, by what it takes."""
    places = {(one["in"], one["name"].lower()) for one in operation.get("parameters", ())}
    taken, sent = bool(places), "requestBody" in operation
    named = any(name.endswith("_code") for kind, name in places if kind == "query")
    changes, signed_in = method != "get", bool(operation.get("security"))
    may = {
        400: sent or bool(places & {("query", "cursor"), ("query", "from_month")}),
        401: signed_in or path.endswith("/tokens"),
        403: signed_in,
        404: "{" in path or "/me/training" in path or sent or named,
        409: changes,
        412: ("header", "if-match") in places,
        413: sent,
        422: taken or sent,
        428: method == "patch" or path.endswith(_AS_READ),
        429: path.startswith("/api/"),
        503: True,
    }
    yield from (status for status, possible in may.items() if possible)
