"""The composition root: every domain's routes, the console, and how errors leave."""

import gc
from functools import partial

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import configure_mappers
from starlette.exceptions import HTTPException

from service import console, health
from service.access import explained, refuse_undeclared
from service.answers import handlers as answers_handlers
from service.answers.api import router as answers
from service.audit.api import router as audit
from service.courses.api import router as courses
from service.difficulties.api import router as difficulties
from service.duties import handlers as duties_handlers
from service.duties.api import router as duties
from service.errors import RetraceError
from service.exchange.api import router as exchange
from service.feed.api import router as feed
from service.feedback.api import router as feedback
from service.indicators.api import router as indicators
from service.indicators.report_api import router as quality_reports
from service.inspections import handlers as inspections_handlers
from service.inspections.api import router as inspections
from service.issues import handlers as issues_handlers
from service.issues.api import router as issues
from service.messages.api import router as messages
from service.messages.webhooks_api import router as webhooks
from service.people import actions as people_actions
from service.people.api import router as people
from service.problems import describe, problem
from service.processes.api import router as processes
from service.qualification import handlers as qualification_handlers
from service.qualification.api import router as qualification
from service.qualification.staffing_api import router as staffing
from service.reading import handlers as reading_handlers
from service.reading.api import router as reading
from service.retraining import handlers as retraining_handlers
from service.retraining.api import router as retraining
from service.standards.api import router as standards
from service.suggestions.api import router as suggestions
from service.trace.api import router as trace
from service.trace.assessing import count_work
from service.training_sessions.api import router as training_sessions
from service.web import wrap
from service.web.answers import refused, refused_by_http, unreadable
from service.web.reference import router as reference
from service.work.api import router as work


def connect() -> None:
    """Let each domain hear what happens in the others; every process does this before it records anything."""
    qualification_handlers.register()
    inspections_handlers.register()
    retraining_handlers.register()
    issues_handlers.register()
    reading_handlers.register()
    answers_handlers.register()
    duties_handlers.register()


def settle() -> None:
    """Let the collector forget what is in memory for good: to look at it all again stops a request for 0.1 s."""
    configure_mappers()
    gc.collect()
    gc.freeze()


def compose(engine: Engine) -> FastAPI:
    """The application over one database."""
    connect()
    app = FastAPI(
        title="Retrace", version="0.1.0", docs_url=None, redoc_url=None,
        description="Who to retrain, what to inspect first, and, when something went wrong, why.",
    )
    app.state.engine = engine
    app.state.recognise = people_actions.recognise
    app.state.count_work = count_work
    api = APIRouter(prefix="/api/v1")
    for router in (audit, feed, people, messages, webhooks, feedback, standards, processes, courses, work,
                   qualification, staffing, suggestions, inspections, difficulties, retraining, training_sessions,
                   reading, issues, answers, duties, trace, indicators, quality_reports, exchange):
        api.include_router(router)
    app.include_router(api)
    app.include_router(health.router)
    app.include_router(reference)
    app.add_exception_handler(RetraceError, refused)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, refused_by_http)
    app.add_exception_handler(IntegrityError, _unstored)
    app.add_exception_handler(DataError, _unstored)
    app.add_exception_handler(ProgrammingError, _unstored)
    app.add_exception_handler(Exception, _unexpected)
    wrap(app)
    app.include_router(console.router)
    console.mount(app)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    refuse_undeclared(app.routes)
    return app


def _unstored(request: Request, error: Exception) -> Response:
    told = explained(error)
    if told is error:
        raise error
    return refused(request, told)


def _unexpected(request: Request, error: Exception) -> Response:
    """Says nothing of the error itself; the server logs it, because the middleware raises it again."""
    if not request.url.path.startswith("/api/"):
        return PlainTextResponse("Internal Server Error", 500)
    return problem(500, "unexpected", "Something went wrong here, and nothing was changed; the error has been logged.")
