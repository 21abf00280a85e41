"""Whether the service lives, whether it can serve, and how much it has to do: for those and what watch over it."""

from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from service.access import public
from service.db.engine import probe_engine
from service.migrations import revisions
from service.problems import MEDIA_TYPE, problem

router = APIRouter(tags=["operations"], dependencies=[Depends(public)])

_NOT_READY = {503: {"description": "Not ready; the problem says why", "content": {MEDIA_TYPE: {}}}}


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process lives; asks nothing of the database, and needs no free thread."""
    return {"status": "ok"}


@router.get("/readyz", response_model=dict[str, str], responses=_NOT_READY)  # type: ignore[arg-type]
def readyz(request: Request) -> Response:
    """Whether the database answers and has the schema this version works with."""
    missing = _missing(request.app.state.engine)
    if missing is not None:
        return problem(503, "unavailable", missing)
    return JSONResponse({"status": "ready"})


def _missing(engine: Engine) -> str | None:
    """What keeps the service from serving, in one sentence."""
    newest = revisions(engine)[0]
    try:
        with probe_engine(engine.engine.url).connect() as connection:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except OperationalError:
        return "The database does not answer within two seconds; check that it runs and can be reached."
    except SQLAlchemyError:
        return "The database answers, but its schema cannot be read; restart the service to bring it up to date."
    if found != newest:
        return f"The schema is at revision {found}, this version works with {newest}; restart the service to migrate."
    return None


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """The numbers of the requests, the jobs and the connection pool, as Prometheus reads them."""
    asked = CollectorRegistry()
    asked.register(_State(request.app.state.engine.engine))
    told = generate_latest(request.app.state.meters.registry) + generate_latest(asked)
    return Response(told, media_type=CONTENT_TYPE_LATEST)


class _State(Collector):
    """What is read when somebody asks for it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; those of a database that does not answer are left out."""
        if isinstance(self.engine.pool, QueuePool):
            in_use = self.engine.pool.checkedout()
            yield GaugeMetricFamily("retrace_pool_in_use", "Database connections in use", value=in_use)
        try:
            with probe_engine(self.engine.url).connect() as connection:
                jobs = connection.execute(text(_JOBS)).all()
                undelivered, unsealed = connection.execute(text(_WAITING)).one()
        except SQLAlchemyError:
            yield GaugeMetricFamily("retrace_database_up", "Whether the database answers", value=0)
            return
        yield GaugeMetricFamily("retrace_database_up", "Whether the database answers", value=1)
        counted = GaugeMetricFamily("retrace_jobs", "Jobs that wait, run or have failed", labels=["status"])
        for status, count in jobs:
            counted.add_metric([status], count)
        yield counted
        yield GaugeMetricFamily("retrace_deliveries_waiting", "Events on their way to a consumer", value=undelivered)
        yield GaugeMetricFamily("retrace_audit_seal_age_seconds", "Since the audit trail was sealed", value=unsealed)


_JOBS = """
SELECT wanted, count(id) FROM unnest(ARRAY['todo', 'doing', 'failed']) AS wanted
LEFT JOIN jobs.procrastinate_jobs ON status::text = wanted GROUP BY wanted
"""

_WAITING = """
SELECT (SELECT count(*) FROM deliveries WHERE delivered_at IS NULL),
       coalesce((SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM audit.seals), 0)
"""
