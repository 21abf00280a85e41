"""From a template to a response: one environment per language, and the headers every page carries."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.access import COOKIE, Principal
from service.clock import now
from service.console import words
from service.console.calling import names
from service.console.language import LANGUAGES, Language, catalog, spoken
from service.console.notes import take
from service.console.origin import FORM_COOKIE, place, proof, safe_next
from service.errors import RetraceError
from service.settings import settings

HERE = Path(__file__).parent
STATIC = HERE / "static"

#: nothing but our own files runs or styles a page, and nobody frames one. The referrer policy must let a form's
#: POST name its origin: `no-referrer` would turn it into "null" and the same-origin check would refuse it.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(request: Request, template: str, status: int = 200, **content: Any) -> HTMLResponse:
    """A page in the viewer's language; a note left by the request before is shown once."""
    viewer: Principal | None = getattr(request.state, "principal", None)
    language = spoken(request, viewer.locale if viewer else None)
    note = take(request)
    address = _standing_on(request)
    bound_to = request.cookies.get(COOKIE if viewer else FORM_COOKIE) or token_urlsafe(24)
    shared = {"viewer": viewer, "language": language, "note": note, "address": address, "now": now(),
              "form_proof": proof(bound_to), "by_provider": settings().oidc_issuer is not None}
    body = _environment(language.code).get_template(template).render(shared | content)
    response = HTMLResponse(body, status, HEADERS | {"Content-Language": language.tag})
    if note:
        response.delete_cookie(words.NOTE_COOKIE)
    if viewer is None and bound_to != request.cookies.get(FORM_COOKIE):
        secure = request.url.scheme == "https"
        response.set_cookie(FORM_COOKIE, bound_to, httponly=True, samesite="strict", secure=secure)
    return response


def _standing_on(request: Request) -> str:
    """The address of the page; of a form that came back, that of the page it stood on, which can be opened again."""
    sent_from = request.headers.get("referer") if request.method == "POST" else None
    return safe_next(place(urlsplit(sent_from))) if sent_from else place(request.url.components)


def refusal(request: Request, error: Exception) -> dict[str, str]:
    """What is wrong with a form, by field (the empty name: with the whole), in the viewer's language."""
    viewer: Principal | None = getattr(request.state, "principal", None)
    return words.problems(error, spoken(request, viewer.locale if viewer else None))


def refused(request: Request, template: str, error: RetraceError, **content: Any) -> HTMLResponse:
    """A page whose form was refused, with what is wrong."""
    return when(error, page(request, template, error.status, problems=refusal(request, error), **content))


def when(error: Exception, shown: HTMLResponse) -> HTMLResponse:
    """An answer to an error, with after how many seconds it may help to try again."""
    if isinstance(error, RetraceError) and error.retry_after is not None:
        shown.headers["Retry-After"] = str(error.retry_after)
    return shown


def status_of(error: Exception) -> int:
    """The status a refused form is answered with."""
    return error.status if isinstance(error, RetraceError) else 422


@cache
def _environment(code: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )
    translations, language = catalog(code), Language(code)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        translations.gettext, translations.ngettext, newstyle=True
    )
    made.filters |= {
        name: getattr(language, name) for name in ("date", "moment", "age", "number", "percent", "chance")
    }
    made.globals |= {"words": words, "languages": LANGUAGES, "static": _static, **names(language)}
    return made


@cache
def _static(name: str) -> str:
    """A static file's address, which changes with its content so that browsers may keep it."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"
