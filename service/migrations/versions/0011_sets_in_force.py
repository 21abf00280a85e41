"""Which of a batch's sets of inputs is in force: one look into an index

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index a batch's inputs by their set."""
    op.create_index("ix_batch_inputs_batch_id_revision", "batch_inputs", ["batch_id", "revision"])
    op.drop_index("ix_batch_inputs_batch_id", "batch_inputs")


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_batch_inputs_batch_id", "batch_inputs", ["batch_id"])
    op.drop_index("ix_batch_inputs_batch_id_revision", "batch_inputs")
