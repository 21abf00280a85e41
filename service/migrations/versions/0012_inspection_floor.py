"""What must be inspected, whatever a model says

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_EVERYWHERE = "(SELECT scope.everywhere())"
_OURS = "process_id IN (SELECT id FROM scope.processes)"
_OF_SEEN_WORK = "EXISTS (SELECT FROM work_records w WHERE w.id = work_id)"

#: who sees a row, and who may write it, beside whoever sees everything
_POLICIES = {
    "inspection_floors": ("process_id IN (SELECT id FROM processes)", _OURS),
    "inspection_orders": (_OF_SEEN_WORK, _OF_SEEN_WORK),
}


def upgrade() -> None:
    """Add."""
    _floors()
    _orders()
    for table, (seen, written) in _POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({_EVERYWHERE} OR {seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({_EVERYWHERE} OR {written})")
        op.execute(f"SELECT audit.watch('{table}')")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO retrace_app")


def _floors() -> None:
    op.create_table(
        "inspection_floors",
        _number(), sa.Column("process_id", sa.BigInteger(), sa.ForeignKey("processes.id"), nullable=False),
        sa.Column("after_change_days", sa.BigInteger(), nullable=False),
        sa.Column("after_failure_pieces", sa.BigInteger(), nullable=False),
        sa.Column("first_article", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("share", sa.Float(53), nullable=False), sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("accounts.id"), nullable=False), _moment("at"),
    )
    op.create_index("ix_inspection_floors_process_id_at", "inspection_floors", ["process_id", "at"])


def _orders() -> None:
    op.create_table(
        "inspection_orders",
        _number(), sa.Column("inspection_code", sa.Text(), nullable=False, unique=True),
        sa.Column("work_id", sa.BigInteger(), sa.ForeignKey("work_records.id"), nullable=False, unique=True),
        sa.Column("whys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("propensity", sa.Float(53), nullable=False), _moment("ordered_at"),
    )


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def downgrade() -> None:
    """Undo."""
    for table in ("inspection_orders", "inspection_floors"):
        op.drop_table(table)
