"""The composition root: every domain's routes, the console, and how errors leave."""

from functools import partial

from fastapi import APIRouter, Depends, FastAPI, Request, Response, status
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import PlainTextResponse
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from service import console
from service.access import explained, public, refuse_undeclared
from service.audit.api import router as audit
from service.courses.api import router as courses
from service.difficulties.api import router as difficulties
from service.errors import Invalid, RetraceError
from service.exchange.api import router as exchange
from service.feed.api import router as feed
from service.inspections.api import router as inspections
from service.issues.api import router as issues
from service.people import actions as people_actions
from service.people.api import router as people
from service.problems import describe, problem
from service.processes.api import router as processes
from service.retraining import handlers as retraining_handlers
from service.retraining.api import router as retraining
from service.standards.api import router as standards
from service.suggestions.api import router as suggestions
from service.web.idempotency import Idempotent
from service.work.api import router as work


def connect() -> None:
    """Let each domain hear what happens in the others; every process does this before it records anything."""
    retraining_handlers.register()


def compose(engine: Engine) -> FastAPI:
    """The application over one database."""
    connect()
    app = FastAPI(
        title="Retrace", version="0.1.0", docs_url=None, redoc_url=None,
        description="Who to retrain, what to inspect first, and, when something went wrong, why.",
    )
    app.state.engine = engine
    app.state.recognise = people_actions.recognise
    api = APIRouter(prefix="/api/v1")
    for router in (audit, feed, people, standards, processes, courses, work, suggestions, inspections, difficulties,
                   retraining, issues, exchange):
        api.include_router(router)
    app.include_router(api)
    app.get("/healthz", tags=["operations"], dependencies=[Depends(public)])(_healthz)
    app.get("/docs", include_in_schema=False, dependencies=[Depends(public)])(_docs)
    app.add_exception_handler(RetraceError, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _unstored)
    app.add_exception_handler(DataError, _unstored)
    app.add_exception_handler(ProgrammingError, _unstored)
    app.add_exception_handler(Exception, _unexpected)
    app.include_router(console.router)
    console.mount(app)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.add_middleware(Idempotent)
    refuse_undeclared(app.routes)
    return app


def _docs() -> Response:
    """The API to read and try out, from files of our own: a site may have no internet."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json", title="Retrace API", swagger_js_url="/static/vendor/swagger-ui-5.35.0.bundle.js",
        swagger_css_url="/static/vendor/swagger-ui-5.35.0.css", swagger_favicon_url="/static/mark.svg",
    )


def _healthz(request: Request) -> dict[str, str]:
    """Whether the service and its database answer."""
    with Session(request.app.state.engine) as session:
        session.execute(text("SELECT 1"))
    return {"status": "ok"}


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RetraceError)  # noqa: S101
    more = {"violations": [vars(violation) for violation in error.violations]} if isinstance(error, Invalid) else {}
    headers = {"WWW-Authenticate": "Bearer"} if error.status == status.HTTP_401_UNAUTHORIZED else None
    return problem(error.status, error.kind, str(error), headers, **jsonable_encoder(more))


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [{"place": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()]
    first = found[0]
    return problem(422, "unreadable", f"{first['place']}: {first['problem']}", violations=found)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    kinds = {400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    return problem(error.status_code, kinds.get(error.status_code, "http"), str(error.detail), error.headers)


def _unstored(request: Request, error: Exception) -> Response:
    told = explained(error)
    if told is error:
        raise error
    return _refused(request, told)


def _unexpected(request: Request, error: Exception) -> Response:
    """Says nothing of the error itself; the server logs it, because the middleware raises it again."""
    if not request.url.path.startswith("/api/"):
        return PlainTextResponse("Internal Server Error", 500)
    return problem(500, "unexpected", "Something went wrong here, and nothing was changed; the error has been logged.")
