"""Who is erased is nobody any more, in the records and in the trail; what was done stays."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from service.audit.sealing import seal
from service.audit.search import Wanted, search
from service.audit.verify import verify
from service.errors import NotFound
from service.exchange.layout import FOLDER
from service.people.actions import add_account, issue_token, recognise
from service.people.erasure import erase
from service.people.tables import Employee
from service.records.actions import put
from tests.service.database import migrated


def _somebody(session: Session) -> str:
    put(session, FOLDER["employees"], [{"code": "E1", "name": "Li Wei", "email": "li@example.com"}])
    put(session, FOLDER["credentials"], [{"employee_code": "E1", "kind": "licence", "number": "L-778899"}])
    put(session, FOLDER["credentials"], [{"employee_code": "E1", "kind": "licence", "number": "L-112233"}])
    session.execute(update(Employee).values(name="Li Min"))
    return issue_token(session, add_account(session, "liwei", "Li Wei", "employee", None, employee_code="E1"), "api")


def test_the_trail_keeps_the_deed_and_forgets_the_person() -> None:
    with migrated("erasure") as own:
        with Session(own.app) as session, session.begin():
            token = _somebody(session)
        with Session(own.app) as session, session.begin():
            seal(session)
        with Session(own.app) as session, session.begin():
            erase(session, "E1", "asked for by letter")
        with Session(own.app) as session, session.begin():
            checkpoint = seal(session)
        with Session(own.app) as session:
            assert checkpoint is not None
            assert verify(session, [checkpoint]).faults == ()
            assert recognise(session, token) is None
            told = search(session, Wanted(), None, 1000)
            assert {"Li Wei", "Li Min", "li@example.com", "L-778899", "L-112233"} & set(str(told).split("'")) == set()
            (erased,) = [event for event in told if event.action == "erase"]
            assert (erased.code, erased.reason) == ("E1", "asked for by letter")
            kept = session.scalar(text(
                "SELECT string_agg(e::text, ' ') FROM (SELECT row_to_json(t) e FROM employees t"
                " UNION ALL SELECT row_to_json(t) FROM accounts t UNION ALL SELECT row_to_json(t) FROM credentials t"
                " UNION ALL SELECT row_to_json(t) FROM audit.identities t UNION ALL SELECT row_to_json(t) FROM"
                " audit.events t) AS everything"
            ))
            for word in ("Li Wei", "Li Min", "li@example.com", "L-778899", "L-112233", "liwei"):
                assert word not in str(kept)
            assert session.scalars(select(Employee.code)).all() == ["E1"]


def test_nobody_is_erased_who_is_not_there(session: Session) -> None:
    with pytest.raises(NotFound, match="no employee 'X'"):
        erase(session, "X", "x")
