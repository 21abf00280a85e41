"""Errors as pages for browsers; the API's own answers stay as they are."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from urllib.parse import SplitResult, quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from starlette.exceptions import HTTPException

from service.access import PasswordChangeRequired, explained
from service.console.origin import Forged, place, safe_next
from service.console.pages import page, refusal, when
from service.errors import RetraceError, Unauthorized
from service.web.outages import OUTAGES, as_unavailable

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]


def answer_in_html(app: FastAPI) -> None:
    """Put a page before each answer the application has for an error."""
    kinds = (RetraceError, RequestValidationError, HTTPException, IntegrityError, DataError, ProgrammingError)
    for kind in (*kinds, *OUTAGES, Exception):
        app.add_exception_handler(kind, _before(app.exception_handlers[kind]))


def _before(otherwise: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        outside = not request.url.path.startswith("/api/")
        if outside and isinstance(error, Unauthorized):
            return _to_login(request)
        if outside and isinstance(error, PasswordChangeRequired):
            return RedirectResponse("/password", 303)
        if outside and "text/html" in request.headers.get("accept", ""):
            return _error_page(request, as_unavailable(explained(error)))
        answer = otherwise(request, error)
        return await answer if isawaitable(answer) else answer

    return handle


def _to_login(request: Request) -> Response:
    """On to signing in, and back afterwards to the page one looked at."""
    if request.headers.get("hx-request"):
        shown = urlsplit(request.headers.get("hx-current-url", "/"))
        return Response(status_code=401, headers={"HX-Redirect": _login(shown)})
    if request.method != "GET":
        return RedirectResponse("/login", 303)
    return RedirectResponse(_login(request.url.components), 303)


def _login(url: SplitResult) -> str:
    wanted = safe_next(place(url))
    return "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}"


def _error_page(request: Request, error: Exception) -> Response:
    known = isinstance(error, RetraceError | HTTPException | RequestValidationError)
    status = getattr(error, "status", getattr(error, "status_code", 422 if known else 500))
    sentence = refusal(request, error).get("", "") if isinstance(error, RetraceError) else ""
    forged = isinstance(error, Forged)
    return when(error, page(request, "error.html", status, code=status, sentence=sentence, forged=forged))
