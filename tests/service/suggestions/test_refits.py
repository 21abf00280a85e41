"""Fits that are asked for: one at a time per target, each with its reason and what came of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Unavailable
from service.fitting import retrace_train
from service.scoring.renewing import RESTS, rests
from service.suggestions import refits

Begin = Callable[[], Session]


@pytest.fixture
def begin(connection: Connection) -> Begin:
    return lambda: Session(connection, join_transaction_mode="create_savepoint")


def _waiting(session: Session) -> list[Any]:
    jobs = "SELECT args ->> 'target' FROM jobs.procrastinate_jobs WHERE task_name = 'training.fit' ORDER BY id"
    return list(session.scalars(text(jobs)))


def test_one_that_waits_is_enough_and_each_target_has_its_own(session: Session) -> None:
    assert refits.ask(session, "need", "the scores drifted")
    assert not refits.ask(session, "need", "by the calendar")
    assert refits.ask(session, "risk-unit", "by the calendar")
    assert _waiting(session) == ["need", "risk-unit"]


def test_what_came_of_it_is_kept_and_told(session: Session, begin: Begin, ask: Callable[..., Any]) -> None:
    refits.ask(session, "need", "the scores drifted")
    refits.carry_out(begin, "need", lambda target: f"{target} version 4 challenges the champion.")
    (read,) = ask("GET", "/refits", "data").json()["items"]
    assert (read["outcome"], read["why"]) == ("registered", "the scores drifted")
    assert read["message"] == "need version 4 challenges the champion."
    assert refits.ask(session, "need", "again"), "what has ended stands in nobody's way"


def test_a_failure_is_kept_with_its_reason_and_fails_the_job(session: Session, begin: Begin) -> None:
    def fit(target: str) -> str:
        raise Unavailable("only one class to learn from")

    refits.ask(session, "need", "the scores drifted")
    with pytest.raises(Unavailable):
        refits.carry_out(begin, "need", fit)
    ended = refits.last(session, "need")
    assert ended is not None
    assert (ended.outcome, ended.message) == ("failed", "only one class to learn from")


def test_a_target_rests_after_it_was_asked_for(session: Session) -> None:
    assert not rests(session, "need", now())
    refits.ask(session, "need", "the scores drifted")
    assert rests(session, "need", now())
    assert not rests(session, "need", now() + RESTS + timedelta(minutes=1))


def test_what_the_process_failed_with_is_one_line() -> None:
    with pytest.raises(Unavailable, match=r"^retrace-train fit bonus: .*choose one of need, risk-work, risk-unit$"):
        retrace_train("fit", "bonus")
