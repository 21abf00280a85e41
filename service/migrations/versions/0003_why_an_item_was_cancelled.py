"""Why a plan item was cancelled

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the reason."""
    op.add_column("plan_items", sa.Column("cancelled_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("plan_items", "cancelled_reason")
