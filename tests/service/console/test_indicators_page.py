"""Indicators month by month, the records behind them, and the monthly quality report."""

import re
from datetime import datetime, time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from service.indicators import rules
from service.indicators.catalogue import INDICATORS
from service.indicators.counting import today
from service.indicators.drawing import draw_up
from service.inspections.tables import Inspection
from service.people.tables import Department
from service.settings import settings
from tests.service.console import site
from tests.service.console.conftest import counted, signed_in

MONTH = rules.before(today().replace(day=1))
#: who asks, departments seen and to choose from, targets, reports and their rows
BESIDE = 7
REPORT = f"/reports/D-LINE/{MONTH:%Y-%m}"


@pytest.fixture
def drawn(connection: Connection) -> Any:
    """One inspection of D-LINE failed last month, and its report."""
    at = datetime.combine(MONTH, time(12), settings().zone)
    with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
        assert session.scalar(select(Department.id)) is not None
        site.record(session, Inspection, {"code": "LAST", "kind": "audit", "department_code": "D-LINE",
                                          "performed_at": at, "result": "fail"})
        draw_up(session)


def test_each_indicator_says_what_it_counts_and_leads_to_its_records(client: TestClient, drawn: None) -> None:
    signed_in(client, "qian")
    shown = client.get(f"/indicators?department=D-LINE&month={MONTH:%Y-%m}").text
    assert "How many inspections with a result were passed." in shown
    assert f'href="{REPORT}"' in shown
    (behind,) = set(re.findall(r'href="(/indicators/compliance/records\?[^"]*part=denominator)"', shown))
    assert "inspections/LAST" in client.get(behind.replace("&amp;", "&")).text
    client.cookies.set("retrace_language", "zh")
    assert "有结果的检验中合格的比例。" in client.get("/indicators").text


def test_the_table_is_for_spreadsheets(client: TestClient, drawn: None) -> None:
    signed_in(client, "qian")
    answer = client.get(f"/indicators/values.csv?month={MONTH:%Y-%m}")
    assert answer.text.startswith("\ufeffcode,month,")
    assert f"compliance,{MONTH},False,D-LINE,,0.0,1.0,0.0" in answer.text


def _tag(shown: str) -> str:
    return re.search(r'name="tag" value="(.*?)"', shown)[1].replace("&#34;", '"')  # type: ignore[index]


def _row(**said: str) -> dict[str, str]:
    return {"indicator": "compliance", "detail": "", "target": "", "action": "", "owner": "", "due_on": ""} | said


def test_a_report_is_kept_row_by_row_and_closed_once_what_is_missed_has_an_answer(
    client: TestClient, drawn: None
) -> None:
    signed_in(client, "qian")
    shown = client.get(REPORT).text
    assert client.post(REPORT, data={"tag": _tag(shown)} | _row(target="95")).status_code == 303
    shown = client.get(REPORT).text
    assert "Target missed" in shown
    assert 'value="95.0"' in shown
    assert "Needs an action, an owner and a date" in shown
    refused = client.post(f"{REPORT}/closing", data={"tag": _tag(shown)})
    assert (refused.status_code, "misses its target for compliance" in refused.text) == (409, True)
    answered = _row(target="95", action="<i>Look again</i>", owner="E001", due_on="2027-01-31")
    assert client.post(REPORT, data={"tag": _tag(shown)} | answered).status_code == 303
    shown = client.get(REPORT).text
    assert "&lt;i&gt;Look again&lt;/i&gt;" in shown
    assert client.post(f"{REPORT}/closing", data={"tag": _tag(shown)}).status_code == 303
    shown = client.get(REPORT).text
    assert "Closed by 钱敏" in shown
    assert 'name="target"' not in shown


def test_what_was_typed_stays_where_it_was_refused(client: TestClient, drawn: None) -> None:
    signed_in(client, "qian")
    answer = client.post(REPORT, data={"tag": "*"} | _row(target="much", action="Ask the line"))
    assert answer.status_code == 422
    assert 'value="much"' in answer.text
    assert client.get("/reports/D-LINE/1999-01").status_code == 404


def test_the_start_page_tells_coverage_and_the_days_to_trained(client: TestClient) -> None:
    signed_in(client, "qian")
    shown = client.get("/").text
    assert "inspection coverage: nothing finished in 30 days" in shown
    assert "days from submission to trained: none completed in 90 days" in shown


def test_the_page_runs_one_query_an_indicator(client: TestClient, connection: Connection, drawn: None) -> None:
    signed_in(client, "ada")
    with counted(connection) as sent:
        client.get("/indicators")
    assert len(sent) <= len(INDICATORS) + BESIDE, "\n".join(sent)
