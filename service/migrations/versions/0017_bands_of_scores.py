"""How far a suggestion's chance can be trusted

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the band beside the chance, and what is usual beside the list. Older ones have neither."""
    op.add_column("scorings", sa.Column("usual", sa.Float(53)))
    op.add_column("suggestions", sa.Column("probability_low", sa.Float(53)))
    op.add_column("suggestions", sa.Column("probability_high", sa.Float(53)))


def downgrade() -> None:
    """Undo: the chances stay, without their bands."""
    op.drop_column("suggestions", "probability_high")
    op.drop_column("suggestions", "probability_low")
    op.drop_column("scorings", "usual")
