"""The pages of what is owed: set up, the ledger, and the word that there is nothing to report."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.duties.tables import Duty, Obligation
from tests.service.console.conftest import signed_in


@pytest.fixture
def head(client: TestClient) -> TestClient:
    return signed_in(client, "olu")


ANSWERS = {
    "department": "D-LINE", "template": "difficulty_list", "owed": "difficulty_list", "cadence": "FREQ=DAILY",
    "due_days": "0",
}


def test_a_department_is_set_up_and_says_that_there_is_nothing_to_report(head: TestClient, session: Session) -> None:
    asked = head.get("/duties/setup?department=D-LINE").text
    assert "Does this department report every month where work is hard or piles up?" in asked
    assert "Production" in asked
    done = head.post("/duties/setup", data=ANSWERS)
    assert done.status_code == 303, done.text
    assert session.scalars(select(Duty.code)).all() == ["difficulty_list/D-LINE"]
    shown = head.get("/duties?department=D-LINE").text
    assert "Upcoming" in shown
    owed = session.scalars(select(Obligation).order_by(Obligation.starts_on)).first()
    assert owed is not None
    assert owed.code in shown
    unsaid = head.post("/duties/nothing", data={"code": owed.code, "reason": " "})
    assert (unsaid.status_code, "Say why" in unsaid.text) == (422, True)
    assert head.post("/duties/nothing", data={"code": owed.code, "reason": "line stood still"}).status_code == 303
    session.refresh(owed)
    assert (owed.state, owed.reason) == ("nothing_to_report", "line stood still")
    assert "line stood still" in head.get("/duties").text


@pytest.mark.parametrize(("typed", "status", "says"), [
    ({"due_days": "soon"}, 422, "Give a number of days, 0 to 366."),
    ({"cadence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, 422, "never fires"),
    ({"template": "nonsense", "owed": "nonsense"}, 422, "are not asked this"),
    ({"department": "NOWHERE"}, 404, "There is no department"),
])
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    head: TestClient, session: Session, typed: dict[str, str], status: int, says: str
) -> None:
    refused = head.post("/duties/setup", data=ANSWERS | typed)
    assert (refused.status_code, says in refused.text) == (status, True)
    assert session.scalars(select(Duty)).all() == []


def test_the_pages_speak_chinese(head: TestClient) -> None:
    head.post("/duties/setup", data=ANSWERS)
    head.cookies.set("retrace_language", "zh")
    assert "本部门是否每月上报操作难点与瓶颈？" in head.get("/duties/setup?department=D-LINE").text
    assert "未履行的将一直记为未履行" in head.get("/duties").text
