"""The responsibility map: duties and obligations

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_EVERYWHERE = "(SELECT scope.everywhere())"
_MINE = "department_id = ANY ((SELECT scope.departments())::bigint[])"

_FUNCTIONS = ("operations", "quality", "people", "service_desk")
_ROLES = ("operations", "quality", "people", "data", "admin")
_DELIVERABLES = ("difficulty_list", "standard_review", "process_review", "plan", "inspection", "issue_review")


def upgrade() -> None:
    """Add. A function's duty is everybody's to see; a department's is for who sees the department."""
    _duties()
    _obligations()
    for table, also in (("duties", " OR department_id IS NULL"), ("obligations", "")):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({_EVERYWHERE} OR {_MINE}{also})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({_EVERYWHERE} OR {_MINE})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({_EVERYWHERE} OR {_MINE})")
        op.execute(f"SELECT audit.watch('{table}')")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO retrace_app")
    # what has not begun is drawn anew when its duty changes; what was owed stays
    op.execute(f"CREATE POLICY undrawn ON obligations FOR DELETE USING (({_EVERYWHERE} OR {_MINE}) AND state = 'open')")
    op.execute("GRANT DELETE ON obligations TO retrace_app")


def _duties() -> None:
    op.create_table(
        "duties",
        _number(), _text("code", unique=True), _text("title"), _points("department_id", "departments", nullable=True),
        _word("function", *_FUNCTIONS, nullable=True), _text("template", nullable=True),
        _word("deliverable", *_DELIVERABLES), _text("cadence"), _day("start_on"),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("due_days", "remind_days", "escalate_days")),
        _word("role", *_ROLES), _day("valid_from"), _day("valid_to", nullable=True),
        sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("accounts.id"), server_default=sa.text("scope.account()")),
        _stamp("created_at"), _stamp("updated_at"),
        sa.CheckConstraint("(department_id IS NULL) <> (function IS NULL)", name="ck_duties_owner"),
    )
    op.create_index("ix_duties_department_id", "duties", ["department_id"])


def _obligations() -> None:
    op.create_table(
        "obligations",
        _number(), _text("code", unique=True), _points("duty_id", "duties"), _points("department_id", "departments"),
        _day("starts_on"), _day("due_on"),
        *(_moment(name) for name in ("starts_at", "ends_at", "due_at", "remind_at", "escalate_at")),
        _word("state", "open", "met", "nothing_to_report", "missed", server_default="open"),
        _text("evidence", nullable=True), _text("reason", nullable=True), _moment("settled_at", nullable=True),
        _points("account_id", "accounts", nullable=True),
        _moment("reminded_at", nullable=True), _moment("escalated_at", nullable=True),
        _stamp("created_at"), _stamp("updated_at"),
        sa.UniqueConstraint("duty_id", "starts_on", name="uq_obligations_duty_id_starts_on"),
    )
    op.create_index("ix_obligations_department_id", "obligations", ["department_id"])
    op.create_index(
        "ix_obligations_unsettled", "obligations", ["due_at"], postgresql_where=sa.text("settled_at IS NULL")
    )


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _text(name: str, *, nullable: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable, unique=unique)


def _word(name: str, *allowed: str, nullable: bool = False, server_default: str | None = None) -> sa.Column[str]:
    words = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, words, nullable=nullable, server_default=server_default)


def _points(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _stamp(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("obligations")
    op.drop_table("duties")
