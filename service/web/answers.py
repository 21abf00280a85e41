"""How each kind of error is answered."""

from fastapi import Request, Response, status
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.errors import Invalid, RetraceError
from service.problems import problem

_KINDS = {400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-type"}

#: what pydantic calls a body that is text although it should be an object or a list
_NOT_PARSED = {"model_attributes_type", "model_type", "dict_type", "list_type"}


def refused(request: Request, error: Exception) -> Response:
    """A user's error, in its own words."""
    assert isinstance(error, RetraceError)  # noqa: S101
    more = {"violations": [vars(violation) for violation in error.violations]} if isinstance(error, Invalid) else {}
    headers = {"WWW-Authenticate": "Bearer"} if error.status == status.HTTP_401_UNAUTHORIZED else None
    return problem(error.status, error.kind, str(error), headers, error.retry_after, **jsonable_encoder(more))


def unreadable(request: Request, error: Exception) -> Response:
    """A request that is not of the form its route takes."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [{"place": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()]
    first, kind = found[0], error.errors()[0]["type"]
    if kind == "json_invalid":
        return problem(400, "unreadable", "The body is not valid JSON; correct it.", violations=found)
    if kind in _NOT_PARSED and first["place"] == "body" and not _says_json(request):
        return problem(415, "unsupported-type", "Send the body as JSON, with Content-Type: application/json.")
    return problem(422, "unreadable", f"{first['place']}: {first['problem']}", violations=found)


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def refused_by_http(request: Request, error: Exception) -> Response:
    """What the framework refuses: an unknown address or method, a body it cannot read."""
    assert isinstance(error, HTTPException)  # noqa: S101
    answer = problem(error.status_code, _KINDS.get(error.status_code, "http"), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer
