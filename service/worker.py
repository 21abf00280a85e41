"""The jobs' process: binds the names of `service.jobs` to what they do, and runs them."""

import asyncio
from datetime import timedelta

import procrastinate

from service import logs
from service.clock import now
from service.db.engine import app_engine
from service.settings import settings


def bind() -> procrastinate.App:
    """The jobs, their schedules, and where they wait."""
    url = app_engine().url
    connector = procrastinate.PsycopgConnector(
        conninfo=url.set(drivername="postgresql", query=url.query).render_as_string(hide_password=False),
        kwargs={"options": "-c search_path=public,jobs -c timezone=UTC"},
    )
    app = procrastinate.App(connector=connector)
    nightly = app.periodic(cron=f"0 {_utc_hour(2)} * * *", periodic_id="nightly")
    nightly(app.task(_score, name="scoring.score", queueing_lock="scoring.score"))
    often = app.periodic(cron="*/10 * * * *")
    often(app.task(_retry_stalled, name="jobs.retry_stalled", queueing_lock="jobs.retry_stalled", pass_context=True))
    return app


def _score(timestamp: int | None = None) -> dict[str, int]:
    from service.scoring.score import score

    return score(app_engine(), settings().home)


async def _retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Give back what a worker took and died over."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        await context.app.job_manager.retry_job(job)


def _utc_hour(local: int) -> int:
    """The hour in UTC that is `local` o'clock at the site today."""
    offset = now().astimezone(settings().zone).utcoffset() or timedelta()
    return (local - round(offset.total_seconds() / 3600)) % 24


async def _run(app: procrastinate.App) -> None:
    async with app.open_async():
        await app.run_worker_async(wait=True, listen_notify=True, fetch_job_polling_interval=2, concurrency=1)


def main() -> None:
    """Work until told to stop."""
    app = bind()  # first: as root, it is the database's start that makes a new home
    logs.configure("worker", settings())
    asyncio.run(_run(app))
