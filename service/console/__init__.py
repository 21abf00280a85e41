"""The web pages: server-rendered, English and Chinese, one module per audience."""

from fastapi import APIRouter, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from service.console import (
    answers,
    audit,
    changes,
    duties,
    feedback,
    gate,
    home,
    indicators,
    links,
    messages,
    password,
    planner,
    provider,
    quality,
    reading,
    reports,
    session,
    sessions,
    staffing,
    trace,
)
from service.console.failing import answer_in_html
from service.console.pages import STATIC

router = APIRouter()
for _audience in (
    session, provider, password, home, planner, sessions, reading, answers, changes, quality, duties, indicators,
    reports, staffing, gate, trace, audit, messages, feedback, links,
):
    router.include_router(_audience.router)


class _Files(StaticFiles):
    """Static files; a browser takes each for what we say it is. Their addresses carry a hash, so it may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response


def mount(app: FastAPI) -> None:
    """Serve the static files and answer browsers' errors with pages.

    Call it after the application's own exception handlers are in place: they keep answering for the API.
    """
    app.mount("/static", _Files(directory=STATIC), name="static")
    answer_in_html(app)
