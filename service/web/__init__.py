"""What every request passes on its way in, and every answer on its way out."""

from fastapi import FastAPI

from service.settings import settings
from service.web.body_limit import BodyLimit
from service.web.idempotency import Idempotent
from service.web.metrics import Meters
from service.web.outages import OUTAGES, away
from service.web.request_ids import RequestIds
from service.web.security import SecurityHeaders
from service.web.unforeseen import Unforeseen
from service.web.watch import Watch


def wrap(app: FastAPI) -> None:
    """Put the middlewares around the application; the last one added is the first a request meets.

    Call it when the application's own error handlers are in place, and before the console puts pages before them.
    """
    app.state.meters = Meters()
    for kind in OUTAGES:
        app.add_exception_handler(kind, away)
    app.add_middleware(Idempotent)
    app.add_middleware(BodyLimit, largest=settings().max_body_bytes)
    app.add_middleware(Unforeseen)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Watch, meters=app.state.meters)
    app.add_middleware(RequestIds)
