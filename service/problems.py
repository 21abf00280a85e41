"""Errors as they leave the API: RFC 9457 problem details with a stable type."""

from collections.abc import Mapping

from fastapi.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """An error as RFC 9457 problem details; `kind` is the stable part of its type."""
    body = {"type": f"urn:retrace:problem:{kind}", "title": kind.replace("-", " "), "status": status, "detail": detail}
    return JSONResponse(body | more, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))
