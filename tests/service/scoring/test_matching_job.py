"""Reports that come in are matched without anybody asking."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from service.events.publishing import Event
from service.worker import CONSUMERS


@pytest.mark.parametrize("table", ["difficulty_reports", "clauses", "courses", "course_covers", "standard_versions"])
def test_what_is_recorded_has_the_job_wait_once(session: Session, table: str) -> None:
    event = Event(f"{table}.recorded", table, {"created": 1})
    consumer = CONSUMERS["matching"]
    assert event.name in consumer.names
    for _ in range(2):
        consumer.consume(session, event, uuid4())
    waiting = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'matching.match' AND status = 'todo'"
    assert session.scalar(text(waiting)) == 1
