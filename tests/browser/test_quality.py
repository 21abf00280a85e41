"""The inspector records what was found."""

from playwright.sync_api import expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.inspections.tables import Finding, Inspection
from tests.browser.conftest import Open


def test_a_failure_with_two_findings_is_recorded_and_leaves_the_queue(open_page: Open, site_engine: Engine) -> None:
    page = open_page("/quality", "qian")
    expect(page.get_by_role("row").filter(has_text="INS-001").get_by_text("Overdue")).to_be_visible()
    page.get_by_role("link", name="Record result: INS-001").click()
    page.get_by_label("Failed").check()
    page.get_by_label("Sample size").fill("20")
    page.get_by_label("Nonconforming").fill("3")
    first, second = page.get_by_role("group", name="Finding 1"), page.get_by_role("group", name="Finding 2")
    first.get_by_label("Severity").select_option("major")
    first.get_by_label("Clause").fill("7.3.2")
    first.get_by_label("What was found").fill("cold joints")
    page.get_by_role("button", name="Add another finding").click()
    expect(second.get_by_label("Severity")).to_be_focused()
    second.get_by_label("Severity").select_option("minor")
    second.get_by_label("Count").fill("2")
    page.get_by_role("button", name="Record result").last.click()
    expect(page.get_by_role("status")).to_have_text("Inspection INS-001 is recorded as failed, with 2 findings.")
    expect(page.get_by_role("row").filter(has_text="INS-001")).to_have_count(0)
    with Session(site_engine) as session:
        last = select(Inspection).where(Inspection.code == "INS-001").order_by(Inspection.revision.desc()).limit(1)
        kept = session.scalars(last).one()
        found = session.execute(select(Finding.severity, Finding.clause, Finding.count, Finding.text)).all()
    assert (kept.result, kept.sample_size, kept.nonconforming) == ("fail", 20, 3)
    assert sorted(map(tuple, found), key=str) == [
        ("major", "7.3.2", None, "cold joints"), ("minor", None, 2, None)
    ]


def test_an_error_stands_beside_its_field_and_nothing_typed_is_lost(open_page: Open) -> None:
    page = open_page("/quality/inspections/INS-002", "qian")
    page.get_by_label("Sample size").fill("a few")
    page.get_by_label("What was found").fill("without a severity")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Choose whether it passed or failed.")).to_be_visible()
    expect(page.get_by_text("Choose how severe it is.")).to_be_visible()
    expect(page.get_by_label("Sample size")).to_have_value("a few")
    expect(page.get_by_label("Sample size")).to_have_accessible_description("Give a whole number, 0 or more.")
    expect(page.get_by_label("What was found").first).to_have_value("without a severity")


def test_operations_read_the_queue_but_record_nothing(open_page: Open) -> None:
    page = open_page("/quality", "olu")
    expect(page.get_by_role("row").filter(has_text="INS-003")).to_be_visible()
    expect(page.get_by_role("link", name="Record result")).to_have_count(0)
