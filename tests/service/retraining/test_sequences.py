"""Whatever anybody sends, in whatever order: no step is skipped, none judges their own, nobody is without an owner.

All through HTTP, over a change and the plans that answer it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from service.clock import now
from service.processes.rules import ENDED
from service.processes.rules import STEPS as CHANGE_STEPS
from service.retraining.forcing import take_force
from service.retraining.rules import STEPS as PLAN_STEPS
from tests.service.conftest import Put, day

Ask = Callable[..., Any]

WHO = ("operations", "operations/2", "quality", "quality/2", "people", "admin", "employee", "data")
LATER = timedelta(days=20)

#: what somebody sends: a step with the change, with a plan, an edit, a result, a leaver, or time passes
CALLS = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(sorted({step.name for step in CHANGE_STEPS})), st.booleans()),
    st.tuples(st.just("plan"), st.sampled_from(sorted({step.name for step in PLAN_STEPS})), st.integers(0, 1)),
    st.tuples(st.just("remove"), st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.just("result"), st.sampled_from(["passed", "failed", "absent"]), st.integers(0, 3)),
    st.tuples(st.just("leave"), st.sampled_from(["007", "008"]), st.none()),
    st.tuples(st.just("later"), st.none(), st.none()),
)

#: the whole way once, so that each run judges what comes after it too
ALL_THE_WAY: list[tuple[str, tuple[str, Any, Any]]] = [
    ("operations", ("change", "submit", True)), ("quality", ("change", "approve", True)),
    ("people", ("plan", "accept", 0)), ("people", ("plan", "accept", 1)),
    ("people", ("plan", "publish", 0)), ("people", ("plan", "publish", 1)),
    ("people", ("result", "passed", 0)), ("people", ("result", "passed", 1)), ("operations", ("later", None, None)),
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(ALL_THE_WAY)), st.lists(st.tuples(st.sampled_from(WHO), CALLS), max_size=14))
@example(len(ALL_THE_WAY), [])
def test_no_sequence_of_calls_leads_where_it_should_not(
    session: Session, site: Put, ask: Ask, begun: int, calls: list[tuple[str, tuple[str, Any, Any]]]
) -> None:
    for who in WHO:
        ask("GET", "/me", who)  # the accounts outlive what each run does
    undone = session.begin_nested()
    try:
        flow = _Flow(session, site, ask)
        for who, call in [*ALL_THE_WAY[:begun], *calls]:
            flow.send(who, *call)
            flow.judge()
        if begun == len(ALL_THE_WAY) and not calls:
            assert flow.change["state"] == "in_force"
    finally:
        undone.rollback()


class _Flow:
    """A proposed version of P1 that concerns Li, who knew it, and Wu, who did not."""

    def __init__(self, session: Session, site: Put, ask: Ask) -> None:
        self.session, self.site, self.ask = session, site, ask
        for code in ("007", "008"):
            site("assignments", {"employee_code": code, "department_code": "CELL", "from_date": day(1).date()})
        site("training_records", {"code": "T-1", "employee_code": "007", "course_code": "C1",
                                  "standard_version": "1", "completed_at": day(2), "result": "passed"})
        made = ask("POST", "/changes", "operations", json={
            "process_code": "P1", "version": "B", "summary": "New", "effective_at": (now() + LATER).isoformat(),
        })
        assert made.status_code == 201, made.text
        self.path = f"/changes/{made.json()['code']}"
        self.change, self.plans, self.left = made.json(), dict[str, Any](), set[str]()

    def send(self, who: str, what: str, first: Any, second: Any) -> None:
        """Somebody sends something; what is refused is refused with a sentence, never with a failure."""
        answer = getattr(self, f"_{what}")(who, first, second)
        if answer is not None:
            assert answer.status_code < 500, answer.text
            assert answer.status_code < 400 or answer.json()["detail"]

    def _change(self, who: str, step: str, told: bool) -> Any:
        read = self.ask("GET", self.path, "data")
        said = {"step": step, "revision": read.json()["revision"], "reason": "Because" if told else None}
        return self.ask("POST", f"{self.path}/steps", who, json=said, if_match=read.headers["ETag"])

    def _plan(self, who: str, step: str, number: int) -> Any:
        if (code := self._nth(sorted(self.plans), number)) is None:
            return None
        said = {"step": step, "reason": "Because"}
        return self.ask("POST", f"/plans/{code}/steps", who, json=said, if_match="*")

    def _remove(self, who: str, number: int, item: int) -> Any:
        code = self._nth(sorted(self.plans), number)
        found = self._nth(self.plans[code]["items"], item) if code is not None else None
        if found is None:
            return None
        said = {"remove": [found["code"]], "reason": "Ill"}
        return self.ask("PATCH", f"/plans/{code}", who, json=said, if_match="*")

    def _result(self, who: str, result: str, number: int) -> Any:
        found = self._nth(self._items(), number)
        if found is None:
            return None
        return self.ask("POST", f"/plan-items/{found['code']}/completion", who, json={"result": result})

    def _leave(self, who: str, code: str, _: None) -> Any:
        said = {"employee_code": code, "left_on": now().date().isoformat()}
        answer = self.ask("POST", "/staff-moves", who, json=said)
        self.left |= {code} if answer.status_code == 204 else set()
        return answer

    def _later(self, who: str, *_: None) -> None:
        take_force(self.session, now() + LATER)

    def _items(self) -> list[Any]:
        return [item for code in sorted(self.plans) for item in self.plans[code]["items"]]

    @staticmethod
    def _nth(found: list[Any], number: int) -> Any:
        return found[number] if number < len(found) else None

    def judge(self) -> None:
        """What there is now, against what there was before."""
        before, plans = self.change, self.plans
        self.change = self.ask("GET", self.path, "data").json()
        self.plans = {plan["code"]: plan for plan in self.ask("GET", "/plans", "data").json()["items"]
                      if plan["change_code"] == self.change["code"]}
        self._judge_steps(before)
        self._judge_plans(plans)
        self._judge_owners()

    def _judge_steps(self, before: Any) -> None:
        taken = self.change["steps"][len(before["steps"]):]
        state = before["state"]
        for step in taken:
            (move,) = [one for one in CHANGE_STEPS if (one.before, one.name) == (state, step["step"])]
            state = move.after
            authors = {one["by"] for one in self.change["steps"] if one["step"] in {"propose", "revise", "submit"}}
            assert move.taker != "reviewer" or step["by"] not in authors
        assert state == self.change["state"]

    def _judge_plans(self, before: dict[str, Any]) -> None:
        moves = {(step.before, step.after) for step in PLAN_STEPS}
        for code, plan in self.plans.items():
            was = before[code]["status"] if code in before else "draft"
            assert was == plan["status"] or (was, plan["status"]) in moves

    def _judge_owners(self) -> None:
        """Who is to be trained is on a plan that goes on; what is not over waits for a role."""
        over = self.change["state"] in ENDED
        assert (self.change["waits_for"] is None) == over
        for plan in self.plans.values():
            asked = [item for item in plan["items"] if item["status"] in {"draft", "open"}]
            assert plan["status"] in {"draft", "accepted", "published"} or not asked
            assert all((item["status"] == "open") == (plan["status"] == "published") for item in asked)
            assert not self.left & {item["employee_code"] for item in asked}
            last = {item["employee_code"]: item for item in plan["items"]}
            for who, item in last.items():
                passed = item["inspection_code"] is not None
                assert item["status"] != "completed" or passed or who in self.left, "failed, and asked no more"
        waiting = [plan for plan in self.plans.values() if plan["status"] in {"draft", "accepted"}]
        if self.change["state"] in {"rejected", "withdrawn", "proposed", "in_review", "changes_requested"}:
            assert not waiting
        if self.change["state"] == "approved":
            assert waiting
