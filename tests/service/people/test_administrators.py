"""There is always somebody who can administer the site."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.errors import Conflict
from service.people import accounts
from service.people.actions import add_account, administrator_signs_in, ensure_administrator, issue_token, recognise
from service.people.schemas import AccountChanges
from service.people.tables import Account
from service.settings import settings
from tests.service.database import migrated

PASSWORD = "correct horse battery"


def test_two_administrators_cannot_shut_each_other_out_at_once() -> None:
    with migrated("administrators") as own:
        with Session(own.app) as session, session.begin():
            for login in ("ada", "eve"):
                add_account(session, login, login, "admin", PASSWORD)
        ready = Barrier(2)

        def shut_out(login: str) -> str:
            with Session(own.app) as session, session.begin():
                session.execute(select(Account.id)).all()
                ready.wait()
                try:
                    with session.begin_nested():
                        accounts.change(session, login, AccountChanges(disabled=True), "*")
                except Conflict:
                    return "refused"
            return "done"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(shut_out, ("ada", "eve"))) == ["done", "refused"]
        with Session(own.app) as session:
            assert administrator_signs_in(session)


def test_where_nobody_administers_with_a_password_other_accounts_can_still_be_changed(session: Session) -> None:
    add_account(session, "robot", "Robot", "admin", None)
    add_account(session, "ada", "Ada", "quality", None)
    changed, _ = accounts.change(session, "ada", AccountChanges(name="Ada King"), "*")
    assert changed.name == "Ada King"


def test_an_administrator_of_the_sign_in_provider_is_one(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account(session, "ada", "Ada", "admin", None).oidc_subject = "https://id.example|u1"
    session.flush()
    assert not administrator_signs_in(session)  # no provider is set up
    with monkeypatch.context() as changed:
        changed.setenv("RETRACE_OIDC_ISSUER", "https://id.example")
        settings.cache_clear()
        assert administrator_signs_in(session)
        assert not ensure_administrator(session, "one-time")
    settings.cache_clear()
    assert ensure_administrator(session, "one-time")


def test_who_is_let_in_again_begins_anew(session: Session) -> None:
    account = add_account(session, "ada", "Ada", "quality", PASSWORD)
    secret = issue_token(session, account, "api")
    accounts.change(session, "ada", AccountChanges(disabled=True), "*")
    accounts.change(session, "ada", AccountChanges(disabled=False), "*")
    assert recognise(session, secret) is None


def test_the_first_administrator_is_made_once(session: Session) -> None:
    session.execute(update(Account).values(password_hash=None))
    assert ensure_administrator(session, "one-time")
    assert not ensure_administrator(session, "another")
    admin = session.scalars(select(Account).where(Account.login == "admin")).one()
    assert (admin.role, admin.everywhere, admin.must_change_password) == ("admin", True, True)
