"""Scores of what arrives, beside those of everyone

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say which is which. Today's rule ranks whole lists, so a single arrival has no rank by it."""
    op.add_column("scorings", sa.Column("live", sa.Boolean(), server_default="false", nullable=False))
    op.alter_column("suggestions", "baseline_rank", nullable=True)


def downgrade() -> None:
    """Undo: the scores of single arrivals stay, last by today's rule."""
    op.execute("UPDATE suggestions SET baseline_rank = 9223372036854775807 WHERE baseline_rank IS NULL")
    op.alter_column("suggestions", "baseline_rank", nullable=False)
    op.drop_column("scorings", "live")
