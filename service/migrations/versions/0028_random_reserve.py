"""The random reserve: what was drawn by lot, what was not, and how likely that was

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_EVERYWHERE = "(SELECT scope.everywhere())"
_OF_SEEN = "EXISTS (SELECT FROM inspections i WHERE i.code = inspection_code)"


def upgrade() -> None:
    """Add."""
    op.create_table(
        "reserve_draws",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("inspection_code", sa.Text(), nullable=False, unique=True),
        sa.Column("chance", sa.Float(53), nullable=False), sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("chance >= 0 AND chance <= 1", name="chance"),
    )
    op.execute("ALTER TABLE reserve_draws ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON reserve_draws FOR SELECT USING ({_EVERYWHERE} OR {_OF_SEEN})")
    op.execute(f"CREATE POLICY added ON reserve_draws FOR INSERT WITH CHECK ({_EVERYWHERE})")
    op.execute("SELECT audit.watch('reserve_draws')")
    op.execute("GRANT SELECT, INSERT ON reserve_draws TO retrace_app")


def downgrade() -> None:
    """Undo: what was drawn is forgotten."""
    op.drop_table("reserve_draws")
