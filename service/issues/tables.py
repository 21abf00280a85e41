"""Quality issues, how each is handled, and what is found to be its cause."""

from datetime import date, datetime
from typing import Any, get_args

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Evidence, choice, points_at
from service.issues.rules import STATES, Name, Outcome


class Issue(Evidence):
    """A nonconformity, complaint, adverse event or the like. Severity words belong to the sector."""

    __tablename__ = "issues"
    __occurred__ = ("occurred_at",)
    __writers__ = frozenset({"quality", "operations", "employee", "admin"})

    kind: Mapped[str] = choice(
        "kind", "nonconformity", "deviation", "complaint", "adverse_event", "near_miss", "audit_finding", "recall"
    )
    batch_id: Mapped[int | None] = points_at("batches")
    work_id: Mapped[int | None] = points_at("work_records")
    process_id: Mapped[int | None] = points_at("processes")
    department_id: Mapped[int | None] = points_at("departments")
    occurred_at: Mapped[datetime]
    severity: Mapped[str]
    text: Mapped[str]


class IssueCase(Base):
    """How far the handling of an issue has come; made by its first step. Named by code, as all its revisions are."""

    __tablename__ = "issue_cases"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_code: Mapped[str]
    state: Mapped[str] = choice("state", *STATES, default="open")
    owner_department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    owner_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: the last effectiveness check ordered
    check_id: Mapped[int | None] = mapped_column(ForeignKey("inspections.id"))
    #: the closed issue that this one goes on with
    follows_code: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        UniqueConstraint("issue_code"),
        # the few whose check a new result may concern
        Index(None, "check_id", postgresql_where=text("state IN ('check_ordered', 'check_passed')")),
    )


class IssueStep(Base):
    """One step of handling an issue; only ever added."""

    __tablename__ = "issue_steps"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("issue_cases.id"), index=True)
    step: Mapped[str] = choice("step", *get_args(Name), *get_args(Outcome))
    text: Mapped[str | None]
    reason: Mapped[str | None]
    #: where what was held is
    place: Mapped[str | None]
    causes: Mapped[list[str] | None]
    #: the kind of corrective action
    action: Mapped[str | None]
    #: who held it, or whose the action is
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    due_on: Mapped[date | None]
    #: records it speaks of: `{"table": "batches", "code": "L-1"}`
    refs: Mapped[list[Any]] = mapped_column(server_default="[]")
    #: who took it; nobody's where an imported result made it
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class CauseAssessment(Base):
    """What a trace found to be the cause, as it was computed then; only ever added."""

    __tablename__ = "cause_assessments"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_code: Mapped[str] = mapped_column(index=True)
    verdict: Mapped[dict[str, Any]]
    causes: Mapped[list[str]]
    #: what was known until then was looked at
    known_at: Mapped[datetime]
    computed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: on whose request
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), server_default=text("scope.account()"))


class CauseDecision(Base):
    """What a named person holds true of an assessment, and why; it stands beside it. Only ever added."""

    __tablename__ = "cause_decisions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("cause_assessments.id"), index=True)
    decision: Mapped[str] = choice("decision", "confirm", "overrule")
    causes: Mapped[list[str]]
    reason: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ProcessChangeRequest(Base):
    """A process to be changed instead of people to be trained; operations decide."""

    __tablename__ = "process_change_requests"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"), index=True)
    issue_code: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    refs: Mapped[list[Any]] = mapped_column(server_default="[]")
    state: Mapped[str] = choice("state", "open", "accepted", "declined", default="open")
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: why it was accepted or declined, and by whom
    reason: Mapped[str | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
