"""The job that works out what reports are about, on real rows and real vectors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.text import Matcher, Weights, similarity
from models.text_embedding import GramEmbedder, vocabulary_of
from models.text_grams import grams
from models.text_registry import TextRegistry
from service.difficulties.tables import ReportProcess, ReportReading, TextVector
from service.people.actions import add_account, issue_token
from service.scoring import matching
from service.scoring.texts import read
from service.scoring.vectors import nearness
from tests.service.conftest import Put, day

Ask = Callable[..., Any]

CLAUSES = (("9.5", "焊点外观 Solder joint appearance"), ("9.6", "烙铁温度 Iron temperature"))


def report(code: str, text: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "text": text, "department_code": "CELL", "occurred_at": day(2), "severity": 3, **more}


@pytest.fixture
def reports(site: Put) -> Put:
    """Two clauses of the process' standard, and reports in both languages, one by name of a person."""
    site("processes", {"code": "P1", "name": "手工焊接 Hand soldering", "department_code": "CELL"})
    site("employees", {"code": "009", "name": "欧阳秀兰"})
    for clause, text in CLAUSES:
        site("clauses", {"standard_code": "STD", "version": "1", "clause": clause, "text": text})
    site("difficulty_reports", report("D1", "手工焊接的焊点难看"), report("D2", "欧阳秀兰的烙铁温度不一样"),
         report("D3", "solder joint looks bad"))
    return site


def taught(pairs: tuple[tuple[str, str], ...]) -> GramEmbedder:
    """An embedder for which the two texts of each pair lie in one direction of their own."""
    rows: dict[str, int] = {}
    for direction, texts in enumerate(pairs):
        rows |= {gram: direction for text in texts for gram in grams(text)}
    weights = np.vstack([np.zeros(len(pairs)), np.eye(len(pairs))[list(rows.values())]]).astype(np.float32)
    return GramEmbedder(vocabulary_of(list(rows)), weights)


EMBEDDER = taught((("焊点", "solder joint"), ("烙铁温度", "iron temperature")))


@pytest.fixture
def unfitted(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose matcher knows that the halves of the clauses mean the same."""
    folder = tmp_path_factory.mktemp("home")
    TextRegistry(folder).register(Matcher(EMBEDDER, Weights(0.01, 1.0)), {"reports": 1, "held_out": []})
    return folder


def test_reports_are_matched_by_n_grams_where_nothing_was_fitted(
    reports: Put, session: Session, unfitted: Path, ask: Ask
) -> None:
    assert matching.match(session, unfitted) == 3
    told = ask("GET", "/difficulty-reports/D1/matches").json()
    assert told["model"] == "n-grams"
    assert told["read_at"]
    best = told["clauses"][0]
    assert (best["code"], best["rank"], best["link"]) == ("STD@1@9.5", 1, None)
    assert best["text"] == "Soldering · 焊点外观 Solder joint appearance"
    assert [one["code"] for one in told["courses"]] == ["C1"]
    assert "D1" not in {one["code"] for one in told["reports"]}
    assert session.scalar(select(func.count()).select_from(TextVector)) == 0


def test_an_embedder_finds_what_is_in_the_other_language(
    reports: Put, session: Session, served: Path, ask: Ask
) -> None:
    reports("clauses", {"standard_code": "STD", "version": "1", "clause": "9.7", "text": "Iron temperature is set"})
    matching.match(session, served)
    told = ask("GET", "/difficulty-reports/D2/matches").json()
    assert told["model"] == "text v1"
    assert [one["code"] for one in told["clauses"]][:2] == ["STD@1@9.6", "STD@1@9.7"]
    assert "D3" in {one["code"] for one in ask("GET", "/difficulty-reports/D1/matches").json()["reports"]}


def test_vectors_are_asked_by_nearness_in_the_database(reports: Put, session: Session, served: Path) -> None:
    matching.match(session, served)
    records = read(session, day(20))
    clauses = records.among("clause")
    found = nearness(session, [one.code for one in records.reports], "clause", [one.code for one in clauses])
    said, told = ([one.text for one in texts] for texts in (records.reports, clauses))
    np.testing.assert_allclose(found, similarity(EMBEDDER, said, told), atol=1e-6)
    assert found[0, 0] == pytest.approx(1)
    assert nearness(session, ["D1"], "report", ["D1"]).tolist() == [[0.0]]


def test_only_what_changed_is_read_again(reports: Put, session: Session, served: Path) -> None:
    assert [matching.match(session, served) for _ in range(2)] == [3, 0]
    reports("difficulty_reports", report("D4", "焊点"))
    assert matching.match(session, served) == 1
    reports("difficulty_reports", report("D4", "烙铁温度"), reason="mistyped")
    assert matching.match(session, served) == 1
    reports("courses", {"code": "C2", "title": "焊点 Joints"})
    assert matching.match(session, served) == 4
    assert session.scalar(select(func.count()).select_from(ReportReading)) == 4


def test_what_people_are_called_is_neither_compared_nor_embedded(reports: Put, session: Session) -> None:
    texts = {one.code: one.text for one in read(session, day(20)).reports}
    assert texts["D2"] == "***的烙铁温度不一样"


def test_links_of_an_earlier_version_speak_of_the_clause_in_force(reports: Put, session: Session, ask: Ask) -> None:
    body = {"kind": "clause", "target_code": "STD@1@9.5", "verdict": "confirm"}
    assert ask("POST", "/difficulty-reports/D1/links", json=body).status_code == 201
    reports("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": day(10)})
    reports("clauses", {"standard_code": "STD", "version": "2", "clause": "9.5", "text": "焊点外观 Joint appearance"})
    late = read(session, day(28).replace(year=2100))
    assert [link.target for link in late.links] == ["STD@2@9.5"]
    assert [one.code for one in late.among("clause")] == ["STD@2@9.5"]
    ask("POST", "/difficulty-reports/D1/links", json=body | {"verdict": "reject"})
    assert read(session, day(28).replace(year=2100)).links == []


def test_a_process_is_taken_where_name_and_clause_agree(
    reports: Put, session: Session, unfitted: Path, ask: Ask
) -> None:
    reports("difficulty_reports", report("D5", "食堂晚餐太晚"), report("D6", "手工焊接", process_code="P1"))
    matching.match(session, unfitted)
    matching.match(session, unfitted)
    assert session.scalars(select(ReportProcess.report_code)).all() == ["D1", "D3"]
    told = ask("GET", "/difficulty-reports/D1/matches").json()
    assert (told["process_code"], told["process_from"]) == ("P1", "matched")


def test_a_damaged_registry_leaves_n_grams(reports: Put, session: Session, unfitted: Path) -> None:
    (unfitted / "mlflow").mkdir()
    (unfitted / "mlflow" / "mlflow.db").write_bytes(b"not a database" * 100)
    matching.match(session, unfitted)
    assert set(session.scalars(select(ReportReading.model))) == {"n-grams"}


def test_another_departments_report_is_not_shown_as_like_ones_own(
    reports: Put, session: Session, unfitted: Path, api: Any
) -> None:
    reports("departments", {"code": "OTHER", "name": "Other", "function": "operations"})
    reports("difficulty_reports", report("D7", "手工焊接的焊点", department_code="OTHER"))
    matching.match(session, unfitted)
    account = add_account(session, "cell", "Cell", "quality", None, departments=["CELL"])
    headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
    seen = api.get("/api/v1/difficulty-reports/D1/matches", headers=headers).json()
    assert "D7" not in {one["code"] for one in seen["reports"]}
    assert api.get("/api/v1/difficulty-reports/D7/matches", headers=headers).status_code == 404
