"""The planner decides; each test on people of its own."""

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.retraining.tables import Plan, PlanItem
from service.suggestions.tables import Decision, Suggestion
from tests.browser.conftest import Open


def _row(page: Page, person: str) -> Locator:
    return page.locator("[data-row]").filter(has=page.get_by_role("heading", name=person))


def _decided(engine: Engine, person: str) -> tuple[str, str | None] | None:
    query = (
        select(Decision.outcome, Decision.reason)
        .join(Suggestion, Suggestion.id == Decision.suggestion_id)
        .where(Suggestion.employee_code == person)
    )
    with Session(engine) as session:
        found = session.execute(query).one_or_none()
    return None if found is None else (found.outcome, found.reason)


def test_a_row_says_who_why_and_both_ranks(open_page: Open) -> None:
    page = open_page("/planner", "hua")
    row = _row(page, "Tom Becker")
    expect(row).to_contain_text("Failed 2 of the last 5 inspections on this process.")
    expect(row.locator("dl")).to_have_text(re.compile(r"Model's rank\s*5\s*Today's rule\s*8"))
    expect(row.locator(".light")).to_have_text(re.compile("Low"))
    expect(page.locator("main")).to_contain_text("A suggestion is not an assessment of competence")
    expect(_row(page, "周敏").get_by_role("button", name="Accept:")).to_have_count(0)


def test_accepting_one_takes_the_row_away_and_names_the_plan(open_page: Open, site_engine: Engine) -> None:
    page = open_page("/planner", "hua")
    _row(page, "Aisha Khan").get_by_role("button", name="Accept:").click()
    told = page.get_by_role("status")
    expect(told).to_have_text(re.compile(r"Aisha Khan is on plan PLAN-\w+"))
    expect(told).to_be_focused()
    expect(_row(page, "Aisha Khan")).to_have_count(0)
    assert _decided(site_engine, "E008") == ("accepted", None)


def test_what_a_rule_asks_for_is_accepted_together(open_page: Open, site_engine: Engine) -> None:
    page = open_page("/planner", "hua")
    page.get_by_role("button", name="Accept selected").click()
    expect(page.get_by_role("alert")).to_have_text("Select at least one person first.")
    page.get_by_label("Select Maria Santos").check()
    page.get_by_label("Select 张秀英").check()
    page.get_by_role("button", name="Accept selected").click()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"2 trainings are on plan PLAN-\w+"))
    with Session(site_engine) as session:
        code = re.search(r"PLAN-\w+", page.get_by_role("status").inner_text())
        assert code is not None
        items = session.scalars(select(PlanItem.id).join(Plan).where(Plan.code == code[0])).all()
    assert len(items) == 2


def test_a_dismissal_needs_a_reason(open_page: Open, site_engine: Engine) -> None:
    page = open_page("/planner", "hua")
    row = _row(page, "Jonas Weber")
    row.locator("summary", has_text="Dismiss").click()
    row.get_by_role("button", name="Dismiss").last.click()
    expect(row.get_by_text("Say why: the reason is kept with the decision.")).to_be_visible()
    assert _decided(site_engine, "E011") is None
    row.get_by_label("Why not?").fill("moves to another line")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(re.compile("Dismissed: Jonas Weber"))
    expect(row).to_have_count(0)
    assert _decided(site_engine, "E011") == ("dismissed", "moves to another line")


def test_an_edit_takes_another_course_with_a_reason(open_page: Open, site_engine: Engine) -> None:
    page = open_page("/planner", "hua")
    row = _row(page, "周敏")
    row.locator("summary", has_text="Edit").click()
    row.get_by_label("Another course").fill("C-SOLDER")
    row.get_by_label("Reason").fill("closest we have")
    row.get_by_role("button", name="Accept with these changes").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("周敏 is on plan"))
    assert _decided(site_engine, "E012") == ("edited", "closest we have")


def test_an_open_panel_survives_another_decision(open_page: Open) -> None:
    page = open_page("/planner", "hua")
    row = _row(page, "刘洋")
    row.locator("summary", has_text="Dismiss").click()
    row.get_by_label("Why not?").fill("half a thought")
    _row(page, "陈杰").get_by_role("button", name="Accept:").click()
    expect(page.get_by_role("status")).to_contain_text("陈杰 is on plan")
    expect(row.get_by_label("Why not?")).to_be_visible()
    expect(row.get_by_label("Why not?")).to_have_value("half a thought")


def test_the_list_works_without_scripts(open_page: Open, site_engine: Engine) -> None:
    page = open_page("/planner", "hua", scripts=False)
    _row(page, "赵磊").locator("summary", has_text="Dismiss").click()
    _row(page, "赵磊").get_by_role("button", name="Dismiss").last.click()
    expect(_row(page, "赵磊").get_by_text("Say why")).to_be_visible()
    _row(page, "赵磊").get_by_role("button", name="Accept:").click()
    expect(page.get_by_role("status")).to_contain_text("赵磊 is on plan")
    assert _decided(site_engine, "E009") == ("accepted", None)


def test_j_and_k_walk_the_rows(open_page: Open) -> None:
    page = open_page("/planner", "hua")
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0).get_by_role("button").first).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1).get_by_role("button").first).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).get_by_role("button").first).to_be_focused()
