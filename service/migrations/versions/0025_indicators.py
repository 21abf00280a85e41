"""Monthly quality reports, and finding the records of a time

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_MINE = "(SELECT scope.everywhere()) OR department_id = ANY ((SELECT scope.departments())::bigint[])"
_OF = "EXISTS (SELECT FROM quality_reports r WHERE r.id = report_id)"

#: records lie on disk nearly in the order of time: ranges of blocks find those of a month
_TIMES = (
    ("work_records", "finished_at"), ("inspections", "performed_at"), ("training_records", "completed_at"),
    ("batches", "finished_at"),
)


def upgrade() -> None:
    """Add."""
    for table, column in _TIMES:
        op.create_index(
            f"ix_{table}_{column}", table, [column], postgresql_using="brin",
            postgresql_with={"autosummarize": "on"},
        )
    op.create_table(
        "quality_reports",
        _number(), sa.Column("code", sa.Text(), nullable=False, unique=True), _points("department_id", "departments"),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("state", sa.Enum("open", "closed", name="state", native_enum=False, create_constraint=True,
                                   length=32), server_default="open", nullable=False),
        _points("closed_by_id", "accounts", nullable=True), sa.Column("closed_at", sa.DateTime(timezone=True)),
        _stamp("created_at"), _stamp("updated_at"),
        sa.UniqueConstraint("department_id", "month", name="uq_quality_reports_department_id_month"),
    )
    op.create_table(
        "quality_report_rows",
        _number(), _points("report_id", "quality_reports"), sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()), sa.Column("numerator", sa.Float(), nullable=False),
        sa.Column("denominator", sa.Float(), nullable=False), sa.Column("value", sa.Float()),
        sa.Column("target", sa.Float()), _points("target_by_id", "accounts", nullable=True),
        sa.Column("action", sa.Text()), _points("owner_id", "employees", nullable=True), sa.Column("due_on", sa.Date()),
    )
    op.create_index(
        "uq_quality_report_rows_one", "quality_report_rows",
        ["report_id", "indicator", sa.text("coalesce(detail, '')")], unique=True,
    )
    for table, seen in (("quality_reports", _MINE), ("quality_report_rows", _OF)):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({seen})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({seen})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO retrace_app")
        op.execute(f"SELECT audit.watch('{table}')")


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _points(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _stamp(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("quality_report_rows")
    op.drop_table("quality_reports")
    for table, column in _TIMES:
        op.drop_index(f"ix_{table}_{column}", table)
