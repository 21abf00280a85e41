"""The questions at set-up: a department's answers write the responsibility map, in the words of its sector."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.duties.setup import answer_all
from service.duties.tables import Duty, Obligation
from service.sectors.reading import FOLDER
from service.settings import settings
from tests.service.conftest import Put
from tests.service.duties.conftest import SetClock, moment

Ask = Callable[..., Any]


def test_a_department_is_asked_what_its_function_usually_owes(answered: Put, ask: Ask) -> None:
    asked = ask("GET", "/duty-questions/QA").json()
    assert asked["function"] == {"en": "Quality", "zh": "质量"}
    names = {each["template"] for each in asked["questions"]}
    assert names == {"standard_review", "inspection_round", "issue_review"}
    assert {each["owed"] for each in asked["questions"]} == {None}
    assert ask("GET", "/duty-questions/NOWHERE").status_code == 404


def test_answers_write_the_map(answered: Put, ask: Ask, session: Session) -> None:
    answers = {"answers": [{"template": "standard_review", "owed": True},
                           {"template": "inspection_round", "owed": True, "cadence": "FREQ=DAILY", "due_days": 0},
                           {"template": "issue_review", "owed": False}]}
    said = ask("PUT", "/duty-questions/QA", json=answers)
    assert said.status_code == 200, said.text
    owed = {each["template"]: (each["owed"], each["cadence"]) for each in said.json()["questions"]}
    assert owed["standard_review"] == (True, "FREQ=WEEKLY;BYDAY=MO")
    assert owed["inspection_round"] == (True, "FREQ=DAILY")
    assert owed["issue_review"][0] is None
    assert set(session.scalars(select(Duty.code))) == {"standard_review/QA", "inspection_round/QA"}
    assert session.scalars(select(Obligation.code).where(Obligation.code == "inspection_round/QA@2026-02-03")).all()
    # the same again changes nothing
    assert ask("PUT", "/duty-questions/QA", json=answers).json() == said.json()


def test_a_duty_ends_and_is_taken_up_again_with_a_reason(
    answered: Put, ask: Ask, session: Session, at: SetClock
) -> None:
    def say(owed: bool, **more: Any) -> Any:
        body = {"answers": [{"template": "standard_review", "owed": owed}], **more}
        return ask("PUT", "/duty-questions/QA", json=body)

    say(True)
    at(moment(2, 10))
    assert say(False).status_code == 422
    assert say(False, reason="no longer ours").json()["questions"][0]["owed"] is False
    codes = select(Obligation.code).order_by(Obligation.code)
    assert session.scalars(codes).all() == ["standard_review/QA@2026-02-02", "standard_review/QA@2026-02-09"]
    at(moment(2, 24))
    assert say(True, reason="ours again").json()["questions"][0]["owed"] is True
    # the 16th and the 23rd were not owed
    assert [code.partition("@")[2] for code in session.scalars(codes)][2] == "2026-03-02"


@pytest.mark.parametrize(("answer", "says"), [
    ({"template": "training_plan", "owed": True}, "are asked standard_review"),
    ({"template": "issue_review", "owed": True, "cadence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"}, "never fires"),
    ({"template": "issue_review", "owed": True, "role": "data"}, "No account with the role data"),
])
def test_a_wrong_answer_leaves_nothing_behind(
    answered: Put, ask: Ask, session: Session, answer: dict[str, Any], says: str
) -> None:
    body = {"answers": [{"template": "standard_review", "owed": True}, answer]}
    refused = ask("PUT", "/duty-questions/QA", json=body)
    assert (refused.status_code, says in refused.text) == (422, True)
    assert session.scalars(select(Duty)).all() == []


def test_every_department_can_be_set_up_as_its_sector_suggests(answered: Put, session: Session) -> None:
    answer_all(session)
    codes = set(session.scalars(select(Duty.code)))
    assert {"difficulty_list/LINE", "difficulty_list/CELL", "training_plan/HR", "issue_review/QA"} <= codes
    answer_all(session)
    assert set(session.scalars(select(Duty.code))) == codes


@pytest.fixture
def ship(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fourth sector: a file in the home, and no code."""
    said = yaml.safe_load((FOLDER / "hotel.yaml").read_text(encoding="utf-8"))
    said["functions"]["quality"] = {"en": "Bridge watch", "zh": "驾驶台值班"}
    name = {"en": "Log review", "zh": "航行日志评审"}
    said["duties"] = {"log_review": {**said["duties"]["issue_review"], "name": name}}
    (tmp_path / "sectors").mkdir()
    (tmp_path / "sectors" / "ship.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    given = settings().model_copy(update={"sector": "ship", "home": tmp_path})
    monkeypatch.setattr("service.sectors.reading.settings", lambda: given)


def test_a_fourth_sector_asks_its_own_questions(ship: None, answered: Put, ask: Ask) -> None:
    asked = ask("GET", "/duty-questions/QA").json()
    assert asked["function"]["en"] == "Bridge watch"
    assert [each["name"]["en"] for each in asked["questions"]] == ["Log review"]
    said = ask("PUT", "/duty-questions/QA", json={"answers": [{"template": "log_review", "owed": True}]})
    assert said.json()["questions"][0]["duty_code"] == "log_review/QA"
    assert ask("GET", "/sector").json()["functions"]["quality"]["zh"] == "驾驶台值班"
