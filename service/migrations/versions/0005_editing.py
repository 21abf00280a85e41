"""When a plan was last changed and why; finding what was recorded since a moment

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: rows that are only ever appended, so that a small index of block ranges finds the recent ones
_APPENDED = (
    "difficulty_reports", "training_records", "batches", "batch_inputs", "work_records", "work_participants",
    "inspections", "findings", "issues", "shifts", "surveys",
)


def upgrade() -> None:
    """Add."""
    now = sa.text("clock_timestamp()")
    op.add_column("plans", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=now))
    op.add_column("plans", sa.Column("edited_reason", sa.Text(), nullable=True))
    for table in _APPENDED:
        op.create_index(
            f"ix_{table}_recorded_at", table, ["recorded_at"],
            postgresql_using="brin", postgresql_with={"autosummarize": "on"},
        )


def downgrade() -> None:
    """Undo."""
    for table in _APPENDED:
        op.drop_index(f"ix_{table}_recorded_at", table)
    op.drop_column("plans", "edited_reason")
    op.drop_column("plans", "updated_at")
