"""Departments, posts, employees and what they hold; accounts and their tokens."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Evidence, Reference, choice, points_at

_WRITERS = frozenset({"people", "admin"})


class Department(Reference):
    """A department; seen as a thing inspected, a unit."""

    __tablename__ = "departments"
    __writers__ = _WRITERS

    name: Mapped[str]
    function: Mapped[str] = choice("function", "operations", "quality", "people", "service_desk")
    parent_id: Mapped[int | None] = points_at("departments")


class Post(Reference):
    """A position that may only be held by qualified staff."""

    __tablename__ = "posts"
    __writers__ = _WRITERS

    name: Mapped[str]
    department_id: Mapped[int] = points_at("departments")


class Employee(Reference):
    """A person who works here."""

    __tablename__ = "employees"
    __order__ = (("hired_on", "left_on"),)
    __writers__ = _WRITERS

    name: Mapped[str]
    email: Mapped[str | None]
    hired_on: Mapped[date | None]
    left_on: Mapped[date | None]
    locale: Mapped[str | None]
    employment_type: Mapped[str | None]
    employer: Mapped[str | None]


class Credential(Reference):
    """An outside licence or a named authorisation, with its expiry."""

    __tablename__ = "credentials"
    __key__ = ("employee_code", "kind", "issued_at")
    __order__ = (("issued_at", "expires_at"),)
    __writers__ = _WRITERS

    employee_id: Mapped[int] = points_at("employees")
    kind: Mapped[str]
    number: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    authorised_by: Mapped[str | None]


class Assignment(Reference):
    """A person's place: a department and perhaps a post, from a day, perhaps under a mentor."""

    __tablename__ = "assignments"
    __key__ = ("employee_code", "department_code", "post_code", "from_date")
    __order__ = (("from_date", "to_date"),)
    __writers__ = _WRITERS

    employee_id: Mapped[int] = points_at("employees")
    department_id: Mapped[int] = points_at("departments")
    post_id: Mapped[int | None] = points_at("posts")
    from_date: Mapped[date]
    to_date: Mapped[date | None]
    mentor_id: Mapped[int | None] = points_at("employees", index=False)


class Shift(Evidence):
    """A person's time at work, planned or done."""

    __tablename__ = "shifts"
    __key__ = ("employee_code", "department_code", "post_code", "starts_at")
    __order__ = (("starts_at", "ends_at"),)
    __occurred__ = ("starts_at",)
    __writers__ = frozenset({"operations", "people", "admin"})

    employee_id: Mapped[int] = points_at("employees")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    department_id: Mapped[int | None] = points_at("departments", index=False)
    post_id: Mapped[int | None] = points_at("posts", index=False)


class Account(Base):
    """Somebody, or some machine, that may sign in."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = choice("role", "operations", "quality", "people", "data", "employee", "admin")
    locale: Mapped[str | None]
    password_hash: Mapped[str | None]
    employee_id: Mapped[int | None] = points_at("employees", index=False)
    #: for the whole site; otherwise for the departments below, and nothing without any
    everywhere: Mapped[bool] = mapped_column(server_default="false")
    #: the password was made for them and is good for nothing but choosing another
    must_change_password: Mapped[bool] = mapped_column(server_default="false")
    #: who they are to the site's sign-in provider: issuer and subject
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), onupdate=func.clock_timestamp()
    )


class AccountDepartment(Base):
    """A department an account is for, with all below it."""

    __tablename__ = "account_departments"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))

    __table_args__ = (UniqueConstraint("account_id", "department_id"),)


class Token(Base):
    """A bearer token or a console session; only its SHA-256 is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str] = choice("purpose", "api", "console")
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SignInFailure(Base):
    """A failed sign-in, by a digest of the login: whose password it was not must not be read here."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    login_digest: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index(None, "login_digest", "at"), Index(None, "address", "at"))


class OidcAttempt(Base):
    """Somebody on their way to the sign-in provider and back."""

    __tablename__ = "oidc_attempts"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    state_digest: Mapped[str] = mapped_column(unique=True)
    cookie_digest: Mapped[str]
    nonce: Mapped[str]
    verifier: Mapped[str]
    next: Mapped[str]
    expires_at: Mapped[datetime]
