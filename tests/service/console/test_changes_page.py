"""The pages of changes and plans: what a change costs before its approval, and from a draft to a published plan."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.people.actions import add_account
from service.people.tables import Assignment, Post
from service.processes import actions
from service.processes.schemas import Proposal, StepTaken
from service.processes.tables import Change
from service.retraining.tables import Plan
from tests.service.console.conftest import Browser, signed_in
from tests.service.console.site import record


@pytest.fixture
def change(connection: Connection) -> str:
    """The code of a change that waits for its review; it concerns one person, who never took its course."""
    with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
        record(session, Post, {"code": "POST-S", "name": "Solderer", "department_code": "D-LINE"})
        placed = {"employee_code": "E001", "department_code": "D-LINE", "post_code": "POST-S"}
        record(session, Assignment, placed | {"from_date": now().date() - timedelta(days=400)})
        account = add_account(session, "author", "Author", "operations", None)
        author = Principal(account.id, "author", "Author", "operations", None)
        code = actions.propose(session, Proposal(
            process_code="P-SOLDER", version="NEXT", summary="Two hands", posts=["POST-S"],
            effective_at=now() + timedelta(days=90),
        ), author).code
        actions.take(session, code, StepTaken(step="submit"), author, "*")
    return code


def _form(page: str, action: str, step: str) -> dict[str, str]:
    """The hidden fields of the form that would send a step, without its proof."""
    forms = re.findall(rf'<form class="panel" method="post" action="{action}">(.*?)</form>', page, re.S)
    fields = [dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)) for form in forms]
    (found,) = (each for each in fields if each["step"] == step)
    return {name: html.unescape(value) for name, value in found.items() if name != "proof"}


def test_a_reviewer_sees_what_a_change_costs_and_approves_it_and_the_planner_publishes(
    client: Browser, change: str, connection: Connection
) -> None:
    signed_in(client, "qian")
    page = client.get("/changes").text
    for said in ("Wave soldering", "Two hands", "1 whole course", "60 minutes, 0 of them", "C-SOLDER", "POST-S"):
        assert said in page
    given = _form(page, f"/changes/{change}", "approve")
    outdated = client.post(f"/changes/{change}", data=given | {"revision": "2"})
    assert (outdated.status_code, "revision 1" in outdated.text) == (409, True)
    silent = client.post(f"/changes/{change}", data=_form(page, f"/changes/{change}", "reject"))
    assert silent.status_code == 422
    assert client.post(f"/changes/{change}", data=given).status_code == 303
    assert "Approved" in client.get("/changes").text
    assert "/plans/" in client.get("/plans").text or "Draft" in client.get("/plans").text

    client.cookies.clear()
    signed_in(client, "hua")
    with Session(connection) as session:
        plan = session.scalars(select(Plan.code).join(Change, Change.id == Plan.change_id)).one()
    for step, after in (("accept", "Accepted"), ("publish", "Published")):
        shown = client.get("/plans").text
        assert "New hires" in shown
        assert client.post(f"/plans/{plan}", data=_form(shown, f"/plans/{plan}", step)).status_code == 303
        assert after in client.get("/plans").text
    assert "In training" in client.get("/changes").text


def test_a_plan_is_not_rejected_without_a_reason_and_what_was_typed_stays(
    client: Browser, change: str, connection: Connection
) -> None:
    signed_in(client, "ada")
    client.post(f"/changes/{change}", data=_form(client.get("/changes").text, f"/changes/{change}", "approve"))
    with Session(connection) as session:
        plan = session.scalars(select(Plan.code).join(Change, Change.id == Plan.change_id)).one()
    given = _form(client.get("/plans").text, f"/plans/{plan}", "reject")
    refused = client.post(f"/plans/{plan}", data=given)
    assert (refused.status_code, "without a reason" in refused.text) == (422, True)
    assert client.post(f"/plans/{plan}", data=given | {"reason": "no trainer"}).status_code == 303
    page = client.get("/changes").text
    assert "Changes requested" in page
