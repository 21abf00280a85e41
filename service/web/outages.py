"""A database that is away or too busy is nobody's mistake: 503, and when to try again."""

import logging

import psycopg
from fastapi import Request, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.errors import Unavailable
from service.web.answers import refused

OUTAGES = (OperationalError, PoolTimeout, psycopg.OperationalError)

_log = logging.getLogger(__name__)


def as_unavailable(error: Exception) -> Exception:
    """An outage as a user's error that holds no detail of it; any other error as it is."""
    if isinstance(error, OUTAGES):
        return Unavailable("The database does not answer at the moment; nothing was changed, try again soon.")
    return error


def away(request: Request, error: Exception) -> Response:
    """Log an outage and answer it."""
    cause = next(iter(str(getattr(error, "orig", error)).splitlines()), "no message")
    _log.warning("The database does not answer: %s", cause)
    return refused(request, as_unavailable(error))
