"""Somebody sees that they were told something, reads it, and confirms it by a link without signing in."""

from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.messages import links
from service.messages.sending import Notice, To, send
from service.messages.tables import Message
from service.people.tables import Employee
from tests.browser.conftest import Open

DATA = {"host": "mes.example", "since": "2026-01-05", "problem": "it said 500"}


def test_the_badge_counts_what_is_unread_and_goes(open_page: Open, site_engine: Engine) -> None:
    with Session(site_engine) as session, session.begin():
        send(session, *(Notice("webhook.disabled", f"webhooks/{n}", (To("admin"),), DATA) for n in (1, 2)))
    page = open_page("/", "ada")
    entry = page.get_by_role("link", name="Messages")
    expect(entry).to_have_text("Messages2 unread")
    entry.click()
    expect(page.get_by_role("listitem").filter(has_text="mes.example")).to_have_count(2)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("status")).to_have_text("All messages are marked as read.")
    expect(page.get_by_role("link", name="Messages")).to_have_text("Messages")


def test_a_link_is_confirmed_once(browser: Browser, address: str, site_engine: Engine) -> None:
    with Session(site_engine) as session, session.begin():
        employee = session.scalars(select(Employee.id).order_by(Employee.id)).first()
        assert employee is not None
        send(session, Notice("webhook.disabled", "plans/P", (To(employee_id=employee),), DATA))
        message = session.scalars(select(Message.id).order_by(Message.id.desc())).first()
        token = links.issue(session, "visit", "plans/P", employee, message_id=message)
    with browser.new_context(base_url=address) as context:
        page = context.new_page()
        page.goto(f"/links/visit/{token}")
        expect(page.get_by_role("heading")).to_have_text("The webhook to mes.example was switched off")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("status")).to_have_text("Thank you; your confirmation is recorded.")
        page.goto(f"/links/visit/{token}")
        expect(page.get_by_text("This link was used before")).to_be_visible()
