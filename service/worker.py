"""The jobs' process: binds the names of `service.jobs` to what they do, runs them, and delivers what was published."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import UUID

import procrastinate
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service import jobs, logs
from service.app import connect
from service.audit import checkpoints
from service.audit.sealing import seal
from service.clock import now
from service.db.engine import app_engine
from service.duties.watching import watch
from service.events.delivering import Consumer, deliver, relay
from service.events.publishing import Event
from service.fitting import retrace_train
from service.indicators.drawing import draw_up
from service.messages import outgoing
from service.messages.carrying import carry_chats, carry_mail
from service.messages.pushing import push
from service.messages.sending import SENT
from service.people import throttle
from service.qualification.requalify import requalify
from service.retraining import forcing, staff_moves
from service.settings import settings
from service.suggestions import refits
from service.training_sessions.telling import remind
from service.web import idempotency

log = logging.getLogger(__name__)


def bind() -> procrastinate.App:
    """The jobs, their schedules, and where they wait."""
    url = app_engine().url
    connector = procrastinate.PsycopgConnector(
        conninfo=url.set(drivername="postgresql", query=url.query).render_as_string(hide_password=False),
        kwargs={"options": "-c search_path=public,jobs -c timezone=UTC"},
    )
    app = procrastinate.App(connector=connector)
    nightly = app.periodic(cron=f"0 {_utc_hour(2)} * * *", periodic_id="nightly")
    nightly(app.task(_score, name="scoring.score", lock="scoring.score", queueing_lock="scoring.score"))
    app.task(_score_arrivals, name="scoring.live", lock="scoring.live", queueing_lock="scoring.live")
    before = app.periodic(cron=f"30 {_utc_hour(1)} * * *", periodic_id="before")
    name = "qualification.requalify"
    before(app.task(_requalify, name=name, lock=name, queueing_lock=name))
    early = app.periodic(cron=f"0 {_utc_hour(6)} * * *", periodic_id="early")
    name = "indicators.draw_up"
    early(app.task(_draw_up, name=name, lock=name, queueing_lock=name))
    every_minute = app.periodic(cron="* * * * *", periodic_id="minute")
    every_minute(app.task(_seal, name="audit.seal", lock="audit.seal", queueing_lock="audit.seal"))
    for name, does in (("retraining.follow", _follow), ("changes.settle", _settle)):
        bound = app.task(does, name=name, lock=name, queueing_lock=name)
        app.periodic(cron="*/10 * * * *", periodic_id=name)(bound)
    app.task(_match, name="matching.match", lock="matching.match", queueing_lock="matching.match")
    hourly = app.periodic(cron="7 * * * *", periodic_id="hour")
    hourly(app.task(_forget, name="web.forget", queueing_lock="web.forget"))
    hourly(app.task(_watch_duties, name="duties.watch", lock="duties.watch", queueing_lock="duties.watch"))
    reminding = app.task(_remind, name="training_sessions.remind", queueing_lock="training_sessions.remind")
    hourly(reminding)
    often = app.periodic(cron="*/10 * * * *")
    often(app.task(_retry_stalled, name="jobs.retry_stalled", queueing_lock="jobs.retry_stalled", pass_context=True))
    watching = app.periodic(cron=f"30 {_utc_hour(4)} * * *", periodic_id="watch")
    watching(app.task(_watch, name="training.watch", lock="training.watch", queueing_lock="training.watch"))
    app.task(_fit, name=refits.JOB, lock=refits.JOB)
    return app


def _score(timestamp: int | None = None) -> dict[str, int]:
    from service.scoring.score import score

    return score(app_engine(), settings().home)


def _score_arrivals() -> int:
    from service.scoring.live import arrivals

    return arrivals(app_engine(), settings().home).score()


def _requalify(timestamp: int | None = None) -> int:
    """Work out who is qualified for what today."""
    with Session(app_engine()) as session, session.begin():
        return requalify(session)


def _follow(timestamp: int | None = None) -> None:
    """Draft what staff who came or moved must learn, and close what ended with those who left."""
    with Session(app_engine()) as session, session.begin():
        staff_moves.follow(session)


def _settle(timestamp: int | None = None) -> int:
    """Put in force what may be, and tell of reviews that are overdue; how many changes took force."""
    with Session(app_engine()) as session, session.begin():
        forcing.remind(session)
        return len(forcing.take_force(session))


def _remind(timestamp: int | None = None) -> int:
    """Remind of the training sessions of the day to come."""
    with Session(app_engine()) as session, session.begin():
        return remind(session)


def _match() -> int:
    """Work out what the reports are about that came in, or that something changed for."""
    from service.scoring.matching import match

    with Session(app_engine()) as session, session.begin():
        return match(session, settings().home)


def _seal(timestamp: int | None = None) -> int | None:
    """Chain what the trail has got, and keep the checkpoint outside."""
    with Session(app_engine()) as session, session.begin():
        checkpoint = seal(session)
    if checkpoint is None:
        return None
    checkpoints.keep(checkpoint)
    return checkpoint.position


def _forget(timestamp: int | None = None) -> None:
    """Let go of what is kept for a time only."""
    with Session(app_engine()) as session, session.begin():
        idempotency.forget(session, now())
        throttle.forget(session, now())


def _watch_duties(timestamp: int | None = None) -> dict[str, int]:
    """Draw up what is owed, note what was missed, remind, and tell further up."""
    with Session(app_engine()) as session, session.begin():
        return watch(session)


def _draw_up(timestamp: int | None = None) -> int:
    """Draw up the quality reports of the month that is over, where there are none yet."""
    with Session(app_engine()) as session, session.begin():
        return draw_up(session)


def _watch(timestamp: int | None = None) -> str:
    """Ask for the fits that are due, and compare the models with what came true; the monitor may ask for more."""
    from service.scoring.renewing import renew

    with Session(app_engine()) as session, session.begin():
        renew(session, settings().home, timedelta(days=settings().refit_days), now())
    return retrace_train("monitor")


def _fit(target: str) -> None:
    """Fit a model that was asked for; it challenges, and people promote."""
    refits.carry_out(lambda: Session(app_engine()), target, lambda name: retrace_train("fit", name, "--challenge"))


def _score_anew(session: Session, event: Event, event_id: UUID) -> None:
    jobs.defer(session, "scoring.score")


def _match_anew(session: Session, event: Event, event_id: UUID) -> None:
    jobs.defer(session, "matching.match")


def _score_arrived(session: Session, event: Event, event_id: UUID) -> None:
    jobs.defer(session, "scoring.live")


#: what texts are matched, and against what
_TEXTS = frozenset(
    f"{table}.recorded" for table in ("difficulty_reports", "clauses", "standard_versions", "courses", "course_covers")
)

#: who in this process is told of which events once they are committed
CONSUMERS: Mapping[str, Consumer] = {
    "scoring": Consumer(frozenset({"folder.imported"}), _score_anew),
    "scoring.live": Consumer(frozenset({"inspections.recorded"}), _score_arrived),
    "matching": Consumer(_TEXTS, _match_anew),
    "messages": Consumer(frozenset({SENT}), outgoing.prepare),
}

#: how often committed events are looked for, in seconds
_RELAYING = 0.5


def relay_once() -> int:
    """Deliver everything that is committed and due; how many deliveries were tried."""
    with Session(app_engine()) as session, session.begin():
        relay(session, CONSUMERS)
    tried = 0
    while True:
        with Session(app_engine()) as session, session.begin():
            if not deliver(session, CONSUMERS):
                return tried
        tried += 1


async def _relay_forever() -> None:
    while True:
        try:
            await asyncio.to_thread(relay_once)
        except SQLAlchemyError:
            log.exception("relaying events failed; it is tried again")
        await asyncio.sleep(_RELAYING)


#: webhooks told at the same time: one that hangs holds up only itself
_PUSHING = 4


def _outward() -> list[Callable[[], int]]:
    """What leaves the site, each in a thread of its own: a server that hangs holds up nothing else."""
    ways = (carry_mail, carry_chats, *([push] * _PUSHING))
    return [partial(way, app_engine()) for way in ways]


async def _carry_forever(threads: ThreadPoolExecutor, way: Callable[[], int]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            busy = await loop.run_in_executor(threads, way)
        except SQLAlchemyError:
            log.exception("sending failed; it is tried again")
            busy = 0
        if not busy:
            await asyncio.sleep(_RELAYING)


async def _retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Give back what a worker took and died over."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        await context.app.job_manager.retry_job(job)


def _utc_hour(local: int) -> int:
    """The hour in UTC that is `local` o'clock at the site today."""
    offset = now().astimezone(settings().zone).utcoffset() or timedelta()
    return (local - round(offset.total_seconds() / 3600)) % 24


async def _run(app: procrastinate.App) -> None:
    ways = _outward()
    with ThreadPoolExecutor(len(ways), "outward") as threads:
        carrying = [asyncio.create_task(_carry_forever(threads, way)) for way in ways]
        try:
            await _work(app)
        finally:
            for one in carrying:
                one.cancel()


async def _work(app: procrastinate.App) -> None:
    async with app.open_async():
        relaying = asyncio.create_task(_relay_forever())
        try:
            await app.run_worker_async(
                wait=True, listen_notify=True, fetch_job_polling_interval=2, concurrency=2, delete_jobs="successful"
            )
        finally:
            relaying.cancel()


def main() -> None:
    """Work until told to stop."""
    connect()
    app = bind()  # first: as root, it is the database's start that makes a new home
    logs.configure("worker", settings())
    asyncio.run(_run(app))
