"""From containment to the effectiveness check

Revision ID: 0009
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_NOW = sa.text("clock_timestamp()")

#: by whose eyes each row is seen; a request also by who answers for the process
_SEEN = {
    "issue_cases": "EXISTS (SELECT FROM issues i WHERE i.code = issue_code)",
    "issue_steps": "EXISTS (SELECT FROM issue_cases c WHERE c.id = case_id)",
    "process_change_requests": "process_id IN (SELECT id FROM scope.processes)"
    " OR EXISTS (SELECT FROM issues i WHERE i.code = issue_code)",
}


def upgrade() -> None:
    """Add."""
    _cases()
    _steps()
    _requests()
    for table, leads in _SEEN.items():
        seen = f"(SELECT scope.everywhere()) OR {leads}"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({seen})")
        if table != "issue_steps":
            op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({seen}) WITH CHECK ({seen})")
        op.execute(f"SELECT audit.watch('{table}')")
    op.execute("GRANT SELECT, INSERT, UPDATE ON issue_cases, process_change_requests TO retrace_app")
    op.execute("GRANT SELECT, INSERT ON issue_steps TO retrace_app")


def _cases() -> None:
    op.create_table(
        "issue_cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Enum("open", "contained", "cause_assessed", "action_taken", "check_ordered", "check_passed", "closed", name="state", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("owner_department_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_account_id", sa.BigInteger(), nullable=False),
        sa.Column("check_id", sa.BigInteger(), nullable=True),
        sa.Column("follows_code", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["owner_department_id"], ["departments.id"], name=op.f("fk_issue_cases_owner_department_id")),
        sa.ForeignKeyConstraint(["owner_account_id"], ["accounts.id"], name=op.f("fk_issue_cases_owner_account_id")),
        sa.ForeignKeyConstraint(["check_id"], ["inspections.id"], name=op.f("fk_issue_cases_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_cases")),
        sa.UniqueConstraint("issue_code", name=op.f("uq_issue_cases_issue_code")),
    )
    op.create_index(op.f("ix_issue_cases_owner_department_id"), "issue_cases", ["owner_department_id"])
    op.create_index(
        op.f("ix_issue_cases_check_id"), "issue_cases", ["check_id"],
        postgresql_where=sa.text("state IN ('check_ordered', 'check_passed')"),
    )


def _steps() -> None:
    op.create_table(
        "issue_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Enum("contain", "assess_cause", "take_action", "order_check", "close", "pass_check", "fail_check", "discount_check", name="step", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("causes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("refs", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["issue_cases.id"], name=op.f("fk_issue_steps_case_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name=op.f("fk_issue_steps_employee_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_issue_steps_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_steps")),
    )
    op.create_index(op.f("ix_issue_steps_case_id"), "issue_steps", ["case_id"])


def _requests() -> None:
    op.create_table(
        "process_change_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("process_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("refs", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("state", sa.Enum("open", "accepted", "declined", name="state", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["process_id"], ["processes.id"], name=op.f("fk_process_change_requests_process_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_process_change_requests_account_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts.id"], name=op.f("fk_process_change_requests_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_change_requests")),
        sa.UniqueConstraint("code", name=op.f("uq_process_change_requests_code")),
    )
    for column in ("process_id", "issue_code"):
        op.create_index(op.f(f"ix_process_change_requests_{column}"), "process_change_requests", [column])


def downgrade() -> None:
    """Undo."""
    for table in ("process_change_requests", "issue_steps", "issue_cases"):
        op.drop_table(table)
