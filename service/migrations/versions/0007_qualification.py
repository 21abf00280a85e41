"""Qualification, gate, supervised work

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MINE = "employee_id IN (SELECT employee_id FROM scope.staff)"
_OURS = "process_id IN (SELECT id FROM scope.processes)"
_EVERYWHERE = "(SELECT scope.everywhere())"

#: who sees a row, and who may write it, beside whoever sees everything
_POLICIES = {
    "gate_switches": ("process_id IN (SELECT id FROM processes)", _OURS),
    "suspensions": (_MINE, _MINE),
    "supervisions": (f"{_MINE} OR {_OURS}", _OURS),
    "gate_checks": (f"{_MINE} OR {_OURS}", _OURS),
    "work_flags": ("EXISTS (SELECT FROM work_records w WHERE w.id = work_id)",) * 2,
}

_GRANTS = (
    "GRANT SELECT, INSERT ON gate_switches, suspensions, supervisions, gate_checks, work_flags TO retrace_app",
    "GRANT UPDATE (lifted_at, lifted_by, lifted_reason) ON suspensions TO retrace_app",
    "GRANT UPDATE (work_id, reviewed_at, reviewed_by, review) ON gate_checks TO retrace_app",
)


def upgrade() -> None:
    """Add."""
    _tables()
    for table, (seen, written) in _POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({_EVERYWHERE} OR {seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({_EVERYWHERE} OR {written})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({_EVERYWHERE} OR {written})")
        op.execute(f"SELECT audit.watch('{table}')")
    for grant in _GRANTS:
        op.execute(grant)
    # who did which process last, and what was done of a process in a time
    op.create_index(
        "ix_work_records_employee_id_process_id_started_at", "work_records", ["employee_id", "process_id", "started_at"]
    )
    op.create_index("ix_work_records_process_id_started_at", "work_records", ["process_id", "started_at"])
    op.drop_index("ix_work_records_employee_id", "work_records")
    op.drop_index("ix_work_records_process_id", "work_records")


def _tables() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "gate_switches",
        _number(), _points("process_id", "processes"), _word("mode", "off", "warn", "block"),
        sa.Column("reason", sa.Text(), nullable=False), _points("account_id", "accounts"), _moment("at", now),
    )
    op.create_index("ix_gate_switches_process_id_at", "gate_switches", ["process_id", "at"])
    op.create_table(
        "suspensions",
        _number(), sa.Column("code", sa.Text(), nullable=False, unique=True), _points("employee_id", "employees"),
        _points("process_id", "processes", nullable=True), _moment("since"), _moment("until", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False), _points("account_id", "accounts"), _moment("decided_at", now),
        _moment("lifted_at", nullable=True), _points("lifted_by", "accounts", nullable=True),
        sa.Column("lifted_reason", sa.Text()),
    )
    op.create_index("ix_suspensions_employee_id", "suspensions", ["employee_id"])
    op.create_table(
        "supervisions",
        _number(), sa.Column("code", sa.Text(), nullable=False, unique=True), _points("employee_id", "employees"),
        _points("process_id", "processes"), _points("supervisor_id", "employees"), _moment("since"), _moment("until"),
        sa.Column("reason", sa.Text(), nullable=False), _points("account_id", "accounts"), _moment("created_at", now),
    )
    op.create_index("ix_supervisions_employee_id", "supervisions", ["employee_id"])
    op.create_table(
        "gate_checks",
        _number(), sa.Column("code", sa.Text(), nullable=False, unique=True), _points("employee_id", "employees"),
        _points("process_id", "processes"), _points("post_id", "posts", nullable=True),
        _points("supervisor_id", "employees", nullable=True), _points("work_id", "work_records", nullable=True),
        _word("mode", "off", "warn", "block"), _word("outcome", *_OUTCOMES),
        sa.Column("allowed", sa.Boolean(), nullable=False), sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text()), sa.Column("unmet", postgresql.JSONB(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False), _points("account_id", "accounts"),
        _moment("checked_at", now), _moment("review_due_at", nullable=True), _moment("reviewed_at", nullable=True),
        _points("reviewed_by", "accounts", nullable=True), sa.Column("review", sa.Text()),
    )
    op.create_index(
        "ix_gate_checks_employee_id_process_id_checked_at", "gate_checks", ["employee_id", "process_id", "checked_at"]
    )
    op.create_table(
        "work_flags",
        _number(), sa.Column("work_id", sa.BigInteger(), sa.ForeignKey("work_records.id"), nullable=False, unique=True),
        _word("why", "ungated", "warned", "supervised", "emergency"), _word("outcome", *_OUTCOMES),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        _points("check_id", "gate_checks", nullable=True), _moment("flagged_at", now),
    )


_OUTCOMES = (
    "qualified", "supervised", "no_requirement_defined", "suspended", "not_trained", "failed", "expired",
    "superseded_version",
)


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _points(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _word(name: str, *allowed: str) -> sa.Column[str]:
    words = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, words, nullable=False)


def _moment(name: str, default: sa.TextClause | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_work_records_employee_id", "work_records", ["employee_id"])
    op.create_index("ix_work_records_process_id", "work_records", ["process_id"])
    op.drop_index("ix_work_records_process_id_started_at", "work_records")
    op.drop_index("ix_work_records_employee_id_process_id_started_at", "work_records")
    for table in ("work_flags", "gate_checks", "supervisions", "suspensions", "gate_switches"):
        op.drop_table(table)
